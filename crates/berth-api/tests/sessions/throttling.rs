//! Guessing passwords: who must wait, and who need not.

use berth_test::{App, As, Reply};
use insta::assert_snapshot;
use serde_json::json;

const HERE: &str = "192.0.2.1";
const THERE: &str = "198.51.100.7";

fn app() -> App {
    App::new().with_user("ana").with_user("bob")
}

/// A browser at an address from which nobody has signed in.
fn browser<'a>(app: &'a App, address: &str) -> As<'a> {
    app.browser().from(address)
}

fn sign_in_from(app: &App, address: &str, username: &str, password: &str) -> Reply {
    let body = json!({ "username": username, "password": password });
    browser(app, address).post("/api/v1/signin", body)
}

fn sign_in(app: &App, username: &str, password: &str) -> Reply {
    sign_in_from(app, HERE, username, password)
}

/// The cookies that an answer sets, as a browser sends them back.
fn cookies(reply: &Reply) -> String {
    let set = reply.headers().filter(|(name, _)| *name == "set-cookie");
    let pairs = set.filter_map(|(_, cookie)| cookie.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

#[test]
fn failures_are_throttled() {
    let app = app();
    assert_eq!(sign_in(&app, "ana", "wrong").status(), 403);
    let reply = sign_in(&app, "ana", "password");
    assert_snapshot!(reply, @r#"
    429
    {
      "message": "Too many login attempts. \nPlease reset your Quay password and try again.",
      "error_type": "too_many_attempts"
    }
    "#);
    assert_eq!(reply.header("retry-after"), Some("1"));
    // A session that needs a fresh login waits too; nobody else does.
    let session = app.with_session("ana");
    let password = json!({ "password": "password" });
    assert_eq!(session.post("/api/v1/signin/verify", password).status(), 429);
    assert_eq!(sign_in(&app, "bob", "password").status(), 200);
    app.advance(1);
    assert_eq!(sign_in(&app, "ana", "wrong").status(), 403);
    app.advance(1);
    assert_eq!(sign_in(&app, "ana", "password").header("retry-after"), Some("1"));
    app.advance(1);
    // A success resets.
    assert_eq!(sign_in(&app, "ana", "password").status(), 200);
    assert_eq!(sign_in(&app, "ana", "wrong").status(), 403);
    app.advance(1);
    assert_eq!(sign_in(&app, "ana", "password").status(), 200);
}

/// Otherwise the throttle would tell which names and addresses have an account.
#[test]
fn names_that_nobody_has_are_throttled_alike() {
    let app = app();
    for name in ["nobody", "nobody@example.com", "ana", "bob@example.com"] {
        let replies: Vec<_> = (0..2).map(|_| sign_in(&app, name, "wrong").whole()).collect();
        assert!(replies[0].starts_with("403") && replies[1].starts_with("429"), "{name}");
    }
    assert_eq!(sign_in(&app, "somebody-else", "wrong").status(), 403);
}

/// Failing under a name and then under an address must not show whether both belong to one account.
#[test]
fn the_throttle_tells_of_no_name_which_address_it_has() {
    let app = app();
    assert_eq!(sign_in(&app, "ana", "wrong").status(), 403);
    let of_ana = sign_in(&app, "ana@example.com", "wrong").whole();
    let of_nobody = sign_in(&app, "unrelated@example.com", "wrong").whole();
    assert_eq!(of_ana, of_nobody);
    assert_eq!(sign_in(&app, "bob@example.com", "password").status(), 200);
    // Spelling the address otherwise is no way around the wait.
    assert_eq!(sign_in(&app, " ANA@Example.com", "wrong").status(), 429);
}

/// One client locks out only itself, whatever it does.
#[test]
fn guesses_from_elsewhere_lock_nobody_out() {
    let app = app();
    for _ in 0..40 {
        let reply = sign_in_from(&app, THERE, "ana", "wrong");
        assert!(matches!(reply.status(), 403 | 429));
        app.advance(4_096);
    }
    assert_eq!(sign_in_from(&app, THERE, "ana", "wrong").status(), 403);
    assert_eq!(sign_in_from(&app, THERE, "ana", "password").status(), 429);
    assert_eq!(sign_in(&app, "ana", "password").status(), 200);
}

/// Behind a proxy that is trusted, guesses of one client delay no other.
#[test]
fn clients_of_a_trusted_proxy_are_counted_apart() {
    let app = app().with("trusted_proxies", "192.0.2.0/24");
    let body = |password: &str| json!({ "username": "ana", "password": password });
    let sign_in = |client: &str, password: &str| {
        let proxied = browser(&app, HERE).header("x-forwarded-for", client);
        proxied.post("/api/v1/signin", body(password)).status()
    };
    assert_eq!((sign_in("203.0.113.7", "wrong"), sign_in("203.0.113.7", "password")), (403, 429));
    assert_eq!(sign_in("203.0.113.8", "password"), 200);
}

/// Unknown names cost a hash each: the count is per address.
#[test]
fn an_address_guesses_at_no_more_than_ten_names_a_minute() {
    let app = app();
    for number in 0..10 {
        assert_eq!(sign_in_from(&app, THERE, &format!("nobody{number}"), "wrong").status(), 403);
    }
    let refused = sign_in_from(&app, THERE, "nobody10", "wrong");
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("6")));
    // Also the right password; everybody else may try.
    assert_eq!(sign_in_from(&app, THERE, "ana", "password").status(), 429);
    assert_eq!(sign_in(&app, "ana", "password").status(), 200);
    app.advance(6);
    assert_eq!(sign_in_from(&app, THERE, "ana", "password").status(), 200);
    // A right password in between makes no room for guesses.
    assert_eq!(sign_in_from(&app, THERE, "nobody11", "wrong").status(), 403);
    assert_eq!(sign_in_from(&app, THERE, "nobody12", "wrong").status(), 429);
    app.set("sign_in_failures_per_minute", "0");
    assert_eq!(sign_in_from(&app, THERE, "nobody12", "wrong").status(), 403);
}

/// An IPv6 network has too many addresses to count each one.
#[test]
fn a_network_of_ipv6_is_one_address() {
    let app = app();
    let address = |number: usize| format!("[2001:db8::{number}]:4711");
    for number in 0..10 {
        let reply = sign_in_from(&app, &address(number), &format!("nobody{number}"), "wrong");
        assert_eq!(reply.status(), 403);
    }
    assert_eq!(sign_in_from(&app, &address(10), "nobody10", "wrong").status(), 429);
}

/// Many addresses together are slowed down, and still lock out nobody who signed in before.
#[test]
fn many_addresses_guess_no_faster_than_a_hundred_times_an_hour() {
    let app = app();
    assert_eq!(sign_in(&app, "ana", "password").status(), 200);
    let of = |number: usize| format!("203.0.{}.{}", number / 200, number % 200);
    for number in 0..100 {
        assert_eq!(sign_in_from(&app, &of(number), "ana", "wrong").status(), 403, "{number}");
    }
    let refused = sign_in_from(&app, &of(100), "ana", "wrong");
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("36")));
    assert_eq!(sign_in(&app, "ana", "password").status(), 200, "from where she signed in before");
    assert_eq!(sign_in_from(&app, &of(100), "bob", "password").status(), 200);
    // It is no lock-out: a new client is admitted after the pause.
    app.advance(36);
    assert_eq!(sign_in_from(&app, THERE, "ana", "password").status(), 200);
}

/// OWASP's device cookie.
#[test]
fn a_device_that_signed_in_before_is_heard_while_others_guess() {
    let app = app();
    let reply = sign_in_from(&app, THERE, "ana", "password");
    let device = cookies(&reply);
    let cookie = reply.headers().filter(|(name, _)| *name == "set-cookie").nth(1);
    let (_, cookie) = cookie.expect("a second cookie");
    assert!(cookie.starts_with("_berth_device="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"), "{cookie}");
    // Somebody at the same address guesses, at her name and at others.
    for number in 0..20 {
        let _ = sign_in_from(&app, THERE, "ana", "wrong");
        let _ = sign_in_from(&app, THERE, &format!("nobody{number}"), "wrong");
    }
    let attempt = |username: &str, password: &str| {
        let anonymous = app.anonymous().get("/csrf_token");
        let both = format!("{}; {}", cookies(&anonymous), device.split("; ").nth(1).unwrap_or(""));
        let browser = app.continuing(&anonymous).from(THERE);
        let browser = browser.without("cookie").header("cookie", &both);
        browser.post("/api/v1/signin", json!({ "username": username, "password": password }))
    };
    assert_eq!(sign_in_from(&app, THERE, "ana", "password").status(), 429);
    assert_eq!(attempt("ana", "password").status(), 200);
    assert_eq!(attempt("ana@example.com", "password").status(), 200);
    // It is for that account alone, gives no access, and has a separate wait.
    assert_eq!(attempt("bob", "password").status(), 429);
    assert_eq!(attempt("ana", "wrong").status(), 403);
    assert_eq!(attempt("ana", "password").status(), 429);
    app.advance(1);
    let again = attempt("ana", "password");
    assert_eq!(again.status(), 200);
    assert!(!cookies(&again).contains("_berth_device"), "the device is known already");
}

#[test]
fn a_device_cookie_is_ours_or_nothing() {
    let app = app().with("preferred_url_scheme", "https");
    let reply = sign_in(&app, "ana", "password");
    let cookie = reply.headers().filter(|(name, _)| *name == "set-cookie").nth(1);
    assert!(cookie.expect("a second cookie").1.ends_with("; Secure"));
    let device = cookies(&reply);
    let device = device.split("_berth_device=").nth(1).expect("a device");
    assert_eq!(sign_in(&app, "ana", "wrong").status(), 403);
    let changed = format!("A{}", &device[1..]);
    for forged in ["", "x", &changed, &"A".repeat(3_000)] {
        let anonymous = app.anonymous().get("/csrf_token");
        let both = format!("{}; _berth_device={forged}", cookies(&anonymous));
        let browser = app.continuing(&anonymous).without("cookie").header("cookie", &both);
        let body = json!({ "username": "ana", "password": "password" });
        assert_eq!(browser.post("/api/v1/signin", body).status(), 429, "{forged}");
    }
}

/// A new password works at once, even where its owner mistyped the old one.
#[test]
fn a_new_password_forgives_failures_everywhere() {
    let app = app();
    for _ in 0..5 {
        let _ = sign_in_from(&app, THERE, "ana", "wrong");
        let _ = sign_in_from(&app, THERE, "ana@example.com", "wrong");
        app.advance(30);
    }
    assert_eq!(sign_in_from(&app, THERE, "ana", "wrong").status(), 403);
    assert_eq!(sign_in_from(&app, THERE, "ana@example.com", "wrong").status(), 403);
    let body = json!({ "password": "another-password" });
    assert_eq!(app.with_session("ana").put("/api/v1/user/", body).status(), 200);
    for name in ["ana", "ana@example.com"] {
        assert_eq!(sign_in_from(&app, THERE, name, "another-password").status(), 200, "{name}");
    }
}

/// Under which keys it is counted tells nothing of whom.
#[test]
fn keys_are_numbers() {
    let app = app();
    for number in 0..20 {
        let _ = sign_in_from(&app, &format!("203.0.113.{number}"), "ana", "wrong");
    }
    let keys = app.keys("berth/throttle/");
    assert!(keys.len() > 20, "{keys:?}");
    for key in keys {
        let number = key.rsplit('/').next().and_then(|number| number.parse::<u16>().ok());
        assert!(number.is_some_and(|number| number < 512), "{key}");
    }
}

/// A token that lives for hours must not allow guessing the password, which would give the account for good.
#[test]
fn guesses_with_a_token_wait_as_well() {
    let app = app();
    let token = app.as_user("ana");
    let change = |given: &str| {
        let body = json!({ "password": "another-password", "current_password": given });
        token.put("/api/v1/user/", body).status()
    };
    assert_eq!(change("wrong"), 403);
    assert_eq!(change("password"), 429);
    assert_eq!(sign_in(&app, "ana", "password").status(), 429);
    app.advance(1);
    assert_eq!(change("password"), 200);
}

/// Basic counts as signing in does; the row of Concord's API is tested with the others of that API.
#[test]
fn basic_at_rows_of_quay_s_api_costs_no_hash() {
    let app = app();
    let basic = format!("Basic {}", "YW5hOndyb25n");
    for _ in 0..20 {
        let reply = app.anonymous().header("authorization", &basic).get("/api/v1/user/");
        assert_eq!(reply.status(), 401);
    }
    assert_eq!(sign_in(&app, "ana", "password").status(), 200);
}
