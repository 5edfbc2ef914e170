//! Default permissions, and what new repositories get of them.

use berth_test::App;
use insta::assert_snapshot;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/organization/acme/prototypes";

/// `acme` of ana's with the team `readers`, the creators' team `makers` (bob), and the robot `acme+builder`.
fn app() -> App {
    let app = App::new()
        .with_user("ana")
        .with_user("bob")
        .with_user("cleo")
        .with_organization("acme", "ana")
        .with_organization("duo", "ana");
    app.execute(
        "INSERT INTO team (organization_id, name, role)
        SELECT id, 'readers', 'member' FROM account WHERE name = 'acme'
        UNION ALL SELECT id, 'makers', 'creator' FROM account WHERE name = 'acme'",
    );
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT t.id, t.organization_id, a.id, 'user' FROM team t, account a
        WHERE t.name = 'makers' AND a.name = 'bob'",
    );
    let path = "/api/v1/organization/acme/robots/builder";
    assert_eq!(app.as_user("ana").put_empty(path).status(), 201);
    app
}

fn for_user(name: &str, role: &str) -> Value {
    json!({ "role": role, "delegate": { "kind": "user", "name": name } })
}

fn for_team(name: &str, role: &str) -> Value {
    json!({ "role": role, "delegate": { "kind": "team", "name": name } })
}

fn when(creator: &str, mut body: Value) -> Value {
    body["activating_user"] = json!({ "name": creator });
    body
}

/// As a permission of a repository is refused.
#[test]
fn a_robot_of_another_namespace_gets_none() {
    let app = app();
    let ana = app.as_user("ana");
    assert_eq!(ana.put_empty("/api/v1/organization/duo/robots/spy").status(), 201);
    let foreign = [for_user("duo+spy", "read"), when("duo+spy", for_user("bob", "read"))];
    for body in foreign {
        let reply = ana.post(PATH, body);
        assert_eq!(reply.status(), 400);
        assert_eq!(reply.json()["detail"], "Cannot add robot duo+spy under namespace acme");
    }
    assert_eq!(ana.get(PATH).json(), json!({ "prototypes": [] }));
}

fn log(app: &App) -> String {
    let log = app.log();
    let lines = log.lines().filter(|line| line.contains("_prototype_"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Lets `who` make a repository; gives its roles, accounts first.
fn roles_of_new(app: &App, who: &str, name: &str) -> Vec<String> {
    let body = json!({
        "namespace": "acme", "repository": name, "visibility": "private", "description": ""
    });
    assert_eq!(app.as_user(who).post("/api/v1/repository", body).status(), 201);
    let mut roles = Vec::new();
    for kind in ["user", "team"] {
        let path = format!("/api/v1/repository/acme/{name}/permissions/{kind}/");
        let list = app.as_user("ana").get(&path).json();
        let entries = list["permissions"].as_object().expect("permissions").values();
        roles.extend(entries.map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or("?").to_owned();
            format!("{} {}", text("name"), text("role"))
        }));
    }
    roles
}

#[test]
fn made_changed_deleted() {
    let app = app();
    let ana = app.with_scope("ana", "org:admin");
    assert_snapshot!(ana.post(PATH, for_user("cleo", "read")), @r#"
    200
    {
      "activating_user": null,
      "delegate": {
        "name": "cleo",
        "is_robot": false,
        "kind": "user",
        "is_org_member": false,
        "avatar": "<avatar>"
      },
      "role": "read",
      "id": "<uuid>"
    }
    "#);
    assert_snapshot!(ana.post(PATH, when("bob", for_team("readers", "write"))), @r#"
    200
    {
      "activating_user": {
        "name": "bob",
        "is_robot": false,
        "kind": "user",
        "is_org_member": true,
        "avatar": "<avatar>"
      },
      "delegate": {
        "name": "readers",
        "kind": "team",
        "avatar": "<avatar>"
      },
      "role": "write",
      "id": "<uuid>"
    }
    "#);
    assert_snapshot!(ana.post(PATH, for_user("acme+builder", "admin")), @r#"
    200
    {
      "activating_user": null,
      "delegate": {
        "name": "acme+builder",
        "is_robot": true,
        "kind": "user",
        "is_org_member": true,
        "avatar": "<avatar>"
      },
      "role": "admin",
      "id": "<uuid>"
    }
    "#);
    let list = ana.get(PATH);
    assert_snapshot!(list, @r#"
    200
    {
      "prototypes": [
        {
          "activating_user": null,
          "delegate": {
            "name": "cleo",
            "is_robot": false,
            "kind": "user",
            "is_org_member": false,
            "avatar": "<avatar>"
          },
          "role": "read",
          "id": "<uuid>"
        },
        {
          "activating_user": {
            "name": "bob",
            "is_robot": false,
            "kind": "user",
            "is_org_member": true,
            "avatar": "<avatar>"
          },
          "delegate": {
            "name": "readers",
            "kind": "team",
            "avatar": "<avatar>"
          },
          "role": "write",
          "id": "<uuid>"
        },
        {
          "activating_user": null,
          "delegate": {
            "name": "acme+builder",
            "is_robot": true,
            "kind": "user",
            "is_org_member": true,
            "avatar": "<avatar>"
          },
          "role": "admin",
          "id": "<uuid>"
        }
      ]
    }
    "#);
    let id = list.json()["prototypes"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("{PATH}/{id}");
    assert_snapshot!(ana.put(&path, json!({ "role": "admin", "id": "ignored" })), @r#"
    200
    {
      "activating_user": null,
      "delegate": {
        "name": "cleo",
        "is_robot": false,
        "kind": "user",
        "is_org_member": false,
        "avatar": "<avatar>"
      },
      "role": "admin",
      "id": "<uuid>"
    }
    "#);
    assert_snapshot!(ana.delete(&path), @"204");
    assert_snapshot!(ana.delete(&path).refusal(), @"404 not_found: Not Found");
    assert_eq!(ana.put(&path, json!({ "role": "read" })).status(), 404);
    assert_snapshot!(ana.get(&path), @r#"
    405
    {
      "message": "The method is not allowed for the requested URL."
    }
    "#);
    assert_snapshot!(log(&app), @r#"
    create_prototype_permission acme ana {"prototypeid":"<uuid>","username":"ana","activating_username":null,"role":"read","delegate_user":"cleo"}
    create_prototype_permission acme ana {"prototypeid":"<uuid>","username":"ana","activating_username":"bob","role":"write","delegate_team":"readers"}
    create_prototype_permission acme ana {"prototypeid":"<uuid>","username":"ana","activating_username":null,"role":"admin","delegate_user":"acme+builder"}
    modify_prototype_permission acme ana {"prototypeid":"<uuid>","username":"ana","activating_username":null,"role":"admin","original_role":"read","delegate_user":"cleo"}
    delete_prototype_permission acme ana {"prototypeid":"<uuid>","username":"ana","activating_username":null,"role":"admin","delegate_user":"cleo"}
    "#);
}

#[test]
fn refused() {
    let app = app();
    let ana = app.as_user("ana");
    assert_snapshot!(ana.post(PATH, for_user("nobody", "read")).refusal(), @"400 invalid_request: Missing delegate user or team");
    assert_snapshot!(ana.post(PATH, for_team("nobody", "read")), @r#"
    400
    {
      "message": "('Team does not exist: %s/%s', 'acme', 'nobody')"
    }
    "#);
    assert_snapshot!(ana.post(PATH, when("nobody", for_user("cleo", "read"))).refusal(), @"400 invalid_request: Unknown activating user");
    // An organization gets no role by default; the console sends empty names for "nobody in particular".
    assert_eq!(ana.post(PATH, for_user("duo", "read")).status(), 400);
    assert_eq!(ana.post(PATH, for_user("", "read")).status(), 400);
    assert_eq!(ana.post(PATH, when("", for_user("cleo", "read"))).status(), 200);
    let mut without_creator = for_user("cleo", "read");
    without_creator["activating_user"] = Value::Null;
    for (body, message) in [
        (without_creator, "None is not of type 'object'"),
        (json!({ "role": "read" }), "'delegate' is a required property"),
        (for_user("cleo", "own"), "'own' is not one of ['read', 'write', 'admin']"),
        (
            json!({ "role": "read", "delegate": { "kind": "robot", "name": "x" } }),
            "'robot' is not one of ['user', 'team']",
        ),
    ] {
        let reply = ana.post(PATH, body).json();
        let detail = reply["detail"].as_str().unwrap_or_default();
        assert_eq!(detail.lines().next(), Some(message));
    }
    // The team of another organization is none of this one's.
    app.execute(
        "INSERT INTO team (organization_id, name, role)
        SELECT id, 'theirs', 'member' FROM account WHERE name = 'duo'",
    );
    assert_eq!(ana.post(PATH, for_team("theirs", "read")).status(), 400);
    assert_eq!(app.rows("SELECT count(*) FROM default_permission"), [["1"]]);
}

#[test]
fn permitted_callers() {
    let app = app();
    let ana = app.as_user("ana");
    let made = ana.post(PATH, for_user("cleo", "read")).json();
    let one = format!("{PATH}/{}", made["id"].as_str().expect("an id"));
    let statuses = |client: berth_test::As<'_>| {
        [
            client.get(PATH).status(),
            client.post(PATH, for_user("bob", "read")).status(),
            client.put(&one, json!({ "role": "write" })).status(),
        ]
    };
    assert_eq!(statuses(app.anonymous()), [401, 401, 401]);
    assert_eq!(statuses(app.as_user("bob")), [403, 403, 403]);
    assert_eq!(statuses(app.with_scope("ana", "repo:admin")), [403, 403, 403]);
    assert_eq!(statuses(app.with_scope("ana", "org:admin")), [200, 200, 200]);
    app.set("global_readonly_super_users", "cleo");
    assert_eq!(statuses(app.as_user("cleo")), [200, 403, 403]);
    // One organization's administrator reaches no other's.
    let theirs = one.replace("acme", "duo");
    assert_eq!(ana.put(&theirs, json!({ "role": "write" })).status(), 404);
    assert_eq!(ana.delete(&theirs).status(), 404);
    // A user's name is no organization.
    assert_eq!(ana.get("/api/v1/organization/ana/prototypes").status(), 404);
}

/// Rules of the creator and rules for every creator apply; for the same delegate the creator's rule wins, the latest of
/// several, and of those for everybody the earliest; the creator is administrator anyway.
#[test]
fn applied_to_new_repositories() {
    let app = app();
    let ana = app.as_user("ana");
    for body in [
        for_user("cleo", "read"),
        for_user("cleo", "admin"),
        for_team("readers", "read"),
        when("bob", for_team("readers", "admin")),
        when("bob", for_team("readers", "write")),
        when("bob", for_user("bob", "read")),
        for_user("bob", "read"),
        when("cleo", for_user("acme+builder", "admin")),
        for_user("acme+builder", "write"),
    ] {
        assert_eq!(ana.post(PATH, body).status(), 200);
    }
    assert_eq!(
        roles_of_new(&app, "bob", "by-bob"),
        ["bob admin", "cleo read", "acme+builder write", "readers write"]
    );
    assert_eq!(
        roles_of_new(&app, "ana", "by-ana"),
        ["ana admin", "cleo read", "bob read", "acme+builder write", "readers read"]
    );
    // Not in a user's namespace, nor in another organization.
    let body = json!({ "repository": "own", "visibility": "private", "description": "" });
    assert_eq!(ana.post("/api/v1/repository", body.clone()).status(), 201);
    let list = ana.get("/api/v1/repository/ana/own/permissions/user/").json();
    assert_eq!(list["permissions"].as_object().expect("permissions").len(), 1);
}

/// A rule is deleted with its delegate, its creator, its team, its organization.
#[test]
fn gone_with_what_it_is_about() {
    let app = app();
    let ana = app.as_user("ana");
    for (body, goes) in [
        (for_user("cleo", "read"), "DELETE FROM account WHERE name = 'cleo'"),
        (when("bob", for_user("ana", "read")), "DELETE FROM account WHERE name = 'bob'"),
        (for_team("readers", "read"), "DELETE FROM team WHERE name = 'readers'"),
        (for_user("acme+builder", "read"), "DELETE FROM account WHERE name = 'acme+builder'"),
        (for_user("ana", "read"), "DELETE FROM account WHERE name = 'acme'"),
    ] {
        assert_eq!(ana.post(PATH, body).status(), 200);
        assert_eq!(app.rows("SELECT count(*) FROM default_permission"), [["1"]]);
        app.execute(goes);
        assert_eq!(app.rows("SELECT count(*) FROM default_permission"), [["0"]], "{goes}");
    }
}
