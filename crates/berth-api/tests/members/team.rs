//! Members of a team: list, add, invite, remove.

use crate::common::{app, direct_app, log};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const MEMBERS: &str = "/api/v1/organization/acme/team/members/members";
const OWNERS: &str = "/api/v1/organization/acme/team/owners/members";

#[test]
fn people_are_added_at_once_where_nobody_must_accept() {
    let app = direct_app();
    let admin = app.as_user("admin");
    assert_snapshot!(admin.put_empty(&format!("{MEMBERS}/outsider")), @r#"
    200
    {
      "name": "outsider",
      "kind": "user",
      "is_robot": false,
      "avatar": "<avatar>",
      "invited": false
    }
    "#);
    assert_snapshot!(admin.put_empty(&format!("{MEMBERS}/outsider")), @r#"
    400
    {
      "message": "User outsider is already a member of team members"
    }
    "#);
    assert_snapshot!(app.as_user("outsider").get(MEMBERS), @r#"
    200
    {
      "members": [
        {
          "name": "member",
          "kind": "user",
          "is_robot": false,
          "avatar": "<avatar>",
          "invited": false
        },
        {
          "name": "outsider",
          "kind": "user",
          "is_robot": false,
          "avatar": "<avatar>",
          "invited": false
        }
      ],
      "name": "members",
      "can_edit": false
    }
    "#);
    assert_snapshot!(log(&app), @r#"org_add_team_member {"member":"outsider","team":"members","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}"#);
}

#[test]
fn without_mail_nobody_is_invited() {
    let app = app().with("feature_mailing", "false");
    let reply = app.as_user("admin").put_empty(&format!("{MEMBERS}/outsider"));
    assert_eq!(reply.json()["invited"], false);
}

#[test]
fn a_stranger_is_invited() {
    let app = app();
    let admin = app.as_user("admin");
    assert_snapshot!(admin.put(&format!("{MEMBERS}/outsider"), json!({ "foo": 1 })), @r#"
    200
    {
      "name": "outsider",
      "kind": "user",
      "is_robot": false,
      "avatar": "<avatar>",
      "invited": true
    }
    "#);
    assert_eq!(app.as_user("outsider").get(MEMBERS).status(), 403);
    assert_snapshot!(log(&app), @r#"org_invite_team_member {"user":"outsider","member":"outsider","team":"members","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}"#);
}

#[test]
fn members_of_the_organization_are_added_at_once() {
    let app = app();
    let reply = app.as_user("admin").put_empty(&format!("{MEMBERS}/creator"));
    assert_eq!((reply.status(), &reply.json()["invited"]), (200, &json!(false)));
}

#[test]
fn robots_are_never_invited() {
    let app = app();
    let admin = app.as_user("admin");
    assert_snapshot!(admin.put_empty(&format!("{MEMBERS}/acme%2Bbot")), @r#"
    200
    {
      "name": "acme+bot",
      "kind": "user",
      "is_robot": true,
      "avatar": "<avatar>",
      "invited": false
    }
    "#);
    assert_snapshot!(admin.put_empty(&format!("{MEMBERS}/duo%2Bbot")), @r#"
    400
    {
      "message": "Cannot add the specified robot to this team, as it is not a member of the organization"
    }
    "#);
    // Without invitations, robots of other namespaces are added too.
    app.set("require_team_invite", "false");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/duo%2Bbot")).status(), 200);
}

#[test]
fn only_users_and_robots_can_be_added() {
    let app = app();
    let admin = app.as_user("admin");
    assert_snapshot!(admin.put_empty(&format!("{MEMBERS}/nobody")).refusal(), @"400 invalid_request: Unknown user");
    for name in ["duo", "OUTSIDER", "acme+none"] {
        let reply = admin.put_empty(&format!("{MEMBERS}/{name}"));
        assert_eq!((reply.status(), &reply.json()["detail"]), (400, &json!("Unknown user")));
    }
}

#[test]
fn the_team_and_the_organization_must_exist() {
    let app = app();
    for path in ["acme/team/nope/members/member", "nope/team/owners/members/member"] {
        let path = format!("/api/v1/organization/{path}");
        let superuser = app.as_user("superuser");
        assert_eq!(superuser.put_empty(&path).json()["error_type"], "not_found");
        assert_eq!(superuser.delete(&path).json()["error_type"], "not_found");
    }
    assert_eq!(
        app.as_user("superuser").get("/api/v1/organization/nope/team/t/members").status(),
        404
    );
}

#[test]
fn administrators_who_ask_see_the_invited() {
    let app = app();
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/acme%2Bbot")).status(), 200);
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    let invite = "/api/v1/organization/acme/team/members/invite/new@example.com";
    assert_eq!(admin.put_empty(invite).status(), 200);
    assert_snapshot!(admin.get(&format!("{MEMBERS}?includePending=true")), @r#"
    200
    {
      "members": [
        {
          "name": "member",
          "kind": "user",
          "is_robot": false,
          "avatar": "<avatar>",
          "invited": false
        },
        {
          "name": "acme+bot",
          "kind": "user",
          "is_robot": true,
          "avatar": "<avatar>",
          "invited": false
        },
        {
          "name": "outsider",
          "kind": "user",
          "is_robot": false,
          "avatar": "<avatar>",
          "invited": true
        },
        {
          "email": "new@example.com",
          "kind": "invite",
          "avatar": "<avatar>",
          "invited": true
        }
      ],
      "name": "members",
      "can_edit": true
    }
    "#);
    let count = |path: &str, name: &str| {
        let reply = app.as_user(name).get(path).json();
        (reply["members"].as_array().expect("a list").len(), reply["can_edit"].clone())
    };
    assert_eq!(count(MEMBERS, "admin"), (2, json!(true)));
    assert_eq!(count(&format!("{MEMBERS}?includePending=0"), "admin"), (2, json!(true)));
    assert_eq!(count(&format!("{MEMBERS}?includePending=x"), "superuser"), (4, json!(true)));
    assert_eq!(count(&format!("{MEMBERS}?includePending=true"), "member"), (2, json!(false)));
    assert_eq!(count(&format!("{MEMBERS}?includePending=true"), "reader"), (2, json!(false)));
}

#[test]
fn members_are_removed() {
    let app = app();
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/acme%2Bbot")).status(), 200);
    assert_eq!(admin.delete(&format!("{MEMBERS}/acme%2Bbot")).status(), 204);
    assert_eq!(admin.delete(&format!("{MEMBERS}/member")).status(), 204);
    assert_snapshot!(admin.delete(&format!("{MEMBERS}/member")), @r#"
    400
    {
      "message": "User member does not belong to team members"
    }
    "#);
    assert_snapshot!(admin.delete(&format!("{MEMBERS}/nobody")).refusal(), @"404 not_found: Not Found");
    assert_eq!(admin.delete(&format!("{MEMBERS}/duo")).status(), 404);
    assert_snapshot!(log(&app), @r#"
    org_add_team_member {"member":"acme+bot","team":"members","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    org_remove_team_member {"member":"acme+bot","team":"members","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    org_remove_team_member {"member":"member","team":"members","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    "#);
}

#[test]
fn an_invitation_is_withdrawn_by_removing_the_invited() {
    let app = app();
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    assert_eq!(admin.delete(&format!("{MEMBERS}/outsider")).status(), 204);
    assert_snapshot!(admin.delete(&format!("{MEMBERS}/outsider")), @r#"
    400
    {
      "message": "User outsider does not belong to team members"
    }
    "#);
    assert_eq!(app.rows("SELECT count(*) FROM notification"), [["0"]]);
    assert_snapshot!(log(&app), @r#"
    org_invite_team_member {"user":"outsider","member":"outsider","team":"members","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    org_delete_team_member_invite {"user":"outsider","team":"members","member":"outsider","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    "#);
}

#[test]
fn the_caller_stays_in_their_only_admin_team() {
    let app = direct_app();
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{OWNERS}/creator")).status(), 200);
    assert_snapshot!(admin.delete(&format!("{OWNERS}/admin")), @r#"
    400
    {
      "message": "User cannot remove themselves from their only admin team."
    }
    "#);
    assert_eq!(admin.delete(&format!("{OWNERS}/creator")).status(), 204);
}

#[test]
fn nobody_removes_the_last_owner() {
    let app = app();
    assert_snapshot!(app.as_user("superuser").delete(&format!("{OWNERS}/admin")), @r#"
    400
    {
      "message": "Cannot remove user as they are the only organization admin"
    }
    "#);
    // A robot in the team is no owner.
    assert_eq!(app.as_user("admin").put_empty(&format!("{OWNERS}/acme%2Bbot")).status(), 200);
    assert_eq!(app.as_user("superuser").delete(&format!("{OWNERS}/admin")).status(), 400);
    assert_eq!(
        app.as_user("admin").get(OWNERS).json()["members"].as_array().map(Vec::len),
        Some(2)
    );
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let app = app();
    let admin = app.as_user("admin");
    for part in ["INSERT INTO log_entry", "INSERT INTO notification", "COMMIT"] {
        app.failing_on(part, || admin.put_empty(&format!("{MEMBERS}/outsider")));
        for table in ["team_invitation", "notification", "mail", "log_entry"] {
            assert_eq!(
                app.rows(&format!("SELECT count(*) FROM {table}")),
                [["0"]],
                "{part}: {table}"
            );
        }
    }
}

#[test]
fn permitted_callers() {
    let app = app();
    assert_snapshot!(app.matrix(&[
        (Method::GET, MEMBERS, Value::Null),
        (Method::GET, OWNERS, Value::Null),
        (Method::PUT, "/api/v1/organization/acme/team/members/members/nobody", Value::Null),
        (Method::DELETE, "/api/v1/organization/acme/team/members/members/nobody", Value::Null),
    ]), @"
    GET /api/v1/organization/acme/team/members/members
      200 member admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    GET /api/v1/organization/acme/team/owners/members
      200 admin superuser reader admin[repo:create] admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    PUT /api/v1/organization/acme/team/members/members/nobody
      400 admin superuser admin[org:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    DELETE /api/v1/organization/acme/team/members/members/nobody
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 admin superuser admin[org:admin] superuser[super:user]
    ");
}

#[test]
fn the_size_of_a_team_does_not_matter() {
    // Every request below is held against the statement budget, which knows no sizes.
    let app = app();
    app.execute(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
        INSERT INTO account (uuid, kind, name, email, created_at)
        SELECT 'uuid ' || n, 'user', 'crowd' || n, 'crowd' || n || '@example.com', 0 FROM n",
    );
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT team.id, organization_id, account.id, 'user' FROM team, account
        WHERE team.name = 'members' AND account.name LIKE 'crowd%'",
    );
    let admin = app.as_user("admin");
    let members = admin.get(&format!("{MEMBERS}?includePending=true")).json();
    assert_eq!(members["members"].as_array().map(Vec::len), Some(10_001));
    let organization = admin.get("/api/v1/organization/acme").json();
    assert_eq!(organization["teams"]["members"]["member_count"], 10_001);
    let all = admin.get("/api/v1/organization/acme/members").json();
    assert_eq!(all["members"].as_array().map(Vec::len), Some(10_003));
    assert_eq!(admin.delete(&format!("{MEMBERS}/crowd77")).status(), 204);
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/crowd77")).status(), 200);
    assert_eq!(admin.delete("/api/v1/organization/acme/team/members").status(), 204);
}
