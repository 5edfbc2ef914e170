//! Sessions: beginning, refreshing and ending them.

mod throttling;

use berth_test::{App, Reply};
use insta::assert_snapshot;
use serde_json::json;

use crate::common::sign_in;

fn app() -> App {
    App::new().with_user("ana").with_user("bob")
}

#[test]
fn the_csrf_token_belongs_to_the_session() {
    let app = app();
    let first = app.anonymous().get("/csrf_token");
    assert_eq!(first.json()["csrf_token"].as_str().map(str::len), Some(64));
    let cookie = first.header("set-cookie").expect("a cookie");
    assert!(cookie.ends_with("; Path=/; Max-Age=2678400; HttpOnly; SameSite=Lax"), "{cookie}");
    let again = app.continuing(&first).get("/csrf_token");
    assert_eq!(again.json(), first.json());
    assert_ne!(app.anonymous().get("/csrf_token").json(), first.json());
    // A foreign cookie begins an anonymous session.
    let foreign = app.anonymous().header("cookie", "_csrf_token=abc").get("/csrf_token");
    assert!(!foreign.header("set-cookie").expect("a cookie").contains("=abc;"));
    app.set("preferred_url_scheme", "https");
    let secure = app.anonymous().get("/csrf_token");
    assert!(secure.header("set-cookie").expect("a cookie").ends_with("; Secure"));
}

#[test]
fn signing_in() {
    let app = app();
    let reply = sign_in(&app, "ana", "password");
    assert_snapshot!(reply, @r#"
    200
    {
      "success": true
    }
    "#);
    assert_eq!(app.continuing(&reply).get("/api/v1/user/").json()["username"], "ana");
    assert_eq!(sign_in(&app, "ana@example.com", "password").status(), 200);
    assert_snapshot!(format!("{:?}", app.rows("SELECT kind, namespace_id, performer_id, ip, metadata FROM log_entry")), @r#"[["login_success", "1", "NULL", "192.0.2.1", "{\"type\":\"quayauth\",\"useragent\":\"\"}"], ["login_success", "1", "NULL", "192.0.2.1", "{\"type\":\"quayauth\",\"useragent\":\"\"}"]]"#);
}

#[test]
fn signing_in_need_not_be_logged() {
    let app = app().with("action_log_audit_logins", "false");
    let session = app.continuing(&sign_in(&app, "ana", "password"));
    assert_eq!(session.post_empty("/api/v1/signout").status(), 200);
    assert_eq!(app.rows("SELECT kind FROM log_entry").len(), 0);
}

#[test]
fn a_change_of_nobody_needs_the_csrf_token() {
    let app = app();
    let body = json!({ "username": "ana", "password": "password" });
    assert_snapshot!(app.anonymous().post("/api/v1/signin", body.clone()).refusal(), @"401 invalid_token: Requires authentication");
    let cookie = app.anonymous().get("/csrf_token");
    let cookie = cookie.header("set-cookie").and_then(|cookie| cookie.split(';').next());
    let browser = app.anonymous().header("cookie", cookie.expect("a cookie"));
    assert_snapshot!(browser.post("/api/v1/signin", body), @r#"
    403
    {
      "error": "CSRF token was invalid or missing."
    }
    "#);
}

#[test]
fn what_is_refused() {
    let app = app();
    assert_snapshot!(sign_in(&app, "ana", "wrong"), @r#"
    403
    {
      "needsEmailVerification": false,
      "invalidCredentials": true,
      "message": "Invalid Username or Password"
    }
    "#);
    // Unknown users, and users without a password, get the same answer.
    let expected = sign_in(&app, "bob", "wrong").whole();
    for name in ["nobody", "nobody@example.com", "ana+robot", "ü", "", "BOB"] {
        assert_eq!(sign_in(&app, name, "wrong").whole(), expected, "{name}");
    }
    app.execute("UPDATE user_profile SET password_hash = NULL WHERE account_id = 2");
    app.advance(60);
    assert_eq!(sign_in(&app, "bob", "").whole(), expected);
}

#[test]
fn an_address_must_be_confirmed_first() {
    let app = app();
    app.execute("UPDATE user_profile SET verified = 0");
    assert_snapshot!(sign_in(&app, "ana", "password"), @r#"
    403
    {
      "needsEmailVerification": true,
      "invalidCredentials": false,
      "message": null
    }
    "#);
    // Without the password the answer hides that.
    assert_eq!(sign_in(&app, "bob", "wrong").json()["needsEmailVerification"], false);
}

#[test]
fn disabled_users_have_no_access_anywhere() {
    let app = app();
    let (session, token) = (app.with_session("ana"), app.as_user("ana"));
    assert_eq!(session.get("/api/v1/user/").status(), 200);
    assert_eq!(token.get("/api/v1/user/").status(), 200);
    app.execute("UPDATE account SET enabled = 0 WHERE name = 'ana'");
    assert_eq!(session.get("/api/v1/user/").status(), 401);
    assert_eq!(token.get("/api/v1/user/").status(), 401);
    assert_eq!(token.post_empty("/api/v1/signout").status(), 401);
    let password = json!({ "password": "password" });
    assert_eq!(session.post("/api/v1/signin/verify", password.clone()).status(), 401);
    assert_eq!(token.post("/api/v1/signin/verify", password).status(), 401);
    assert_snapshot!(sign_in(&app, "ana", "password"), @r#"
    403
    {
      "needsEmailVerification": false,
      "invalidCredentials": true,
      "message": "This user has been disabled. Please contact your administrator."
    }
    "#);
    // Without the password the answer hides that.
    app.advance(60);
    assert_eq!(sign_in(&app, "ana", "wrong").json()["message"], "Invalid Username or Password");
}

#[test]
fn a_new_session_ends_the_one_before() {
    let app = app();
    let anonymous = app.anonymous().get("/csrf_token");
    let body = json!({ "username": "ana", "password": "password" });
    let first = app.continuing(&anonymous).post("/api/v1/signin", body.clone());
    let token = first.header("x-next-csrf-token").expect("a token");
    assert_ne!(anonymous.json()["csrf_token"], token);
    let cookie = |reply: &Reply| reply.header("set-cookie").map(str::to_owned);
    assert_ne!(cookie(&first), cookie(&anonymous));
    let second = app.continuing(&first).post("/api/v1/signin", body);
    assert_eq!(app.continuing(&first).get("/api/v1/user/").status(), 401);
    assert_eq!(app.continuing(&second).get("/api/v1/user/").status(), 200);
    // The new cookie with the old token changes nothing.
    let mixed = app
        .anonymous()
        .header(
            "cookie",
            cookie(&second).as_deref().and_then(|c| c.split(';').next()).unwrap_or(""),
        )
        .header("x-csrf-token", token);
    assert_snapshot!(mixed.post_empty("/api/v1/signout"), @r#"
    403
    {
      "error": "CSRF token was invalid or missing. (authorized: user ana)"
    }
    "#);
}

#[test]
fn giving_the_password_again() {
    let app = app();
    let session = app.with_session("ana");
    assert_snapshot!(session.post("/api/v1/signin/verify", json!({ "password": "wrong" })), @r#"
    403
    {
      "message": "Invalid Username or Password",
      "invalidCredentials": true
    }
    "#);
    app.advance(60);
    let reply = session.post("/api/v1/signin/verify", json!({ "password": "password" }));
    assert_snapshot!(reply, @r#"
    200
    {
      "success": true
    }
    "#);
    // The session continues, also for simultaneous requests of the browser; its CSRF token is another.
    assert_eq!(session.get("/api/v1/user/").status(), 200);
    assert_eq!(session.post_empty("/api/v1/signout").status(), 403);
    let renewed = app.continuing(&reply);
    assert_eq!(renewed.get("/api/v1/user/").status(), 200);
    let shown = renewed.get("/csrf_token").json()["csrf_token"].clone();
    assert_eq!(shown.as_str(), reply.header("x-next-csrf-token"));
    // After signing out the session is anonymous, with the token of the answer.
    let out = renewed.post_empty("/api/v1/signout");
    assert_eq!(session.get("/api/v1/user/").status(), 401);
    let token = out.header("x-next-csrf-token").expect("a token");
    let nobody = renewed.without("x-csrf-token").header("x-csrf-token", token);
    let again = json!({ "username": "ana", "password": "password" });
    assert_eq!(nobody.post("/api/v1/signin", again).status(), 200);
    // A token has no session yet.
    let by_token =
        app.as_user("ana").post("/api/v1/signin/verify", json!({ "password": "password" }));
    assert_eq!(app.continuing(&by_token).get("/api/v1/user/").status(), 200);
    // The permission comes before the body.
    assert_eq!(app.browser().post("/api/v1/signin/verify", json!({})).status(), 401);
    let token = app.with_scope("ana", "org:admin");
    assert_eq!(token.post("/api/v1/signin/verify", json!({})).status(), 403);
}

/// Giving the password again is what a stale session needs.
#[test]
fn the_login_is_fresh_again() {
    let app = app();
    let session = app.with_session("ana");
    let address = json!({ "invoice_email": true });
    app.advance(600);
    assert_eq!(
        session.put("/api/v1/user/", address.clone()).json()["error_type"],
        "fresh_login_required"
    );
    let verified = session.post("/api/v1/signin/verify", json!({ "password": "password" }));
    assert_eq!(app.continuing(&verified).put("/api/v1/user/", address).status(), 200);
}

#[test]
fn signing_out_ends_every_session() {
    let app = app();
    let (here, there) = (app.with_session("ana"), app.with_session("ana"));
    let bob = app.with_session("bob");
    assert_snapshot!(here.post_empty("/api/v1/signout"), @r#"
    200
    {
      "success": true
    }
    "#);
    for session in [&here, &there] {
        assert_eq!(session.get("/api/v1/user/").status(), 401);
    }
    assert_eq!(bob.get("/api/v1/user/").status(), 200);
    // The cookie continues as an anonymous session: the next sign-in needs no new token.
    let again = here.post("/api/v1/signin", json!({ "username": "ana", "password": "password" }));
    assert_eq!(again.status(), 200);
    assert_eq!(app.continuing(&again).get("/api/v1/user/").status(), 200);
    // Tokens are no sessions.
    assert_eq!(app.as_user("ana").get("/api/v1/user/").status(), 200);
    assert_eq!(app.as_user("ana").post_empty("/api/v1/signout").status(), 200);
    assert_eq!(app.continuing(&again).get("/api/v1/user/").status(), 401);
    // An anonymous session may sign out too.
    assert_eq!(app.browser().post_empty("/api/v1/signout").status(), 200);
    assert_snapshot!(format!("{:?}", app.rows("SELECT kind, namespace_id, performer_id FROM log_entry")), @r#"[["logout_success", "1", "1"], ["login_success", "1", "NULL"], ["logout_success", "1", "1"]]"#);
}

/// A token with few scopes cannot sign its user out.
#[test]
fn a_token_ends_sessions_only_with_the_scope_to_administer_the_user() {
    let app = app();
    let session = app.with_session("ana");
    for scope in ["repo:read", "user:read", "org:admin"] {
        let reply = app.with_scope("ana", scope).post_empty("/api/v1/signout");
        assert_eq!((reply.status(), reply.json()), (200, json!({ "success": true })), "{scope}");
        assert_eq!(session.get("/api/v1/user/").status(), 200, "{scope}");
    }
    assert_eq!(app.rows("SELECT kind FROM log_entry").len(), 0);
    assert_eq!(app.with_scope("ana", "user:admin").post_empty("/api/v1/signout").status(), 200);
    assert_eq!(session.get("/api/v1/user/").status(), 401);
}

#[test]
fn how_long_a_session_lives_is_a_setting() {
    let app = app().with("session_timeout", "1h");
    let session = app.with_session("ana");
    let cookie = app.anonymous().get("/csrf_token");
    assert!(cookie.header("set-cookie").expect("a cookie").contains("; Max-Age=3600;"));
    app.advance(3_599);
    assert_eq!(session.get("/api/v1/user/").status(), 200);
    app.advance(1);
    assert_eq!(session.get("/api/v1/user/").status(), 401);
}

/// The number of sessions that are kept.
fn kept(app: &App) -> String {
    app.rows("SELECT count(*) FROM session").remove(0).remove(0)
}

/// The rows of sessions that expired are given to new ones, whoever signs in.
#[test]
fn sessions_that_ended_are_forgotten() {
    let app = app();
    let old: Vec<_> = (0..5).map(|_| app.with_session("ana")).collect();
    app.advance(31 * 86_400);
    assert_eq!(old[0].get("/api/v1/user/").status(), 401);
    let sessions: Vec<_> = (0..4).map(|_| app.with_session("bob")).collect();
    assert_eq!(kept(&app), "5");
    let session = app.with_session("ana");
    assert_eq!(kept(&app), "5");
    for session in sessions.iter().chain([&session]) {
        assert_eq!(session.get("/api/v1/user/").status(), 200);
    }
    // One in use, whose password was given again, is not.
    app.advance(20 * 86_400);
    let body = json!({ "password": "password" });
    assert_eq!(session.post("/api/v1/signin/verify", body).status(), 200);
    app.advance(20 * 86_400);
    for _ in 0..4 {
        let _other = app.with_session("ana");
    }
    assert_eq!(session.get("/api/v1/user/").status(), 200);
    assert_eq!(kept(&app), "5");
    // All of an account end with it, and when it signs out.
    assert_eq!(app.with_session("ana").post_empty("/api/v1/signout").status(), 200);
    assert_eq!(kept(&app), "0");
}

#[test]
fn a_session_ends_after_a_month() {
    let app = app();
    let session = app.with_session("ana");
    app.advance(31 * 86_400 - 1);
    assert_eq!(session.get("/api/v1/user/").status(), 200);
    app.advance(1);
    assert_eq!(session.get("/api/v1/user/").status(), 401);
}

#[test]
fn while_the_registry_is_read_only() {
    let app = app().with("registry_state", "readonly");
    let reply = sign_in(&app, "ana", "password");
    assert_eq!(reply.status(), 200);
    let session = app.continuing(&reply);
    assert_eq!(session.post("/api/v1/signin/verify", json!({ "password": "x" })).status(), 403);
    assert_eq!(session.post_empty("/api/v1/signout").status(), 503);
}

#[test]
fn without_passwords() {
    let app = app().with("feature_direct_login", "false");
    assert_eq!(sign_in(&app, "ana", "password").status(), 404);
}

#[test]
fn while_anonymous_access_is_off() {
    let app = app().with("feature_anonymous_access", "false");
    assert_eq!(sign_in(&app, "ana", "password").status(), 200);
    assert_eq!(app.anonymous().get("/api/v1/user/").status(), 401);
    assert_snapshot!(app.anonymous().get("/api/v1/users/ana"), @r#"
    401
    {
      "error": "Anonymous access is not allowed"
    }
    "#);
    assert_eq!(app.as_user("bob").get("/api/v1/users/ana").status(), 200);
}

#[test]
fn bodies_are_held_against_the_schema() {
    let app = app();
    let browser = app.browser();
    for body in [json!({}), json!({ "username": "ana" }), json!({ "username": 5, "password": "p" })]
    {
        assert_eq!(browser.post("/api/v1/signin", body).status(), 400);
    }
}

/// Without an answer of the store nobody signs in.
#[test]
fn without_the_key_value_store() {
    let app = app();
    let browser = app.browser();
    app.fail_key_value(true);
    let body = json!({ "username": "ana", "password": "password" });
    assert_eq!(browser.post("/api/v1/signin", body).status(), 500);
    app.fail_key_value(false);
    assert_eq!(app.rows("SELECT kind FROM log_entry").len(), 0);
}

/// Otherwise repeated sign-ins would fill the store.
#[test]
fn the_oldest_of_too_many_sessions_ends() {
    let app = app().with("sessions_per_account", "3");
    let first = app.with_session("ana");
    app.advance(1);
    let others: Vec<_> = (0..2).map(|_| app.with_session("ana")).collect();
    assert_eq!(first.get("/api/v1/user/").status(), 200);
    let bob = app.with_session("bob");
    app.advance(1);
    let last = app.with_session("ana");
    assert_eq!(first.get("/api/v1/user/").status(), 401);
    for session in others.iter().chain([&last, &bob]) {
        assert_eq!(session.get("/api/v1/user/").status(), 200);
    }
    // In a browser where somebody else is signed in, the session of that person ends too, at the limit and below it.
    let ana = json!({ "username": "ana", "password": "password" });
    app.advance(1);
    assert_eq!(bob.post("/api/v1/signin", ana.clone()).status(), 200);
    assert_eq!(bob.get("/api/v1/user/").status(), 401);
    assert_eq!(kept(&app), "3");
    app.set("sessions_per_account", "0");
    let bob = app.with_session("bob");
    assert_eq!(bob.post("/api/v1/signin", ana.clone()).status(), 200);
    assert_eq!(bob.get("/api/v1/user/").status(), 401);
    assert_eq!(kept(&app), "4");
    // One's own is replaced, whatever the limit.
    assert_eq!(last.post("/api/v1/signin", ana).status(), 200);
    assert_eq!(last.get("/api/v1/user/").status(), 401);
    assert_eq!(kept(&app), "4");
}

/// A sign-in that was checked before the password was changed, and begins after it.
#[test]
fn a_session_of_a_former_epoch_counts_for_nothing() {
    let app = app();
    let session = app.with_session("ana");
    app.execute("UPDATE session SET epoch = epoch - 1");
    assert_eq!(session.get("/api/v1/user/").status(), 401);
}
