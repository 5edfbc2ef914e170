//! Messages of the superusers to everybody.

use berth_test::App;
use insta::assert_snapshot;
use serde_json::{Value, json};

fn app() -> App {
    App::new()
        .with_user("ana")
        .with_user("root")
        .with_user("auditor")
        .with("super_users", "root")
        .with("global_readonly_super_users", "auditor")
}

fn message(content: &str) -> Value {
    json!({ "message": { "content": content, "media_type": "text/markdown", "severity": "info" } })
}

#[test]
fn a_superuser_speaks_and_everybody_hears() {
    let app = app();
    let root = app.as_user("root");
    assert_snapshot!(app.anonymous().get("/api/v1/messages"), @r#"
    200
    {
      "messages": []
    }
    "#);
    assert_snapshot!(root.post("/api/v1/messages", message("Down on *Sunday*")), @r#"
    201
    {
      "uuid": "<uuid>",
      "content": "Down on *Sunday*",
      "severity": "info",
      "media_type": "text/markdown"
    }
    "#);
    assert_snapshot!(app.anonymous().get("/api/v1/messages"), @r#"
    200
    {
      "messages": [
        {
          "uuid": "<uuid>",
          "content": "Down on *Sunday*",
          "severity": "info",
          "media_type": "text/markdown"
        }
      ]
    }
    "#);
    let uuid = app.rows("SELECT uuid FROM message")[0][0].clone();
    let path = format!("/api/v1/message/{uuid}");
    assert_snapshot!(root.delete(&path), @"204");
    assert_snapshot!(root.delete(&path), @"204");
    assert_snapshot!(app.anonymous().get("/api/v1/messages"), @r#"
    200
    {
      "messages": []
    }
    "#);
    let log = app.rows("SELECT kind, namespace_id, metadata FROM log_entry");
    assert_eq!(log.len(), 2, "{log:?}");
    assert_eq!((log[0][0].as_str(), log[0][1].as_str()), ("create_global_message", "NULL"));
    assert_eq!(log[1][0], "delete_global_message");
}

#[test]
fn nobody_else_speaks() {
    let app = app();
    for name in ["ana", "auditor"] {
        let caller = app.as_user(name);
        assert_eq!(caller.post("/api/v1/messages", message("hi")).status(), 403, "{name}");
        assert_eq!(caller.delete("/api/v1/message/some").status(), 403, "{name}");
    }
    assert_eq!(app.anonymous().post("/api/v1/messages", message("hi")).status(), 401);
    let without_scope = app.with_scope("root", "user:admin");
    assert_eq!(without_scope.post("/api/v1/messages", message("hi")).status(), 403);
}

#[test]
fn bad_messages_are_refused() {
    let app = app();
    let root = app.as_user("root");
    let mut lines = Vec::new();
    for body in [
        json!({}),
        json!({ "message": "hi" }),
        json!({ "message": { "content": "hi", "media_type": "text/plain" } }),
        json!({ "message": { "content": "hi", "media_type": "text/html", "severity": "info" } }),
        json!({ "message": { "content": "hi", "media_type": "text/plain", "severity": "loud" } }),
        message(&"x".repeat(10_001)),
    ] {
        let reply = root.post("/api/v1/messages", body);
        let detail = reply.json()["detail"].as_str().unwrap_or_default().to_owned();
        lines.push(format!("{} {}", reply.status(), detail.lines().next().unwrap_or_default()));
    }
    assert_snapshot!(lines.join("\n"), @"
    400 'message' is a required property
    400 'hi' is not of type 'object'
    400 'severity' is a required property
    400 'text/html' is not one of ['text/plain', 'text/markdown']
    400 'loud' is not one of ['info', 'warning', 'error']
    400 A message can be 10000 bytes long, not more
    ");
    assert_eq!(app.rows("SELECT count(*) FROM message"), [["0"]]);
}

/// Consoles ask for them on every page.
#[test]
fn everybody_hears_without_superusers_too() {
    let app = app().with("feature_super_users", "false");
    assert_snapshot!(app.as_user("ana").get("/api/v1/messages"), @r#"
    200
    {
      "messages": []
    }
    "#);
    assert_eq!(app.as_user("root").post("/api/v1/messages", message("No")).status(), 405);
    assert_eq!(app.as_user("root").delete("/api/v1/message/some-uuid").status(), 404);
}
