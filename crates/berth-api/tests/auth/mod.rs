//! The token server: the numbered cases of `docs/contract/registry.md`, part G, that are about tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use berth_test::{App, As, Reply};
use serde_json::{Value, json};

const HOST: &str = "localhost:3000";

/// The cast of part G.
struct Cast {
    app: App,
    robots: Vec<(String, String)>,
}

impl Cast {
    fn new() -> Self {
        Self::with(App::new())
    }

    fn with(app: App) -> Self {
        let people = ["ana", "cory", "mia", "rhea", "otto", "gil", "pia", "root"];
        let app = people.iter().fold(app, |app, name| app.with_user(name));
        let app = app
            .with("global_readonly_super_users", "gil")
            .with("super_users", "root")
            .with("require_team_invite", "false")
            .with_organization("acme", "ana")
            .with_organization("px", "pia")
            .with_organization("off", "otto");
        let mut cast = Self { app, robots: Vec::new() };
        for (organization, owner, robots) in [
            ("acme", "ana", ["ci", "idle"]),
            ("px", "pia", ["in", "out"]),
            ("off", "otto", ["in", "out"]),
        ] {
            for robot in robots {
                let path = format!("/api/v1/organization/{organization}/robots/{robot}");
                let made = cast.app.as_user(owner).put_empty(&path);
                let token = made.json()["token"].as_str().expect("a token").to_owned();
                cast.robots.push((format!("{organization}+{robot}"), token));
            }
        }
        cast.furnish();
        cast
    }

    fn furnish(&self) {
        let (ana, pia) = (self.app.as_user("ana"), self.app.as_user("pia"));
        let done = |reply: Reply| assert!(reply.status() < 300, "{reply}");
        let acme = "/api/v1/organization/acme";
        done(ana.put(&format!("{acme}/team/creators"), json!({ "role": "creator" })));
        done(ana.put_empty(&format!("{acme}/team/creators/members/cory")));
        done(ana.put(&format!("{acme}/team/devs"), json!({ "role": "member" })));
        done(ana.put_empty(&format!("{acme}/team/devs/members/mia")));
        for (name, visibility) in [("app", "private"), ("a/b/c", "private"), ("pub", "public")] {
            done(ana.post(
                "/api/v1/repository",
                json!({
                    "namespace": "acme", "repository": name, "visibility": visibility,
                    "description": "",
                }),
            ));
        }
        for (user, role) in [("rhea", "read"), ("acme+ci", "write")] {
            let path = format!("/api/v1/repository/acme/app/permissions/user/{user}");
            done(ana.put(&path, json!({ "role": role })));
        }
        let px = "/api/v1/organization/px";
        done(pia.put(&format!("{px}/team/devs"), json!({ "role": "member" })));
        for member in ["mia", "px+in"] {
            done(pia.put_empty(&format!("{px}/team/devs/members/{member}")));
        }
        self.app.execute(
            "INSERT INTO proxy_cache_config (organization_id, upstream_registry, expiration_s, insecure)
            SELECT id, 'docker.io', 0, 0 FROM account WHERE name = 'px'",
        );
        self.app.execute("UPDATE account SET enabled = 0 WHERE name = 'off'");
    }

    /// Requests with a user name and a password.
    fn with_password(&self, name: &str, password: &str) -> As<'_> {
        let encoded = STANDARD.encode(format!("{name}:{password}"));
        self.app.anonymous().header("authorization", &format!("Basic {encoded}"))
    }

    /// Requests of somebody of the cast: a user, a robot, `-` for nobody, `ana repo:read` for a token of OAuth.
    fn caller(&self, who: &str) -> As<'_> {
        if who == "-" {
            return self.app.anonymous();
        }
        if let Some((user, scope)) = who.split_once(' ') {
            let headers = self.app.with_scope(user, scope);
            let token = headers.headers()[0].1.trim_start_matches("Bearer ").to_owned();
            return self.with_password("$oauthtoken", &token);
        }
        match self.robots.iter().find(|(name, _)| name == who) {
            Some((name, token)) => self.with_password(name, token),
            None => self.with_password(who, "password"),
        }
    }

    /// What `who` gets for `scopes`: the subject and the access of the token, or the status and the message.
    fn ask(&self, who: &str, scopes: &[&str]) -> String {
        let mut query = format!("service={HOST}");
        for scope in scopes {
            query.push_str("&scope=");
            query.push_str(&scope.replace(' ', "%20"));
        }
        told(&self.caller(who).get(&format!("/v2/auth?{query}")))
    }
}

/// What a token says.
fn claims(token: &Value) -> Value {
    let token = token.as_str().expect("a token");
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

fn told(reply: &Reply) -> String {
    let body = reply.json();
    if reply.status() != 200 {
        let error = &body["errors"][0];
        let text = |name| error[name].as_str().unwrap_or_default().to_owned();
        return format!("{} {} {}", reply.status(), text("code"), text("message"));
    }
    let claims = claims(&body["token"]);
    let entries = claims["access"].as_array().expect("a list").iter().map(|entry| {
        assert_eq!(entry["type"], "repository");
        let actions = entry["actions"].as_array().expect("a list").iter();
        let actions: Vec<_> = actions.map(|action| action.as_str().expect("a text")).collect();
        format!(" {} [{}]", entry["name"].as_str().expect("a text"), actions.join(", "))
    });
    format!("{}:{}", claims["sub"].as_str().expect("a text"), entries.collect::<String>())
}

/// Number, caller, scopes, answer.
type Case = (&'static str, &'static str, &'static [&'static str], &'static str);

fn hold(cast: &Cast, cases: &[Case]) {
    let wrong: Vec<_> = cases
        .iter()
        .filter_map(|(number, who, scopes, expected)| {
            let found = cast.ask(who, scopes);
            (found != *expected)
                .then(|| format!("{number}: {who} {scopes:?}\n  want {expected}\n  have {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const NOT_AUTHORIZED: &str = "401 UNAUTHORIZED access to the requested resource is not authorized";

#[test]
fn credentials() {
    let cast = Cast::new();
    hold(
        &cast,
        &[
            ("1", "ana", &[], "ana:"),
            ("4", "acme+ci", &[], "acme+ci:"),
            ("7", "ana repo:read", &[], "ana:"),
            ("13", "-", &[], NOT_AUTHORIZED),
            ("14", "-", &[""], NOT_AUTHORIZED),
            ("15", "ana", &[""], "ana:"),
            ("16", "off+in", &[], "401 UNAUTHORIZED Robot off+in owner off is disabled"),
        ],
    );
    let refused = |name: &str, password: &str| {
        let reply = cast.with_password(name, password).get("/v2/auth?service=x");
        let challenge = "Bearer realm=\"http://localhost:3000/v2/auth\",service=\"localhost:3000\"";
        assert_eq!(reply.header("www-authenticate"), Some(challenge), "{reply}");
        assert_eq!(reply.header("docker-distribution-api-version"), Some("registry/2.0"));
        told(&reply)
    };
    let nobody = "401 UNAUTHORIZED Invalid Username or Password";
    let no_robot = |name| {
        format!(
            "401 UNAUTHORIZED Could not find robot with username: {name} and supplied password."
        )
    };
    assert_eq!(refused("ana", "wrong"), nobody, "2");
    assert_eq!(refused("nobody", "x"), nobody, "3");
    assert_eq!(refused("acme", "x"), nobody, "an organization");
    assert_eq!(refused("acme+ci", "wrong"), no_robot("acme+ci"), "5");
    assert_eq!(refused("acme+nosuch", "x"), no_robot("acme+nosuch"), "6");
    assert_eq!(
        refused("$oauthtoken", "x"),
        "401 UNAUTHORIZED OAuth access token could not be validated",
        "8"
    );
    assert_eq!(refused("$app", "x"), "401 UNAUTHORIZED Invalid token", "9");
    assert_eq!(refused("$token", "x"), "401 UNAUTHORIZED Invalid access token", "10");
    let bad = "401 UNAUTHORIZED Specified credentials are invalid";
    for (number, header) in [("11", "Bearer x"), ("12", "Basic =="), ("12", "Basic eA==")] {
        let reply = cast.app.anonymous().header("authorization", header).get("/v2/auth");
        assert_eq!(told(&reply), bad, "{number}");
    }
    cast.app.execute("UPDATE account SET enabled = 0 WHERE name = 'otto'");
    assert_eq!(
        cast.ask("otto", &[]),
        "401 UNAUTHORIZED This user has been disabled. Please contact your administrator.",
        "17"
    );
}

#[test]
fn nobody_without_anonymous_access() {
    let cast = Cast::new();
    cast.app.set("feature_anonymous_access", "false");
    let no = |reply: &Reply| {
        assert_eq!(reply.status(), 401);
        assert_eq!(reply.json(), json!({ "error": "Anonymous access is not allowed" }), "18");
        assert_eq!(reply.header("www-authenticate"), None, "18");
    };
    no(&cast.caller("-").get("/v2/auth?scope=repository:acme/pub:pull"));
    no(&cast.with_password("ana", "wrong").get("/v2/auth"));
    cast.app.advance(60);
    assert_eq!(cast.ask("ana", &["repository:acme/pub:pull"]), "ana: acme/pub [pull]");
}

/// 22, 23: what containerd and docker send.
#[test]
fn forms() {
    let cast = Cast::new();
    let form = "grant_type=password&username=ana&password=password&service=x&client_id=containerd-client\
        &scope=repository:acme/app:pull%20repository:acme/pub:pull";
    let reply = cast.app.anonymous().post_form("/v2/auth", form);
    assert_eq!(told(&reply), "ana: acme/app [pull] acme/pub [pull]");
    let body = reply.json();
    assert_eq!(body["access_token"], body["token"]);
    assert_eq!(body["expires_in"], 300);
    assert_eq!(body["scope"], "repository:acme/app:pull repository:acme/pub:pull");
    let form = "grant_type=refresh_token&refresh_token=x&service=x";
    let refused = told(&cast.app.anonymous().post_form("/v2/auth", form));
    assert!(refused.starts_with("400 UNSUPPORTED"), "{refused}");
    let wrong = "grant_type=password&username=ana&password=wrong&service=x";
    let wrong = told(&cast.app.anonymous().post_form("/v2/auth", wrong));
    assert_eq!(wrong, "401 UNAUTHORIZED Invalid Username or Password");
    cast.app.advance(60);
    let query = "/v2/auth?account=otto&client_id=docker&offline_token=true&service=x";
    let reply = cast.caller("ana").get(query);
    assert_eq!(told(&reply), "ana:");
    let members: Vec<_> = reply.json().as_object().expect("an object").keys().cloned().collect();
    assert_eq!(members, ["token", "expires_in", "issued_at"]);
    assert_eq!(claims(&reply.json()["token"])["aud"], "x");
    let put = cast.caller("ana").put("/v2/auth", json!({}));
    assert_eq!(told(&put), "405 UNSUPPORTED The method is not allowed for the requested URL.");
}

const APP: &str = "repository:acme/app:pull";

const ALL: &str = "repository:acme/app:pull,push,*";

const NEW: &str = "repository:acme/new:pull,push";

#[test]
fn scopes() {
    let cast = Cast::new();
    hold(
        &cast,
        &[
            (
                "24",
                "ana",
                &["some_invalid_scope"],
                "400 INVALID_REQUEST Unable to decode repository and actions: some_invalid_scope",
            ),
            ("25", "ana", &[APP], "ana: acme/app [pull]"),
            ("26", "ana", &["repository:acme/app:push"], "ana: acme/app [push]"),
            ("27", "ana", &["repository:acme/app:pull,push"], "ana: acme/app [push, pull]"),
            ("28", "ana", &[ALL], "ana: acme/app [push, pull, *]"),
            ("29", "rhea", &[ALL], "rhea: acme/app [pull]"),
            ("30", "cory", &[ALL], "cory: acme/app []"),
            ("31", "otto", &[ALL], "otto: acme/app []"),
            ("32", "acme+ci", &[ALL], "acme+ci: acme/app [push, pull]"),
            ("33", "acme+idle", &[ALL], "acme+idle: acme/app []"),
            ("34", "-", &[APP], "(anonymous): acme/app []"),
            ("35", "-", &["repository:acme/pub:pull"], "(anonymous): acme/pub [pull]"),
            ("36", "-", &["repository:acme/pub:pull,push"], "(anonymous): acme/pub [pull]"),
            ("37", "otto", &["repository:acme/pub:push,pull"], "otto: acme/pub [pull]"),
            ("38", "ana repo:read", &["repository:acme/app:pull,push"], "ana: acme/app [pull]"),
            (
                "39",
                "ana repo:write",
                &["repository:acme/app:pull,push"],
                "ana: acme/app [push, pull]",
            ),
            ("40", "ana repo:write", &["repository:acme/new:push"], "ana: acme/new []"),
            ("41", "gil", &[APP], "gil: acme/app [pull]"),
            ("42", "gil", &["repository:acme/app:push"], "gil: acme/app []"),
            ("44", "root", &[ALL], "root: acme/app []"),
            (
                "45",
                "ana",
                &["repository:acme/app:push,pull", "repository:acme/pub:pull"],
                "ana: acme/app [push, pull] acme/pub [pull]",
            ),
            (
                "46",
                "ana",
                &[APP, "repository:off/x:pull"],
                "405 DENIED Namespace off has been disabled. Please contact a system administrator.",
            ),
            (
                "46, the first error counts",
                "ana",
                &["repository:off/x:pull", "nonsense"],
                "405 DENIED Namespace off has been disabled. Please contact a system administrator.",
            ),
            (
                "47",
                "ana",
                &["repository:localhost:3000/acme/app:pull"],
                "ana: localhost:3000/acme/app [pull]",
            ),
            ("48", "ana", &["repository:other.host/acme/app:pull"], "ana: other.host/acme/app []"),
            ("49", "ana", &["repository:acme/a/b/c:pull"], "ana: acme/a/b/c [pull]"),
            (
                "51",
                "ana",
                &["repository:acme/UPPER:pull"],
                "400 NAME_INVALID Invalid repository name: acme/UPPER",
            ),
            ("53", "ana", &["repository:ubuntu:pull"], "ana: ubuntu []"),
            ("54", "ana", &["repository:acme/app:delete"], "ana: acme/app [delete]"),
            ("54", "acme+ci", &["repository:acme/app:delete"], "acme+ci: acme/app [delete]"),
            ("54", "rhea", &["repository:acme/app:delete"], "rhea: acme/app []"),
            (
                "55",
                "ana",
                &["registry:catalog:*"],
                "400 INVALID_REQUEST Unable to decode repository and actions: registry:catalog:*",
            ),
            (
                "56",
                "ana",
                &["repository:acme/app:pull repository:acme/pub:pull"],
                "400 INVALID_REQUEST Unable to decode repository and actions: \
                repository:acme/app:pull repository:acme/pub:pull",
            ),
            (
                "57",
                "ana",
                &["repository:acme/app:"],
                "400 INVALID_REQUEST Unable to decode repository and actions: repository:acme/app:",
            ),
            ("58", "ana", &["repository:acme/nosuch:*"], "ana: acme/nosuch []"),
            ("59", "ana", &["repository:acme/nosuch:pull"], "ana: acme/nosuch [pull]"),
            ("60", "mia", &["repository:acme/nosuch:pull"], "mia: acme/nosuch []"),
            ("64", "ana", &["repository:nosuch/x:pull,push"], "ana: nosuch/x []"),
            ("63", "mia", &[NEW], "mia: acme/new []"),
            ("108", "mia", &["repository:px/library/alpine:pull"], "mia: px/library/alpine [pull]"),
            (
                "109",
                "px+in",
                &["repository:px/library/alpine:pull"],
                "px+in: px/library/alpine [pull]",
            ),
            (
                "109",
                "px+out",
                &["repository:px/library/alpine:pull"],
                "px+out: px/library/alpine []",
            ),
            ("109", "otto", &["repository:px/library/alpine:pull"], "otto: px/library/alpine []"),
            (
                "109",
                "-",
                &["repository:px/library/alpine:pull"],
                "(anonymous): px/library/alpine []",
            ),
            ("110", "pia", &["repository:px/library/alpine:push"], "pia: px/library/alpine []"),
        ],
    );
    let long = format!("repository:acme/{}:pull", "a".repeat(251));
    assert!(cast.ask("ana", &[&long]).starts_with("400 NAME_INVALID"), "52");
    let repositories = "SELECT name FROM repository ORDER BY id";
    assert_eq!(cast.app.rows(repositories).concat(), ["app", "a/b/c", "pub"], "nothing is made");
    cast.app.set("feature_superusers_full_access", "true");
    hold(&cast, &[("43", "root", &[ALL], "root: acme/app [push, pull, *]")]);
    cast.app.set("feature_extended_repository_names", "false");
    hold(
        &cast,
        &[(
            "50",
            "ana",
            &["repository:acme/a/b/c:pull"],
            "400 NAME_INVALID Nested repositories are not supported. Found: acme/a/b/c",
        )],
    );
    let many = ["repository:acme/app:pull"; 101];
    assert!(cast.ask("ana", &many).starts_with("400 INVALID_REQUEST a token is for 100 scopes"));
}

#[test]
fn a_push_makes_the_repository() {
    let cast = Cast::new();
    let default = json!({ "role": "read", "delegate": { "name": "devs", "kind": "team" } });
    let made = cast.app.as_user("ana").post("/api/v1/organization/acme/prototypes", default);
    assert_eq!(made.status(), 200, "{made}");
    let log = cast.app.log();
    hold(
        &cast,
        &[
            ("61", "cory", &[NEW], "cory: acme/new [push, pull]"),
            (
                "oauth",
                "ana repo:create",
                &["repository:acme/oauth:push,pull"],
                "ana: acme/oauth [push]",
            ),
        ],
    );
    assert_eq!(cast.app.log(), log, "61: no create_repo");
    let made = "SELECT r.is_public, coalesce(a.name, t.name), p.role FROM repository r
        JOIN repository_permission p ON p.repository_id = r.id
        LEFT JOIN account a ON a.id = p.account_id LEFT JOIN team t ON t.id = p.team_id
        WHERE r.name = 'new' ORDER BY p.role";
    assert_eq!(cast.app.rows(made), [["0", "cory", "admin"], ["0", "devs", "read"]], "61");
    cast.app.set("create_private_repo_on_push", "false");
    hold(
        &cast,
        &[
            ("62", "cory", &["repository:acme/open:push,*"], "cory: acme/open [push, *]"),
            ("67", "ana", &["repository:ana/mine:push"], "ana: ana/mine [push]"),
            (
                "one repository, whatever it is called",
                "ana",
                &["repository:acme/twice:push", "repository:acme/twice:pull,push,*"],
                "ana: acme/twice [push] acme/twice [push, pull, *]",
            ),
        ],
    );
    let is_public = cast.app.rows("SELECT is_public FROM repository WHERE name = 'open'");
    assert_eq!(is_public.concat(), ["1"], "62");
    let two = ["repository:acme/x:push", "repository:acme/y:push"];
    assert!(cast.ask("ana", &two).starts_with("400 INVALID_REQUEST a token makes one"));
    let route = cast.ask("ana", &["repository:acme/app/tag:push"]);
    assert_eq!(route, "400 NAME_INVALID Invalid repository name: acme/app/tag");
    cast.app.set("feature_restricted_users", "true");
    hold(&cast, &[("68", "ana", &["repository:ana/other:push"], "ana: ana/other []")]);
    cast.app.set("feature_restricted_users", "false");
    cast.app.set("limit_repositories_per_namespace", "1");
    let full = cast.ask("ana", &["repository:acme/one-more:push"]);
    assert!(full.starts_with("403 DENIED"), "{full}");
}

#[test]
fn a_push_makes_the_organization_where_that_is_set() {
    let cast = Cast::with(App::new().with("create_namespace_on_push", "true"));
    hold(
        &cast,
        &[
            ("65", "ana", &["repository:nosuch/x:pull,push"], "ana: nosuch/x [push, pull]"),
            (
                "66",
                "ana",
                &["repository:NoSuch-/x:push"],
                "405 UNSUPPORTED Cannot create organization",
            ),
            ("nobody", "-", &["repository:other/x:push"], "(anonymous): other/x []"),
            ("a robot", "acme+ci", &["repository:other/x:push"], "acme+ci: other/x []"),
            ("by OAuth", "ana repo:create", &["repository:other/x:push"], "ana: other/x []"),
        ],
    );
    let made = cast.app.rows(
        "SELECT a.email, t.name, t.role, m.name FROM account a JOIN team t ON t.organization_id = a.id
        JOIN team_member tm ON tm.team_id = t.id JOIN account m ON m.id = tm.account_id
        WHERE a.name = 'nosuch'",
    );
    assert_eq!(made.concat(), ["ana+nosuch@example.com", "owners", "admin", "ana"]);
    assert!(cast.app.log().contains("org_create"), "{}", cast.app.log());
}

#[test]
fn nothing_is_written_while_the_registry_is_read_only() {
    let cast = Cast::with(App::new());
    cast.app.set("registry_state", "readonly");
    let reply = cast.caller("cory").get("/v2/auth?scope=repository:acme/new:pull,push");
    assert_eq!(reply.status(), 405, "69");
    assert_eq!(reply.json()["is_readonly"], true, "69");
    assert_eq!(reply.json()["errors"][0]["code"], "DENIED", "69");
    hold(
        &cast,
        &[("70", "ana", &["repository:acme/app:pull,push,*,delete"], "ana: acme/app [pull]")],
    );
}

#[test]
fn a_sign_in_is_logged_where_nothing_is_asked_for() {
    let cast = Cast::new();
    let entries = || {
        cast.app.rows(
            "SELECT a.name, e.metadata FROM log_entry e JOIN account a ON a.id = e.namespace_id
            WHERE e.kind = 'login_success' ORDER BY e.id",
        )
    };
    let _ = cast.caller("ana").header("user-agent", "docker/20").get("/v2/auth?service=x");
    let _ = cast.caller("acme+ci").get("/v2/auth?service=x");
    let _ = cast.caller("ana").get("/v2/auth?service=x&scope=repository:acme/app:pull");
    let expected = [
        ["ana", r#"{"type":"v2auth","kind":"user","useragent":"docker/20"}"#],
        ["acme", r#"{"type":"v2auth","kind":"robot","robot":"acme+ci","useragent":""}"#],
    ];
    assert_eq!(entries(), expected, "20, 21");
}

#[test]
fn what_a_token_costs() {
    let cast = Cast::new();
    cast.ask("ana", &[]);
    let cost = |who: &str, scopes: &[&str]| {
        cast.ask(who, scopes);
        cast.app.latest_statements().len()
    };
    let app = "repository:acme/app:pull,push";
    assert_eq!(cost("ana", &[app]), 3);
    assert_eq!(cost("-", &["repository:acme/pub:pull", app]), 3);
    assert!(cost("cory", &[NEW]) <= 8);
    assert_eq!(cost("cory", &[NEW]), 3, "it is there now");
}

#[test]
fn the_last_use_of_tokens_is_known() {
    let cast = Cast::new();
    let seen = || {
        let robot = cast.app.as_user("ana").get("/api/v1/organization/acme/robots/ci");
        robot.json()["last_accessed"].clone()
    };
    assert_eq!(seen(), Value::Null);
    cast.ask("acme+ci", &[]);
    let first = seen();
    assert!(first.is_string(), "{first}");
    cast.app.advance(30);
    cast.ask("acme+ci", &[]);
    assert_eq!(seen(), first, "once a minute");
    cast.app.advance(31);
    cast.ask("acme+ci", &[]);
    assert_ne!(seen(), first);
}

#[test]
fn robots_are_disallowed_where_that_is_set() {
    let cast = Cast::new();
    cast.app.set("robots_disallow", "true");
    let refused =
        "401 UNAUTHORIZED Robot account have been disabled. Please contact your administrator.";
    hold(&cast, &[("robots_disallow", "acme+ci", &[], refused)]);
}

/// What the console gives people for command-line clients is a password here, until the password is changed.
#[test]
fn the_password_for_clients() {
    let cast = Cast::new();
    let body = json!({ "password": "password" });
    let made = cast.app.with_session("ana").post("/api/v1/user/clientkey", body);
    let key = made.json()["key"].as_str().expect("a key").to_owned();
    assert_eq!(told(&cast.with_password("ana", &key).get("/v2/auth")), "ana:");
    let nobody = "401 UNAUTHORIZED Invalid Username or Password";
    assert_eq!(told(&cast.with_password("mia", &key).get("/v2/auth")), nobody);
    cast.app.execute("UPDATE user_profile SET password_hash = password_hash || 'x'");
    assert_eq!(told(&cast.with_password("ana", &key).get("/v2/auth")), nobody);
}

#[test]
fn app_specific_tokens() {
    let cast = Cast::new();
    let ana = cast.app.with_session("ana");
    let made = ana.post("/api/v1/user/apptoken", json!({ "title": "laptop" }));
    let code = made.json()["token"]["token_code"].as_str().expect("a code").to_owned();
    let uuid = made.json()["token"]["uuid"].as_str().expect("a UUID").to_owned();
    let ask =
        |query: &str| told(&cast.with_password("$app", &code).get(&format!("/v2/auth{query}")));
    assert_eq!(ask(""), "ana:");
    assert_eq!(ask("?scope=repository:acme/app:pull,push,*"), "ana: acme/app [push, pull, *]");
    assert!(
        cast.app.log().contains(r#""app_specific_token_title":"laptop""#),
        "{}",
        cast.app.log()
    );
    let path = format!("/api/v1/user/apptoken/{uuid}");
    assert!(ana.get(&path).json()["token"]["last_accessed"].is_string(), "its use is noted");
    cast.app.execute("UPDATE account SET enabled = 0 WHERE name = 'ana'");
    let disabled =
        "401 UNAUTHORIZED This user has been disabled. Please contact your administrator.";
    assert_eq!(ask(""), disabled);
    cast.app.execute("UPDATE account SET enabled = 1 WHERE name = 'ana'");
    cast.app.set("feature_app_specific_tokens", "false");
    assert_eq!(ask(""), "401 UNAUTHORIZED Invalid Username or Password");
    cast.app.set("feature_app_specific_tokens", "true");
    assert_eq!(ana.delete(&path).status(), 204);
    assert_eq!(ask(""), "401 UNAUTHORIZED Invalid token");
}
