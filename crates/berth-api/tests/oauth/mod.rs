//! The OAuth flows: consent, granting, denying, codes, and the endpoints for applications' tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use berth_domain::secret::hash_token;
use berth_test::{App, As, Reply, lines_of_html, redacted_text};
use insta::assert_snapshot;
use serde_json::{Value, json};

pub(crate) const APPLICATIONS: &str = "/api/v1/organization/acme/applications";
const CALLBACK: &str = "http%3A%2F%2F127.0.0.1%3A8888%2Fcallback";

pub(crate) fn app() -> App {
    App::new().with_user("ana").with_user("bob").with_organization("acme", "ana")
}

/// An application, as its administrator sees it.
pub(crate) fn application(app: &App) -> Value {
    let body = json!({
        "name": "one <b>",
        "redirect_uri": "http://127.0.0.1:8888/callback",
        "description": "the first *application*",
        "application_uri": "http://app.example.com",
    });
    app.as_user("ana").post(APPLICATIONS, body).json()
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name} in {value}"))
}

/// The query or form that asks for `scope` by `flow`.
pub(crate) fn asking(application: &Value, flow: &str, scope: &str) -> String {
    let client_id = text(application, "client_id");
    format!("client_id={client_id}&redirect_uri={CALLBACK}&scope={scope}&response_type={flow}")
}

pub(crate) fn location(reply: &Reply) -> &str {
    assert_eq!(reply.status(), 302, "{reply}");
    reply.header("location").expect("a redirect leads somewhere")
}

/// The value of a parameter in a location.
pub(crate) fn part<'a>(location: &'a str, name: &str) -> &'a str {
    let parts = location.split(['?', '#', '&']);
    let found = parts.filter_map(|part| part.split_once('=')).find(|(known, _)| *known == name);
    found.map(|(_, value)| value).unwrap_or_else(|| panic!("no {name} in {location}"))
}

pub(crate) fn bearer<'a>(app: &'a App, token: &str) -> As<'a> {
    app.anonymous().header("authorization", &format!("Bearer {token}"))
}

fn basic<'a>(app: &'a App, user: &str, password: &str) -> As<'a> {
    let encoded = STANDARD.encode(format!("{user}:{password}"));
    app.anonymous().header("authorization", &format!("Basic {encoded}"))
}

#[test]
fn the_token_is_in_the_fragment() {
    let app = app();
    let one = application(&app);
    let form = format!("{}&state=x%26y", asking(&one, "token", "org%3Aadmin+repo%3Aread"));
    let reply = app.with_session("ana").post_form("/oauth/authorizeapp", &form);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let location = location(&reply);
    let token = part(location, "access_token");
    assert_snapshot!(location.replace(token, "TOKEN"), @"http://127.0.0.1:8888/callback?scope=org%3Aadmin+repo%3Aread&state=x%26y#access_token=TOKEN&token_type=Bearer&expires_in=315576000");
    assert_eq!(token.len(), 40);
    assert_eq!(bearer(&app, token).get(APPLICATIONS).status(), 200);
    let tokens = format!("{APPLICATIONS}/{}/tokens", text(&one, "client_id"));
    assert_snapshot!(app.as_user("ana").get(&tokens), @r#"
    200
    {
      "tokens": [
        {
          "uuid": "<uuid>",
          "name": null,
          "scope": "org:admin repo:read",
          "expires_at": "<start+315576000s>",
          "created": "<start>",
          "created_by": "ana",
          "last_accessed": "<start>"
        }
      ]
    }
    "#);
    let log = app.rows("SELECT kind, metadata FROM log_entry ORDER BY id DESC LIMIT 1");
    assert_snapshot!(shown(&log[0]), @r#"oauth_token_granted {"oauth_token_uuid":"<uuid>","scope":"org:admin repo:read","application_name":"one <b>","client_id":"<client id>"}"#);
}

#[test]
fn nothing_goes_to_an_unverified_uri() {
    let app = app();
    let one = application(&app);
    let form = asking(&one, "token", "repo:read").replace("8888", "9999");
    for path in ["/oauth/authorizeapp", "/oauth/denyapp"] {
        for user in ["ana", "bob"] {
            let reply = app.with_session(user).post_form(path, &form);
            assert_eq!(reply.status(), 400, "{path} {user}");
            assert_eq!(reply.json(), json!({ "error": "invalid_request" }));
        }
        let unknown = asking(&json!({ "client_id": "NOSUCH" }), "token", "repo:read");
        assert_eq!(app.with_session("ana").post_form(path, &unknown).status(), 400);
    }
}

#[test]
fn redirects_of_the_consent_page() {
    let app = app();
    let one = application(&app);
    let redirect = |user: &str, path: &str, form: &str| {
        location(&app.with_session(user).post_form(path, form)).to_owned()
    };
    let allow = |user: &str, form: &str| redirect(user, "/oauth/authorizeapp", form);
    let asking = |flow: &str, scope: &str| asking(&one, flow, scope);
    assert_snapshot!(allow("ana", &asking("token", "no:such")), @"http://127.0.0.1:8888/callback?error=invalid_scope");
    assert_snapshot!(allow("bob", &asking("token", "repo:read")), @"http://127.0.0.1:8888/callback?error=unauthorized_client");
    assert_snapshot!(allow("ana", &asking("id_token", "repo:read")), @"http://127.0.0.1:8888/callback?error=unsupported_response_type");
    let plain = format!("{}&state=s&code_challenge=x", asking("code", "repo:read"));
    assert_snapshot!(allow("ana", &plain), @"http://127.0.0.1:8888/callback?error=invalid_request&state=s");
    let plain = format!("{plain}&code_challenge_method=plain");
    assert_snapshot!(allow("ana", &plain), @"http://127.0.0.1:8888/callback?error=invalid_request&state=s");
    assert_snapshot!(redirect("ana", "/oauth/denyapp", &asking("token", "repo:read")), @"http://127.0.0.1:8888/callback?error=authorization_denied");
}

#[test]
fn only_a_person_grants() {
    let app = app();
    let one = application(&app);
    let form = asking(&one, "token", "org:admin");
    assert_eq!(app.anonymous().post_form("/oauth/authorizeapp", &form).status(), 401);
    // A token gives its holder no other token, whatever its scopes.
    assert_eq!(app.as_user("ana").post_form("/oauth/authorizeapp", &form).status(), 401);
    assert_eq!(app.as_user("ana").post_form("/oauth/denyapp", &form).status(), 401);
    assert_eq!(app.as_user("ana").get(&format!("/oauth/authorize?{form}")).status(), 401);
    let assign = format!("/oauth/authorize/assignuser?username=bob&{form}");
    assert_eq!(app.as_user("ana").post_empty(&assign).status(), 401);
    assert_eq!(app.rows("SELECT count(*) FROM access_token WHERE application_id = 3"), [["0"]]);
}

#[test]
fn a_forged_form_grants_nothing() {
    let app = app();
    let one = application(&app);
    let form = asking(&one, "token", "org:admin");
    let cookie_only = app.with_session("ana").without("x-csrf-token");
    assert_snapshot!(cookie_only.post_form("/oauth/authorizeapp", &form), @r#"
    403
    {
      "error": "CSRF token was invalid or missing. (authorized: user ana)"
    }
    "#);
    let wrong = format!("{form}&_csrf_token=wrong");
    assert_eq!(cookie_only.post_form("/oauth/authorizeapp", &wrong).status(), 403);
    assert_eq!(cookie_only.post_form("/oauth/denyapp", &form).status(), 403);
}

#[test]
fn the_question() {
    let app = app();
    let one = application(&app);
    let path =
        format!("/oauth/authorize?{}&state=s1", asking(&one, "token", "org:admin%20repo:read"));
    let page = app.with_session("ana").get(&path);
    assert_snapshot!(main_part(&page), @r#"
    <main class="narrow">
    <div class="card">
    <h1>Allow one &lt;b&gt;?</h1>
    <p><b>one &lt;b&gt;</b>, an application of <b>acme</b>, asks to act in the name of <b>ana</b> at Berth.</p>
    <p class="soft">the first *application*</p>
    <p class="soft">http://app.example.com</p>
    <h2>It will be able to</h2>
    <ul class="scopes">
    <li><b>View all visible repositories</b>
    <p>This application will be able to view and pull all repositories visible to the granting user</p></li>
    <li class="alarm"><b>Administer Organization</b> <span class="badge alarm">Dangerous</span>
    <p>This application will be able to administer your organizations including creating robots, creating teams, adjusting team membership, and changing billing settings. You should have absolute trust in the requesting application before granting this permission.</p></li></ul>
    <div class="notice alarm">
    <p>Allow it only if you trust whoever runs this application with everything that is marked as dangerous.</p></div>
    <p class="soft">Your answer goes to <b>http://127.0.0.1:8888</b>. You can end what you allow at any time.</p>
    <div class="choices">
    <form method="post" action="/oauth/authorizeapp"><input type="hidden" name="_csrf_token" value="<secret>"><input type="hidden" name="client_id" value="<client id>"><input type="hidden" name="redirect_uri" value="http://127.0.0.1:8888/callback"><input type="hidden" name="scope" value="org:admin repo:read"><input type="hidden" name="response_type" value="token"><input type="hidden" name="state" value="s1"><button class="first" id="allow">Allow</button></form>
    <form method="post" action="/oauth/denyapp"><input type="hidden" name="_csrf_token" value="<secret>"><input type="hidden" name="client_id" value="<client id>"><input type="hidden" name="redirect_uri" value="http://127.0.0.1:8888/callback"><input type="hidden" name="scope" value="org:admin repo:read"><input type="hidden" name="response_type" value="token"><input type="hidden" name="state" value="s1"><button id="deny">Deny</button></form></div></div></main></body></html>
    "#);
    let headers =
        ["content-security-policy", "x-frame-options", "cache-control", "referrer-policy"];
    let headers = headers.map(|name| page.header(name).unwrap_or("-").to_owned());
    assert_snapshot!(headers.join("\n"), @"
    default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self' http://127.0.0.1:8888; base-uri 'none'; frame-ancestors 'none'
    DENY
    no-store
    no-referrer
    ");
    assert_snapshot!(app.with_session("ana").get(&format!("{path}&format=json")), @r#"
    200
    {
      "application": {
        "avatar": "<avatar>",
        "description": "the first *application*",
        "name": "one <b>",
        "organization": {
          "avatar": "<avatar>",
          "name": "acme"
        },
        "url": "http://app.example.com"
      },
      "assignment_uuid": null,
      "client_id": "<client id>",
      "csrf_token_val": "<secret>",
      "has_dangerous_scopes": true,
      "redirect_uri": "http://127.0.0.1:8888/callback",
      "response_type": "token",
      "scope": "org:admin repo:read",
      "scopes": [
        {
          "dangerous": false,
          "description": "This application will be able to view and pull all repositories visible to the granting user",
          "icon": "fa-hdd-o",
          "scope": "repo:read",
          "title": "View all visible repositories"
        },
        {
          "dangerous": true,
          "description": "This application will be able to administer your organizations including creating robots, creating teams, adjusting team membership, and changing billing settings. You should have absolute trust in the requesting application before granting this permission.",
          "icon": "fa-gear",
          "scope": "org:admin",
          "title": "Administer Organization"
        }
      ],
      "state": "s1"
    }
    "#);
}

#[test]
fn the_forms_of_the_question_work() {
    let app = app();
    let one = application(&app);
    let path = format!("/oauth/authorize?{}&state=s1", asking(&one, "token", "org:admin"));
    let browser = app.with_session("ana").without("x-csrf-token");
    let page = browser.get(&path).whole();
    let form = fields(&page, "/oauth/authorizeapp");
    let reply = browser.post_form("/oauth/authorizeapp", &form);
    assert_eq!(part(location(&reply), "state"), "s1");
    assert_eq!(part(location(&reply), "token_type"), "Bearer");
    let form = fields(&page, "/oauth/denyapp");
    let reply = browser.post_form("/oauth/denyapp", &form);
    assert_snapshot!(location(&reply), @"http://127.0.0.1:8888/callback?error=authorization_denied&state=s1");
}

/// A row of the log, its metadata last.
fn shown(row: &[String]) -> String {
    row.iter().map(|text| redacted_text(text)).collect::<Vec<_>>().join(" ")
}

/// What a page is about, without what all pages have.
fn main_part(page: &Reply) -> String {
    let page = page.to_string();
    lines_of_html(page.split("</header>").nth(1).unwrap_or_else(|| panic!("no page: {page}")))
}

/// The hidden fields of a form of a page, encoded.
fn fields(page: &str, action: &str) -> String {
    let form = page.split("<form").find(|form| form.contains(&format!("action=\"{action}\"")));
    let form = form.unwrap_or_else(|| panic!("no form {action} in {page}"));
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    for input in form.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = input.split_once("\" value=\"").expect("a value");
        let (value, _) = rest.split_once('"').expect("an end");
        encoded.append_pair(name, &value.replace("&amp;", "&"));
    }
    encoded.finish()
}

#[test]
fn what_prevents_the_question() {
    let app = app();
    let one = application(&app);
    let ana = app.with_session("ana");
    let get = |query: &str| ana.get(&format!("/oauth/authorize?{query}"));
    let good = asking(&one, "token", "repo:read");
    assert_snapshot!(get("redirect_uri=x&scope=repo:read"), @r#"
    400
    {
      "error": "Required param: client_id"
    }
    "#);
    assert_snapshot!(get("client_id=x&scope=repo:read"), @r#"
    400
    {
      "error": "Required param: redirect_uri"
    }
    "#);
    assert_snapshot!(get("client_id=x&redirect_uri=x"), @r#"
    400
    {
      "error": "Required param: scope"
    }
    "#);
    let unknown = asking(&json!({ "client_id": "NOSUCH" }), "token", "repo:read");
    assert_eq!(get(&unknown).status(), 404);
    assert_eq!(get(&format!("{unknown}&format=json")).json()["error_type"], "not_found");
    assert_eq!(get(&asking(&one, "token", "no:such")).status(), 404);
    assert_snapshot!(location(&get(&good.replace("8888", "9999"))), @"http://127.0.0.1:8888/callback?error=redirect_uri_mismatch");
    assert_snapshot!(location(&get(&asking(&one, "id_token", "repo:read"))), @"http://127.0.0.1:8888/callback?error=unsupported_response_type");
    let stranger = app.with_session("bob").get(&format!("/oauth/authorize?{good}"));
    assert_eq!(stranger.status(), 403);
    assert_eq!(get(&format!("{good}&state={}", "x".repeat(5_000))).status(), 400);
    app.execute("UPDATE oauth_application SET redirect_uri = ''");
    assert_eq!(get(&good).status(), 400, "there is nowhere to send the error");
}

#[test]
fn a_browser_is_asked_each_time_and_a_program_once() {
    let app = app();
    let one = application(&app);
    let path = format!("/oauth/authorize?{}", asking(&one, "token", "org:admin+repo:write"));
    let ana = || app.with_session("ana");
    assert_eq!(ana().get(&path).status(), 200);
    let form = asking(&one, "token", "org:admin+repo:write");
    location(&ana().post_form("/oauth/authorizeapp", &form));
    let narrower = path.replace("repo:write", "repo:read");
    for covered in [&path, &narrower] {
        assert_eq!(part(location(&ana().get(covered)), "token_type"), "Bearer");
        for (name, value) in [
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "cross-site"),
        ] {
            assert_eq!(ana().header(name, value).get(covered).status(), 200, "{name}");
        }
    }
    assert_eq!(ana().get(&path.replace("repo:write", "repo:admin")).status(), 200);
    assert_eq!(part(location(&ana().get(&path.replace("=token", "=code"))), "code").len(), 40);
    let elsewhere = path.replace("8888", "9999");
    assert_eq!(ana().get(&elsewhere).status(), 400, "covered or not, the URI is verified");
}

/// A challenge and its verifier.
fn pkce() -> (String, &'static str) {
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    (URL_SAFE_NO_PAD.encode(hash_token(verifier)), verifier)
}

/// A code for `repo:read`, with a challenge where `more` carries one.
fn code(app: &App, application: &Value, more: &str) -> String {
    let form = format!("{}{more}", asking(application, "code", "repo:read"));
    let reply = app.with_session("ana").post_form("/oauth/authorizeapp", &form);
    part(location(&reply), "code").to_owned()
}

/// The form that exchanges a code.
fn exchanging(application: &Value, code: &str) -> String {
    let client_id = text(application, "client_id");
    format!(
        "grant_type=authorization_code&client_id={client_id}&redirect_uri={CALLBACK}&code={code}"
    )
}

fn with_secret(application: &Value, form: &str) -> String {
    format!("{form}&client_secret={}", text(application, "client_secret"))
}

fn exchange(app: &App, form: &str) -> Reply {
    app.anonymous().post_form("/oauth/access_token", form)
}

#[test]
fn a_code_for_a_token_as_quay_does_it() {
    let app = app();
    let one = application(&app);
    let code = code(&app, &one, "&state=s");
    let form = with_secret(&one, &exchanging(&one, &code)) + "&scope=repo:read";
    let reply = exchange(&app, &form);
    assert_snapshot!(reply, @r#"
    200
    {
      "access_token": "<secret>",
      "token_type": "Bearer",
      "expires_in": 315576000,
      "refresh_token": null
    }
    "#);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("content-type"), Some("application/json;charset=UTF-8"));
    let token = text(&reply.json(), "access_token").to_owned();
    assert_eq!(bearer(&app, &token).get("/api/v1/app/NOSUCH").status(), 404);
    let uses = "SELECT count(*) FROM authorization_code WHERE used = 1 AND token_id IS NOT NULL";
    assert_eq!(app.rows(uses), [["1"]]);
}

#[test]
fn a_second_use_ends_what_the_first_gave() {
    let app = app();
    let one = application(&app);
    let form = asking(&one, "code", "org:admin");
    let reply = app.with_session("ana").post_form("/oauth/authorizeapp", &form);
    let form = with_secret(&one, &exchanging(&one, part(location(&reply), "code")));
    let token = text(&exchange(&app, &form).json(), "access_token").to_owned();
    assert_eq!(bearer(&app, &token).get(APPLICATIONS).status(), 200);
    assert_snapshot!(exchange(&app, &form), @r#"
    400
    {
      "error": "invalid_grant"
    }
    "#);
    assert_eq!(bearer(&app, &token).get(APPLICATIONS).status(), 401);
}

#[test]
fn what_is_wrong_with_an_exchange() {
    let app = app();
    let one = application(&app);
    let other = application(&app);
    let code = code(&app, &one, "");
    let good = with_secret(&one, &exchanging(&one, &code));
    let refused = |form: &str| {
        let reply = exchange(&app, form);
        assert_eq!(reply.status(), 400, "{form}");
        text(&reply.json(), "error").to_owned()
    };
    for name in ["grant_type", "client_id", "redirect_uri", "code"] {
        let missing = good.replace(&format!("{name}="), "x=");
        assert_eq!(refused(&missing), format!("Required param: {name}"));
    }
    assert_eq!(refused(&good.replace("authorization_code", "password")), "unsupported_grant_type");
    assert_eq!(refused(&good.replace("client_secret=", "client_secret=x")), "invalid_client");
    assert_eq!(refused(&exchanging(&one, &code)), "invalid_client", "no secret and no PKCE");
    assert_eq!(refused(&good.replace(text(&one, "client_id"), "NOSUCH")), "invalid_client");
    assert_eq!(refused(&good.replace(&code, "x")), "invalid_grant");
    assert_eq!(refused(&good.replace("8888", "9999")), "invalid_grant");
    assert_eq!(refused(&with_secret(&other, &exchanging(&other, &code))), "invalid_grant");
    assert_eq!(refused(&format!("{good}&code_verifier={}", "x".repeat(43))), "invalid_grant");
    assert_eq!(refused(&format!("{good}&scope=org:admin")), "invalid_scope");
    assert_eq!(exchange(&app, &good).status(), 200, "none of it used the code up");
}

#[test]
fn a_code_lives_ten_minutes() {
    let app = app();
    let one = application(&app);
    let (first, second) = (code(&app, &one, ""), code(&app, &one, ""));
    app.advance(599);
    assert_eq!(exchange(&app, &with_secret(&one, &exchanging(&one, &first))).status(), 200);
    app.advance(1);
    let late = exchange(&app, &with_secret(&one, &exchanging(&one, &second)));
    assert_eq!(late.json(), json!({ "error": "invalid_grant" }));
    code(&app, &one, "");
    assert_eq!(app.rows("SELECT count(*) FROM authorization_code"), [["1"]], "old ones go");
}

#[test]
fn a_public_client_proves_itself_by_pkce() {
    let app = app();
    let one = application(&app);
    let (challenge, verifier) = pkce();
    let challenge = format!("&code_challenge={challenge}&code_challenge_method=S256");
    let make = || exchanging(&one, &code(&app, &one, &challenge));
    let form = make();
    assert_eq!(exchange(&app, &form).json(), json!({ "error": "invalid_client" }));
    let wrong = exchange(&app, &format!("{form}&code_verifier={}", verifier.replace('d', "e")));
    assert_eq!(wrong.json(), json!({ "error": "invalid_grant" }));
    let right = exchange(&app, &format!("{form}&code_verifier={verifier}"));
    assert_eq!(right.status(), 200, "{right}");
    // A client that authenticates with its secret must still send the verifier.
    let form = with_secret(&one, &make());
    assert_eq!(exchange(&app, &form).json(), json!({ "error": "invalid_grant" }));
    assert_eq!(exchange(&app, &format!("{form}&code_verifier={verifier}")).status(), 200);
    // A code that began without PKCE does not end with it.
    let form = format!("{}&code_verifier={verifier}", exchanging(&one, &code(&app, &one, "")));
    assert_eq!(exchange(&app, &form).json(), json!({ "error": "invalid_grant" }));
}

#[test]
fn a_client_may_show_its_secret_in_the_header() {
    let app = app();
    let one = application(&app);
    let (client_id, secret) = (text(&one, "client_id"), text(&one, "client_secret"));
    let form =
        exchanging(&one, &code(&app, &one, "")).replace(&format!("client_id={client_id}&"), "");
    let wrong = basic(&app, client_id, "wrong").post_form("/oauth/access_token", &form);
    assert_snapshot!(wrong, @r#"
    401
    {
      "error": "invalid_client"
    }
    "#);
    assert_eq!(wrong.header("www-authenticate"), Some("Basic realm=\"client\""));
    let reply = basic(&app, client_id, secret).post_form("/oauth/access_token", &form);
    assert_eq!(reply.status(), 200, "{reply}");
    let two = with_secret(&application(&app), &exchanging(&application(&app), "x"));
    let mixed = basic(&app, client_id, secret).post_form("/oauth/access_token", &two);
    assert_eq!(mixed.status(), 401, "the header and the form name different clients");
}

#[test]
fn codes_die_with_whatever_they_hang_on() {
    for end in [
        "UPDATE account SET enabled = 0 WHERE name = 'ana'",
        "DELETE FROM oauth_application WHERE name = 'one <b>'",
        "DELETE FROM account WHERE name = 'acme'",
    ] {
        let app = app();
        let one = application(&app);
        let form = with_secret(&one, &exchanging(&one, &code(&app, &one, "")));
        app.execute(end);
        assert_eq!(exchange(&app, &form).status(), 400, "{end}");
        assert_eq!(app.rows("SELECT count(*) FROM access_token WHERE name = 'x'"), [["0"]]);
    }
}

#[test]
fn an_application_asks_of_its_own_tokens_only() {
    let app = app();
    let (one, other) = (application(&app), application(&app));
    let form = asking(&one, "token", "org:admin,repo:read");
    let reply = app.with_session("ana").post_form("/oauth/authorizeapp", &form);
    let token = part(location(&reply), "access_token").to_owned();
    let ask = |application: &Value, token: &str| {
        let client =
            basic(&app, text(application, "client_id"), text(application, "client_secret"));
        client.post_form("/oauth/introspect", &format!("token={token}"))
    };
    assert_snapshot!(ask(&one, &token), @r#"
    200
    {
      "active": true,
      "scope": "org:admin repo:read",
      "client_id": "<client id>",
      "username": "ana",
      "token_type": "Bearer",
      "exp": 2110904887,
      "iat": 1795328887,
      "sub": "<uuid>",
      "iss": "http://localhost:3000"
    }
    "#);
    assert_snapshot!(ask(&other, &token), @r#"
    200
    {
      "active": false
    }
    "#);
    assert_eq!(ask(&one, "nonsense").json(), json!({ "active": false }));
    let form = format!("token={token}&client_id={}", text(&one, "client_id"));
    let public = app.anonymous().post_form("/oauth/introspect", &form);
    assert_eq!(public.json(), json!({ "error": "invalid_client" }));
    app.execute("UPDATE account SET enabled = 0 WHERE name = 'ana'");
    assert_eq!(ask(&one, &token).json(), json!({ "active": false }));
}

#[test]
fn an_application_ends_its_own_tokens_only() {
    let app = app();
    let (one, other) = (application(&app), application(&app));
    let form = asking(&one, "token", "org:admin");
    let reply = app.with_session("ana").post_form("/oauth/authorizeapp", &form);
    let token = part(location(&reply), "access_token").to_owned();
    let end = |application: &Value, more: &str| {
        let client_id = text(application, "client_id");
        let form = format!("token={token}&client_id={client_id}{more}");
        app.anonymous().post_form("/oauth/revoke", &form).status()
    };
    assert_eq!(end(&other, ""), 200, "the answer hides that it is another's");
    assert_eq!(end(&one, "&client_secret=wrong"), 400);
    assert_eq!(bearer(&app, &token).get(APPLICATIONS).status(), 200);
    assert_eq!(end(&one, ""), 200);
    assert_eq!(bearer(&app, &token).get(APPLICATIONS).status(), 401);
    assert_eq!(end(&one, ""), 200);
    let log =
        app.rows("SELECT kind, performer_id, metadata FROM log_entry ORDER BY id DESC LIMIT 1");
    assert_snapshot!(shown(&log[0]), @r#"oauth_token_revoked 1 {"oauth_token_uuid":"<uuid>","application_name":"one <b>","client_id":"<client id>"}"#);
}

#[test]
fn programs_find_the_endpoints() {
    assert_snapshot!(app().anonymous().get("/.well-known/oauth-authorization-server"), @r#"
    200
    {
      "issuer": "http://localhost:3000",
      "authorization_endpoint": "http://localhost:3000/oauth/authorize",
      "token_endpoint": "http://localhost:3000/oauth/access_token",
      "introspection_endpoint": "http://localhost:3000/oauth/introspect",
      "revocation_endpoint": "http://localhost:3000/oauth/revoke",
      "scopes_supported": [
        "repo:read",
        "repo:write",
        "repo:admin",
        "repo:create",
        "user:read",
        "user:admin",
        "org:admin",
        "super:user"
      ],
      "response_types_supported": [
        "code",
        "token"
      ],
      "response_modes_supported": [
        "query",
        "fragment"
      ],
      "grant_types_supported": [
        "authorization_code",
        "implicit"
      ],
      "code_challenge_methods_supported": [
        "S256"
      ],
      "token_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post",
        "none"
      ],
      "introspection_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post"
      ],
      "revocation_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post",
        "none"
      ]
    }
    "#);
    let document = app().with("feature_super_users", "false");
    let document = document.anonymous().get("/.well-known/oauth-authorization-server").json();
    assert!(!document["scopes_supported"].to_string().contains("super:user"));
}

#[test]
fn an_administrator_assigns_a_token() {
    let app = app();
    let one = application(&app);
    let asking = asking(&one, "token", "repo:read+user:read");
    let assign = format!("/oauth/authorize/assignuser?username=bob&{asking}&format=json");
    let (ana, bob) = (app.with_session("ana"), app.with_session("bob"));
    assert_snapshot!(ana.post_empty(&assign), @r#"
    200
    {
      "message": "Token assigned successfully"
    }
    "#);
    let list = bob.get("/api/v1/user/assignedauthorization");
    assert_snapshot!(list, @r#"
    200
    {
      "authorizations": [
        {
          "application": {
            "name": "one <b>",
            "clientId": "<client id>",
            "description": "the first *application*",
            "url": "http://app.example.com",
            "avatar": "<avatar>",
            "organization": {
              "name": "acme",
              "avatar": "<avatar>"
            }
          },
          "uuid": "<uuid>",
          "redirectUri": "http://127.0.0.1:8888/callback",
          "scopes": [
            {
              "dangerous": false,
              "description": "This application will be able to view and pull all repositories visible to the granting user",
              "icon": "fa-hdd-o",
              "scope": "repo:read",
              "title": "View all visible repositories"
            },
            {
              "dangerous": false,
              "description": "This application will be able to read user information such as username and email address.",
              "icon": "fa-user",
              "scope": "user:read",
              "title": "Read User Information"
            }
          ],
          "responseType": "token"
        }
      ]
    }
    "#);
    let uuid = text(&list.json()["authorizations"][0], "uuid").to_owned();
    let notifications = app.rows("SELECT kind, account_id, metadata, subject FROM notification");
    assert_eq!(
        notifications,
        [["assigned_authorization", "2", "{\"username\":\"ana\"}", uuid.as_str()]]
    );
    let log = app.rows("SELECT kind, metadata FROM log_entry ORDER BY id DESC LIMIT 1");
    assert_snapshot!(shown(&log[0]), @r#"oauth_token_assigned {"assigning_user":"ana","assigned_user":"bob","application":"one <b>","client_id":"<client id>"}"#);
    // They need the assignment, and get no more than was assigned.
    let question = format!("/oauth/authorize?{asking}");
    assert_eq!(bob.get(&question).status(), 403);
    let question = format!("{question}&assignment_uuid={uuid}");
    assert_eq!(bob.get(&question).status(), 200);
    assert_eq!(bob.get(&question.replace("repo:read", "org:admin")).status(), 403);
    assert_eq!(bob.get(&question.replace("=token", "=code")).status(), 400);
    let form = format!("{asking}&assignment_uuid={uuid}");
    let reply = bob.post_form("/oauth/authorizeapp", &form);
    assert_eq!(part(location(&reply), "token_type"), "Bearer");
    // It is used up, and the notification gone.
    assert_eq!(
        bob.get("/api/v1/user/assignedauthorization").json(),
        json!({ "authorizations": [] })
    );
    assert_eq!(app.rows("SELECT count(*) FROM notification"), [["0"]]);
    let again = bob.post_form("/oauth/authorizeapp", &form);
    assert_eq!(part(location(&again), "error"), "unauthorized_client");
}

#[test]
fn what_cannot_be_assigned() {
    let app = app();
    let one = application(&app);
    let ana = app.with_session("ana");
    let good =
        format!("/oauth/authorize/assignuser?username=bob&{}", asking(&one, "token", "repo:read"));
    for (path, status) in [
        (good.replace("username=bob&", ""), 400),
        (good.replace("bob", "nobody"), 404),
        (good.replace("bob", "acme"), 404),
        (good.replace(text(&one, "client_id"), "NOSUCH"), 404),
        (good.replace("8888", "9999"), 400),
        (good.replace("repo:read", "no:such"), 400),
        (good.replace("=token", "=code"), 400),
    ] {
        assert_eq!(ana.post_empty(&path).status(), status, "{path}");
    }
    assert_eq!(app.with_session("bob").post_empty(&good).status(), 403);
    assert_eq!(app.with_session("ana").without("x-csrf-token").post_empty(&good).status(), 403);
    app.set("feature_assign_oauth_token", "false");
    assert_eq!(ana.post_empty(&good).status(), 404);
    assert_eq!(ana.get("/api/v1/user/assignedauthorization").status(), 404);
}

#[test]
fn our_own_page_shows_the_token() {
    let app = app();
    let ana = app.with_session("ana");
    assert_eq!(app.anonymous().get("/oauth/localapp?scope=x").status(), 401);
    assert_snapshot!(ana.get("/oauth/localapp?scope=repo:read&format=json&access_token=t"), @r#"
    200
    {
      "access_token": "t"
    }
    "#);
    let page = ana.get("/oauth/localapp?scope=repo:read");
    assert!(page.whole().contains("data-fragment=\"access_token\""));
    let policy = page.header("content-security-policy").unwrap_or("-");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(ana.get("/oauth/localapp").whole().contains("Authorization canceled"));
}

#[test]
fn signing_in_leads_back_into_the_flow() {
    let app = app();
    let one = application(&app);
    let query = format!("{}&state=a%26b", asking(&one, "token", "repo:read"));
    let asked = app.anonymous().get(&format!("/oauth/authorize?{query}"));
    assert_eq!(asked.status(), 401);
    assert_eq!(asked.header("www-authenticate"), Some("Bearer"));
    assert_snapshot!(main_part(&asked), @r#"
    <main class="narrow">
    <div class="card">
    <h1>Sign in</h1>
    <p>An application asks to act in your name at Berth. Who are you?</p>
    <form class="fields" method="post" action="/oauth/authorize/signin"><input type="hidden" name="_csrf_token" value="<secret>"><input type="hidden" name="continue" value="client_id=<client id>&amp;redirect_uri=http%3A%2F%2F127.0.0.1%3A8888%2Fcallback&amp;scope=repo:read&amp;response_type=token&amp;state=a%26b">
    <div class="field">
    <label for="username">User name or e-mail address</label><input id="username" name="username" autocomplete="username" required autofocus></div>
    <div class="field">
    <label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required></div>
    <div class="choices"><button class="first" id="sign-in">Sign in</button></div></form></div></main></body></html>
    "#);
    let browser = app.continuing(&asked);
    let form = fields(&asked.whole(), "/oauth/authorize/signin");
    let wrong = browser
        .post_form("/oauth/authorize/signin", &format!("{form}&username=ana&password=wrong"));
    assert_eq!(wrong.status(), 401);
    assert!(wrong.whole().contains("role=\"alert\""));
    app.advance(60);
    let right = browser
        .post_form("/oauth/authorize/signin", &format!("{form}&username=ana&password=password"));
    assert_eq!(
        location(&right).replace("%3A", ":"),
        format!("/oauth/authorize?{query}").replace("%3A", ":")
    );
    assert_eq!(app.continuing(&right).get(location(&right)).status(), 200);
    let log = app.rows("SELECT kind, metadata FROM log_entry ORDER BY id DESC LIMIT 1");
    assert_eq!(log[0][0], "login_success");
    // Without the page's token nobody is signed in: a foreign page cannot sign a browser in.
    let forged =
        app.anonymous().post_form("/oauth/authorize/signin", "username=ana&password=password");
    assert_eq!(forged.status(), 401);
    assert_eq!(forged.header("set-cookie"), None);
}

#[test]
fn a_sign_in_leads_nowhere_else() {
    let app = app();
    let asked = app.anonymous().get("/oauth/authorize?client_id=x&redirect_uri=x&scope=x");
    let form = fields(&asked.whole(), "/oauth/authorize/signin");
    let (token, _) = form.split_once("&continue").expect("two fields");
    for evil in ["//evil.example/", "/../../x", "%0d%0alocation:%20//evil.example", "@evil.example"]
    {
        let form = format!("{token}&continue={evil}&username=ana&password=password");
        let reply = app.continuing(&asked).post_form("/oauth/authorize/signin", &form);
        assert!(location(&reply).starts_with("/oauth/authorize?"), "{evil}");
        assert!(!location(&reply).contains(['\r', '\n']), "{evil}");
        app.advance(1);
    }
}

#[test]
fn a_password_in_the_header_counts_for_the_flows_only() {
    let app = app();
    let one = application(&app);
    let query = asking(&one, "token", "repo:read");
    let page = basic(&app, "ana", "password").get(&format!("/oauth/authorize?{query}&format=json"));
    assert_eq!(page.status(), 200, "{page}");
    assert_eq!(basic(&app, "ana", "wrong").get(&format!("/oauth/authorize?{query}")).status(), 401);
    app.advance(60);
    assert_eq!(basic(&app, "ana", "password").get("/api/v1/user/authorizations").status(), 401);
    // A change still wants a CSRF token, unless the client is on the list.
    let allow = |password| basic(&app, "ana", password).post_form("/oauth/authorizeapp", &query);
    assert_snapshot!(allow("password"), @r#"
    403
    {
      "error": "CSRF token was invalid or missing. (authorized: user ana)"
    }
    "#);
    assert_eq!(allow("wrong").status(), 401);
    app.advance(60);
    app.set("direct_oauth_clientid_whitelist", text(&one, "client_id"));
    assert_eq!(part(location(&allow("password")), "token_type"), "Bearer");
    // An unconfirmed address, and a registry without passwords, prevent signing in.
    app.execute("UPDATE user_profile SET verified = 0 WHERE account_id = 1");
    assert_eq!(allow("password").status(), 401);
    app.execute("UPDATE user_profile SET verified = 1");
    app.set("feature_direct_login", "false");
    assert_eq!(allow("password").status(), 401);
}

#[test]
fn an_application_waits_for_so_many_users() {
    let app = app();
    let one = application(&app);
    let asking = asking(&one, "token", "repo:read");
    let assign = format!("/oauth/authorize/assignuser?username=bob&{asking}&format=json");
    app.set("limit_assigned_tokens_per_application", "1");
    let ana = app.with_session("ana");
    assert_eq!(ana.post_empty(&assign).status(), 200);
    let refused = ana.post_empty(&assign);
    assert_eq!(refused.status(), 400, "{refused}");
    assert_eq!(
        refused.json()["error_message"],
        "An application can have at most 1 assigned tokens that wait for their users (setting \
        `limit_assigned_tokens_per_application`)"
    );
    assert_eq!(app.rows("SELECT count(*) FROM assigned_authorization"), [["1"]]);
    assert_eq!(app.rows("SELECT count(*) FROM notification"), [["1"]]);
}

/// Forms are read before authentication, so they are short.
#[test]
fn forms_have_a_limit() {
    let app = App::new();
    let form = |length: usize| {
        app.anonymous().post_form("/oauth/access_token", &"&".repeat(length)).status()
    };
    assert_eq!((form(65_536), form(65_537)), (400, 413));
}
