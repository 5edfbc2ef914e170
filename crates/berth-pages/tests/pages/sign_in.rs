//! Signing in, and what becomes of a form when the session ended meanwhile.

use berth_pages::Console;
use berth_test::App;

use super::{acme, assert_says, browser};

#[test]
fn the_first_account_signs_in_and_is_the_only_first() {
    let app = App::new().with("setup_token", "a token for tests");
    let browser = app.open(&Console);
    assert_says(&browser.go("/"), 200, &["Welcome to Berth", "Setup token"]);
    let fields = [("username", "ana"), ("email", "ana@example.com"), ("password", "password")];
    assert_says(&browser.send("/setup", &fields), 403, &["Setup token"]);
    let fields = [fields.as_slice(), &[("setup_token", "a token for tests")]].concat();
    assert_says(&browser.send("/setup", &fields), 200, &["The account ana was created."]);
    assert_eq!(browser.address(), "/");
    let other = app.open(&Console);
    other.go("/setup");
    assert_eq!(other.address(), "/signin?next=%2F");
}

/// Whoever leads a name of theirs to this machine has a page of the console, and its token, but not its origin.
#[test]
fn a_page_of_another_origin_makes_no_first_account() {
    let app = App::new();
    let browser = app.open(&Console);
    browser.go("/setup");
    let form = browser.forms().into_iter().find(|form| form.action == "/setup").expect("a form");
    let cookie = browser.cookie("_csrf_token").expect("a session");
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(form.hidden).extend_pairs([
        ("username", "evil"),
        ("email", "evil@example.com"),
        ("password", "password"),
    ]);
    let body = body.finish();
    for (origin, status) in [("http://evil.example", 403), ("http://localhost:3000", 303)] {
        let request = http::Request::builder()
            .method("POST")
            .uri("/setup")
            .header("origin", origin)
            .header("cookie", format!("_csrf_token={cookie}"))
            .header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(body.clone().into_bytes()).expect("a request");
        let reply = app.answer(&Console, &request);
        assert_eq!(reply.status(), status, "{origin}");
        if status == 403 {
            assert_says(&reply, 403, &["for those of http://localhost:3000"]);
        }
    }
}

#[test]
fn somebody_signs_in_where_they_wanted_to_go_and_out() {
    let app = acme();
    let ana = app.open(&Console);
    ana.go("/organizations/new");
    assert_eq!(ana.address(), "/signin?next=%2Forganizations%2Fnew");
    let wrong = ana.send("/signin", &[("username", "ana"), ("password", "wrong")]);
    assert_says(&wrong, 403, &["Invalid Username or Password"]);
    assert!(wrong.text().contains("value=\"ana\""));
    app.advance(60);
    let right = ana.send("/signin", &[("username", "ana"), ("password", "password")]);
    assert_says(&right, 200, &["New organization"]);
    assert_eq!(ana.address(), "/organizations/new");
    assert_says(&ana.send("/signout", &[]), 200, &["You are signed out."]);
}

#[test]
fn no_sign_in_leads_to_another_site() {
    let app = acme();
    for next in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
    {
        let ana = app.open(&Console);
        ana.go(&format!("/signin?next={}", next.replace(':', "%3A").replace('/', "%2F")));
        let reply = ana.send_only("/signin", &[("username", "ana"), ("password", "password")]);
        assert_eq!(reply.header("location"), Some("/"), "{next}");
    }
}

/// The session ends while somebody fills in a form. They sign in again, and send what they typed.
#[test]
fn a_session_that_ends_in_the_middle_of_a_form_loses_nothing() {
    let app = acme();
    let ana = browser(&app, "ana");
    let new = "/organizations/new";
    ana.go(new);
    app.execute("DELETE FROM session");
    let page = ana.send(new, &[("name", "later"), ("email", "later@example.com")]);
    assert_says(&page, 401, &["Your session has ended"]);
    let page = ana.send("/signin", &[("username", "ana"), ("password", "password")]);
    assert_says(&page, 200, &["You are signed in as ana", "later@example.com"]);
    assert_says(&ana.send(new, &[]), 200, &["The organization later was created."]);
}

/// A form that another session made: the other tab signed in anew. It can be sent again as it is.
#[test]
fn a_form_of_another_session_is_kept() {
    let app = acme();
    let ana = browser(&app, "ana");
    let new = "/organizations/new";
    ana.go(new);
    let stale = [("_csrf_token".to_owned(), "of another session".to_owned())];
    let page = ana.post(new, &stale, &[("name", "kept")]);
    assert_says(&page, 403, &["made for another session"]);
    assert!(page.text().contains("value=\"kept\""));
}

#[test]
fn a_form_of_another_site_does_nothing() {
    let app = acme();
    let ana = app.with_session("ana");
    let cookie = ana.headers()[0].clone();
    let request = http::Request::builder()
        .method("POST")
        .uri("/organizations/new")
        .header(cookie.0, cookie.1)
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(b"name=evil".to_vec()).expect("a request");
    let reply = app.answer(&Console, &request);
    assert_says(&reply, 400, &["A page of another site"]);
}
