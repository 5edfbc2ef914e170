//! Settings on a running host: unusable values, and a missing key.
#![cfg(feature = "end-to-end")]

use berth_tests::{Client, Host};
use serde_json::json;

const APPLICATIONS: &str = "/api/v1/organization/acme/applications";

fn lines_with<'a>(log: &'a str, part: &str) -> Vec<&'a str> {
    log.lines().filter(|line| line.contains(part)).collect()
}

/// Requests that need the setting are answered 500; the log says which setting, for which request, and what it should look
/// like. The value is nowhere: it may be a secret in the wrong place. Requests that do not need it are served.
#[test]
fn an_unusable_value_is_named_in_the_log() {
    let host = Host::options().variable("feature_anonymous_access", "hunter2-hunter2").start();
    let client = host.client().header("x-request-id", "request-of-the-test");
    let reply = client.get("/api/v1/organization/acme");
    assert_eq!(reply.status, 500, "{reply}");
    assert!(!reply.body.contains("anonymous_access"), "the answer is opaque: {reply}");
    assert_eq!(client.get("/health/instance").status, 200);
    let log = host.log();
    let lines = lines_with(&log, "feature_anonymous_access");
    let [line] = lines.as_slice() else { panic!("one line names it: {lines:?}\n{log}") };
    for part in ["request-of-the-test", "GET /api/v1/organization/acme", "`true` or `false`"] {
        assert!(line.contains(part), "no {part}: {line}");
    }
    assert!(!log.contains("hunter2") && !reply.body.contains("hunter2"), "{log}");
}

/// A secret that is sealed, from its application.
fn client_secret(client: &Client, client_id: &str) -> String {
    let reply = client.get(&format!("{APPLICATIONS}/{client_id}"));
    reply.json()["client_secret"]
        .as_str()
        .unwrap_or_else(|| panic!("no secret: {reply}"))
        .to_owned()
}

/// Without `secret_key` the first use makes one, which stays; the log warns once.
#[test]
fn a_missing_secret_key_is_made_once() {
    const WARNING: &str = "`secret_key` is empty";
    let host = Host::new();
    assert!(lines_with(&host.log(), WARNING).is_empty(), "nothing has used it yet");
    let token = host.client().initialize_token("ana");
    let ana = host.client().bearer(&token);
    assert_eq!(ana.post("/api/v1/organization/", &json!({ "name": "acme" })).status, 201);
    let made = ana.post(APPLICATIONS, &json!({ "name": "ci" })).json();
    let client_id = made["client_id"].as_str().expect("a client id");
    let secret = made["client_secret"].as_str().expect("a secret");
    let host = Host::options().state(host.kill()).start();
    let ana = host.client().bearer(&token);
    assert_eq!(client_secret(&ana, client_id), secret, "the key stayed");
    assert_eq!(ana.post(APPLICATIONS, &json!({ "name": "cd" })).status, 200);
    let log = host.log();
    assert_eq!(lines_with(&log, WARNING).len(), 1, "{log}");
}
