//! 1: methods, paths, bodies and headers.

use berth_test::{App, As, Reply};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::json;

use super::{app, entry, from_quay, post, post_text};

fn organizations(app: &App) -> String {
    app.rows("SELECT count(*) FROM account WHERE kind = 'organization'")[0][0].clone()
}

fn bare(client: &As<'_>, method: Method, path: &str) -> (u16, usize) {
    let reply = client.send(method, path, None, Vec::new());
    (reply.status(), reply.0.body.len())
}

#[test]
fn names_in_paths_are_decoded() {
    let app = app();
    let root = app.as_user("root");
    assert_eq!(post(&root, json!({ "name": "a~b@c" })), r#"200 "CREATED""#);
    assert_eq!(root.get("/api/v1/org/a%7Eb%40c").json()["name"], "a~b@c");
    assert_eq!(root.get("/api/v1/org/a~b@c/").status(), 200);
    assert_eq!(root.get("/api/v1/organization/a%7Eb%40c").json()["name"], "a~b@c");
    assert_eq!(root.get("/api/v1/org/a%ff").status(), 204);
    let deleted = root.delete("/api/v1/org/a%7Eb%40c?confirmation=yes");
    assert_eq!(deleted.status(), 200);
}

#[test]
fn an_encoded_path_is_concord_s_all_the_same() {
    for path in ["/api/v1/%6Frg", "/api/v1/org%2Facme"] {
        assert_eq!(bare(&app().anonymous(), Method::Get, path), (401, 0), "{path}");
    }
}

/// Java's client sends `*/*` on one line and a list on another.
#[test]
fn accept_is_one_list_on_however_many_lines() {
    let app = app();
    let with = |lines: &[&str]| {
        let client =
            lines.iter().fold(app.as_user("bob"), |client, line| client.header("accept", line));
        client.get("/api/v1/org/acme").status()
    };
    for lines in [
        &["*/*", "application/json,application/vnd.concord-validation-errors-v1+json"][..],
        &["text/html", "application/json"],
        &["text/html, application/*;q=0.1"],
        &["", "  "],
        &["Application/JSON;Q=1"],
    ] {
        assert_eq!(with(lines), 200, "{lines:?}");
    }
    for lines in [
        &["text/html", "image/*"][..],
        &["application/vnd.concord-validation-errors-v1+json"],
        &["application/json;q=0"],
        &["*/*, application/json; q=0.0"],
    ] {
        assert_eq!(with(lines), 406, "{lines:?}");
    }
}

#[test]
fn a_known_caller_who_accepts_no_json_is_refused() {
    let app = app();
    let root = app.as_user("root").header("accept", "text/html");
    for (method, path) in [
        (Method::Get, "/api/v1/org"),
        (Method::Get, "/api/v1/org/acme"),
        (Method::Get, "/api/v1/org/nope"),
        (Method::Delete, "/api/v1/org/acme?confirmation=yes"),
        (Method::Delete, "/api/v1/org/acme"),
    ] {
        assert_eq!(bare(&root, method, path), (406, 0), "{method:?} {path}");
        let nobody = app.anonymous().header("accept", "text/html");
        assert_eq!(bare(&nobody, method, path), (401, 0), "{method:?} {path}");
    }
    assert_eq!(post(&root, json!({ "name": "new" })), "406 ");
    assert_eq!(organizations(&app), "1");
}

#[test]
fn unknown_fields_and_null_count_as_absent() {
    let app = app();
    let root = app.as_user("root");
    let body = json!({
        "id": null, "name": "new", "owner": null, "visibility": null, "meta": null, "cfg": null,
        "more": { "x": [1] },
    });
    assert_eq!(post(&root, body), r#"200 "CREATED""#);
    assert_snapshot!(entry(&app, "new"), @r#"
    200
    {
      "id": "<uuid>",
      "name": "new",
      "owner": {
        "id": "<uuid>",
        "username": "root",
        "userType": "LOCAL"
      },
      "visibility": "PUBLIC"
    }
    "#);
    assert_snapshot!(from_quay(&app, "new"), @r#"
    "new"
    owners ("admin", ""): root
    default ("member", "Default team"): root
    "#);
    assert_eq!(post_text(&root, r#"{"name":"second","more":1e400}"#).status(), 200);
}

#[test]
fn text_around_the_first_value_is_ignored() {
    let app = app();
    let root = app.as_user("root");
    for (name, text) in [
        ("one", r#"{"name":"one"} and {"more"#),
        ("two", "\u{feff}{\"name\":\"two\"}"),
        ("three", "\r\n\t {\"name\":\"wrong\",\"name\":\"three\"}\n"),
    ] {
        assert_eq!(post_text(&root, text).status(), 200, "{text}");
        assert_eq!(root.get(&format!("/api/v1/organization/{name}")).status(), 200, "{name}");
    }
}

#[test]
fn bodies_say_that_they_are_json() {
    let app = app();
    let root = app.as_user("root");
    let with = |kind: Option<&str>, name: &str| {
        let body = json!({ "name": name }).to_string().into_bytes();
        let reply = root.send(Method::Post, "/api/v1/org", kind, body);
        (reply.status(), reply.0.body.is_empty())
    };
    assert_eq!(with(Some("Application/JSON; charset=utf-8"), "one"), (200, false));
    for kind in [None, Some("text/plain"), Some("application/merge-patch+json"), Some("")] {
        assert_eq!(with(kind, "two"), (415, true), "{kind:?}");
    }
    assert_eq!(organizations(&app), "2");
}

#[test]
fn paths_and_methods_that_nobody_knows() {
    let app = app();
    let (bob, nobody) = (app.as_user("bob"), app.anonymous());
    for (method, path, status) in [
        (Method::Get, "/api/v1/org/acme/more", 404),
        (Method::Delete, "/api/v1/org/acme/more/still", 404),
        (Method::Put, "/api/v1/org", 405),
        (Method::Post, "/api/v1/org/acme", 405),
        (Method::Other, "/api/v1/org/acme", 405),
    ] {
        assert_eq!(bare(&bob, method, path), (status, 0), "{method:?} {path}");
        assert_eq!(bare(&nobody, method, path), (401, 0), "{method:?} {path}");
    }
    let allow = |path| bob.put_empty(path).header("allow").map(str::to_owned);
    assert_snapshot!(allow("/api/v1/org").unwrap_or_default(), @"GET, HEAD, OPTIONS, POST");
    assert_snapshot!(allow("/api/v1/org/acme").unwrap_or_default(), @"DELETE, GET, HEAD, OPTIONS");
}

#[test]
fn options_and_trace_are_answered_before_authentication() {
    let app = app();
    for path in ["/api/v1/org", "/api/v1/org/acme", "/api/v1/org/acme/team", "/api/v1/org/a/b/c"] {
        let nobody = app.anonymous().header("authorization", "Basic !");
        for (method, status) in [(Method::Options, 204), (Method::Trace, 405)] {
            let reply = nobody.send(method, path, None, Vec::new());
            assert_eq!((reply.status(), reply.0.body.len()), (status, 0), "{method:?} {path}");
            assert_eq!(reply.header("allow"), Some("OPTIONS, GET, POST, PUT, DELETE"));
        }
    }
    let quay = |method, path| bare(&app.anonymous(), method, path).0;
    assert_eq!(quay(Method::Trace, "/api/v1/organization/acme"), 405);
    assert_eq!(quay(Method::Options, "/api/v1/nope"), 404);
}

/// The headers of an answer, without those that belong to its kind.
fn headers(reply: &Reply) -> String {
    let own = ["content-type", "allow", "vary", "www-authenticate"];
    let common = reply.0.headers.iter().filter(|(name, _)| !own.contains(name));
    common.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_answer_has_the_same_headers() {
    let app = app();
    let (root, bob) = (app.as_user("root"), app.as_user("bob"));
    let usual = headers(&bob.get("/api/v1/org/acme"));
    assert_snapshot!(usual, @"
    x-content-type-options: nosniff
    cache-control: no-cache, no-store, must-revalidate
    pragma: no-cache
    expires: 0
    access-control-allow-origin: *
    access-control-allow-methods: *
    access-control-allow-headers: Authorization, Content-Type, Range, Cookie, Origin
    access-control-expose-headers: cache-control,content-language,expires,last-modified,content-range,content-length,accept-ranges
    ");
    let html = app.as_user("bob").header("accept", "text/html");
    for (status, reply) in [
        (200, root.post("/api/v1/org", json!({ "name": "new" }))),
        (204, bob.get("/api/v1/org/nope")),
        (204, bob.send(Method::Options, "/api/v1/org", None, Vec::new())),
        (400, root.post("/api/v1/org", json!({ "name": "a" }))),
        (400, root.post("/api/v1/org", json!([]))),
        (401, app.anonymous().get("/api/v1/org")),
        (401, app.anonymous().header("authorization", "Basic !").get("/api/v1/org")),
        (403, bob.post("/api/v1/org", json!({ "name": "bobs" }))),
        (404, bob.get("/api/v1/org/acme/more")),
        (404, bob.get("/api/v1/org?limit=x")),
        (405, bob.put_empty("/api/v1/org")),
        (406, html.get("/api/v1/org")),
        (415, root.post_empty("/api/v1/org")),
    ] {
        assert_eq!((reply.status(), headers(&reply)), (status, usual.clone()));
    }
}

#[test]
fn one_origin_may_be_set() {
    let app = app().with("cors_origin", "https://console.example.com");
    let reply = app.as_user("bob").get("/api/v1/org");
    assert_eq!(reply.header("access-control-allow-origin"), Some("https://console.example.com"));
}

#[test]
fn success_is_json_without_a_charset() {
    let app = app();
    let root = app.as_user("root");
    for reply in [
        root.post("/api/v1/org", json!({ "name": "new" })),
        root.get("/api/v1/org"),
        root.get("/api/v1/org/new"),
        root.delete("/api/v1/org/new?confirmation=yes"),
    ] {
        assert_eq!((reply.status(), reply.header("content-type")), (200, Some("application/json")));
    }
}

/// Quay's rule for browsers is Quay's.
#[test]
fn a_browser_reads_without_a_further_header() {
    let app = app().with("browser_api_calls_xhr_only", "true");
    let browser = app.as_user("bob").header("user-agent", "Mozilla/5.0");
    assert_eq!(browser.get("/api/v1/organization/acme").status(), 400);
    assert_eq!(browser.get("/api/v1/org/acme").status(), 200);
}
