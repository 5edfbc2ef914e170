//! The first user.

use berth_test::{App, Reply};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

fn first() -> Value {
    json!({ "username": "quayadmin", "password": "password", "email": "q@example.com" })
}

fn initialize(app: &App, body: Value) -> Reply {
    app.anonymous().post("/api/v1/user/initialize", body)
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut body = first();
    body[name] = value.into();
    body
}

/// The answer, with long random values replaced by their length.
fn masked(reply: &Reply) -> String {
    let mut body = reply.json();
    for name in ["access_token", "encrypted_password"] {
        if let Some(text) = body[name].as_str() {
            body[name] = format!("<{} characters>", text.len()).into();
        }
    }
    format!("{}\n{body:#}", reply.status())
}

#[test]
fn with_a_token() {
    let app = App::new();
    let reply = initialize(&app, with("access_token", true));
    assert_snapshot!(masked(&reply), @r#"
    200
    {
      "access_token": "<40 characters>",
      "email": "q@example.com",
      "encrypted_password": "<160 characters>",
      "username": "quayadmin"
    }
    "#);
    let body = reply.json();
    let token = body["access_token"].as_str().expect("a token");
    assert!(
        token.len() == 40 && token.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    );
    let bearer = || app.anonymous().header("authorization", &format!("Bearer {token}"));
    assert_snapshot!(bearer().get("/api/v1/user/"), @r#"
    200
    {
      "anonymous": false,
      "username": "quayadmin",
      "avatar": "<avatar>",
      "can_create_repo": true,
      "is_me": true,
      "verified": true,
      "email": "q@example.com",
      "logins": [],
      "invoice_email": false,
      "invoice_email_address": null,
      "preferred_namespace": false,
      "tag_expiration_s": 1209600,
      "prompts": [],
      "company": null,
      "family_name": null,
      "given_name": null,
      "location": null,
      "is_free_account": true,
      "has_password_set": true,
      "organizations": [],
      "super_user": true
    }
    "#);
    assert_eq!(app.continuing(&reply).get("/api/v1/user/").json()["username"], "quayadmin");
    assert_eq!(
        app.rows("SELECT client_id, name FROM oauth_application"),
        [["quayadmin", "automation"]]
    );
    assert_snapshot!(format!("{:?}", app.rows("SELECT scope, expires_at - created_at, account_id FROM access_token")), @r#"[["org:admin repo:admin repo:create repo:read repo:write super:user user:admin user:read", "9000000000", "1"]]"#);
    assert_snapshot!(format!("{:?}", app.rows("SELECT kind, performer_id, ip, metadata FROM log_entry")), @r#"[["user_create", "NULL", "192.0.2.1", "{\"email\":\"q@example.com\",\"username\":\"quayadmin\"}"]]"#);
    app.advance(9_000);
    assert_eq!(bearer().get("/api/v1/user/").status(), 401);
}

#[test]
fn what_counts_as_true_mints_a_token() {
    for (value, minted) in [
        (json!(true), true),
        (json!("false"), true),
        (json!(1), true),
        (json!([0]), true),
        (json!({ "a": 1 }), true),
        (json!(false), false),
        (json!(null), false),
        (json!(0), false),
        (json!(0.0), false),
        (json!(""), false),
        (json!([]), false),
        (json!({}), false),
    ] {
        let app = App::new();
        let reply = initialize(&app, with("access_token", value.clone()));
        assert_eq!(reply.status(), 200, "{value}");
        assert_eq!(reply.json().get("access_token").is_some(), minted, "{value}");
        assert_eq!(app.rows("SELECT id FROM access_token").len(), usize::from(minted), "{value}");
    }
}

#[test]
fn only_while_there_is_no_user() {
    let app = App::new();
    assert_eq!(initialize(&app, first()).status(), 200);
    assert_snapshot!(initialize(&app, with("username", "other")), @r#"
    400
    {
      "message": "Cannot initialize user in a non-empty database"
    }
    "#);
    // The answer is the same, whatever else is wrong.
    let reply = initialize(&app, first()).whole();
    assert_eq!(initialize(&app, json!([])).whole(), reply);
    assert_eq!(initialize(&app, json!({})).whole(), reply);
    let anonymous = app.anonymous();
    assert_eq!(anonymous.post_empty("/api/v1/user/initialize").whole(), reply);
    app.set("setup_token", "sesame");
    assert_eq!(initialize(&app, first()).whole(), reply);
    assert_eq!(app.rows("SELECT name FROM account"), [["quayadmin"]]);
}

/// The check and the write are one statement, and the schema knows one first user: no interleaving makes a second.
#[test]
fn a_sign_up_closes_it() {
    let app = App::new().with_user("ana").with_user("bob");
    assert_eq!(initialize(&app, first()).status(), 400);
    assert_eq!(app.rows("SELECT is_first FROM user_profile"), [["0"], ["0"]]);
    app.execute("UPDATE user_profile SET is_first = 1 WHERE account_id = 1");
    let second = "UPDATE OR IGNORE user_profile SET is_first = 1 WHERE account_id = 2";
    app.execute(second);
    assert_eq!(app.rows("SELECT is_first FROM user_profile"), [["1"], ["0"]]);
}

#[test]
fn the_setup_token() {
    let app = App::new().with("setup_token", "sesame");
    assert_snapshot!(initialize(&app, first()), @r#"
    403
    {
      "message": "The setup token is missing or wrong"
    }
    "#);
    assert_eq!(initialize(&app, with("setup_token", "sesam")).status(), 403);
    assert_eq!(initialize(&app, with("setup_token", "")).status(), 403);
    assert_eq!(app.rows("SELECT name FROM account").len(), 0);
    assert_eq!(initialize(&app, with("setup_token", "sesame")).status(), 200);
}

/// A foreign page in a browser must not make the first user of an installation that the browser can reach.
#[test]
fn pages_from_elsewhere_make_no_first_user() {
    let app = App::new()
        .with("server_hostname", "registry.example.com")
        .with("cors_origin", "https://console.example.com");
    let with_headers = |headers: &[(&str, &str)]| {
        let client = app.anonymous().header("host", "berth.internal:3000");
        let client =
            headers.iter().fold(client, |client, (name, value)| client.header(name, value));
        client.post("/api/v1/user/initialize", first())
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example.com"),
        // A foreign name that leads here: `Host` says the same.
        ("origin", "http://berth.internal:3000"),
        ("origin", "http://localhost.evil.example.com"),
        ("origin", "http://localhost:3000.evil.example.com"),
        ("origin", "http://127.0.0.1.evil.example.com:3000"),
        ("origin", "http://localhost:"),
        ("origin", "file://localhost"),
        ("origin", "http://berth.internal"),
        ("origin", "http://registry.example.com.evil.example.com"),
        ("origin", "null"),
    ] {
        assert_eq!(with_headers(&[(name, value)]).status(), 403, "{name}: {value}");
    }
    assert_snapshot!(with_headers(&[("origin", "https://evil.example.com")]), @r#"
    403
    {
      "message": "This call is not for pages from elsewhere, but for those of http://registry.example.com"
    }
    "#);
    assert_eq!(app.rows("SELECT name FROM account").len(), 0);
    for own in [
        "http://localhost:3000",
        "https://localhost",
        "http://127.0.0.1:8080",
        "http://[::1]:3000",
        "http://registry.example.com",
        "https://console.example.com",
    ] {
        let reply = with_headers(&[("origin", own), ("sec-fetch-site", "same-origin")]);
        assert_eq!(reply.status(), 200, "{own}");
        app.execute("DELETE FROM account");
    }
    let console = [("origin", "https://console.example.com"), ("sec-fetch-site", "cross-site")];
    assert_eq!(with_headers(&console).status(), 200, "the setting lets it call");
}

#[test]
fn what_is_refused() {
    let app = App::new();
    for (body, message) in [
        (with("email", "nope"), "Failed to initialize user: Invalid email address: nope"),
        (with("email", Value::Null), "Failed to initialize user: Invalid email address: None"),
        (with("email", ""), "Failed to initialize user: Invalid email address: "),
        (
            with("password", "short"),
            "Failed to initialize user: Invalid password, password must be at least 8 characters and contain no whitespace.",
        ),
        (
            with("username", "Quay Admin"),
            "Failed to initialize user: Invalid namespace Quay Admin: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$",
        ),
    ] {
        let reply = initialize(&app, body);
        assert_eq!((reply.status(), reply.json()), (400, json!({ "message": message })));
    }
    for body in [json!([]), json!({}), json!(null), with("password", 12_345_678)] {
        assert_eq!(initialize(&app, body).status(), 400);
    }
    let anonymous = app.anonymous();
    let send = |kind, body: &str| {
        anonymous.send(Method::POST, "/api/v1/user/initialize", kind, body.into()).status()
    };
    assert_eq!(send(Some("text/plain"), &first().to_string()), 415);
    assert_eq!(send(None, ""), 415);
    assert_eq!(send(Some("application/json"), "{"), 400);
    assert_eq!(anonymous.get("/api/v1/user/initialize").status(), 405);
    let awaited = |expected| {
        let told = anonymous.get("/api/v1/user/initialization").json();
        assert_eq!(told, json!({ "available": expected }));
    };
    awaited(true);
    assert_eq!(app.rows("SELECT name FROM account").len(), 0);
    assert_eq!(initialize(&app, first()).status(), 200);
    awaited(false);
}

#[test]
fn without_mail_the_address_may_be_left_out() {
    let app = App::new().with("feature_mailing", "false");
    let body = json!({ "username": "quayadmin", "password": "password" });
    let reply = initialize(&app, body);
    assert_snapshot!(masked(&reply), @r#"
    200
    {
      "email": null,
      "encrypted_password": "<160 characters>",
      "username": "quayadmin"
    }
    "#);
    let email = app.continuing(&reply).get("/api/v1/user/").json()["email"].clone();
    assert_eq!(email.as_str().map(str::len), Some(36));
}

#[test]
fn the_feature_off() {
    let app = App::new().with("feature_user_initialize", "false");
    let reply = initialize(&app, first());
    assert_snapshot!(reply, @r#"
    404
    {
      "error": "Not Found"
    }
    "#);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let app = App::new();
    for part in ["INTO user_profile", "INTO oauth_appl", "INTO access_token", "INTO log", "COMMIT"]
    {
        app.failing_on(part, || initialize(&app, with("access_token", true)));
        assert_eq!(app.rows("SELECT name FROM account").len(), 0, "{part}");
    }
    assert_eq!(initialize(&app, first()).status(), 200);
}

/// Each call costs a hash, even when there is a first user already, and anybody may make it.
#[test]
fn an_address_calls_so_often_in_an_hour() {
    let app = App::new().with("sign_ups_per_hour", "1");
    assert_eq!(initialize(&app, first()).status(), 200);
    // The answer stays the same.
    let reply = initialize(&app, with("username", "other"));
    assert_eq!((reply.status(), reply.json()["message"].as_str()), (400, Some(NOT_EMPTY)));
    app.execute("DELETE FROM account");
    let refused = initialize(&app, first());
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("3600")));
    app.advance(3_600);
    assert_eq!(initialize(&app, first()).status(), 200);
}

const NOT_EMPTY: &str = "Cannot initialize user in a non-empty database";
