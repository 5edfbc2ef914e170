//! What users granted to applications, and what waits for them to accept it.

use berth_test::App;
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::Value;

use crate::oauth::{APPLICATIONS, app, application, asking, bearer, location, part, text};

const AUTHORIZATIONS: &str = "/api/v1/user/authorizations";
const ASSIGNED: &str = "/api/v1/user/assignedauthorization";

#[test]
fn a_user_sees_and_ends_what_they_granted() {
    let app = app();
    let one = application(&app);
    let form = asking(&one, "token", "org:admin,repo:read");
    let reply = app.with_session("ana").post_form("/oauth/authorizeapp", &form);
    let token = part(location(&reply), "access_token").to_owned();
    let bob = app.with_session("bob");
    assert_snapshot!(bob.get(AUTHORIZATIONS), @r#"
    200
    {
      "authorizations": []
    }
    "#);
    let ana = app.with_session("ana");
    let list = ana.get(AUTHORIZATIONS).json();
    let granted = list["authorizations"].as_array().expect("a list").last().expect("an entry");
    let path = format!("{AUTHORIZATIONS}/{}", text(granted, "uuid"));
    let reply = ana.get(&path);
    assert_eq!(&reply.json(), granted);
    assert_snapshot!(reply, @r#"
    200
    {
      "application": {
        "name": "one <b>",
        "description": "the first *application*",
        "url": "http://app.example.com",
        "avatar": "<avatar>",
        "organization": {
          "name": "acme",
          "avatar": "<avatar>"
        }
      },
      "scopes": [
        {
          "dangerous": false,
          "description": "This application will be able to view and pull all repositories visible to the granting user",
          "icon": "fa-hdd-o",
          "scope": "repo:read",
          "title": "View all visible repositories"
        },
        {
          "dangerous": true,
          "description": "This application will be able to administer your organizations including creating robots, creating teams, adjusting team membership, and changing billing settings. You should have absolute trust in the requesting application before granting this permission.",
          "icon": "fa-gear",
          "scope": "org:admin",
          "title": "Administer Organization"
        }
      ],
      "uuid": "<uuid>"
    }
    "#);
    for reply in [bob.get(&path), bob.delete(&path)] {
        assert_eq!(reply.status(), 404);
    }
    assert_eq!(app.with_scope("ana", "user:read org:admin").get(&path).status(), 403);
    assert_eq!(ana.delete(&path).status(), 204);
    assert_eq!(bearer(&app, &token).get(APPLICATIONS).status(), 401);
    assert_eq!(ana.delete(&path).status(), 404);
}

#[test]
fn an_assignment_can_be_declined() {
    let app = app();
    let one = application(&app);
    let asking = asking(&one, "token", "repo:read");
    let assign = format!("/oauth/authorize/assignuser?username=bob&{asking}");
    let (ana, bob) = (app.with_session("ana"), app.with_session("bob"));
    assert_eq!(ana.post_empty(&assign).status(), 200);
    let list = bob.get(ASSIGNED).json();
    let uuid = text(&list["authorizations"][0], "uuid").to_owned();
    let path = format!("{ASSIGNED}/{uuid}");
    assert_eq!(ana.delete(&path).status(), 404);
    assert_eq!(bob.delete(&path).status(), 204);
    assert_eq!(bob.delete(&path).status(), 404);
    assert_eq!(app.rows("SELECT count(*) FROM notification"), [["0"]]);
    // The assignments of an application, and their notifications, are deleted with it.
    assert_eq!(ana.post_empty(&assign).status(), 200);
    let path = format!("{APPLICATIONS}/{}", text(&one, "client_id"));
    assert_eq!(ana.delete(&path).status(), 204);
    assert_eq!(app.rows("SELECT count(*) FROM notification"), [["0"]]);
}

#[test]
fn permitted_callers() {
    let app = App::new().with_roles();
    let (one, another) = (format!("{AUTHORIZATIONS}/nope"), format!("{ASSIGNED}/nope"));
    assert_snapshot!(app.matrix(&[
        (Method::GET, AUTHORIZATIONS, Value::Null),
        (Method::GET, &one, Value::Null),
        (Method::DELETE, &one, Value::Null),
        (Method::GET, ASSIGNED, Value::Null),
        (Method::DELETE, &another, Value::Null),
    ]), @"
    GET /api/v1/user/authorizations
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    GET /api/v1/user/authorizations/nope
    DELETE /api/v1/user/authorizations/nope
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
      404 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
    GET /api/v1/user/assignedauthorization
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    DELETE /api/v1/user/assignedauthorization/nope
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
      404 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
    ");
}
