//! How people change their own accounts.

use berth_test::{App, As, redacted_text};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::press;
use crate::common::sign_in;

const USER: &str = "/api/v1/user/";

fn app() -> App {
    App::new().with_user("ana").with_user("bob").with_organization("acme", "ana")
}

/// With a gateway, which is down: mails stay in the outbox.
fn mailing() -> App {
    let app = app().with("mail_gateway_url", "http://127.0.0.1:9/mail");
    app.fail_mail(true);
    app
}

fn logged(app: &App) -> String {
    let rows = app.rows("SELECT kind, namespace_id, performer_id, metadata FROM log_entry");
    rows.into_iter().map(|row| row.join(" ")).collect::<Vec<_>>().join("\n")
}

/// The mails in the outbox: recipient and subject.
fn mails(app: &App) -> Vec<Vec<String>> {
    app.rows("SELECT recipient, subject FROM mail ORDER BY id")
}

#[test]
fn a_new_password() {
    let app = app();
    let (here, there) = (app.with_session("ana"), app.with_session("ana"));
    let token = app.as_user("ana");
    assert_eq!(sign_in(&app, "ana", "wrong").status(), 403);
    let reply = here.put(USER, json!({ "password": "another-one" }));
    assert_eq!((reply.status(), &reply.json()["username"]), (200, &json!("ana")));
    assert!(!reply.whole().contains("another-one"));
    // Every session ends except the present one, which gets a new cookie and a new CSRF token.
    for session in [&here, &there] {
        assert_eq!(session.get(USER).status(), 401);
    }
    assert_eq!(app.continuing(&reply).get(USER).status(), 200);
    assert_eq!(token.get(USER).status(), 200);
    assert_eq!(sign_in(&app, "ana", "another-one").status(), 200);
    assert_eq!(sign_in(&app, "ana", "password").status(), 403);
    assert_snapshot!(logged(&app), @r#"
    user_change_password 1 1 {"username":"ana"}
    login_success 1 NULL {"type":"quayauth","useragent":""}
    "#);
    assert_snapshot!(format!("{:?}", mails(&app)), @r#"[["ana@example.com", "Your password for Berth was changed"]]"#);
}

#[test]
fn a_token_that_changes_the_password_gets_no_session() {
    let app = app();
    let session = app.with_session("ana");
    let body = json!({ "password": "another-one", "current_password": "password" });
    let reply = app.as_user("ana").put(USER, body);
    assert_eq!((reply.status(), reply.header("set-cookie")), (200, None));
    assert_eq!(session.get(USER).status(), 401);
}

/// Otherwise a stolen token with a life of hours would give the account for good.
#[test]
fn a_token_alone_changes_neither_password_nor_address() {
    let app = app();
    let token = app.with_scope("ana", "user:admin");
    for change in [json!({ "password": "stolen-pw-1" }), json!({ "email": "thief@example.com" })] {
        let reply = token.put(USER, change.clone());
        let message = "With a token, a new password or e-mail address needs current_password.";
        assert_eq!((reply.status(), reply.json()["detail"].as_str()), (400, Some(message)));
        let with = |given: &str| {
            let mut body = change.clone();
            body["current_password"] = given.into();
            token.put(USER, body)
        };
        let wrong = with("wrong");
        let expected =
            json!({ "message": "Invalid Username or Password", "invalidCredentials": true });
        assert_eq!((wrong.status(), wrong.json()), (403, expected));
        app.advance(60);
        assert_eq!(with("").status(), 403);
        app.advance(60);
    }
    assert_eq!(logged(&app), "");
    // A change to the present value changes nothing, and what is not used for signing in needs no
    // password.
    for change in [json!({ "email": "ana@example.com" }), json!({ "invoice_email": true })] {
        assert_eq!(token.put(USER, change).status(), 200);
    }
    let change = json!({ "email": "ana@example.org", "current_password": "password" });
    assert_eq!(token.put(USER, change).json()["email"], "ana@example.org");
    // A session is fresh instead.
    let session = app.with_session("ana");
    assert_eq!(session.put(USER, json!({ "password": "another-one" })).status(), 200);
}

/// Users without a password get the first one from a superuser or by mail.
#[test]
fn a_token_sets_no_first_password() {
    let app = app();
    app.execute("UPDATE user_profile SET password_hash = NULL WHERE account_id = 1");
    let token = app.as_user("ana");
    for given in ["", "password", "another-one"] {
        let body = json!({ "password": "another-one", "current_password": given });
        assert_eq!(token.put(USER, body).status(), 403, "{given}");
        app.advance(60);
    }
}

/// Consoles ask for unset fields.
#[test]
fn prompts() {
    let app = app();
    let prompts = || app.with_session("ana").get(USER).json()["prompts"].clone();
    assert_eq!(prompts(), json!([]));
    app.set("feature_user_metadata", "true");
    assert_eq!(prompts(), json!(["enter_name", "enter_company"]));
    let change = |body| app.with_session("ana").put(USER, body).json()["prompts"].clone();
    assert_eq!(change(json!({ "company": "Acme" })), json!(["enter_name"]));
    assert_eq!(change(json!({ "family_name": "Berg" })), json!([]));
    assert_eq!(
        change(json!({ "family_name": "", "company": null })).as_array().map(Vec::len),
        Some(2)
    );
}

#[test]
fn a_new_address_where_no_mail_leaves() {
    let app = app();
    let session = app.with_session("ana");
    let reply = session.put(USER, json!({ "email": "ana@example.org" }));
    assert_eq!(reply.json()["email"], "ana@example.org");
    assert_eq!(session.get(USER).json()["email"], "ana@example.org");
    assert_snapshot!(logged(&app), @r#"user_change_email 1 1 {"email":"ana@example.org","old_email":"ana@example.com","username":"ana"}"#);
    let reply = session.put(USER, json!({ "email": "bob@example.com" }));
    assert_eq!(
        (reply.status(), &reply.json()["detail"]),
        (400, &json!("E-mail address already used"))
    );
    let reply = session.put(USER, json!({ "email": "nope" }));
    assert_eq!(reply.json()["detail"], "Invalid email address: nope");
    assert_eq!(session.get(USER).json()["email"], "ana@example.org");
}

#[test]
fn a_new_address_where_mail_leaves() {
    let app = mailing();
    let session = app.with_session("ana");
    let reply = session.put(USER, json!({ "email": "ana@example.org" }));
    assert_eq!((reply.status(), &reply.json()["email"]), (200, &json!("ana@example.com")));
    let code = code(&app, "confirm");
    assert_snapshot!(format!("{:?}", mails(&app)), @r#"[["ana@example.org", "Please confirm your e-mail address for Berth"]]"#);
    assert_eq!(logged(&app), "");
    let visitor = press(&app, "/confirm", &code, "");
    assert_eq!(visitor.status(), 200);
    assert_eq!(app.continuing(&visitor).get(USER).json()["email"], "ana@example.org");
    assert_snapshot!(logged(&app), @r#"
    user_change_email 1 NULL {"email":"ana@example.org","old_email":"ana@example.com","username":"ana"}
    login_success 1 NULL {"type":"confirmation","useragent":""}
    "#);
    // The former address is notified; the code works once.
    assert_eq!(mails(&app)[1][0], "ana@example.com");
    assert_eq!(app.anonymous().get(&format!("/confirm?code={code}")).status(), 400);
}

#[test]
fn an_address_that_somebody_else_has() {
    let app = mailing();
    app.execute("UPDATE user_profile SET proven_email = 'bob@example.com' WHERE account_id = 2");
    let session = app.with_session("ana");
    let reply = session.put(USER, json!({ "email": "BOB@example.com", "invoice_email": true }));
    assert_eq!(reply.json()["detail"], "E-mail address already used");
    assert_eq!(session.get(USER).json()["invoice_email"], false);
    assert_eq!(mails(&app).len(), 0);
    // Somebody is faster than the confirmation.
    assert_eq!(session.put(USER, json!({ "email": "new@example.com" })).status(), 200);
    let code = code(&app, "confirm");
    app.execute("UPDATE account SET email = 'new@example.com' WHERE name = 'bob'");
    app.execute("UPDATE user_profile SET proven_email = 'new@example.com' WHERE account_id = 2");
    let visitor = press(&app, "/confirm", &code, "");
    assert_eq!((visitor.status(), visitor.header("set-cookie")), (400, None));
    assert!(visitor.whole().contains("Somebody else has this address by now."));
    assert_eq!(session.get(USER).json()["email"], "ana@example.com");
}

/// A thief of an account cannot take it back with a link that they ordered before.
#[test]
fn a_new_password_withdraws_the_codes_in_earlier_mails() {
    let app = mailing();
    let session = app.with_session("ana");
    assert_eq!(session.put(USER, json!({ "email": "thief@example.com" })).status(), 200);
    let confirmation = code(&app, "confirm");
    recovery(&app, "ana@example.com");
    let recovery = code(&app, "recovery");
    let body = json!({ "password": "another-one", "current_password": "password" });
    assert_eq!(app.as_user("ana").put(USER, body).status(), 200);
    for link in [format!("/confirm?code={confirmation}"), format!("/recovery?code={recovery}")] {
        assert_eq!(app.anonymous().get(&link).status(), 400, "{link}");
    }
}

#[test]
fn everything_at_once() {
    let app = mailing().with("feature_user_rename", "true").with("feature_user_metadata", "true");
    app.execute(
        "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
        VALUES ('r', 'robot', 'ana+build', 'r', 1, 0)",
    );
    let body = json!({
        "password": "another-one",
        "email": "anna@example.com",
        "invoice_email": true,
        "invoice_email_address": "bills@example.com",
        "tag_expiration_s": 86400.0,
        "username": "anna",
        "given_name": "Anna",
        "family_name": "Berg",
        "company": null,
        "location": "Bremen",
    });
    let reply = app.with_session("ana").put(USER, body);
    assert_snapshot!(reply, @r#"
    200
    {
      "anonymous": false,
      "username": "anna",
      "avatar": "<avatar>",
      "can_create_repo": true,
      "is_me": true,
      "verified": true,
      "email": "ana@example.com",
      "logins": [],
      "invoice_email": true,
      "invoice_email_address": "bills@example.com",
      "preferred_namespace": false,
      "tag_expiration_s": 86400.0,
      "prompts": [
        "enter_company"
      ],
      "company": null,
      "family_name": "Berg",
      "given_name": "Anna",
      "location": "Bremen",
      "is_free_account": true,
      "has_password_set": true,
      "organizations": [
        {
          "name": "acme",
          "avatar": "<avatar>",
          "can_create_repo": true,
          "public": false,
          "is_org_admin": true,
          "preferred_namespace": false
        }
      ]
    }
    "#);
    assert!(reply.whole().contains("86400.0"));
    let session = app.continuing(&reply);
    assert_eq!(session.get(USER).json()["tag_expiration_s"], 86_400);
    assert_eq!(session.get("/api/v1/organization/acme").json()["is_admin"], true);
    assert_eq!(app.rows("SELECT name FROM account WHERE kind = 'robot'"), [["anna+build"]]);
    assert_eq!(sign_in(&app, "anna", "another-one").status(), 200);
    assert_snapshot!(logged(&app), @r#"
    user_change_password 1 1 {"username":"ana"}
    user_change_invoicing 1 1 {"invoice_email":true,"username":"ana"}
    user_change_invoicing 1 1 {"invoice_email_address":"bills@example.com","username":"ana"}
    user_change_tag_expiration 1 1 {"tag_expiration":86400.0,"username":"ana"}
    user_change_metadata 1 1 {"username":"ana"}
    user_change_name 1 1 {"new_name":"anna","username":"ana"}
    login_success 1 NULL {"type":"quayauth","useragent":""}
    "#);
    // Missing members stay; null clears.
    let reply = session.put(USER, json!({ "location": null, "invoice_email_address": "" })).json();
    assert_eq!((&reply["location"], &reply["given_name"]), (&Value::Null, &json!("Anna")));
    assert_eq!(reply["invoice_email_address"], Value::Null);
}

#[test]
fn what_is_off_is_ignored() {
    let app = app().with("feature_change_tag_expiration", "false");
    let body = json!({ "username": "anna", "given_name": "Anna", "tag_expiration_s": 5 });
    let reply = app.with_session("ana").put(USER, body).json();
    assert_eq!((&reply["username"], &reply["given_name"]), (&json!("ana"), &Value::Null));
    assert_eq!(reply["tag_expiration_s"], 1_209_600);
    assert_eq!(logged(&app), "");
}

#[test]
fn what_is_refused() {
    let app = app()
        .with("feature_user_rename", "true")
        .with("feature_user_metadata", "true")
        .with("super_users", "root")
        .with("global_readonly_super_users", "reader");
    let session = app.with_session("ana");
    let before = session.get(USER).whole();
    for (mut body, member, message) in [
        (
            json!({ "password": "short" }),
            "detail",
            "Invalid password, password must be at least 8 characters and contain no whitespace.",
        ),
        (json!({ "tag_expiration_s": 4711 }), "message", "Invalid tag expiration option"),
        (json!({ "username": "bob" }), "detail", "Username is already in use"),
        (json!({ "username": "acme" }), "detail", "Username is already in use"),
        // A name to which the settings give powers is not available.
        (json!({ "username": "root" }), "detail", "Username is already in use"),
        (json!({ "username": "reader" }), "detail", "Username is already in use"),
        (
            json!({ "username": "An" }),
            "message",
            "Invalid username An: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$",
        ),
        (
            json!({ "company": "x".repeat(256) }),
            "detail",
            "Names, company and location have at most 255 characters",
        ),
    ] {
        body["invoice_email"] = true.into();
        let reply = session.put(USER, body);
        assert_eq!((reply.status(), &reply.json()[member]), (400, &json!(message)));
    }
    assert_eq!(session.put(USER, json!({ "invoice_email": "yes" })).status(), 400);
    assert_eq!(session.get(USER).whole(), before);
    assert_eq!(logged(&app), "");
}

#[test]
fn permitted_callers() {
    let app = app();
    let may = |who: &As<'_>, status: u16| {
        // The permission comes before the body.
        let body = json!({ "email": 5 });
        assert_eq!(who.put(USER, body.clone()).status(), status);
        let status = if status == 400 { 400 } else { status };
        assert_eq!(who.post("/api/v1/user/clientkey", body).status(), status);
    };
    may(&app.anonymous(), 401);
    may(&app.with_scope("ana", "user:read"), 403);
    may(&app.with_scope("ana", "org:admin super:user"), 403);
    may(&app.with_scope("ana", "user:admin"), 400);
    let session = app.with_session("ana");
    may(&session, 400);
    for scope in ["user:read", "org:admin"] {
        assert_eq!(app.with_scope("bob", scope).delete(USER).status(), 403, "{scope}");
    }
    app.advance(600);
    assert_eq!(session.put(USER, json!({})).json()["title"], "fresh_login_required");
    assert_eq!(session.delete(USER).json()["title"], "fresh_login_required");
}

#[test]
fn leaving() {
    let app = app();
    let (session, token) = (app.with_session("bob"), app.as_user("bob"));
    assert_snapshot!(session.delete(USER), @"204");
    assert_eq!((session.get(USER).status(), token.get(USER).status()), (401, 401));
    assert_eq!(app.anonymous().get("/api/v1/users/bob").status(), 404);
    assert_eq!(sign_in(&app, "bob", "password").status(), 403);
    assert_snapshot!(logged(&app), @r#"user_delete 2 2 {"username":"bob"}"#);
    assert_snapshot!(app.with_session("ana").delete(USER).refusal(), @"400 invalid_request: Cannot delete ana, the only administrator of: acme");
    assert_eq!(app.with_session("ana").get(USER).status(), 200);
}

#[test]
fn the_key_for_command_line_clients() {
    let app = app();
    let session = app.with_session("ana");
    let reply = session.post("/api/v1/user/clientkey", json!({ "password": "password" }));
    let body = reply.json();
    assert_eq!((reply.status(), body.as_object().map(|body| body.len())), (200, Some(1)));
    assert!(body["key"].as_str().is_some_and(|key| key.len() > 100));
    assert_snapshot!(logged(&app), @r#"user_generate_client_key 1 1 {"username":"ana"}"#);
    let wrong = || session.post("/api/v1/user/clientkey", json!({ "password": "wrong" }));
    assert_snapshot!(wrong().refusal(), @"400 invalid_request: Invalid Username or Password");
    assert_eq!(wrong().status(), 429);
}

fn recovery(app: &App, email: &str) -> String {
    let browser = app.browser();
    browser.post("/api/v1/recovery", json!({ "email": email })).whole()
}

/// The code in the newest mail with a link of that name.
fn code(app: &App, link: &str) -> String {
    let text = app.outbox().pop().expect("there is a mail");
    let (_, rest) = text.split_once(&format!("/{link}?code=")).unwrap_or_else(|| panic!("{text}"));
    rest.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_forgotten_password() {
    let app = app();
    app.execute("UPDATE user_profile SET verified = 0 WHERE account_id = 1");
    assert_eq!(sign_in(&app, "ana", "wrong").status(), 403);
    assert_snapshot!(recovery(&app, "ana@example.com"), @r#"200 {"status":"sent"}"#);
    assert_snapshot!(redacted_text(&app.outbox()[0]), @"
    Somebody, probably you, asked for a new password. With the link below you can choose one for half an hour, once.

    If you did not ask for this, ignore this mail.

    Choose a new password:
    http://localhost:3000/recovery?code=<secret>

    -- 
    Berth
    ");
    let code = code(&app, "recovery");
    let former = app.with_session("ana");
    // An invalid password does not use the code up.
    assert_eq!(press(&app, "/recovery", &code, "&password=short").status(), 400);
    let reply = press(&app, "/recovery", &code, "&password=another-one");
    assert_eq!(reply.status(), 200);
    assert!(reply.whole().contains("You are signed in as <b>ana</b>"), "{reply}");
    // It works once; its bearer is signed in, and their address is confirmed.
    let again = press(&app, "/recovery", &code, "&password=another-one");
    assert_eq!((again.status(), again.header("set-cookie")), (400, None));
    assert!(again.to_string().contains("This link is no longer valid, or was used before."));
    assert_eq!(app.continuing(&reply).get(USER).json()["verified"], true);
    // All other sessions have ended, and the former password is void.
    assert_eq!(former.get(USER).status(), 401);
    assert_eq!(sign_in(&app, "ana", "password").status(), 403);
    app.advance(60);
    assert_eq!(sign_in(&app, "ana", "another-one").status(), 200);
    assert_snapshot!(logged(&app), @r#"
    user_change_password 1 NULL {"username":"ana"}
    login_success 1 NULL {"type":"recovery","useragent":""}
    login_success 1 NULL {"type":"quayauth","useragent":""}
    "#);
}

#[test]
fn nobody_learns_which_addresses_are_known() {
    let app = app();
    let expected = recovery(&app, "ana@example.com");
    for email in ["nobody@example.com", "nope", "", "ana@example.com\r\nBcc: x@y.z"] {
        assert_eq!(recovery(&app, email), expected, "{email}");
    }
    app.execute("UPDATE account SET enabled = 0 WHERE name = 'bob'");
    assert_eq!(recovery(&app, "bob@example.com"), expected);
    assert_eq!(app.rows("SELECT recipient FROM mail"), [["ana@example.com"]]);
}

#[test]
fn recovery_mails_are_rare_and_codes_short_lived() {
    let app = app();
    recovery(&app, "ana@example.com");
    app.advance(59);
    recovery(&app, "ana@example.com");
    assert_eq!(mails(&app).len(), 1);
    let first = code(&app, "recovery");
    app.advance(2);
    recovery(&app, "ana@example.com");
    assert_eq!(mails(&app).len(), 2);
    // The newer code replaces the older one.
    assert_eq!(app.anonymous().get(&format!("/recovery?code={first}")).status(), 400);
    let second = code(&app, "recovery");
    app.advance(1_800);
    assert_eq!(app.anonymous().get(&format!("/recovery?code={second}")).status(), 400);
    for link in ["/recovery", "/recovery?code=", "/confirm", "/confirm?code=x"] {
        assert_eq!(app.anonymous().get(link).status(), 400, "{link}");
    }
}

#[test]
fn a_disabled_account_is_not_recovered() {
    let app = mailing();
    recovery(&app, "ana@example.com");
    let recovery = code(&app, "recovery");
    let session = app.with_session("bob");
    assert_eq!(session.put(USER, json!({ "email": "new@example.com" })).status(), 200);
    let confirmation = code(&app, "confirm");
    app.execute("UPDATE account SET enabled = 0 WHERE kind = 'user'");
    assert_eq!(app.anonymous().get(&format!("/recovery?code={recovery}")).status(), 400);
    assert_eq!(app.anonymous().get(&format!("/confirm?code={confirmation}")).status(), 400);
}

#[test]
fn confirming_a_new_account() {
    let app = mailing();
    let body = json!({ "username": "new", "password": "password", "email": "new@example.com" });
    assert_eq!(app.as_user("bob").post(USER, body).status(), 200);
    assert_snapshot!(redacted_text(&app.outbox()[0]), @"
    Hello new,

    please confirm that this address is yours. Then you can sign in.

    If you did not ask for an account, ignore this mail.

    Confirm this address:
    http://localhost:3000/confirm?code=<secret>

    -- 
    Berth
    ");
    let code = code(&app, "confirm");
    let link = format!("/confirm?code={code}");
    app.set("registry_state", "readonly");
    assert_eq!(press(&app, "/confirm", &code, "").status(), 503);
    app.set("registry_state", "normal");
    let reply = press(&app, "/confirm", &code, "");
    assert_eq!(reply.status(), 200);
    assert_eq!(app.continuing(&reply).get(USER).json()["verified"], true);
    assert_eq!(sign_in(&app, "new", "password").status(), 200);
    assert_eq!(app.anonymous().get(&link).status(), 400);
    app.set("feature_mailing", "false");
    assert_eq!(app.anonymous().get(&link).status(), 404);
    let browser = app.browser();
    assert_eq!(browser.post("/api/v1/recovery", json!({ "email": "x" })).status(), 404);
}

#[test]
fn a_confirmation_lives_for_a_week() {
    let app = mailing();
    let body = json!({ "username": "new", "password": "password", "email": "new@example.com" });
    assert_eq!(app.as_user("bob").post(USER, body).status(), 200);
    let link = format!("/confirm?code={}", code(&app, "confirm"));
    app.advance(7 * 86_400);
    assert_eq!(app.anonymous().get(&link).status(), 400);
}

/// Makes an invitation of an address into the first team, with the code `code`, which was mailed there.
fn invite(app: &App, email: &str, code: &str) {
    let hash: String =
        berth_domain::secret::hash_token(code).iter().map(|b| format!("{b:02x}")).collect();
    app.execute(&format!(
        "INSERT INTO mail (uuid, account_id, recipient, subject, delivered_at, created_at)
        VALUES ('{code}', 1, '{email}', 'invitation', {now}, {now})",
        now = app.time() * 1_000_000
    ));
    app.execute(&format!(
        "INSERT INTO team_invitation (team_id, organization_id, email, inviter_id, code_hash,
            sealed_code, mail_id, created_at, expires_at)
        SELECT id, organization_id, '{email}', 1, x'{hash}', x'00',
            (SELECT max(id) FROM mail), 0, 9000000000000000
        FROM team LIMIT 1"
    ));
}

#[test]
fn the_code_of_an_invitation_confirms_the_address() {
    let app = mailing();
    invite(&app, "New@example.com", "urn:teaminvite:1");
    let browser = || app.browser();
    let body = |name: &str, code: &str| {
        json!({
            "username": name,
            "password": "password",
            "email": format!("{name}@example.com"),
            "invite_code": code,
        })
    };
    let reply = browser().post(USER, body("new", "urn:teaminvite:1"));
    assert_eq!((reply.status(), &reply.json()["verified"]), (200, &json!(true)));
    assert_eq!(mails(&app), [["New@example.com", "invitation"]]);
    for (name, code) in [("other", "urn:teaminvite:1"), ("third", "urn:teaminvite:2")] {
        let reply = browser().post(USER, body(name, code));
        assert_eq!(reply.json(), json!({ "awaiting_verification": true }), "{name}");
    }
    // When signing in as well.
    invite(&app, "other@example.com", "urn:teaminvite:3");
    let refused = browser().post("/api/v1/signin", body("other", "urn:teaminvite:1"));
    assert_eq!(refused.json()["needsEmailVerification"], true);
    let reply = browser().post("/api/v1/signin", body("other", "urn:teaminvite:3"));
    assert_eq!(reply.status(), 200);
    assert_eq!(sign_in(&app, "other", "password").status(), 200);
    // And where only the invited sign up.
    app.set("feature_invite_only_user_creation", "true");
    invite(&app, "guest@example.com", "urn:teaminvite:4");
    assert_eq!(browser().post(USER, body("guest", "urn:teaminvite:3")).status(), 400);
    assert_eq!(browser().post(USER, body("guest", "urn:teaminvite:4")).status(), 200);
}
