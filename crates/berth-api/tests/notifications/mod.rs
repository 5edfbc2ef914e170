//! Notifications, as users see them.

use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::common::{app_with_invitations as app, invite};

const NOTIFICATIONS: &str = "/api/v1/user/notifications";

#[test]
fn a_user_is_notified_of_their_invitations() {
    let app = app();
    let outsider = app.as_user("outsider");
    let reply = outsider.get(NOTIFICATIONS);
    assert_snapshot!(reply, @r#"
    200
    {
      "notifications": [
        {
          "id": "<uuid>",
          "organization": null,
          "kind": "org_team_invite",
          "created": "<start+60s>",
          "metadata": {
            "code": "<secret>",
            "inviter": "admin",
            "org": "acme",
            "team": "creators"
          },
          "dismissed": false
        },
        {
          "id": "<uuid>",
          "organization": null,
          "kind": "org_team_invite",
          "created": "<start>",
          "metadata": {
            "code": "<secret>",
            "inviter": "admin",
            "org": "acme",
            "team": "members"
          },
          "dismissed": false
        }
      ],
      "additional": false
    }
    "#);
    let code = reply.json()["notifications"][0]["metadata"]["code"].clone();
    // A lost key takes the code away, not the list.
    app.set("secret_key", "another key");
    let without = app.as_user("outsider").get(NOTIFICATIONS).json();
    assert_eq!(without["notifications"][0]["metadata"]["code"], Value::Null);
    app.set("secret_key", "a key for tests");
    let accept = format!("/api/v1/teaminvite/{}", code.as_str().expect("a code"));
    assert_eq!(outsider.put_empty(&accept).status(), 200);
    assert_eq!(
        outsider.get(NOTIFICATIONS).json(),
        json!({ "notifications": [], "additional": false })
    );
}

#[test]
fn notifications_are_dismissed() {
    let app = app();
    let outsider = app.as_user("outsider");
    let one = outsider.get(NOTIFICATIONS).json()["notifications"][0].clone();
    let path = format!("{NOTIFICATIONS}/{}", one["id"].as_str().expect("an id"));
    assert_eq!(outsider.get(&path).json(), one);
    assert_eq!(outsider.put(&path, json!({ "dismissed": true })).json()["dismissed"], true);
    assert_eq!(
        outsider.get(NOTIFICATIONS).json()["notifications"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(outsider.get(&path).json()["dismissed"], true);
    assert_eq!(outsider.put(&path, json!({})).json()["dismissed"], true);
    assert_snapshot!(outsider.put(&path, json!({ "dismissed": "x" })), @r#"
    400
    {
      "detail": "'x' is not of type 'boolean'\n\nFailed validating 'type' in schema['properties']['dismissed']",
      "error_message": "'x' is not of type 'boolean'\n\nFailed validating 'type' in schema['properties']['dismissed']",
      "error_type": "invalid_request",
      "title": "invalid_request",
      "type": "http://localhost:3000/api/v1/error/invalid_request",
      "status": 400
    }
    "#);
    // Being invited again is news.
    invite(&app, "creators", "outsider");
    assert_eq!(
        outsider.get(NOTIFICATIONS).json()["notifications"].as_array().map(Vec::len),
        Some(2)
    );
    // It belongs to no other user.
    assert_snapshot!(app.as_user("member").get(&path).refusal(), @"404 not_found: Not Found");
    assert_eq!(app.as_user("member").put(&path, json!({ "dismissed": true })).status(), 404);
    assert_eq!(outsider.get(&path).json()["dismissed"], false);
}

#[test]
fn notifications_come_in_pages() {
    let app = app();
    let outsider = app.as_user("outsider");
    let page = |query: &str| {
        let body = outsider.get(&format!("{NOTIFICATIONS}{query}")).json();
        let teams = body["notifications"].as_array().expect("a list").iter();
        let teams: Vec<String> = teams.map(|one| one["metadata"]["team"].to_string()).collect();
        format!("{} {}", teams.join(" "), body["additional"])
    };
    assert_eq!(page("?limit=1"), "\"creators\" true");
    assert_eq!(page("?limit=1&page=1"), "\"members\" false");
    assert_eq!(page("?page=1"), " false");
    assert_snapshot!(outsider.get(&format!("{NOTIFICATIONS}?limit=x")), @r#"
    400
    {
      "message": {
        "limit": "Limit on the number of results (int)"
      }
    }
    "#);
}

#[test]
fn an_expired_invitation_is_no_news() {
    let app = app();
    app.advance(604_800);
    assert_eq!(app.as_user("outsider").get(NOTIFICATIONS).json()["notifications"], json!([]));
}

#[test]
fn permitted_callers() {
    let dismissal = json!({ "dismissed": true });
    assert_snapshot!(app().matrix(&[
        (Method::GET, NOTIFICATIONS, Value::Null),
        (Method::GET, "/api/v1/user/notifications/nope", Value::Null),
        (Method::PUT, "/api/v1/user/notifications/nope", dismissal),
    ]), @"
    GET /api/v1/user/notifications
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    GET /api/v1/user/notifications/nope
    PUT /api/v1/user/notifications/nope
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
      404 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
    ");
}
