//! Permissions on a repository.

use berth_test::App;
use insta::assert_snapshot;
use serde_json::{Value, json};

const USERS: &str = "/api/v1/repository/acme/lib/x/permissions/user";
const TEAMS: &str = "/api/v1/repository/acme/lib/x/permissions/team";

/// `acme` of ana's with the repository `lib/x`, the teams `readers` (bob) and `empty`, and the robot `acme+builder`; `duo`
/// with the robot `duo+rob`.
fn app() -> App {
    let app = App::new()
        .with_user("ana")
        .with_user("bob")
        .with_user("cleo")
        .with_organization("acme", "ana")
        .with_organization("duo", "ana");
    for name in ["readers", "empty"] {
        app.execute(&format!(
            "INSERT INTO team (organization_id, name, role)
            SELECT id, '{name}', 'member' FROM account WHERE name = 'acme'"
        ));
    }
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT t.id, t.organization_id, a.id, 'user' FROM team t, account a
        WHERE t.name = 'readers' AND a.name = 'bob'",
    );
    let ana = app.as_user("ana");
    for robot in ["acme/robots/builder", "duo/robots/rob"] {
        let path = format!("/api/v1/organization/{robot}");
        assert_eq!(ana.put_empty(&path).status(), 201);
    }
    let body = json!({
        "namespace": "acme", "repository": "lib/x", "visibility": "private", "description": ""
    });
    assert_eq!(ana.post("/api/v1/repository", body).status(), 201);
    app
}

/// The log of permissions.
fn log(app: &App) -> String {
    let log = app.log();
    let lines = log.lines().filter(|line| line.contains("_repo_permission "));
    lines.collect::<Vec<_>>().join("\n")
}

fn role(role: &str) -> Value {
    json!({ "role": role })
}

#[test]
fn of_users() {
    let app = app();
    let ana = app.with_scope("ana", "repo:admin");
    assert_snapshot!(ana.put(&format!("{USERS}/cleo"), role("read")), @r#"
    200
    {
      "role": "read",
      "name": "cleo",
      "is_robot": false,
      "avatar": "<avatar>",
      "is_org_member": false
    }
    "#);
    assert_eq!(ana.put(&format!("{USERS}/cleo"), role("write")).status(), 200);
    assert_eq!(ana.put(&format!("{USERS}/bob"), role("admin")).status(), 200);
    assert_snapshot!(ana.put(&format!("{USERS}/acme%2Bbuilder"), role("write")), @r#"
    200
    {
      "role": "write",
      "name": "acme+builder",
      "is_robot": true,
      "avatar": "<avatar>",
      "is_org_member": true
    }
    "#);
    assert_snapshot!(ana.put(&format!("{USERS}/duo"), role("read")), @r#"
    200
    {
      "role": "read",
      "name": "duo",
      "is_robot": false,
      "avatar": "<avatar>",
      "is_org_member": false
    }
    "#);
    assert_snapshot!(ana.get(&format!("{USERS}/")), @r#"
    200
    {
      "permissions": {
        "ana": {
          "role": "admin",
          "name": "ana",
          "is_robot": false,
          "avatar": "<avatar>",
          "is_org_member": true
        },
        "cleo": {
          "role": "write",
          "name": "cleo",
          "is_robot": false,
          "avatar": "<avatar>",
          "is_org_member": false
        },
        "bob": {
          "role": "admin",
          "name": "bob",
          "is_robot": false,
          "avatar": "<avatar>",
          "is_org_member": true
        },
        "acme+builder": {
          "role": "write",
          "name": "acme+builder",
          "is_robot": true,
          "avatar": "<avatar>",
          "is_org_member": true
        },
        "duo": {
          "role": "read",
          "name": "duo",
          "is_robot": false,
          "avatar": "<avatar>",
          "is_org_member": false
        }
      }
    }
    "#);
    assert_snapshot!(ana.get(&format!("{USERS}/cleo")), @r#"
    200
    {
      "role": "write",
      "name": "cleo",
      "is_robot": false,
      "avatar": "<avatar>",
      "is_org_member": false
    }
    "#);
    assert_snapshot!(ana.delete(&format!("{USERS}/cleo")), @"204");
    assert_snapshot!(ana.delete(&format!("{USERS}/cleo")).refusal(), @"400 invalid_request: User does not have permission for repo.");
    assert_snapshot!(ana.get(&format!("{USERS}/cleo")), @r#"
    400
    {
      "message": "User does not have permission for repo."
    }
    "#);
    assert_snapshot!(log(&app), @r#"
    change_repo_permission acme ana {"username":"cleo","repo":"lib/x","namespace":"acme","role":"read"}
    change_repo_permission acme ana {"username":"cleo","repo":"lib/x","namespace":"acme","role":"write"}
    change_repo_permission acme ana {"username":"bob","repo":"lib/x","namespace":"acme","role":"admin"}
    change_repo_permission acme ana {"username":"acme+builder","repo":"lib/x","namespace":"acme","role":"write"}
    change_repo_permission acme ana {"username":"duo","repo":"lib/x","namespace":"acme","role":"read"}
    delete_repo_permission acme ana {"username":"cleo","repo":"lib/x","namespace":"acme"}
    "#);
}

#[test]
fn of_users_refused() {
    let app = app();
    let ana = app.as_user("ana");
    assert_snapshot!(ana.put(&format!("{USERS}/acme"), role("read")).refusal(), @"400 invalid_request: Namespace owner must always be admin.");
    assert_snapshot!(ana.delete(&format!("{USERS}/acme")).refusal(), @"400 invalid_request: Namespace owner must always be admin.");
    assert_snapshot!(ana.put(&format!("{USERS}/nobody"), role("read")).refusal(), @"400 invalid_request: Invalid username: nobody");
    assert_snapshot!(ana.put(&format!("{USERS}/BOB"), role("read")).refusal(), @"400 invalid_request: Invalid username: BOB");
    assert_snapshot!(ana.put(&format!("{USERS}/duo%2Brob"), role("read")).refusal(), @"400 invalid_request: Cannot add robot duo+rob under namespace acme");
    assert_snapshot!(ana.get(&format!("{USERS}/nobody")), @r#"
    400
    {
      "message": "User does not have permission for repo."
    }
    "#);
    assert_snapshot!(ana.delete(&format!("{USERS}/nobody")).refusal(), @"400 invalid_request: User does not have permission for repo.");
    for (body, message) in [
        (json!({}), "'role' is a required property"),
        (role("owner"), "'owner' is not one of ['read', 'write', 'admin']"),
        (json!({ "role": null }), "None is not of type 'string'"),
        (json!({ "role": 5 }), "5 is not of type 'string'"),
    ] {
        let reply = ana.put(&format!("{USERS}/bob"), body).json();
        let detail = reply["detail"].as_str().unwrap_or_default();
        assert_eq!(detail.lines().next(), Some(message));
    }
    assert_snapshot!(log(&app), @"");
    // The permission comes before the schema.
    assert_eq!(app.as_user("bob").put(&format!("{USERS}/bob"), json!({})).status(), 403);
}

#[test]
fn of_a_person_s_own_repository() {
    let app = app();
    let bob = app.as_user("bob");
    let body = json!({ "repository": "own", "visibility": "private", "description": "" });
    assert_eq!(bob.post("/api/v1/repository", body).status(), 201);
    let path = "/api/v1/repository/bob/own/permissions";
    assert_snapshot!(bob.put(&format!("{path}/user/cleo"), role("read")), @r#"
    200
    {
      "role": "read",
      "name": "cleo",
      "is_robot": false,
      "avatar": "<avatar>"
    }
    "#);
    assert_snapshot!(bob.put(&format!("{path}/user/bob"), role("read")).refusal(), @"400 invalid_request: Namespace owner must always be admin.");
    assert_snapshot!(bob.put(&format!("{path}/team/readers"), role("read")).refusal(), @"400 invalid_request: No team readers in organization bob");
    assert_eq!(app.as_user("cleo").get("/api/v1/repository/bob/own").status(), 200);
}

#[test]
fn of_teams() {
    let app = app();
    let ana = app.with_scope("ana", "repo:admin");
    assert_snapshot!(ana.put(&format!("{TEAMS}/readers"), role("read")), @r#"
    200
    {
      "role": "read",
      "name": "readers",
      "avatar": "<avatar>"
    }
    "#);
    assert_eq!(ana.put(&format!("{TEAMS}/readers"), role("admin")).status(), 200);
    assert_eq!(ana.put(&format!("{TEAMS}/empty"), role("write")).status(), 200);
    assert_snapshot!(ana.get(&format!("{TEAMS}/")), @r#"
    200
    {
      "permissions": {
        "readers": {
          "role": "admin",
          "name": "readers",
          "avatar": "<avatar>"
        },
        "empty": {
          "role": "write",
          "name": "empty",
          "avatar": "<avatar>"
        }
      }
    }
    "#);
    assert_snapshot!(ana.get(&format!("{TEAMS}/readers")), @r#"
    200
    {
      "role": "admin"
    }
    "#);
    assert_snapshot!(ana.delete(&format!("{TEAMS}/readers")), @"204");
    assert_snapshot!(ana.delete(&format!("{TEAMS}/readers")).refusal(), @"400 invalid_request: Team does not have permission for repo.");
    assert_snapshot!(ana.get(&format!("{TEAMS}/readers")), @r#"
    400
    {
      "message": "Team does not have permission for repo."
    }
    "#);
    assert_snapshot!(ana.put(&format!("{TEAMS}/nope"), role("read")).refusal(), @"400 invalid_request: No team nope in organization acme");
    assert_snapshot!(ana.post(&format!("{TEAMS}/readers"), role("read")), @r#"
    405
    {
      "message": "The method is not allowed for the requested URL."
    }
    "#);
    assert_snapshot!(log(&app), @r#"
    change_repo_permission acme ana {"team":"readers","repo":"lib/x","role":"read"}
    change_repo_permission acme ana {"team":"readers","repo":"lib/x","role":"admin"}
    change_repo_permission acme ana {"team":"empty","repo":"lib/x","role":"write"}
    delete_repo_permission acme ana {"team":"readers","repo":"lib/x"}
    "#);
}

#[test]
fn of_teams_by_the_team() {
    let app = app();
    let ana = app.as_user("ana");
    let path = "/api/v1/organization/acme/team/readers/permissions";
    assert_snapshot!(ana.put(&format!("{path}/lib%2Fx"), role("read")), @r#"
    200
    {
      "role": "read",
      "name": "readers",
      "avatar": "<avatar>"
    }
    "#);
    assert_eq!(app.as_user("bob").get("/api/v1/repository/acme/lib/x").status(), 200);
    assert_eq!(ana.put(&format!("{path}/lib/x"), role("write")).status(), 200);
    assert_eq!(
        app.with_scope("ana", "org:admin").put(&format!("{path}/lib/x"), role("write")).status(),
        403
    );
    assert_eq!(app.as_user("bob").put(&format!("{path}/lib/x"), role("write")).status(), 403);
    assert_snapshot!(ana.put(&format!("{path}/nope"), role("read")).refusal(), @"404 not_found: Not Found");
    let other = "/api/v1/organization/acme/team/nope/permissions/lib/x";
    assert_snapshot!(ana.put(other, role("read")).refusal(), @"400 invalid_request: No team nope in organization acme");
    assert_snapshot!(ana.delete(&format!("{path}/lib/x")), @"204");
    assert_snapshot!(ana.delete(&format!("{path}/lib/x")).refusal(), @"400 invalid_request: Team does not have permission for repo.");
    assert_snapshot!(log(&app), @r#"
    change_repo_permission acme ana {"team":"readers","repo":"lib/x","role":"read"}
    change_repo_permission acme ana {"team":"readers","repo":"lib/x","role":"write"}
    delete_repo_permission acme ana {"team":"readers","repo":"lib/x"}
    "#);
}

#[test]
fn transitive() {
    let app = app();
    let ana = app.as_user("ana");
    assert_eq!(ana.put(&format!("{TEAMS}/readers"), role("write")).status(), 200);
    let path = format!("{USERS}/bob/transitive");
    assert_snapshot!(ana.get(&path), @r#"
    200
    {
      "permissions": [
        {
          "role": "write"
        }
      ]
    }
    "#);
    assert_eq!(ana.put(&format!("{USERS}/bob"), role("read")).status(), 200);
    assert_eq!(ana.get(&path).json()["permissions"], json!([role("write"), role("read")]));
    assert_snapshot!(ana.get(&format!("{USERS}/cleo/transitive")).refusal(), @"404 not_found: Not Found");
    assert_eq!(ana.get(&format!("{USERS}/nobody/transitive")).status(), 404);
}

#[test]
fn of_no_repository() {
    let app = app();
    let ana = app.as_user("ana");
    let path = "/api/v1/repository/acme/nope/permissions";
    assert_snapshot!(ana.get(&format!("{path}/user/")), @r#"
    200
    {
      "permissions": {}
    }
    "#);
    assert_snapshot!(ana.get(&format!("{path}/team/")), @r#"
    200
    {
      "permissions": {}
    }
    "#);
    assert_snapshot!(ana.put(&format!("{path}/user/bob"), role("read")).refusal(), @"404 not_found: Not Found");
    for whom in ["user/bob", "team/readers"] {
        assert_eq!(ana.delete(&format!("{path}/{whom}")).status(), 400, "{whom}");
    }
    assert_eq!(ana.put(&format!("{path}/team/readers"), role("read")).status(), 404);
    assert_eq!(ana.get(&format!("{path}/user/bob/transitive")).status(), 404);
}

/// A role allows what its name says, for the account itself and through a team, until it is removed.
#[test]
fn roles_count() {
    let app = app();
    let ana = app.as_user("ana");
    let can = |who: &str| {
        let client = app.as_user(who);
        let view = client.get("/api/v1/repository/acme/lib/x");
        let change = client.put("/api/v1/repository/acme/lib/x", json!({ "description": "" }));
        let list = client.get(&format!("{USERS}/"));
        [view.status(), change.status(), list.status()].map(|status| status == 200)
    };
    for (kind, path) in [("own", format!("{USERS}/bob")), ("team", format!("{TEAMS}/readers"))] {
        for (name, rights) in [
            ("read", [true, false, false]),
            ("write", [true, true, false]),
            ("admin", [true, true, true]),
        ] {
            assert_eq!(ana.put(&path, role(name)).status(), 200);
            assert_eq!(can("bob"), rights, "{kind} {name}");
            assert_eq!(can("cleo"), [false; 3], "{kind} {name}");
        }
        assert_eq!(ana.delete(&path).status(), 204);
        assert_eq!(can("bob"), [false; 3], "{kind}");
    }
}

/// Global readers read permissions too, and change none.
#[test]
fn global_readers_read() {
    let app = app().with("global_readonly_super_users", "cleo");
    let cleo = app.with_scope("cleo", "user:read");
    assert_eq!(cleo.get(&format!("{USERS}/")).status(), 200);
    assert_eq!(cleo.get(&format!("{TEAMS}/")).status(), 200);
    let cleo = app.as_user("cleo");
    assert_eq!(cleo.put(&format!("{USERS}/cleo"), role("read")).status(), 403);
    assert_eq!(cleo.delete(&format!("{USERS}/ana")).status(), 403);
    assert_eq!(cleo.put(&format!("{TEAMS}/readers"), role("read")).status(), 403);
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let app = app();
    let ana = app.as_user("ana");
    let before = ana.get(&format!("{USERS}/")).to_string();
    for part in ["INSERT INTO repository_permission", "INSERT INTO log_entry", "COMMIT"] {
        app.failing_on(part, || ana.put(&format!("{USERS}/bob"), role("read")));
        assert_eq!(ana.get(&format!("{USERS}/")).to_string(), before, "{part}");
    }
}
