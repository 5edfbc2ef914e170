//! Addresses: proven or not, and what the codes in mails allow.

use berth_test::{App, Reply, lines_of_html};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::press;
use crate::common::sign_in;

const USER: &str = "/api/v1/user/";
const MAILS: &str = "/api/v1/superuser/mails";

/// A person of each role, in front of a mail gateway.
fn app() -> App {
    App::new()
        .with_roles()
        .with("mail_gateway_url", "https://mail.example/send")
        .with("fresh_login_timeout", "1d")
}

fn sign_up(app: &App, name: &str, email: &str) -> Reply {
    let browser = app.browser();
    browser.post(USER, json!({ "username": name, "password": "password", "email": email }))
}

fn recover(app: &App, email: &str) -> Reply {
    let browser = app.browser();
    browser.post("/api/v1/recovery", json!({ "email": email }))
}

/// The code in the newest mail, which went to `to`.
fn mailed_code(app: &App, to: &str) -> String {
    let mail = app.mails().pop().expect("a mail");
    assert_eq!(mail.to, to);
    let (_, rest) = mail.text.split_once("?code=").unwrap_or_else(|| panic!("{}", mail.text));
    rest.lines().next().unwrap_or_default().to_owned()
}

/// Addresses and which of them are proven, by name.
fn addresses(app: &App) -> Vec<String> {
    let rows = app.rows(
        "SELECT name, email, proven_email FROM account
        JOIN user_profile ON account_id = account.id ORDER BY account.id",
    );
    rows.iter().map(|row| row.join(" ")).collect()
}

fn address_of(app: &App, name: &str) -> String {
    let found = addresses(app).into_iter().find(|line| line.starts_with(&format!("{name} ")));
    found.unwrap_or_else(|| format!("no {name}"))
}

#[test]
fn a_code_that_came_back_proves_the_address_and_a_change_ends_that() {
    let app = app();
    assert_eq!(address_of(&app, "member"), "member member@example.com NULL");
    assert_eq!(recover(&app, "Member@Example.com").status(), 200);
    // The mail goes to the address as the account spells it.
    let code = mailed_code(&app, "member@example.com");
    assert_eq!(press(&app, "/recovery", &code, "&password=another-one").status(), 200);
    assert_eq!(address_of(&app, "member"), "member member@example.com member@example.com");
    let member = app.with_session("member");
    assert_eq!(member.put(USER, json!({ "email": "new@example.com" })).status(), 200);
    let code = mailed_code(&app, "new@example.com");
    assert_eq!(press(&app, "/confirm", &code, "").status(), 200);
    assert_eq!(address_of(&app, "member"), "member new@example.com new@example.com");
    // Confirmation by a superuser is no proof, but the user may sign in.
    let users = "/api/v1/superuser/users/member";
    let reply = app.as_user("superuser").put(users, json!({ "email": "third@example.com" }));
    assert_eq!(reply.json()["verified"], true);
    assert_eq!(address_of(&app, "member"), "member third@example.com NULL");
    // Nor is the caller's account, where no mail leaves.
    app.set("mail_gateway_url", "");
    let member = app.with_session("member");
    let reply = member.put(USER, json!({ "email": "fourth@example.com" }));
    assert_eq!(reply.json()["verified"], true);
    assert_eq!(address_of(&app, "member"), "member fourth@example.com NULL");
}

#[test]
fn one_address_is_one_whatever_its_case() {
    let app = app();
    let reply = sign_up(&app, "new", "MEMBER@example.com");
    assert_eq!(reply.json()["detail"], "Email has already been used: MEMBER@example.com");
    assert_eq!(sign_in(&app, "Member@EXAMPLE.com", "password").status(), 200);
    let users = "/api/v1/superuser/users/";
    let body = json!({ "username": "new", "email": "Member@example.com" });
    let reply = app.as_user("superuser").post(users, body);
    assert_eq!(reply.json()["message"], "Email has already been used: Member@example.com");
    let change = json!({ "email": "MEMBER@EXAMPLE.COM" });
    let reply = app.as_user("superuser").put(&format!("{users}outsider"), change);
    assert_eq!(reply.json()["message"], "E-mail address already used");
    app.set("mail_gateway_url", "");
    let change = json!({ "email": "mEmber@example.com" });
    let reply = app.with_session("outsider").put(USER, change);
    assert_eq!(reply.json()["detail"], "E-mail address already used");
    let body = json!({ "name": "fresh", "email": "MEMBER@example.com" });
    let reply = app.as_user("outsider").post("/api/v1/organization/", body);
    assert_eq!(reply.json()["detail"], "Email has already been used: MEMBER@example.com");
    // The caller may change the case of their address.
    let reply = app.with_session("member").put(USER, json!({ "email": "Member@example.com" }));
    assert_eq!(reply.json()["email"], "Member@example.com");
}

/// `x <a@b.c>` would be one address to a mail server and another one to us.
#[test]
fn what_is_no_address_is_none_anywhere() {
    let app = app();
    let bad = "x <bombed@corp.example>";
    assert_eq!(sign_up(&app, "new", bad).json()["detail"], format!("Invalid email address: {bad}"));
    let reply = app.with_session("member").put(USER, json!({ "email": bad }));
    assert_eq!(reply.json()["detail"], format!("Invalid email address: {bad}"));
    let superuser = app.as_user("superuser");
    let body = json!({ "username": "new", "email": bad });
    assert_eq!(superuser.post("/api/v1/superuser/users/", body).status(), 400);
    let reply = superuser.put("/api/v1/superuser/users/member", json!({ "email": bad }));
    assert_eq!(reply.status(), 400);
    let admin = app.as_user("admin");
    let body = json!({ "name": "fresh", "email": bad });
    assert_eq!(admin.post("/api/v1/organization/", body).json()["detail"], "Invalid email address");
    let reply = admin.put("/api/v1/organization/acme", json!({ "email": bad }));
    assert_eq!(reply.json()["detail"], "Invalid email address");
    assert_eq!(recover(&app, bad).status(), 200);
    assert!(app.mails().is_empty());
}

/// Finding A4: somebody signs up with the address of another person, who comes later.
#[test]
fn recovery_gives_an_account_to_the_reader_of_its_mail() {
    let app = app();
    assert_eq!(sign_up(&app, "somebody", "owner@corp.example").status(), 200);
    mailed_code(&app, "owner@corp.example");
    assert_eq!(recover(&app, "owner@corp.example").status(), 200);
    let code = mailed_code(&app, "owner@corp.example");
    let owner = press(&app, "/recovery", &code, "&password=owners-word");
    assert_eq!(app.continuing(&owner).get(USER).json()["username"], "somebody");
    assert_eq!(sign_in(&app, "somebody", "password").status(), 403);
    app.advance(60);
    assert_eq!(sign_in(&app, "owner@corp.example", "owners-word").status(), 200);
}

#[test]
fn a_proven_address_is_taken_from_an_unproven_holder() {
    let app = app();
    assert_eq!(sign_up(&app, "squatter", "Owner@corp.example").status(), 200);
    let squatted = mailed_code(&app, "Owner@corp.example");
    let member = app.with_session("member");
    app.advance(60);
    assert_eq!(member.put(USER, json!({ "email": "owner@corp.example" })).status(), 200);
    let code = mailed_code(&app, "owner@corp.example");
    assert_eq!(press(&app, "/confirm", &code, "").status(), 200);
    assert_eq!(address_of(&app, "member"), "member owner@corp.example owner@corp.example");
    let left = address_of(&app, "squatter");
    assert!(left.ends_with(" NULL") && left.matches('-').count() == 4, "{left}");
    // A code that was sent there for the other account confirms nothing any more.
    assert_eq!(press(&app, "/confirm", &squatted, "").status(), 400);
    // A proven one stays where it is.
    let reply = app.with_session("outsider").put(USER, json!({ "email": "OWNER@corp.example" }));
    assert_eq!(reply.json()["detail"], "E-mail address already used");
}

#[test]
fn accounts_that_nobody_confirms_expire() {
    let app = app();
    assert_eq!(sign_up(&app, "somebody", "owner@corp.example").status(), 200);
    app.advance(7 * 86_400 - 1);
    assert_eq!(sign_up(&app, "somebody", "x@corp.example").status(), 400);
    assert_eq!(sign_up(&app, "other", "owner@corp.example").status(), 400);
    app.advance(1);
    let awaiting = json!({ "awaiting_verification": true });
    assert_eq!(sign_up(&app, "other", "OWNER@corp.example").json(), awaiting);
    assert_eq!(address_of(&app, "somebody"), "no somebody");
    app.advance(7 * 86_400);
    assert_eq!(sign_up(&app, "other", "new@corp.example").json(), awaiting);
    app.advance(7 * 86_400);
    let body = json!({ "name": "other", "email": "new@corp.example" });
    assert_eq!(app.as_user("admin").post("/api/v1/organization/", body).status(), 201);
    assert_eq!(address_of(&app, "other"), "no other");
}

/// Neither an account that a superuser made nor one that somebody relies on.
#[test]
fn accounts_that_are_expected_do_not_expire() {
    let app = app().with("require_team_invite", "false");
    let body = json!({ "username": "expected", "email": "expected@corp.example" });
    assert_eq!(app.as_user("superuser").post("/api/v1/superuser/users/", body).status(), 200);
    assert_eq!(sign_up(&app, "wanted", "wanted@corp.example").status(), 200);
    let path = "/api/v1/organization/acme/team/owners/members/wanted";
    assert_eq!(app.as_user("admin").put_empty(path).status(), 200);
    app.advance(8 * 86_400);
    for name in ["expected", "wanted"] {
        let reply = sign_up(&app, name, "x@corp.example");
        assert_eq!(reply.json()["detail"], "The username already exists", "{name}");
    }
    assert_eq!(sign_up(&app, "another", "another@corp.example").status(), 200);
    assert_eq!(address_of(&app, "wanted"), "wanted wanted@corp.example NULL");
}

/// Code reading 6.4: a mail scanner follows links, and asks for their heads.
#[test]
fn following_a_link_changes_nothing() {
    let app = app();
    recover(&app, "member@example.com");
    let code = mailed_code(&app, "member@example.com");
    let session = app.with_session("member");
    let before = app.rows("SELECT count(*), max(recovery_code_hash) FROM user_profile");
    let link = format!("/recovery?code={code}");
    for _ in 0..2 {
        assert_eq!(app.anonymous().get(&link).status(), 200);
        assert_eq!(app.anonymous().head(&link).status(), 200);
    }
    assert_eq!(app.rows("SELECT count(*), max(recovery_code_hash) FROM user_profile"), before);
    assert_eq!(session.get(USER).status(), 200);
    assert_eq!(press(&app, "/recovery", &code, "&password=another-one").status(), 200);
    assert_eq!(session.get(USER).status(), 401);
}

/// Finding A8: a foreign page opens, in a victim's browser, a link with a code of the attacker's account.
#[test]
fn a_page_elsewhere_signs_nobody_in() {
    let app = app();
    recover(&app, "outsider@example.com");
    let code = mailed_code(&app, "outsider@example.com");
    let victim = app.with_session("member");
    // Following the link does not change who the victim is.
    let shown = victim.get(&format!("/recovery?code={code}"));
    assert_eq!(victim.get(USER).json()["username"], "member");
    let form = format!("code={code}&password=another-one");
    // Cookies do not come with forms of other sites; a token of another session is none.
    assert_eq!(app.anonymous().post_form("/recovery", &form).status(), 401);
    let unmeant = victim.clone().without("x-csrf-token");
    assert_eq!(unmeant.post_form("/recovery", &form).status(), 403);
    let page = app.anonymous().get(&format!("/recovery?code={code}")).whole();
    let token = page.split_once("name=\"_csrf_token\" value=\"").expect("a form").1;
    let token = token.split('"').next().expect("a token");
    let planted = format!("{form}&_csrf_token={token}");
    assert_eq!(unmeant.post_form("/recovery", &planted).status(), 403);
    // Browsers say where a form comes from.
    for site in ["cross-site", "same-site", "none"] {
        let reply = victim.clone().header("sec-fetch-site", site).post_form("/recovery", &form);
        assert_eq!(reply.status(), 403, "{site}");
        let reply = victim.clone().header("sec-fetch-site", site).post_form("/confirm", &form);
        assert_eq!(reply.status(), 403, "{site}");
    }
    assert!(shown.header("content-security-policy").is_some());
    assert_eq!(sign_in(&app, "outsider", "password").status(), 200);
}

#[test]
fn the_pages_of_links() {
    let app = app();
    recover(&app, "member@example.com");
    let code = mailed_code(&app, "member@example.com");
    let shown = app.anonymous().get(&format!("/recovery?code={code}"));
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    let main = |reply: &Reply| {
        let text = reply.to_string();
        let main = text.split_once("<main class=\"narrow\">").expect("a page").1;
        lines_of_html(main.split_once("</main>").expect("a page").0.trim())
    };
    assert_snapshot!(main(&shown), @r#"
    <div class="card">
    <h1>New password</h1>
    <p>Choose a new password for the account <b>member</b>.</p>
    <p class="soft">The former password stops working, all sessions of the account end, and this browser is signed in.</p>
    <form class="fields" method="post" action="/recovery"><input type="hidden" name="_csrf_token" value="<secret>"><input type="hidden" name="code" value="<secret>">
    <div class="field">
    <label for="password">New password</label><input id="password" type="password" name="password" autocomplete="new-password" minlength="8" required autofocus></div>
    <div class="choices"><button class="first">Set password</button></div></form></div>
    "#);
    assert_snapshot!(main(&press(&app, "/recovery", &code, "&password=x")), @r#"
    <div class="card">
    <h1>New password</h1>
    <p class="notice alarm" role="alert">Invalid password, password must be at least 8 characters and contain no whitespace.</p>
    <p class="soft">The former password stops working, all sessions of the account end, and this browser is signed in.</p>
    <form class="fields" method="post" action="/recovery"><input type="hidden" name="_csrf_token" value="<secret>"><input type="hidden" name="code" value="<secret>">
    <div class="field">
    <label for="password">New password</label><input id="password" type="password" name="password" autocomplete="new-password" minlength="8" required autofocus></div>
    <div class="choices"><button class="first">Set password</button></div></form></div>
    "#);
    assert_snapshot!(main(&press(&app, "/recovery", &code, "&password=another-one")), @r#"
    <div class="card">
    <h1>New password</h1>
    <p>Your new password is set. You are signed in as <b>member</b>.</p>
    <div class="choices"><a class="button" href="/">Continue</a></div></div>
    "#);
    assert_eq!(sign_up(&app, "new", "new@example.com").status(), 200);
    let code = mailed_code(&app, "new@example.com");
    let shown = app.anonymous().get(&format!("/confirm?code={code}"));
    assert_snapshot!(main(&shown), @r#"
    <div class="card">
    <h1>E-mail address</h1>
    <p>Is <b>new@example.com</b> the address of your account <b>new</b>?</p>
    <p class="soft">If you did not ask for this, close this page. Otherwise this browser is signed in as <b>new</b>.</p>
    <form class="fields" method="post" action="/confirm"><input type="hidden" name="_csrf_token" value="<secret>"><input type="hidden" name="code" value="<secret>">
    <div class="choices"><button class="first">Confirm this address</button></div></form></div>
    "#);
    assert_snapshot!(main(&press(&app, "/confirm", &code, "")), @r#"
    <div class="card">
    <h1>E-mail address</h1>
    <p>Your address is confirmed. You are signed in as <b>new</b>.</p>
    <div class="choices"><a class="button" href="/">Continue</a></div></div>
    "#);
}

/// E.1: the original answers the same, and mails to the organization's address who can sign in.
#[test]
fn recovery_with_the_address_of_an_organization() {
    let app = app();
    assert_snapshot!(recover(&app, "ACME@example.com"), @r#"
    200
    {
      "status": "org",
      "orgemail": "ACME@example.com",
      "orgname": "a••e"
    }
    "#);
    let mails = app.mails();
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "acme@example.com"));
    assert_snapshot!(format!("{}\n\n{}", mails[0].subject, mails[0].text), @"
    Organization acme recovery

    Somebody, probably you, asked Berth for a new password with this address. It is that of the organization acme, which has none.

    Please sign in as one of the users who administer it: admin.

    If you did not ask for this, ignore this mail.

    The registry:
    http://localhost:3000

    -- 
    Berth
    ");
    // Once a minute; a user with the same address comes first.
    assert_eq!(recover(&app, "acme@example.com").json()["status"], "org");
    assert!(app.mails().is_empty());
    app.execute("UPDATE account SET email = 'acme@example.com' WHERE name = 'member'");
    assert_eq!(recover(&app, "acme@example.com").json(), json!({ "status": "sent" }));
    mailed_code(&app, "acme@example.com");
}

/// C1 (b): the work before the answer is the same for every address.
#[test]
fn the_time_of_a_recovery_does_not_show_who_is_known() {
    let app = app();
    let statements = |email: &str| {
        recover(&app, email);
        let all = app.latest_statements();
        // Afterwards the mail is written, if there is one, and what has had its time is looked for.
        let is_later =
            |sql: &String| sql == "BEGIN IMMEDIATE" || sql.starts_with("SELECT 0 AS kind");
        let until = all.iter().position(is_later).unwrap_or(all.len());
        all[..until].to_vec()
    };
    assert_eq!(statements("member@example.com"), statements("nobody@example.com"));
    assert_eq!(app.mails().len(), 1);
}

/// Finding A3: a superuser's token took another superuser's account over with a mail in the outbox.
#[test]
fn letters_of_superusers_are_shown_to_nobody_else() {
    let app = app().with("mail_gateway_url", "").with("super_users", "superuser,second");
    let app = app.with_user("second");
    let texts = |app: &App, name: &str| {
        let mails = app.with_session(name).get(MAILS).json()["mails"].take();
        let mails = mails.as_array().expect("a list").clone();
        let shown = |mail: &Value| format!("{} {}", mail["to"], mail["text"].is_string());
        mails.iter().map(shown).collect::<Vec<_>>()
    };
    for email in ["member@example.com", "reader@example.com", "second@example.com"] {
        recover(&app, email);
    }
    // Also mails to their address that another account causes, such as an invitation.
    let invite = "/api/v1/organization/acme/team/members/invite/SECOND@example.com";
    assert_eq!(app.as_user("admin").put_empty(invite).status(), 200);
    assert_eq!(
        texts(&app, "superuser"),
        [
            "\"SECOND@example.com\" false",
            "\"second@example.com\" false",
            "\"reader@example.com\" false",
            "\"member@example.com\" true",
        ]
    );
    assert_eq!(
        texts(&app, "second")[..2],
        ["\"SECOND@example.com\" true", "\"second@example.com\" true"]
    );
    // A token does not read mails that give access to its user's account: it would become that user.
    let by_token = app.as_user("second").get(MAILS).json();
    assert_eq!(
        (by_token["mails"][0]["text"].is_string(), by_token["mails"][3]["text"].is_string()),
        (false, true)
    );
    app.execute("UPDATE user_profile SET is_first = 1 WHERE account_id = (SELECT id FROM account WHERE name = 'member')");
    assert_eq!(texts(&app, "superuser")[3], "\"member@example.com\" false");
    // The reader is in the log, once a call.
    let log = app.log();
    let reads: Vec<&str> = log.lines().filter(|line| line.starts_with("mails_read")).collect();
    assert_eq!(
        reads,
        [
            "mails_read - superuser {}",
            "mails_read - second {}",
            "mails_read - second {}",
            "mails_read - superuser {}"
        ]
    );
}

/// Superusers can read a held mail, which leaves later with the same code: so that code proves nothing.
#[test]
fn a_code_that_was_held_proves_no_address() {
    let app = app().with("mail_gateway_url", "");
    let held = "UPDATE account SET email = 'boss@corp.example' WHERE name = 'outsider'";
    app.execute(held);
    let invite = "/api/v1/organization/acme/team/members/invite/boss@corp.example";
    assert_eq!(app.as_user("admin").put_empty(invite).status(), 200);
    let link = app.as_user("admin").get("/api/v1/organization/acme/invitations").json();
    let link = link["invitations"][0]["link"].as_str().expect("a link").to_owned();
    let code = link.split_once("?code=").expect("a code").1.to_owned();
    let app = app.with("mail_gateway_url", "https://mail.example/send");
    assert_eq!(app.as_user("admin").get("/api/v1/organization/acme").status(), 200);
    assert_eq!(app.mails().pop().expect("it leaves").to, "boss@corp.example");
    let browser = app.browser();
    let body = json!({
        "username": "mallory", "password": "password", "email": "boss@corp.example",
        "invite_code": code,
    });
    assert_eq!(browser.post(USER, body).status(), 400);
    assert_eq!(address_of(&app, "outsider"), "outsider boss@corp.example NULL");
}

/// A former holder of an account, before its address was proven, keeps no access.
#[test]
fn the_first_recovery_ends_the_tokens_of_before() {
    let app = app();
    let before = app.with_scope("member", "user:admin org:admin");
    assert_eq!(before.get(USER).status(), 200);
    let title = json!({ "title": "laptop" });
    assert_eq!(before.post("/api/v1/user/apptoken", title.clone()).status(), 200);
    let of_programs = || app.rows("SELECT count(*) FROM app_token");
    recover(&app, "member@example.com");
    let code = mailed_code(&app, "member@example.com");
    assert_eq!(press(&app, "/recovery", &code, "&password=another-password").status(), 200);
    assert_eq!(app.rows("SELECT count(*) FROM access_token t JOIN account a ON a.id = t.account_id WHERE a.name = 'member'"), [["0"]]);
    assert_eq!(of_programs(), [["0"]]);
    // Once it is proven, a forgotten password ends no token.
    app.advance(120);
    let after = app.with_scope("member", "user:admin");
    assert_eq!(after.post("/api/v1/user/apptoken", title).status(), 200);
    assert_eq!(after.get(USER).status(), 200);
    recover(&app, "member@example.com");
    let code = mailed_code(&app, "member@example.com");
    assert_eq!(press(&app, "/recovery", &code, "&password=one-more-password").status(), 200);
    assert_eq!(app.rows("SELECT count(*) FROM access_token t JOIN account a ON a.id = t.account_id WHERE a.name = 'member'"), [["1"]]);
    assert_eq!(of_programs(), [["1"]]);
}

/// Limits would begin anew with each organization that somebody makes and deletes.
#[test]
fn mails_count_although_their_organization_is_gone() {
    let app = app().with("mails_per_hour", "2");
    let member = app.with_session("member");
    let mut statuses = Vec::new();
    for number in 0..3 {
        let name = format!("short-lived-{number}");
        let made = member.post("/api/v1/organization/", json!({ "name": name }));
        assert_eq!(made.status(), 201, "{made}");
        let invite = format!("/api/v1/organization/{name}/team/owners/invite/bombed@corp.example");
        statuses.push(member.put_empty(&invite).status());
        assert_eq!(member.delete(&format!("/api/v1/organization/{name}")).status(), 204);
    }
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(app.mails().len(), 2);
}

/// Finding B10: fifty mails to a stranger in half a second.
#[test]
fn one_address_gets_one_confirmation_a_minute() {
    let app = app();
    let member = app.with_session("member");
    let change = |email: &str| member.put(USER, json!({ "email": email }));
    assert_eq!(change("bombed@corp.example").status(), 200);
    for email in ["bombed@corp.example", "BOMBED@corp.example", "Bombed@corp.example"] {
        let reply = change(email);
        assert_eq!((reply.status(), reply.header("retry-after")), (429, Some("60")), "{email}");
    }
    let other = app.with_session("outsider").put(USER, json!({ "email": "bombed@corp.example" }));
    assert_eq!(other.status(), 429);
    assert_eq!(app.mails().len(), 1);
    app.advance(60);
    assert_eq!(change("bombed@corp.example").status(), 200);
    assert_eq!(app.mails().len(), 1);
    // So many an hour from one to one.
    for _ in 0..30 {
        app.advance(60);
        change("bombed@corp.example");
    }
    assert!(app.mails().len() <= 18);
    let reply = change("bombed@corp.example");
    let wait: i64 = reply.header("retry-after").expect("a time").parse().expect("seconds");
    assert!(reply.status() == 429 && wait > 60, "{wait}");
}

#[test]
fn one_sender_sends_so_many_an_hour() {
    let app = app().with("mails_per_hour", "3");
    let member = app.with_session("member");
    let change =
        |n: i32| member.put(USER, json!({ "email": format!("n{n}@corp.example") })).status();
    assert_eq!([change(1), change(2), change(3), change(4)], [200, 200, 200, 429]);
    // Others are not slowed down; sign-ups count by client address.
    let admin = app.as_user("admin");
    let invite = |n: i32| {
        let path = format!("/api/v1/organization/acme/team/members/invite/n{n}@corp.example");
        admin.put_empty(&path).status()
    };
    assert_eq!([invite(1), invite(2), invite(3), invite(4)], [200, 200, 200, 429]);
    assert_eq!(app.rows("SELECT count(*) FROM team_invitation"), [["3"]]);
    let join = |n: i32| sign_up(&app, &format!("new{n}"), &format!("new{n}@corp.example")).status();
    assert_eq!([join(1), join(2), join(3), join(4)], [200, 200, 200, 429]);
    assert_eq!(app.mails().len(), 9);
    app.advance(3_600);
    assert_eq!([change(5), invite(5), join(5)], [200, 200, 200]);
}

/// Asking again within the minute gets the same answer; the mail that was sent stays valid.
#[test]
fn an_invitation_is_mailed_once_a_minute() {
    let app = app();
    let admin = app.as_user("admin");
    let team = "/api/v1/organization/acme/team/members";
    for _ in 0..50 {
        assert_eq!(admin.put_empty(&format!("{team}/invite/new@corp.example")).status(), 200);
        assert_eq!(admin.put_empty(&format!("{team}/members/outsider")).json()["invited"], true);
    }
    let mails = app.mails();
    assert_eq!(mails.len(), 2);
    let code =
        mails[1].text.split_once("?code=").expect("a link").1.lines().next().expect("a code");
    let path = format!("/api/v1/teaminvite/{code}");
    assert_eq!(app.as_user("outsider").put_empty(&path).status(), 200);
    // Withdrawing a mailed invitation makes no room for another.
    assert_eq!(admin.delete(&format!("{team}/invite/new@corp.example")).status(), 204);
    assert_eq!(admin.put_empty(&format!("{team}/invite/new@corp.example")).status(), 429);
    app.advance(60);
    assert_eq!(admin.put_empty(&format!("{team}/invite/new@corp.example")).status(), 200);
    assert_eq!(app.mails().len(), 1);
}

/// An invitation that is withdrawn during delivery still counts.
#[test]
fn a_withdrawn_mail_that_was_tried_counts() {
    let app = app();
    app.fail_mail(true);
    let path = "/api/v1/organization/acme/team/members/invite/new@corp.example";
    let admin = app.as_user("admin");
    assert_eq!((admin.put_empty(path).status(), admin.delete(path).status()), (200, 204));
    assert_eq!(admin.put_empty(path).status(), 429);
}

#[test]
fn an_account_keeps_a_thousand_notifications() {
    let app = app();
    app.execute(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000)
        INSERT INTO notification (uuid, account_id, kind, subject, dismissed, created_at)
        SELECT 'n' || n, (SELECT id FROM account WHERE name = 'outsider'), 'assigned_authorization',
            'n' || n, n = 500, n FROM n",
    );
    let admin = app.as_user("admin");
    let invite = |team: &str| {
        let path = format!("/api/v1/organization/acme/team/{team}/members/outsider");
        assert_eq!(admin.put_empty(&path).json()["invited"], true);
    };
    let kept = || {
        app.rows(
            "SELECT count(*), sum(subject = 'n500'), sum(subject = 'n1'), sum(invitation_id > 0) FROM notification",
        )
        .concat()
        .join(" ")
    };
    // A dismissed one is deleted first, then one of the same inviter, not those of others.
    invite("members");
    assert_eq!(kept(), "1000 0 1 1");
    invite("creators");
    assert_eq!(kept(), "1000 0 1 1");
}

/// E.4: the superuser sets a password; the link in the new user's first mail still confirms their address.
#[test]
fn a_new_password_by_a_superuser_leaves_the_confirmation() {
    let app = app();
    let users = "/api/v1/superuser/users/";
    let body = json!({ "username": "new", "email": "new@corp.example" });
    assert_eq!(app.as_user("superuser").post(users, body).status(), 200);
    let code = mailed_code(&app, "new@corp.example");
    recover(&app, "new@corp.example");
    let recovery = mailed_code(&app, "new@corp.example");
    let change = json!({ "password": "another-one" });
    assert_eq!(app.as_user("superuser").put(&format!("{users}new"), change).status(), 200);
    assert_eq!(press(&app, "/recovery", &recovery, "&password=x").status(), 400);
    assert_eq!(press(&app, "/confirm", &code, "").status(), 200);
    assert_eq!(sign_in(&app, "new", "another-one").status(), 200);
}

/// D.3: without a gateway nobody would learn of an invitation.
#[test]
fn people_are_invited_where_mail_leaves() {
    let app = app();
    let path = "/api/v1/organization/acme/team/members/members/outsider";
    let invited = |setting: &str, gateway: &str| {
        let app = app.copy().with("require_team_invite", setting).with("mail_gateway_url", gateway);
        app.as_user("admin").put_empty(path).json()["invited"].clone()
    };
    assert_eq!(invited("auto", "https://mail.example/send"), true);
    assert_eq!(invited("auto", ""), false);
    assert_eq!(invited("true", ""), true);
    assert_eq!(invited("false", "https://mail.example/send"), false);
}
