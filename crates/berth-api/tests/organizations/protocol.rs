//! Rules for every endpoint (`docs/contract/quay.md` 0): shown on organizations.

use berth_test::{App, As, Reply};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::json;

const ACME: &str = "/api/v1/organization/acme";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36";

fn app() -> App {
    App::new().with_user("ana").with_user("bob").with_organization("acme", "ana")
}

/// The headers of an answer, without its content type.
fn headers(reply: &Reply) -> String {
    let headers = reply.headers().filter(|(name, _)| *name != "content-type");
    let mut lines: Vec<String> = headers.map(|(name, value)| format!("{name}: {value}")).collect();
    lines.sort();
    lines.join("\n")
}

#[test]
fn any_origin_may_read_without_cookies() {
    let app = app();
    let reply = app.anonymous().header("origin", "http://evil.example").get(ACME);
    assert_snapshot!(headers(&reply), @"
    access-control-allow-headers: AUTHORIZATION, CONTENT-TYPE, X-REQUESTED-WITH
    access-control-allow-methods: DELETE, GET, HEAD, OPTIONS, POST, PUT
    access-control-allow-origin: *
    access-control-max-age: 21600
    cache-control: no-store
    vary: Cookie
    x-content-type-options: nosniff
    ");
    let refused = app.anonymous().header("origin", "http://evil.example").get("/api/v1/nosuch");
    assert_eq!(headers(&refused), headers(&reply), "errors can be read as well");
}

#[test]
fn one_origin_may_call_with_cookies() {
    let app = app().with("cors_origin", "http://good.example");
    for origin in ["http://good.example", "http://evil.example"] {
        let reply = app.anonymous().header("origin", origin).get(ACME);
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.header("access-control-allow-origin"), Some("http://good.example"));
    }
    assert_snapshot!(headers(&app.anonymous().get(ACME)), @"
    access-control-allow-credentials: true
    access-control-allow-headers: AUTHORIZATION, CONTENT-TYPE, X-REQUESTED-WITH, COOKIE, X-CSRF-TOKEN
    access-control-allow-methods: DELETE, GET, HEAD, OPTIONS, POST, PUT
    access-control-allow-origin: http://good.example
    access-control-expose-headers: X-Next-CSRF-Token, Link, X-Total-Count, Retry-After
    access-control-max-age: 21600
    cache-control: no-store
    vary: Cookie
    x-content-type-options: nosniff
    ");
}

#[test]
fn a_preflight_is_answered_without_authentication() {
    let app = app().with("feature_anonymous_access", "false").with("registry_state", "readonly");
    let options = |path: &str| app.anonymous().send(Method::OPTIONS, path, None, Vec::new());
    let reply = options(ACME);
    assert_snapshot!(reply, @"200");
    assert_eq!(reply.header("allow"), Some("DELETE, GET, HEAD, OPTIONS, PUT"));
    assert_eq!(options("/api/v1/organization/").header("allow"), Some("OPTIONS, POST"));
    assert_eq!(options("/api/v1/nosuch").status(), 404);
}

#[test]
fn unknown_methods_name_the_known_ones() {
    let app = app();
    let reply = app.as_user("ana").send(Method::PATCH, ACME, None, Vec::new());
    assert_snapshot!(reply, @r#"
    405
    {
      "message": "The method is not allowed for the requested URL."
    }
    "#);
    assert_eq!(reply.header("allow"), Some("DELETE, GET, HEAD, OPTIONS, PUT"));
}

#[test]
fn a_slash_at_the_end_makes_no_difference() {
    let app = app();
    let ana = app.as_user("ana");
    assert_eq!(ana.get(&format!("{ACME}/")).to_string(), ana.get(ACME).to_string());
    let body = json!({ "name": "other" });
    assert_eq!(ana.post("/api/v1/organization", body).status(), 201);
}

#[test]
fn browsers_must_ask_as_a_program_does() {
    let app = app();
    let browser = || app.as_user("ana").header("user-agent", BROWSER);
    assert_snapshot!(browser().get(ACME), @r#"
    400
    {
      "error": "API calls must be invoked with an X-Requested-With header if called from a browser"
    }
    "#);
    let asked = browser().header("x-requested-with", "XMLHttpRequest").get(ACME);
    assert_eq!(asked.status(), 200);
    assert_eq!(browser().put(ACME, json!({})).status(), 200);
    assert_eq!(browser().head(ACME).status(), 200);
    app.set("browser_api_calls_xhr_only", "false");
    assert_eq!(browser().get(ACME).status(), 200);
}

#[test]
fn only_bearer_tokens_count() {
    let app = app().with("feature_billing", "true");
    let private = format!("{ACME}/private");
    let status = |authorization: &str| {
        app.anonymous().header("authorization", authorization).get(&private).status()
    };
    let reply = app.as_user("ana").get(&private);
    assert_eq!(reply.status(), 200);
    for other in ["", "Bearer", "Bearer a b", "Basic YW5hOnBhc3N3b3Jk", "Token abc", "bearer abc"] {
        assert_eq!(status(other), 401, "{other:?}");
    }
    assert_snapshot!(app.anonymous().header("authorization", "Bearer abc").get(&private).refusal(), @"401 invalid_token: Requires authentication");
}

#[test]
fn a_change_without_credentials_is_401() {
    let app = app();
    for authorization in ["", "Bearer abc"] {
        let nobody = app.anonymous().header("authorization", authorization);
        let reply = nobody.put(ACME, json!({}));
        assert_eq!(reply.status(), 401, "{reply}");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
}

#[test]
fn a_read_only_registry_refuses_changes_and_answers_reads() {
    let app = app().with("registry_state", "readonly");
    assert_eq!(app.as_user("ana").get(ACME).status(), 200);
    for name in ["ana", "bob"] {
        assert_eq!(app.as_user(name).put(ACME, json!({})).status(), 503, "{name}");
    }
    assert_snapshot!(app.as_user("ana").delete(ACME), @r#"
    503
    {
      "is_readonly": true,
      "message": "System is currently read-only. Pulls will succeed but all write operations are currently suspended."
    }
    "#);
}

#[test]
fn without_anonymous_access_only_known_callers_read() {
    let app = app().with("feature_anonymous_access", "false");
    let reply = app.anonymous().get(ACME);
    assert_snapshot!(reply, @r#"
    401
    {
      "error": "Anonymous access is not allowed"
    }
    "#);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    let unknown = app.anonymous().header("authorization", "Bearer abc");
    assert_eq!(unknown.get("/api/v1/organization/nosuch").status(), 401);
    assert_eq!(app.as_user("bob").get(ACME).status(), 200);
    assert_eq!(app.as_user("bob").get("/api/v1/organization/nosuch").status(), 404);
}

#[test]
fn billing_allows_no_private_repository() {
    let app = app().with_user("carl");
    let path = format!("{ACME}/private");
    assert_eq!(app.as_user("ana").get(&path).status(), 404, "the feature is off");
    app.set("feature_billing", "true");
    app.execute(
        "INSERT INTO team (organization_id, name, description, role)
        SELECT id, 'makers', '', 'creator' FROM account WHERE name = 'acme'",
    );
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT team.id, organization_id, account.id, 'user' FROM team, account
        WHERE team.name = 'makers' AND account.name = 'carl'",
    );
    app.execute(
        "INSERT INTO repository (namespace_id, name, is_public, created_at)
        SELECT id, 'hidden', 0, 0 FROM account WHERE name = 'acme'",
    );
    assert_snapshot!(app.as_user("ana").get(&path), @r#"
    200
    {
      "privateAllowed": false,
      "privateCount": 1
    }
    "#);
    assert_snapshot!(app.as_user("carl").get(&path), @r#"
    200
    {
      "privateAllowed": false
    }
    "#);
    assert_eq!(app.as_user("bob").get(&path).status(), 403);
    assert_eq!(app.anonymous().get(&path).status(), 401);
}

#[test]
fn what_is_too_long_is_refused() {
    let app = app();
    let ana = app.as_user("ana");
    let acme = "/api/v1/organization/acme";
    let body = |length: usize| json!({ "invoice_email_address": "a".repeat(length) });
    assert_eq!(ana.put(acme, body(65_536)).status(), 200);
    assert_snapshot!(ana.put(acme, body(65_537)), @r#"
    400
    {
      "detail": "'invoice_email_address' is longer than 65536 bytes\n\nFailed validating 'maxLength' in schema['properties']['invoice_email_address']",
      "error_message": "'invoice_email_address' is longer than 65536 bytes\n\nFailed validating 'maxLength' in schema['properties']['invoice_email_address']",
      "error_type": "invalid_request",
      "title": "invalid_request",
      "type": "http://localhost:3000/api/v1/error/invalid_request",
      "status": 400
    }
    "#);
    assert_snapshot!(ana.put(acme, body(262_144)), @r#"
    413
    {
      "message": "The body of this request can have 262144 bytes at most."
    }
    "#);
    assert_snapshot!(app.anonymous().put(acme, body(1_200_000)), @r#"
    413
    {
      "message": "The body of this request can have 1114112 bytes at most."
    }
    "#);
    let slashes = format!("/api/v1/organization/{}", "a/".repeat(2_048));
    assert_eq!(app.anonymous().get(&slashes).status(), 404);
}

/// The original divides paths after it has decoded them, and replaces bytes that are not UTF-8 by some character.
#[test]
fn paths_are_decoded_before_they_are_divided() {
    let app = app();
    let ana = app.as_user("ana");
    assert_eq!(ana.get("/api/v1/organization/acme%2Fcollaborators").status(), 200);
    assert_eq!(ana.get("/api/v1/organization/acme%2fquota").status(), 404, "it is off");
    assert_eq!(ana.put("/api/v1/organization/a%2Fb", json!({})).status(), 404);
    assert_eq!(ana.get("/api/v1/organization/acme%2F").status(), 404, "nothing behind it");
    assert_eq!(ana.get("/api/v1/organization/%61cme").json()["name"], "acme");
    assert_eq!(ana.get("/api/v1/organization/%FF").json()["error_type"], "not_found");
}

#[test]
fn slashes_that_begin_a_path_count_as_one_and_others_redirect() {
    let app = app();
    let ana = app.as_user("ana");
    assert_eq!(ana.get("//api/v1/organization/acme").json(), ana.get(ACME).json());
    let change = json!({ "email": "acme@example.com" });
    assert_eq!(ana.put("///api/v1/organization/acme", change.clone()).status(), 200);
    for path in ["/api//v1/organization/acme", "//api/v1///organization//acme"] {
        let reply = ana.put(&format!("{path}?a=//b"), change.clone());
        assert_eq!(reply.status(), 308, "{path}");
        assert_eq!(reply.header("location"), Some("/api/v1/organization/acme?a=//b"), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{path}");
    }
    let reply = ana.get("/api/v1//org/");
    assert_eq!((reply.status(), reply.header("location")), (308, Some("/api/v1/org/")));
    assert_eq!(ana.get("//api/v1/org/acme").status(), 200, "the dialect is that of the path");
}

/// Where the latest change came from, by the log.
fn logged_address(app: &App, headers: &[(&str, &str)]) -> String {
    let caller =
        headers.iter().fold(app.as_user("ana"), |caller, (name, value)| caller.header(name, value));
    assert_eq!(caller.put(ACME, json!({ "tag_expiration_s": 86400 })).status(), 200);
    let mut rows = app.rows("SELECT ip FROM log_entry ORDER BY id DESC LIMIT 1");
    rows.remove(0).remove(0)
}

#[test]
fn the_log_has_the_client_that_a_trusted_proxy_names() {
    // Requests of tests come from 192.0.2.1.
    let spoofed = [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7")];
    assert_eq!(logged_address(&app(), &spoofed), "192.0.2.1");
    let elsewhere = app().with("trusted_proxies", "10.0.0.0/8,192.0.2.2");
    assert_eq!(logged_address(&elsewhere, &spoofed), "192.0.2.1");
    let behind = app().with("trusted_proxies", "10.0.0.0/8, 192.0.2.1");
    assert_eq!(logged_address(&behind, &[]), "192.0.2.1");
    let chain = [("x-forwarded-for", "6.6.6.6, 203.0.113.7, 10.1.1.1")];
    assert_eq!(logged_address(&behind, &chain), "203.0.113.7");
    let chain = [("forwarded", "for=6.6.6.6, for=\"[2001:db8::7]:4711\";proto=https")];
    assert_eq!(logged_address(&behind, &chain), "2001:db8::7");
}

/// Reading a body is work, which strangers cannot cause. The contract reports a bad body before a missing right; for
/// unknown callers that holds for small bodies only.
#[test]
fn a_large_body_of_nobody_known_is_not_read() {
    let app = app();
    let put = |client: &As<'_>, body: &str| {
        client.send(Method::PUT, ACME, Some("application/json"), body.into()).status()
    };
    let (small, large) = ("[".repeat(16_384), "[".repeat(16_385));
    let ended = app.with_session("ana");
    app.execute("UPDATE user_profile SET session_epoch = session_epoch + 1");
    assert_eq!((put(&ended, &small), put(&ended, &large)), (400, 401));
    assert_eq!(app.latest_statements().len(), 1, "who calls was asked, and nothing else");
    let stranger = app.as_user("bob");
    assert_eq!((put(&stranger, &small), put(&stranger, &large)), (400, 400));
    assert_eq!(put(&app.anonymous(), &large), 401);
    assert_eq!(app.latest_statements().len(), 0, "there was nobody to ask for");
    let unknown = app.anonymous().header("authorization", "Bearer nope");
    assert_eq!(put(&unknown, &large), 401);
    // A large body that is right costs a statement more.
    let padding = " ".repeat(20_000);
    assert_eq!(put(&app.as_user("ana"), &format!("{{\"invoice_email\":true}}{padding}")), 200);
    assert_eq!(put(&app.as_user("bob"), &format!("{{}}{padding}")), 403);
}
