//! The members of an organization: list, read, add, remove; collaborators.

mod team;

use crate::common::{app, direct_app, log};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const MEMBERS: &str = "/api/v1/organization/acme/members";

#[test]
fn people_come_with_their_teams_and_repositories() {
    let app = app();
    app.execute(
        "INSERT INTO repository (namespace_id, name, created_at)
        SELECT id, 'app', 0 FROM account WHERE name = 'acme'",
    );
    app.execute(
        "INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
        SELECT repository.id, repository.namespace_id, account.id, 'read' FROM repository, account
        WHERE account.name IN ('member', 'outsider', 'acme+bot')",
    );
    let admin = app.as_user("admin");
    assert_snapshot!(admin.get(MEMBERS), @r#"
    200
    {
      "members": [
        {
          "name": "admin",
          "kind": "user",
          "avatar": "<avatar>",
          "teams": [
            {
              "name": "owners",
              "avatar": "<avatar>"
            }
          ],
          "repositories": []
        },
        {
          "name": "creator",
          "kind": "user",
          "avatar": "<avatar>",
          "teams": [
            {
              "name": "creators",
              "avatar": "<avatar>"
            }
          ],
          "repositories": []
        },
        {
          "name": "member",
          "kind": "user",
          "avatar": "<avatar>",
          "teams": [
            {
              "name": "members",
              "avatar": "<avatar>"
            }
          ],
          "repositories": [
            "app"
          ]
        }
      ]
    }
    "#);
    assert_snapshot!(admin.get(&format!("{MEMBERS}/acme%2Bbot")), @r#"
    200
    {
      "name": "acme+bot",
      "kind": "robot",
      "avatar": "<avatar>",
      "teams": [],
      "repositories": [
        "app"
      ]
    }
    "#);
    assert_eq!(admin.get(&format!("{MEMBERS}/outsider")).status(), 404);
    assert_snapshot!(admin.get("/api/v1/organization/acme/collaborators"), @r#"
    200
    {
      "collaborators": [
        {
          "kind": "user",
          "name": "outsider",
          "avatar": "<avatar>",
          "repositories": [
            "app"
          ]
        }
      ]
    }
    "#);
    assert_eq!(admin.delete(&format!("{MEMBERS}/outsider")).status(), 204);
    let collaborators = admin.get("/api/v1/organization/acme/collaborators").json();
    assert_eq!(collaborators, json!({ "collaborators": [] }));
}

#[test]
fn a_member_is_added_to_the_named_team() {
    let app = direct_app();
    let admin = app.as_user("admin");
    let outsider = format!("{MEMBERS}/outsider");
    assert_snapshot!(admin.put(&outsider, json!({ "team": "members" })), @r#"
    200
    {
      "name": "outsider",
      "kind": "user",
      "is_robot": false,
      "avatar": "<avatar>",
      "invited": false
    }
    "#);
    assert_snapshot!(admin.put(&outsider, json!({ "team": "members" })), @r#"
    400
    {
      "message": "User outsider is already a member of team members"
    }
    "#);
    assert_eq!(admin.put(&outsider, json!({ "team": "nope" })).status(), 404);
    assert_snapshot!(admin.put_empty(&outsider), @r#"
    405
    {
      "message": "The method is not allowed for the requested URL."
    }
    "#);
    assert_snapshot!(log(&app), @r#"org_add_team_member {"member":"outsider","team":"members","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}"#);
}

#[test]
fn a_stranger_is_invited_there_too() {
    let app = app();
    let reply =
        app.as_user("admin").put(&format!("{MEMBERS}/outsider"), json!({ "team": "members" }));
    assert_eq!(reply.json()["invited"], true);
}

#[test]
fn a_removed_member_keeps_only_their_invitations() {
    let app = direct_app();
    let admin = app.as_user("admin");
    assert_eq!(
        admin.put(&format!("{MEMBERS}/member"), json!({ "team": "creators" })).status(),
        200
    );
    assert_eq!(admin.delete(&format!("{MEMBERS}/member")).status(), 204);
    assert_eq!(admin.get(&format!("{MEMBERS}/member")).status(), 404);
    assert_eq!(admin.delete(&format!("{MEMBERS}/member")).status(), 204);
    for name in ["nobody", "acme%2Bbot", "duo"] {
        assert_eq!(admin.delete(&format!("{MEMBERS}/{name}")).status(), 404, "{name}");
    }
    app.set("require_team_invite", "true");
    assert_eq!(
        admin.put(&format!("{MEMBERS}/outsider"), json!({ "team": "creators" })).status(),
        200
    );
    assert_eq!(admin.delete(&format!("{MEMBERS}/outsider")).status(), 204);
    assert_eq!(app.rows("SELECT count(*) FROM team_invitation"), [["1"]]);
}

#[test]
fn the_last_owner_stays() {
    let app = app();
    assert_snapshot!(app.as_user("admin").delete(&format!("{MEMBERS}/admin")), @r#"
    400
    {
      "message": "Cannot remove user as they are the only organization admin"
    }
    "#);
    assert_eq!(app.as_user("superuser").delete(&format!("{MEMBERS}/admin")).status(), 400);
}

#[test]
fn permitted_callers() {
    let app = app();
    assert_snapshot!(app.matrix(&[
        (Method::GET, MEMBERS, Value::Null),
        (Method::GET, "/api/v1/organization/acme/members/member", Value::Null),
        (Method::GET, "/api/v1/organization/acme/collaborators", Value::Null),
        (Method::PUT, "/api/v1/organization/acme/members/nobody", json!({ "team": "members" })),
        (Method::DELETE, "/api/v1/organization/acme/members/nobody", Value::Null),
    ]), @"
    GET /api/v1/organization/acme/members
    GET /api/v1/organization/acme/members/member
    GET /api/v1/organization/acme/collaborators
      200 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    PUT /api/v1/organization/acme/members/nobody
      400 admin superuser admin[org:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    DELETE /api/v1/organization/acme/members/nobody
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 admin superuser admin[org:admin] superuser[super:user]
    ");
}
