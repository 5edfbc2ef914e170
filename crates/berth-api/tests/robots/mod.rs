//! Robots of organizations and of users.

use berth_test::App;
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const ROBOTS: &str = "/api/v1/organization/acme/robots";

fn app() -> App {
    App::new().with_roles()
}

/// An application with the robots `acme+builder`, in a team and with a repository, and `acme+deployer`.
fn app_with_robots() -> App {
    let app = app();
    let admin = app.as_user("admin");
    let body = json!({ "description": "builds things", "unstructured_metadata": { "k": [1, 2] } });
    assert_eq!(admin.put(&format!("{ROBOTS}/builder"), body).status(), 201);
    assert_eq!(admin.put_empty(&format!("{ROBOTS}/deployer")).status(), 201);
    app.execute(
        "INSERT INTO repository (namespace_id, name, created_at)
        SELECT id, 'lib/shared', 0 FROM account WHERE name IN ('acme', 'admin')",
    );
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT team.id, organization_id, account.id, 'robot' FROM team, account
        WHERE team.name = 'members' AND account.name = 'acme+builder'",
    );
    app
}

fn without_tokens(mut body: Value) -> String {
    if let Some(robots) = body["robots"].as_array_mut() {
        for robot in robots {
            let token = robot["token"].take();
            let token = token.as_str().expect("every robot shows its token");
            assert_eq!(token.len(), 64);
            assert!(token.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
            robot["token"] = json!("…");
        }
    }
    format!("{body:#}")
}

#[test]
fn a_robot_is_made_and_shows_its_token() {
    let app = app();
    let admin = app.as_user("admin");
    let body = json!({ "description": "a robot", "unstructured_metadata": { "k": [1, 2] } });
    let made = admin.put(&format!("{ROBOTS}/builder"), body);
    assert_snapshot!(made, @r#"
    201
    {
      "name": "acme+builder",
      "created": "<start>",
      "last_accessed": null,
      "description": "a robot",
      "token": "<secret>",
      "unstructured_metadata": {
        "k": [
          1,
          2
        ]
      }
    }
    "#);
    assert_snapshot!(admin.get(&format!("{ROBOTS}/builder")), @r#"
    200
    {
      "name": "acme+builder",
      "created": "<start>",
      "last_accessed": null,
      "description": "a robot",
      "token": "<secret>",
      "unstructured_metadata": {
        "k": [
          1,
          2
        ]
      }
    }
    "#);
    assert_snapshot!(format!("{:?}", app.rows("SELECT kind, metadata FROM log_entry")), @r#"[["create_robot", "{\"robot\":\"builder\",\"description\":\"a robot\",\"unstructured_metadata\":{\"k\":[1,2]},\"oauth_token_id\":1,\"oauth_token_application_id\":\"admin\",\"oauth_token_application\":\"automation\"}"]]"#);
    let stored = app.rows("SELECT hex(sealed_token) FROM robot");
    let token = made.json()["token"].as_str().expect("a token").to_owned();
    assert!(!stored[0][0].contains(&hex(&token)), "the token is not readable at rest");
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn the_body_may_be_left_out_but_not_be_wrong() {
    let app = app();
    let admin = app.as_user("admin");
    assert_snapshot!(admin.put_empty(&format!("{ROBOTS}/r1")), @r#"
    201
    {
      "name": "acme+r1",
      "created": "<start>",
      "last_accessed": null,
      "description": "",
      "token": "<secret>",
      "unstructured_metadata": null
    }
    "#);
    assert_snapshot!(admin.get(&format!("{ROBOTS}/r1")), @r#"
    200
    {
      "name": "acme+r1",
      "created": "<start>",
      "last_accessed": null,
      "description": "",
      "token": "<secret>",
      "unstructured_metadata": {}
    }
    "#);
    let put = |name: &str, kind: &str, body: &str| {
        admin.send(Method::PUT, &format!("{ROBOTS}/{name}"), Some(kind), body.as_bytes().to_vec())
    };
    assert_eq!(put("r2", "application/json", "{").status(), 201);
    assert_eq!(put("r3", "text/plain", "x").status(), 201);
    assert_eq!(put("r4", "application/json", "null").status(), 201);
    let line = |body: Value| {
        let reply = admin.put(&format!("{ROBOTS}/r5"), body);
        assert_eq!(reply.status(), 400);
        let message = reply.json()["error_message"].as_str().expect("a message").to_owned();
        message.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(line(json!([])), "[] is not of type 'object'");
    assert_eq!(line(json!({ "description": 5 })), "5 is not of type 'string'");
    assert_eq!(line(json!({ "description": null })), "None is not of type 'string'");
    assert_eq!(line(json!({ "unstructured_metadata": null })), "None is not of type 'object'");
    let long = "x".repeat(256);
    assert_eq!(line(json!({ "description": long })), format!("'{long}' is too long"));
    let huge = json!({ "unstructured_metadata": { "x": "x".repeat(1024 * 1024) } });
    assert_eq!(line(huge), "Request error.");
}

#[test]
fn names_have_rules() {
    let app = app_with_robots();
    let admin = app.as_user("admin");
    assert_snapshot!(admin.put(&format!("{ROBOTS}/builder"), json!({})).refusal(), @"400 invalid_request: Existing robot with name: acme+builder");
    for (name, message) in [
        (
            "Bad",
            "The name for the robot 'Bad' is invalid: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$",
        ),
        (
            "b",
            "The name for the robot 'b' is invalid: Namespace must be between 2 and 255 characters in length",
        ),
        (
            "bot%0A",
            "The name for the robot 'bot\n' is invalid: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$",
        ),
    ] {
        let reply = admin.put(&format!("{ROBOTS}/{name}"), json!({}));
        assert_eq!((reply.status(), &reply.json()["error_message"]), (400, &json!(message)));
    }
    app.set("robots_disallow", "true");
    assert_snapshot!(admin.put(&format!("{ROBOTS}/another"), json!({})).refusal(), @"400 invalid_request: Robot accounts have been disabled. Please contact your administrator.");
}

#[test]
fn lists_show_as_much_as_the_caller_may_see() {
    let app = app_with_robots();
    let builder = "/api/v1/organization/acme/robots/builder/permissions/lib/shared";
    assert_eq!(app.as_user("admin").put(builder, json!({ "role": "write" })).status(), 200);
    assert_snapshot!(app.as_user("member").get(&format!("{ROBOTS}?permissions=true")), @r#"
    200
    {
      "robots": [
        {
          "name": "acme+builder",
          "created": "<start>",
          "last_accessed": null,
          "description": "builds things"
        },
        {
          "name": "acme+deployer",
          "created": "<start>",
          "last_accessed": null,
          "description": ""
        }
      ]
    }
    "#);
    let full = app.as_user("admin").get(&format!("{ROBOTS}?permissions=true"));
    assert_snapshot!(without_tokens(full.json()), @r##"
    {
      "robots": [
        {
          "name": "acme+builder",
          "created": "Sun, 22 Nov 2026 06:28:07 -0000",
          "last_accessed": null,
          "teams": [
            {
              "name": "members",
              "avatar": {
                "name": "members",
                "hash": "17373ca1c7634a4be4a13861a891abd975ec916caab8f3dcf5142fa4997d0b96",
                "color": "#9c9ede",
                "kind": "team"
              }
            }
          ],
          "repositories": [
            "lib/shared"
          ],
          "description": "builds things",
          "token": "…"
        },
        {
          "name": "acme+deployer",
          "created": "Sun, 22 Nov 2026 06:28:07 -0000",
          "last_accessed": null,
          "teams": [],
          "repositories": [],
          "description": "",
          "token": "…"
        }
      ]
    }
    "##);
    assert_snapshot!(app.as_user("reader").get(&format!("{ROBOTS}?permissions=true&limit=1")), @r#"
    200
    {
      "robots": [
        {
          "name": "acme+builder",
          "created": "<start>",
          "last_accessed": null,
          "teams": [
            {
              "name": "members",
              "avatar": "<avatar>"
            }
          ],
          "repositories": [
            "lib/shared"
          ],
          "description": "builds things"
        }
      ]
    }
    "#);
    let tokenless = app.as_user("admin").get(&format!("{ROBOTS}?token=false"));
    assert_eq!(tokenless.to_string(), app.as_user("member").get(ROBOTS).to_string());
    let superuser = app.as_user("superuser").get(ROBOTS);
    assert_eq!(superuser.to_string(), app.as_user("admin").get(ROBOTS).to_string());
}

#[test]
fn a_limit_is_a_number() {
    let app = app_with_robots();
    assert_snapshot!(app.anonymous().get(&format!("{ROBOTS}?limit=x")), @r#"
    400
    {
      "message": {
        "limit": "If specified, the number of robots to return."
      }
    }
    "#);
    assert_eq!(app.as_user("admin").get(&format!("{ROBOTS}?limit=-1")).status(), 400);
    assert_eq!(app.as_user("admin").get("/api/v1/user/robots?limit=").status(), 400);
    let none = app.as_user("admin").get(&format!("{ROBOTS}?limit=0"));
    assert_eq!(none.json(), json!({ "robots": [] }));
}

/// The original's list of `a_b` has the robots of `axb` too, tokens included: the underscore is a wildcard there.
#[test]
fn no_organization_sees_another_s_robots() {
    let app = app_with_robots()
        .with_organization("a_b", "member")
        .with_organization("axb", "outsider")
        .with_organization("acme.eu", "outsider");
    for organization in ["axb", "acme.eu"] {
        let path = format!("/api/v1/organization/{organization}/robots/hidden");
        assert_eq!(app.as_user("outsider").put_empty(&path).status(), 201);
    }
    let seen = app.as_user("member").get("/api/v1/organization/a_b/robots");
    assert_eq!(seen.json(), json!({ "robots": [] }));
    let seen = app.as_user("admin").get(ROBOTS).json();
    assert_eq!(seen["robots"].as_array().map(Vec::len), Some(2));
    let foreign = "/api/v1/organization/a_b/robots/hidden";
    assert_eq!(app.as_user("member").get(foreign).status(), 400);
    assert_eq!(app.as_user("member").delete(foreign).status(), 400);
}

/// The owner of a robot that another organization let into a team reads nothing of that organization.
#[test]
fn a_robot_s_places_are_those_of_its_namespace() {
    let app = app_with_robots().with_organization("other", "outsider");
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT team.id, organization_id, account.id, 'robot' FROM team, account
        WHERE organization_id = (SELECT id FROM account WHERE name = 'other')
            AND account.name = 'acme+builder'",
    );
    app.execute(
        "INSERT INTO repository (namespace_id, name, created_at)
        SELECT id, 'secret', 0 FROM account WHERE name = 'other'",
    );
    app.execute(
        "INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
        SELECT r.id, r.namespace_id, a.id, 'read' FROM repository r, account a
        WHERE r.name IN ('secret', 'lib/shared') AND a.name = 'acme+builder'",
    );
    let admin = app.as_user("admin");
    let robots = admin.get(&format!("{ROBOTS}?permissions=true")).json();
    let builder = &robots["robots"][0];
    assert_eq!(builder["name"], "acme+builder");
    assert_eq!(builder["teams"].as_array().map(Vec::len), Some(1), "{builder}");
    assert_eq!(builder["teams"][0]["name"], "members");
    assert_eq!(builder["repositories"], json!(["lib/shared"]));
    let permissions = admin.get(&format!("{ROBOTS}/builder/permissions")).json();
    assert_eq!(permissions["permissions"].as_array().map(Vec::len), Some(1), "{permissions}");
}

#[test]
fn a_missing_robot_is_missing_everywhere() {
    let app = app_with_robots();
    let admin = app.as_user("admin");
    let ghost = format!("{ROBOTS}/ghost");
    assert_snapshot!(admin.get(&ghost), @r#"
    400
    {
      "message": "Could not find robot with specified username"
    }
    "#);
    let missing = admin.get(&ghost).to_string();
    let federation = json!([{ "issuer": "https://issuer", "subject": "subject" }]);
    for reply in [
        admin.delete(&ghost),
        admin.post_empty(&format!("{ghost}/regenerate")),
        admin.get(&format!("{ghost}/permissions")),
        admin.get(&format!("{ghost}/federation")),
        admin.post(&format!("{ghost}/federation"), federation),
        admin.delete(&format!("{ghost}/federation")),
        admin.put(&format!("{ghost}/permissions/lib/shared"), json!({ "role": "read" })),
        admin.delete(&format!("{ghost}/permissions/lib/shared")),
        // The name is exact, not a pattern and not without regard to case.
        admin.get(&format!("{ROBOTS}/BUILDER")),
        admin.get(&format!("{ROBOTS}/buil%25")),
        admin.get("/api/v1/user/robots/builder"),
        admin.delete("/api/v1/user/robots/builder"),
    ] {
        assert_eq!(reply.to_string(), missing);
    }
}

#[test]
fn an_unknown_organization() {
    let app = app_with_robots();
    let (admin, superuser) = (app.as_user("admin"), app.as_user("superuser"));
    let nope = "/api/v1/organization/nope/robots";
    assert_eq!(admin.get(nope).status(), 403);
    assert_snapshot!(superuser.get(nope), @r#"
    200
    {
      "robots": []
    }
    "#);
    assert_snapshot!(superuser.put(&format!("{nope}/r1"), json!({})), @r#"
    400
    {
      "message": "Organization does not exist: nope"
    }
    "#);
    assert_snapshot!(superuser.delete(&format!("{nope}/r1")), @r#"
    400
    {
      "message": "Could not find robot with specified username"
    }
    "#);
    for reply in [
        superuser.get(&format!("{nope}/r1")),
        superuser.get(&format!("{nope}/r1/permissions")),
        superuser.get(&format!("{nope}/r1/federation")),
        superuser.post(&format!("{nope}/r1/federation"), json!([])),
        superuser.delete(&format!("{nope}/r1/federation")),
        superuser.post_empty(&format!("{nope}/r1/regenerate")),
    ] {
        assert_eq!(reply.to_string(), superuser.put(&format!("{nope}/r1"), json!({})).to_string());
    }
}

#[test]
fn another_token_replaces_the_first() {
    let app = app_with_robots();
    let admin = app.as_user("admin");
    let before = admin.get(&format!("{ROBOTS}/builder")).json()["token"].clone();
    let reply = admin.post_empty(&format!("{ROBOTS}/builder/regenerate"));
    assert_snapshot!(reply, @r#"
    200
    {
      "name": "acme+builder",
      "created": "<start>",
      "last_accessed": null,
      "description": "builds things",
      "token": "<secret>"
    }
    "#);
    let after = admin.get(&format!("{ROBOTS}/builder")).json()["token"].clone();
    assert_eq!(after, reply.json()["token"]);
    assert_ne!(after, before);
    let last = "SELECT kind, metadata FROM log_entry ORDER BY id DESC LIMIT 1";
    assert_snapshot!(format!("{:?}", app.rows(last)), @r#"[["regenerate_robot_token", "{\"robot\":\"builder\",\"oauth_token_id\":1,\"oauth_token_application_id\":\"admin\",\"oauth_token_application\":\"automation\"}"]]"#);
}

/// While the key is being replaced, what the former one sealed still opens.
#[test]
fn a_replaced_key_opens_old_tokens() {
    let app = app_with_robots();
    let admin = app.as_user("admin");
    let before = admin.get(&format!("{ROBOTS}/builder")).to_string();
    app.set("secret_key", "another key");
    app.set("secret_key_previous", "a key for tests");
    // A caller who sees no token causes no sealing.
    let sealed = || app.rows("SELECT hex(sealed_token) FROM robot ORDER BY account_id");
    let under_the_former_key = sealed();
    let _ = app.as_user("reader").get(&format!("{ROBOTS}/builder"));
    let _ = admin.get(ROBOTS);
    assert_eq!(sealed(), under_the_former_key);
    assert_eq!(admin.get(&format!("{ROBOTS}/builder")).to_string(), before);
    assert_ne!(sealed()[0], under_the_former_key[0]);
    assert_eq!(sealed()[1], under_the_former_key[1]);
    // A token that was shown is sealed under the present key now; others can be replaced.
    app.set("secret_key_previous", "");
    assert_eq!(admin.get(&format!("{ROBOTS}/builder")).to_string(), before);
    let robots = admin.get(ROBOTS).json();
    assert!(robots["robots"][0]["token"].is_string());
    assert_eq!(robots["robots"][1]["token"], Value::Null);
    assert_eq!(admin.get(&format!("{ROBOTS}/deployer")).json()["token"], Value::Null);
    let replaced = admin.post_empty(&format!("{ROBOTS}/deployer/regenerate")).json();
    assert_eq!(admin.get(&format!("{ROBOTS}/deployer")).json()["token"], replaced["token"]);
}

/// The key that was made while no setting gave one is a former key once one does.
#[test]
fn the_first_secret_key_of_the_settings_replaces_the_one_that_was_made() {
    let app = app().with("secret_key", "");
    let admin = app.as_user("admin");
    for short in ["builder", "deployer"] {
        assert_eq!(admin.put_empty(&format!("{ROBOTS}/{short}")).status(), 201);
    }
    let before = admin.get(ROBOTS).to_string();
    app.set("secret_key", "a key of the settings");
    assert_eq!(admin.get(ROBOTS).to_string(), before);
    let sealed = app.rows("SELECT hex(sealed_token) FROM robot ORDER BY account_id");
    assert_eq!(admin.get(&format!("{ROBOTS}/builder")).status(), 200);
    assert_ne!(app.rows("SELECT hex(sealed_token) FROM robot ORDER BY account_id")[0], sealed[0]);
    assert_eq!(admin.get(ROBOTS).to_string(), before);
}

#[test]
fn a_user_s_robot_is_sealed_anew_too() {
    let app = app();
    let member = app.as_user("member");
    let token = member.put_empty("/api/v1/user/robots/builder").json()["token"].clone();
    app.set("secret_key", "another key");
    app.set("secret_key_previous", "a key for tests");
    assert_eq!(member.get("/api/v1/user/robots/builder").json()["token"], token);
    app.set("secret_key_previous", "");
    assert_eq!(member.get("/api/v1/user/robots/builder").json()["token"], token);
}

#[test]
fn deleting_takes_memberships_and_permissions_along() {
    let app = app_with_robots();
    let admin = app.as_user("admin");
    let path = format!("{ROBOTS}/builder/permissions/lib/shared");
    assert_eq!(admin.put(&path, json!({ "role": "read" })).status(), 200);
    assert_snapshot!(admin.delete(&format!("{ROBOTS}/builder")), @"204");
    assert_eq!(app.rows("SELECT count(*) FROM repository_permission"), [["0"]]);
    let robots = "SELECT count(*) FROM team_member WHERE account_kind = 'robot'";
    assert_eq!(app.rows(robots), [["0"]]);
    let last = "SELECT kind, metadata FROM log_entry ORDER BY id DESC LIMIT 1";
    assert_snapshot!(format!("{:?}", app.rows(last)), @r#"[["delete_robot", "{\"robot\":\"builder\",\"oauth_token_id\":1,\"oauth_token_application_id\":\"admin\",\"oauth_token_application\":\"automation\"}"]]"#);
    app.execute("DELETE FROM account WHERE name = 'acme'");
    assert_eq!(app.rows("SELECT count(*) FROM robot"), [["0"]]);
    assert_eq!(app.rows("SELECT count(*) FROM account WHERE kind = 'robot'"), [["0"]]);
}

#[test]
fn a_robot_follows_its_organization_s_name() {
    let app = app_with_robots();
    app.execute("UPDATE account SET name = 'Acme2' WHERE name = 'acme'");
    let names = "SELECT name FROM account WHERE kind = 'robot' ORDER BY id";
    assert_eq!(app.rows(names), [["Acme2+builder"], ["Acme2+deployer"]]);
}

#[test]
fn permissions_need_both_scopes() {
    let app = app_with_robots();
    let path = format!("{ROBOTS}/builder/permissions");
    assert_snapshot!(app.as_user("admin").get(&path), @r#"
    200
    {
      "permissions": []
    }
    "#);
    let put = app.as_user("admin").put(&format!("{path}/lib/shared"), json!({ "role": "write" }));
    assert_snapshot!(put, @r#"
    200
    {
      "repository": {
        "name": "lib/shared",
        "is_public": false
      },
      "role": "write"
    }
    "#);
    let both = app.with_scope("admin", "user:admin org:admin");
    assert_snapshot!(both.get(&path), @r#"
    200
    {
      "permissions": [
        {
          "repository": {
            "name": "lib/shared",
            "is_public": false
          },
          "role": "write"
        }
      ]
    }
    "#);
    assert_snapshot!(app.with_scope("admin", "org:admin").get(&path).refusal(), @"403 insufficient_scope: Unauthorized");
    assert_snapshot!(app.with_scope("admin", "user:admin").get(&path), @r#"
    403
    {
      "message": "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server."
    }
    "#);
    assert_snapshot!(app.as_user("member").get(&path), @r#"
    403
    {
      "message": "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server."
    }
    "#);
    assert_eq!(app.as_user("reader").get(&path).to_string(), both.get(&path).to_string());
}

/// Go clients call it, the original lacks it: the rule is that of the repository's permissions.
#[test]
fn a_robot_s_permission_is_set_and_taken_away() {
    let app = app_with_robots();
    let admin = app.as_user("admin");
    let path = format!("{ROBOTS}/builder/permissions/lib/shared");
    assert_snapshot!(admin.put(&path, json!({ "role": "owner" })).to_string().replace("\\n", "\n"), @r#"
    400
    {
      "detail": "'owner' is not one of ['read', 'write', 'admin']

    Failed validating 'enum' in schema['properties']['role']",
      "error_message": "'owner' is not one of ['read', 'write', 'admin']

    Failed validating 'enum' in schema['properties']['role']",
      "error_type": "invalid_request",
      "title": "invalid_request",
      "type": "http://localhost:3000/api/v1/error/invalid_request",
      "status": 400
    }
    "#);
    assert_eq!(admin.put(&path, json!({ "role": "read" })).status(), 200);
    assert_eq!(admin.put(&path, json!({ "role": "admin" })).json()["role"], "admin");
    assert_eq!(app.rows("SELECT role FROM repository_permission"), [["admin"]]);
    assert_snapshot!(admin.delete(&path), @"204");
    assert_snapshot!(admin.delete(&path).refusal(), @"400 invalid_request: User does not have permission for repo.");
    assert_eq!(
        admin
            .put(&format!("{ROBOTS}/builder/permissions/nope"), json!({ "role": "read" }))
            .status(),
        404
    );
    assert_eq!(admin.delete(&format!("{ROBOTS}/builder/permissions/nope")).status(), 404);
    // A repository of the same name elsewhere is another one.
    let mine = "/api/v1/user/robots/builder/permissions/lib/shared";
    assert_eq!(admin.put(mine, json!({ "role": "read" })).status(), 400);
    assert_eq!(admin.put_empty("/api/v1/user/robots/builder").status(), 201);
    assert_eq!(admin.put(mine, json!({ "role": "read" })).status(), 200);
    let granted = "SELECT a.name, n.name FROM repository_permission p
        JOIN account a ON a.id = p.account_id JOIN account n ON n.id = p.namespace_id";
    assert_eq!(app.rows(granted), [["admin+builder", "admin"]]);
    let log = "SELECT kind, metadata FROM log_entry WHERE kind LIKE '%permission' ORDER BY id";
    let log: Vec<String> = app.rows(log).iter().map(|row| row.join(" ")).collect();
    assert_snapshot!(log.join("\n"), @r#"
    change_repo_permission {"username":"acme+builder","repo":"lib/shared","namespace":"acme","role":"read","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    change_repo_permission {"username":"acme+builder","repo":"lib/shared","namespace":"acme","role":"admin","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    delete_repo_permission {"username":"acme+builder","repo":"lib/shared","namespace":"acme","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    change_repo_permission {"username":"admin+builder","repo":"lib/shared","namespace":"admin","role":"read","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    "#);
}

#[test]
fn federation_is_an_array() {
    let app = app_with_robots();
    let admin = app.as_user("admin");
    let path = format!("{ROBOTS}/builder/federation");
    assert_snapshot!(admin.get(&path), @"
    200
    []
    ");
    let entry = json!({ "issuer": "https://issuer", "subject": "subject", "more": 1 });
    let other = json!({ "issuer": "http://issuer", "subject": "subject" });
    assert_snapshot!(admin.post(&path, json!([entry, other])), @r#"
    200
    [
      {
        "issuer": "https://issuer",
        "subject": "subject"
      },
      {
        "issuer": "http://issuer",
        "subject": "subject"
      }
    ]
    "#);
    assert_eq!(admin.get(&path).json().as_array().map(Vec::len), Some(2));
    let message = |body: Value| admin.post(&path, body).json()["error_message"].clone();
    for (body, wanted) in [
        (
            json!([{ "issuer": "https://issuer" }]),
            "Missing one or more required fields (issuer, subject)",
        ),
        (
            json!([{ "issuer": "", "subject": "s" }]),
            "Missing one or more required fields (issuer, subject)",
        ),
        (
            json!([{ "issuer": "ftp://issuer", "subject": "s" }]),
            "Issuer must be a URL (http:// or https://)",
        ),
        (json!([entry, entry]), "Duplicate federation config entry"),
        (json!({}), "{} is not of type 'array'"),
        (json!([5]), "5 is not of type 'object'"),
        (json!([{ "issuer": 5, "subject": "s" }]), "5 is not of type 'string'"),
        (Value::Null, "Missing JSON body"),
    ] {
        assert_eq!(message(body), wanted);
    }
    assert_eq!(admin.get(&path).json().as_array().map(Vec::len), Some(2), "refused, so unchanged");
    assert_snapshot!(admin.delete(&path), @"204");
    assert_eq!(admin.get(&path).json(), json!([]));
    let log = "SELECT kind, metadata FROM log_entry WHERE kind LIKE '%federation' ORDER BY id";
    let log: Vec<String> = app.rows(log).iter().map(|row| row.join(" ")).collect();
    assert_snapshot!(log.join("\n"), @r#"
    create_robot_federation {"config":[{"issuer":"https://issuer","subject":"subject"},{"issuer":"http://issuer","subject":"subject"}],"robot":"builder","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    delete_robot_federation {"robot":"builder","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    "#);
}

#[test]
fn a_user_s_own_robots() {
    let app = app_with_robots();
    let member = app.with_scope("member", "user:admin");
    let made = member.put("/api/v1/user/robots/mine", json!({ "description": "mine" }));
    assert_snapshot!(made, @r#"
    201
    {
      "name": "member+mine",
      "created": "<start>",
      "last_accessed": null,
      "description": "mine",
      "token": "<secret>",
      "unstructured_metadata": null
    }
    "#);
    let list = member.get("/api/v1/user/robots?permissions=true");
    assert_snapshot!(without_tokens(list.json()), @r#"
    {
      "robots": [
        {
          "name": "member+mine",
          "created": "Sun, 22 Nov 2026 06:28:07 -0000",
          "last_accessed": null,
          "teams": [],
          "repositories": [],
          "description": "mine",
          "token": "…"
        }
      ]
    }
    "#);
    assert_eq!(member.get("/api/v1/user/robots/mine").json()["token"], made.json()["token"]);
    assert_eq!(member.post_empty("/api/v1/user/robots/mine/regenerate").status(), 200);
    assert_eq!(
        member.get("/api/v1/user/robots/mine/permissions").json(),
        json!({ "permissions": [] })
    );
    assert_eq!(member.get("/api/v1/user/robots/mine/federation").json(), json!([]));
    let entry = json!([{ "issuer": "https://issuer", "subject": "subject" }]);
    assert_eq!(member.post("/api/v1/user/robots/mine/federation", entry).status(), 200);
    assert_eq!(member.delete("/api/v1/user/robots/mine/federation").status(), 204);
    assert_eq!(member.delete("/api/v1/user/robots/mine").status(), 204);
    let own = "SELECT DISTINCT l.namespace_id = a.id FROM log_entry l, account a
        WHERE a.name = 'member' AND l.metadata LIKE '%\"mine\"%'";
    assert_eq!(app.rows(own), [["1"]]);
    // Consoles delete a user's robots through the organization's path, with the user's name.
    assert_eq!(member.put_empty("/api/v1/user/robots/mine").status(), 201);
    let path = "/api/v1/organization/member/robots/mine";
    assert_eq!(app.as_user("admin").delete(path).status(), 403);
    assert_eq!(app.as_user("member").put(path, json!({})).status(), 404);
    // With a token they do not: `org:admin` alone would do.
    assert_eq!(app.as_user("member").delete(path).status(), 404);
    assert_eq!(app.with_session("member").delete(path).status(), 204);
}

#[test]
fn permitted_callers() {
    let app = app_with_robots();
    assert_eq!(app.as_user("admin").put_empty("/api/v1/user/robots/own").status(), 201);
    let (bad, role) = (json!({ "description": "" }), json!({ "role": "read" }));
    let entry = json!([{ "issuer": "https://issuer", "subject": "subject" }]);
    let nothing = Value::Null;
    assert_snapshot!(app.matrix(&[
        (Method::GET, "/api/v1/organization/acme/robots", nothing.clone()),
        (Method::GET, "/api/v1/organization/acme/robots/builder", nothing.clone()),
        (Method::PUT, "/api/v1/organization/acme/robots/B", bad.clone()),
        (Method::DELETE, "/api/v1/organization/acme/robots/ghost", nothing.clone()),
        (Method::POST, "/api/v1/organization/acme/robots/ghost/regenerate", nothing.clone()),
        (Method::GET, "/api/v1/organization/acme/robots/builder/permissions", nothing.clone()),
        (Method::PUT, "/api/v1/organization/acme/robots/ghost/permissions/lib/shared", role.clone()),
        (Method::DELETE, "/api/v1/organization/acme/robots/ghost/permissions/lib/shared", nothing.clone()),
        (Method::GET, "/api/v1/organization/acme/robots/builder/federation", nothing.clone()),
        (Method::POST, "/api/v1/organization/acme/robots/ghost/federation", entry.clone()),
        (Method::DELETE, "/api/v1/organization/acme/robots/ghost/federation", nothing.clone()),
        (Method::GET, "/api/v1/user/robots", nothing.clone()),
        (Method::GET, "/api/v1/user/robots/ghost", nothing.clone()),
        (Method::PUT, "/api/v1/user/robots/B", bad),
        (Method::DELETE, "/api/v1/user/robots/ghost", nothing.clone()),
        (Method::POST, "/api/v1/user/robots/ghost/regenerate", nothing.clone()),
        (Method::GET, "/api/v1/user/robots/ghost/permissions", nothing.clone()),
        (Method::PUT, "/api/v1/user/robots/ghost/permissions/lib/shared", role),
        (Method::DELETE, "/api/v1/user/robots/ghost/permissions/lib/shared", nothing.clone()),
        (Method::GET, "/api/v1/user/robots/ghost/federation", nothing.clone()),
        (Method::POST, "/api/v1/user/robots/ghost/federation", entry),
        (Method::DELETE, "/api/v1/user/robots/ghost/federation", nothing),
    ]), @"
    GET /api/v1/organization/acme/robots
      200 member creator admin superuser reader admin[repo:create] admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider admin[repo:read] admin[repo:write] admin[repo:admin] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    GET /api/v1/organization/acme/robots/builder
      200 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    PUT /api/v1/organization/acme/robots/B
    DELETE /api/v1/organization/acme/robots/ghost
    POST /api/v1/organization/acme/robots/ghost/regenerate
      400 admin superuser admin[org:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    GET /api/v1/organization/acme/robots/builder/permissions
      200 admin superuser reader
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    PUT /api/v1/organization/acme/robots/ghost/permissions/lib/shared
    DELETE /api/v1/organization/acme/robots/ghost/permissions/lib/shared
      400 admin superuser admin[repo:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    GET /api/v1/organization/acme/robots/builder/federation
      200 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    POST /api/v1/organization/acme/robots/ghost/federation
    DELETE /api/v1/organization/acme/robots/ghost/federation
      400 admin superuser admin[org:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    GET /api/v1/user/robots
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    GET /api/v1/user/robots/ghost
      400 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    PUT /api/v1/user/robots/B
    DELETE /api/v1/user/robots/ghost
    POST /api/v1/user/robots/ghost/regenerate
      400 outsider member creator admin superuser admin[user:admin] superuser[user:admin]
      401 anonymous
      403 reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    GET /api/v1/user/robots/ghost/permissions
      400 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    PUT /api/v1/user/robots/ghost/permissions/lib/shared
    DELETE /api/v1/user/robots/ghost/permissions/lib/shared
      400 admin admin[repo:admin]
      401 anonymous
      403 reader admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 outsider member creator superuser superuser[super:user]
    GET /api/v1/user/robots/ghost/federation
      400 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    POST /api/v1/user/robots/ghost/federation
    DELETE /api/v1/user/robots/ghost/federation
      400 outsider member creator admin superuser admin[user:admin] superuser[user:admin]
      401 anonymous
      403 reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    ");
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let app = app_with_robots();
    for part in ["INSERT INTO robot ", "INSERT INTO log_entry", "COMMIT"] {
        app.failing_on(part, || app.as_user("admin").put_empty(&format!("{ROBOTS}/half")));
        assert_eq!(app.as_user("admin").get(&format!("{ROBOTS}/half")).status(), 400, "{part}");
    }
}

#[test]
fn federation_has_a_limit() {
    let app = app_with_robots();
    let admin = app.as_user("admin");
    let path = format!("{ROBOTS}/builder/federation");
    let entries = |count: usize, length: usize| -> Value {
        let subject = |i| format!("{i:0length$}");
        (0..count).map(|i| json!({ "issuer": "http://a", "subject": subject(i) })).collect()
    };
    assert_eq!(admin.post(&path, entries(100, 500)).status(), 200);
    let reply = admin.post(&path, entries(101, 5));
    assert_eq!(reply.status(), 400, "{reply}");
    assert_eq!(
        reply.json()["error_message"],
        "A robot can have at most 100 federation config entries"
    );
    assert_eq!(admin.post(&path, entries(100, 800)).status(), 413);
    assert_eq!(admin.get(&path).json().as_array().map(Vec::len), Some(100));
}

#[test]
fn metadata_of_all_robots_has_a_limit_and_is_freed_with_them() {
    let app = app_with_robots();
    let admin = app.as_user("admin");
    let notes = json!({ "unstructured_metadata": { "a": "x".repeat(1_000_000) } });
    // As much as 62 robots have; that of the two others is short.
    app.execute("UPDATE owned SET number = number + 65000000 WHERE kind = 'robot_metadata'");
    assert_eq!(admin.put(&format!("{ROBOTS}/one"), notes.clone()).status(), 201);
    assert_eq!(admin.put(&format!("{ROBOTS}/two"), notes.clone()).status(), 201);
    let reply = admin.put(&format!("{ROBOTS}/three"), notes.clone());
    assert_eq!(reply.status(), 400, "{reply}");
    assert_eq!(
        reply.json()["error_message"],
        "A namespace can have at most 67108864 bytes of metadata of robots (setting \
        `limit_robot_metadata_bytes_per_namespace`)"
    );
    assert_eq!(admin.delete(&format!("{ROBOTS}/one")).status(), 204);
    assert_eq!(admin.put(&format!("{ROBOTS}/three"), notes).status(), 201);
    let robots = "SELECT number FROM owned WHERE kind = 'robots' AND holder_id = (
        SELECT id FROM account WHERE name = 'acme')";
    assert_eq!(app.rows(robots), [["4"]]);
    for entry in app.rows("SELECT octet_length(metadata) FROM log_entry") {
        assert!(entry[0].parse::<usize>().expect("a number") <= 8_192, "{entry:?}");
    }
}
