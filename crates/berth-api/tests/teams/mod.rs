//! Teams: list, read, create, change, delete, permissions.

use crate::common::{app, direct_app, log};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const TEAMS: &str = "/api/v1/organization/acme/team";

#[test]
fn a_team_is_made_and_changed() {
    let app = app();
    let admin = app.as_user("admin");
    let team = format!("{TEAMS}/readers");
    assert_snapshot!(admin.put(&team, json!({ "role": "member", "name": "ignored", "foo": 1 })), @r#"
    200
    {
      "name": "readers",
      "description": "",
      "can_view": true,
      "role": "member",
      "avatar": "<avatar>",
      "new_team": true
    }
    "#);
    assert_snapshot!(admin.put(&team, json!({ "role": "creator", "description": "**all** ü" })), @r#"
    200
    {
      "name": "readers",
      "description": "**all** ü",
      "can_view": true,
      "role": "creator",
      "avatar": "<avatar>",
      "new_team": false
    }
    "#);
    // A description that is not given stays; an empty one clears it.
    assert_eq!(admin.put(&team, json!({ "role": "creator" })).json()["description"], "**all** ü");
    assert_eq!(
        admin.put(&team, json!({ "role": "creator", "description": "" })).json()["description"],
        ""
    );
    assert_snapshot!(admin.get(&team), @r#"
    200
    {
      "name": "readers",
      "description": "",
      "role": "creator",
      "avatar": "<avatar>",
      "can_view": true,
      "repo_count": 0,
      "member_count": 0,
      "is_synced": false
    }
    "#);
    assert_snapshot!(log(&app), @r#"
    org_create_team {"team":"readers","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    org_set_team_description {"team":"readers","description":"**all** ü","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    org_set_team_role {"team":"readers","role":"creator","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    org_set_team_description {"team":"readers","description":"","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    "#);
}

#[test]
fn the_creator_of_a_team_is_not_in_it() {
    let app = app();
    assert_eq!(
        app.as_user("admin").put(&format!("{TEAMS}/empty"), json!({ "role": "admin" })).status(),
        200
    );
    assert_snapshot!(app.as_user("admin").get(&format!("{TEAMS}/empty/members")), @r#"
    200
    {
      "members": [],
      "name": "empty",
      "can_edit": true
    }
    "#);
}

#[test]
fn teams_are_listed_in_order() {
    let app = app();
    assert_snapshot!(app.as_user("member").get("/api/v1/organization/acme/teams"), @r#"
    200
    {
      "teams": [
        {
          "name": "owners",
          "description": "",
          "role": "admin",
          "avatar": "<avatar>",
          "can_view": false,
          "repo_count": 0,
          "member_count": 1,
          "is_synced": false
        },
        {
          "name": "creators",
          "description": "",
          "role": "creator",
          "avatar": "<avatar>",
          "can_view": false,
          "repo_count": 0,
          "member_count": 1,
          "is_synced": false
        },
        {
          "name": "members",
          "description": "",
          "role": "member",
          "avatar": "<avatar>",
          "can_view": true,
          "repo_count": 0,
          "member_count": 1,
          "is_synced": false
        }
      ]
    }
    "#);
    let reply = app.as_user("superuser").get("/api/v1/organization/nope/teams");
    assert_eq!(reply.status(), 404);
}

#[test]
fn the_list_is_the_organization_s_view() {
    let app = app();
    let member = app.as_user("member");
    let teams = member.get("/api/v1/organization/acme/teams").json();
    let organization = member.get("/api/v1/organization/acme").json();
    for (team, name) in teams["teams"]
        .as_array()
        .expect("a list")
        .iter()
        .zip(organization["ordered_teams"].as_array().expect("a list"))
    {
        let name = name.as_str().expect("a name");
        assert_eq!(team, &organization["teams"][name]);
        assert_eq!(team, &member.get(&format!("{TEAMS}/{name}")).json());
    }
}

#[test]
fn a_missing_team_is_not_found() {
    let app = app();
    let admin = app.as_user("admin");
    for path in ["nope", "nope/members", "nope/permissions"] {
        let reply = admin.get(&format!("{TEAMS}/{path}"));
        assert_eq!((reply.status(), &reply.json()["error_type"]), (404, &json!("not_found")));
    }
    assert_snapshot!(admin.delete(&format!("{TEAMS}/nope")), @r#"
    400
    {
      "message": "Team 'nope' is not a team in org 'acme'"
    }
    "#);
}

#[test]
fn names_have_a_form() {
    let app = app();
    let admin = app.as_user("admin");
    let mut refused = String::new();
    for name in [
        "Upper",
        "with%20space",
        "-lead",
        "a__b",
        "%C3%BCber",
        "a%2Bb",
        "tab%0A",
        "a",
        &"x".repeat(256),
    ] {
        let reply = admin.put(&format!("{TEAMS}/{name}"), json!({ "role": "member" }));
        assert_eq!(reply.status(), 400);
        refused.push_str(&format!(
            "{:.120}\n",
            reply.json()["message"].as_str().expect("a message").escape_debug()
        ));
    }
    assert_snapshot!(refused, @r"
    Invalid team name Upper: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$
    Invalid team name with space: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$
    Invalid team name -lead: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$
    Invalid team name a__b: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$
    Invalid team name über: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$
    Invalid team name a+b: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$
    Invalid team name tab\n: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$
    Invalid team name a: Team must be between 2 and 255 characters in length
    Invalid team name xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: Team must be between 2 and 255 characters in length
    ");
    for name in ["ab", "a.b", "a_b", "1234", &"x".repeat(255)] {
        assert_eq!(
            admin.put(&format!("{TEAMS}/{name}"), json!({ "role": "member" })).status(),
            200
        );
    }
    assert_snapshot!(admin.put(&format!("{TEAMS}/a%2Fb"), json!({ "role": "member" })), @r#"
    404
    {
      "message": "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."
    }
    "#);
}

#[test]
fn bodies_are_held_against_the_schema() {
    let app = app();
    let admin = app.as_user("admin");
    let team = format!("{TEAMS}/bodyteam");
    let mut refused = String::new();
    for body in [
        json!({}),
        json!([]),
        json!({ "role": "owner" }),
        json!({ "role": null }),
        json!({ "role": 5 }),
        json!({ "role": "member", "description": null }),
        Value::Null,
    ] {
        let reply = admin.put(&team, body);
        assert_eq!(reply.status(), 400);
        let message = reply.json()["detail"].as_str().expect("a message").to_owned();
        refused.push_str(&format!("{}\n", message.lines().next().unwrap_or_default()));
    }
    assert_snapshot!(refused, @"
    'role' is a required property
    [] is not of type 'object'
    'owner' is not one of ['member', 'creator', 'admin']
    None is not of type 'string'
    5 is not of type 'string'
    None is not of type 'string'
    Missing JSON body
    ");
    assert_eq!(admin.put_empty(&team).status(), 415);
    // A bad body counts before the permission.
    assert_eq!(app.as_user("outsider").put(&team, json!({})).status(), 400);
}

#[test]
fn the_organization_must_exist() {
    let app = app();
    let superuser = app.as_user("superuser");
    let body = json!({ "role": "member" });
    assert_snapshot!(superuser.put("/api/v1/organization/nope/team/readers", body.clone()), @r#"
    400
    {
      "message": "Organization does not exist: nope"
    }
    "#);
    assert_eq!(
        app.as_user("admin").put("/api/v1/organization/nope/team/readers", body.clone()).status(),
        403
    );
    // A user's namespace is no organization.
    assert_snapshot!(app.as_user("admin").put("/api/v1/organization/admin/team/readers", body), @r#"
    400
    {
      "message": "Organization does not exist: admin"
    }
    "#);
    assert_snapshot!(superuser.delete("/api/v1/organization/nope/team/readers"), @r#"
    400
    {
      "message": "Team 'readers' is not a team in org 'nope'"
    }
    "#);
}

#[test]
fn the_caller_keeps_their_only_admin_team() {
    let app = direct_app();
    let admin = app.as_user("admin");
    let owners = format!("{TEAMS}/owners");
    let body = json!({ "role": "member", "description": "changed" });
    assert_snapshot!(admin.put(&owners, body.clone()), @r#"
    400
    {
      "message": "Cannot remove admin from team 'owners' because calling user would no longer have admin on org 'acme'"
    }
    "#);
    assert_snapshot!(admin.delete(&owners), @r#"
    400
    {
      "message": "Deleting team 'owners' would remove admin ability for user 'admin' in organization 'acme'"
    }
    "#);
    // All or nothing: the description stays too.
    assert_eq!(admin.get(&owners).json()["description"], "");
    assert_eq!(admin.put(&owners, json!({ "role": "admin", "description": "d" })).status(), 200);
    // Once they are in another one, both are possible.
    assert_eq!(admin.put(&format!("{TEAMS}/bosses"), json!({ "role": "admin" })).status(), 200);
    assert_eq!(admin.put_empty(&format!("{TEAMS}/bosses/members/admin")).status(), 200);
    assert_eq!(admin.put(&owners, body).status(), 200);
    assert_eq!(admin.put(&owners, json!({ "role": "admin" })).status(), 200);
    assert_eq!(admin.delete(&owners).status(), 204);
}

#[test]
fn nobody_takes_the_last_owner_away() {
    let app = app();
    let superuser = app.as_user("superuser");
    let owners = format!("{TEAMS}/owners");
    assert_snapshot!(superuser.put(&owners, json!({ "role": "member" })), @r#"
    400
    {
      "message": "Cannot remove admin from team 'owners' because calling user would no longer have admin on org 'acme'"
    }
    "#);
    assert_snapshot!(superuser.delete(&owners), @r#"
    400
    {
      "message": "Deleting team 'owners' would remove admin ability for user 'superuser' in organization 'acme'"
    }
    "#);
    assert_eq!(app.as_user("admin").get(&format!("{TEAMS}/owners")).json()["role"], "admin");
    assert_snapshot!(log(&app), @"");
}

#[test]
fn a_deleted_team_takes_along_what_is_its_own() {
    let app = app();
    app.execute(
        "INSERT INTO repository (namespace_id, name, is_public, created_at)
        SELECT id, 'app', 1, 0 FROM account WHERE name = 'acme'",
    );
    app.execute(
        "INSERT INTO repository_permission (repository_id, namespace_id, team_id, role)
        SELECT repository.id, namespace_id, team.id, 'write' FROM repository, team
        WHERE team.name = 'members'",
    );
    let admin = app.as_user("admin");
    assert_snapshot!(admin.get(&format!("{TEAMS}/members/permissions")), @r#"
    200
    {
      "permissions": [
        {
          "repository": {
            "name": "app",
            "is_public": true
          },
          "role": "write"
        }
      ]
    }
    "#);
    assert_eq!(admin.put_empty(&format!("{TEAMS}/members/members/outsider")).status(), 200);
    assert_eq!(admin.delete(&format!("{TEAMS}/members")).status(), 204);
    for table in ["repository_permission", "team_invitation", "notification", "mail"] {
        assert_eq!(app.rows(&format!("SELECT count(*) FROM {table}")), [["0"]], "{table}");
    }
    // The name is free.
    assert_eq!(
        admin.put(&format!("{TEAMS}/members"), json!({ "role": "member" })).json()["new_team"],
        true
    );
}

#[test]
fn permitted_callers() {
    let app = app();
    let change = json!({ "role": "member" });
    assert_snapshot!(app.matrix(&[
        (Method::GET, "/api/v1/organization/acme/teams", Value::Null),
        (Method::GET, "/api/v1/organization/acme/team/members", Value::Null),
        (Method::GET, "/api/v1/organization/acme/team/members/permissions", Value::Null),
        (Method::PUT, "/api/v1/organization/acme/team/Bad", change),
        (Method::DELETE, "/api/v1/organization/acme/team/nope", Value::Null),
    ]), @"
    GET /api/v1/organization/acme/teams
    GET /api/v1/organization/acme/team/members
      200 member creator admin superuser reader admin[repo:create] admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider admin[repo:read] admin[repo:write] admin[repo:admin] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    GET /api/v1/organization/acme/team/members/permissions
      200 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    PUT /api/v1/organization/acme/team/Bad
    DELETE /api/v1/organization/acme/team/nope
      400 admin superuser admin[org:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    ");
}
