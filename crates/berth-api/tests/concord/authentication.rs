//! 2: authentication.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_test::{App, Reply};
use insta::assert_snapshot;
use serde_json::json;

use super::{app, post};

/// The token of `bob` in tests.
const KEY: &str = "bobreporeadrepowriterepoadminrepocreateuserreaduseradminorgadminsuperuser";

/// `bob` has this token.
fn app_with_key() -> App {
    let app = app();
    assert_eq!(app.as_user("bob").get("/api/v1/org").status(), 200);
    app
}

fn with(app: &App, authorization: &str) -> Reply {
    app.anonymous().header("authorization", authorization).get("/api/v1/org/nope")
}

/// The answer to an unknown caller: status, type, body, schemes.
fn shown(reply: &Reply) -> String {
    let named = reply.0.headers.iter().filter(|(name, _)| *name == "www-authenticate");
    let schemes: Vec<_> = named.map(|(_, value)| value.as_ref()).collect();
    let kind = reply.header("content-type").unwrap_or_default();
    let body = String::from_utf8_lossy(&reply.0.body);
    format!("{} {kind} {:?} [{}]", reply.status(), body.trim_end(), schemes.join(", "))
}

#[test]
fn keys_come_in_two_forms_and_passwords_in_one() {
    let app = app_with_key();
    for header in [
        KEY,
        &format!("{KEY}="),
        &format!("{KEY}=="),
        &format!("Bearer {KEY}"),
        &format!("Bearer {KEY}=="),
        "Basic Ym9iOnBhc3N3b3Jk",
        // `eve:password`, with padding and without, and `reader:password`.
        "Basic ZXZlOnBhc3N3b3Jk",
        "Basic cmVhZGVyOnBhc3N3b3Jk",
        "Basic cm9vdDpwYXNzd29yZA==",
        "Basic cm9vdDpwYXNzd29yZA",
    ] {
        assert_eq!(with(&app, header).status(), 204, "{header}");
    }
    for header in [
        &format!("bearer {KEY}"),
        &format!("Bearer  {KEY}"),
        "basic Ym9iOnBhc3N3b3Jk",
        "Basic Ym9iOndyb25n",
        "Bearer ",
        "nope",
        "",
    ] {
        assert_eq!(with(&app, header).status(), 401, "{header}");
    }
}

/// A change needs no CSRF token, and a session of Quay's console is none here.
#[test]
fn a_session_of_quay_s_is_no_proof() {
    let app = app();
    let session = app.with_session("root");
    assert_eq!(session.get("/api/v1/organization/acme").status(), 200);
    assert_snapshot!(shown(&session.get("/api/v1/org")), @r#"401 application/json "" [Basic, ConcordApiToken]"#);
    assert_eq!(post(&session, json!({ "name": "new" })), "401 ");
    let by_password = app.anonymous().header("authorization", "Basic cm9vdDpwYXNzd29yZA==");
    assert_eq!(post(&by_password, json!({ "name": "new" })), r#"200 "CREATED""#);
}

#[test]
fn unknown_callers_get_an_empty_401() {
    let app = app_with_key();
    assert_snapshot!(shown(&app.anonymous().get("/api/v1/org")), @r#"401 application/json "" [Basic, ConcordApiToken]"#);
    assert_snapshot!(shown(&with(&app, "Bearer nope")), @r#"401 application/json "" []"#);
    assert_snapshot!(shown(&with(&app, "Basic Ym9iOndyb25n")), @r#"401 application/json "" [Basic, ConcordApiToken]"#);
    app.execute("UPDATE account SET enabled = 0 WHERE name = 'bob'");
    app.advance(1);
    assert_snapshot!(shown(&with(&app, "Basic Ym9iOnBhc3N3b3Jk")), @r#"401 application/json "" [Basic, ConcordApiToken]"#);
    assert_snapshot!(shown(&with(&app, KEY)), @r#"401 application/json "" []"#);
}

#[test]
fn the_console_gets_no_scheme() {
    let console =
        |value| app().anonymous().header("x-concord-ui-request", value).get("/api/v1/org");
    assert_snapshot!(shown(&console("True")), @r#"401 application/json "" []"#);
    assert_snapshot!(shown(&console("yes")), @r#"401 application/json "" [Basic, ConcordApiToken]"#);
}

#[test]
fn what_cannot_be_read_has_a_message() {
    let app = app();
    assert_snapshot!(shown(&with(&app, "Basic !")), @r#"401 application/json "{\"message\":\"Invalid basic auth header\"}" []"#);
    // No colon; no UTF-8.
    for header in ["Basic Ym9i", "Basic /zov", "Basic "] {
        assert_eq!(shown(&with(&app, header)), shown(&with(&app, "Basic !")), "{header}");
    }
}

#[test]
fn without_anonymous_access_it_is_the_same() {
    let open = shown(&app().anonymous().get("/api/v1/org"));
    let closed = app().with("feature_anonymous_access", "false");
    assert_eq!(shown(&closed.anonymous().get("/api/v1/org")), open);
    assert_eq!(shown(&closed.anonymous().get("/api/v1/org/acme")), open);
}

/// The header of root's password.
const ROOT_S_PASSWORD: &str = "Basic cm9vdDpwYXNzd29yZA==";

/// Otherwise somebody who signs up with another person's address could act before the address is proven.
#[test]
fn a_password_counts_once_the_address_is_confirmed() {
    let app = app();
    let status = || {
        let client = app.anonymous().header("authorization", ROOT_S_PASSWORD);
        client.get("/api/v1/org/nope").status()
    };
    app.execute("UPDATE user_profile SET verified = 0");
    assert_eq!(status(), 401);
    app.execute("UPDATE user_profile SET verified = 1");
    assert_eq!(status(), 204);
}

#[test]
fn a_password_counts_for_nothing_while_passwords_are_off() {
    let app = app().with("feature_direct_login", "false");
    let client = app.anonymous().header("authorization", ROOT_S_PASSWORD);
    assert_eq!(client.get("/api/v1/org/nope").status(), 401);
    assert_eq!(app.as_user("root").get("/api/v1/org/nope").status(), 204);
}

/// Callers who act for somebody are in the log; one entry is for all requests of the next ten minutes.
#[test]
fn a_sign_in_by_password_is_logged() {
    let app = app();
    let client = app.anonymous().header("authorization", ROOT_S_PASSWORD);
    let entries = || app.rows("SELECT kind, performer_id, ip, metadata FROM log_entry");
    for _ in 0..5 {
        assert_eq!(client.get("/api/v1/org/nope").status(), 204);
        app.advance(60);
    }
    assert_snapshot!(format!("{:?}", entries()), @r#"[["login_success", "NULL", "192.0.2.1", "{\"type\":\"basic\",\"useragent\":\"\"}"]]"#);
    // From elsewhere it is another one.
    assert_eq!(client.clone().from("192.0.2.2").get("/api/v1/org/nope").status(), 204);
    assert_eq!(entries().len(), 2);
    app.advance(600);
    assert_eq!(client.get("/api/v1/org/nope").status(), 204);
    assert_eq!(entries().len(), 3);
    app.set("action_log_audit_logins", "false");
    app.advance(600);
    assert_eq!(client.get("/api/v1/org/nope").status(), 204);
    assert_eq!(entries().len(), 3);
    // A wrong password is no sign-in, and neither is a key.
    app.set("action_log_audit_logins", "true");
    app.advance(600);
    assert_eq!(with(&app, "Basic Ym9iOndyb25n").status(), 401);
    assert_eq!(app.as_user("bob").get("/api/v1/org").status(), 200);
    assert_eq!(entries().len(), 3);
}

/// An unknown name costs as much as any other: the limit is for the client's address, on every path.
#[test]
fn guesses_are_refused_before_they_cost_anything() {
    let app = app();
    let guess = |number: usize| {
        let pair = format!("Basic {}", STANDARD.encode(format!("nobody{number}:wrong")));
        let path = ["/api/v1/org", "/api/v1/org/nope", "/api/v1/org/no/such/path"][number % 3];
        app.anonymous().header("authorization", &pair).get(path)
    };
    for number in 0..10 {
        assert_eq!(guess(number).status(), 401, "{number}");
    }
    for number in 10..20 {
        let refused = guess(number);
        assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("6")), "{number}");
    }
    // Automation at another address continues, even while somebody guesses at its name.
    let automation = app.anonymous().header("authorization", ROOT_S_PASSWORD).from("192.0.2.2");
    for _ in 0..30 {
        let _ = with(&app, &format!("Basic {}", STANDARD.encode("root:wrong")));
        app.advance(600);
    }
    assert_eq!(automation.get("/api/v1/org/nope").status(), 204);
}
