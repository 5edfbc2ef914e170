//! Concord's Organization API (`contract/concord.md` 3 to 5), each change seen from Quay's side too.

use berth_organizations::ROUTES;
use berth_test::{App, As, Reply};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

/// `root` is Concord's administrator, `ana` owns `acme`, which Quay's API made.
fn app() -> App {
    App::new(&[ROUTES])
        .with("super_users", "root")
        .with_user("root")
        .with_user("ana")
        .with_user("bob")
        .with_organization("acme", "ana")
}

/// Random ids become their kind, so that snapshots repeat.
fn shown(reply: &Reply) -> String {
    let text = reply.to_string();
    let words = text.split('"').map(|word| if is_uuid(word) { "<uuid>" } else { word });
    words.collect::<Vec<_>>().join("\"")
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && word.matches('-').count() == 4
}

fn post(client: &As<'_>, body: Value) -> String {
    shown(&client.post("/api/v1/org", body))
}

fn id_of(app: &App, name: &str) -> String {
    let reply = app.as_user("root").get(&format!("/api/v1/org/{name}"));
    reply.json()["id"].as_str().expect("an id").to_owned()
}

#[test]
fn an_organization_made_here_is_seen_from_both_sides() {
    let app = app();
    let root = app.as_user("root");
    let body =
        json!({ "name": "myOrg", "visibility": "PRIVATE", "meta": { "x": 123.0, "none": null } });
    assert_snapshot!(post(&root, body), @r#"
    200
    {
      "ok": true,
      "id": "<uuid>",
      "result": "CREATED"
    }
    "#);
    assert_snapshot!(shown(&root.get("/api/v1/org/myOrg")), @r#"
    200
    {
      "id": "<uuid>",
      "name": "myOrg",
      "owner": {
        "id": "<uuid>",
        "username": "root",
        "userType": "LOCAL"
      },
      "visibility": "PRIVATE",
      "meta": {
        "x": 123.0
      }
    }
    "#);
    assert_snapshot!(root.get("/api/v1/organization/myOrg"), @r##"
    200
    {
      "name": "myOrg",
      "email": "",
      "avatar": {
        "name": "myOrg",
        "hash": "40dc8774e8f0a6d1a7c32a5f3e75d6058f9a3a441c6d308cb9951449c7f3e79d",
        "color": "#969696",
        "kind": "user"
      },
      "is_admin": true,
      "is_member": true,
      "teams": {
        "owners": {
          "name": "owners",
          "description": "",
          "role": "admin",
          "avatar": {
            "name": "owners",
            "hash": "6f0e3a8c0eb46e8834b43b03374ece43a030621d92a7437beb48f871e90f8d90",
            "color": "#c7c7c7",
            "kind": "team"
          },
          "can_view": true,
          "repo_count": 0,
          "member_count": 1,
          "is_synced": false
        },
        "default": {
          "name": "default",
          "description": "Default team",
          "role": "member",
          "avatar": {
            "name": "default",
            "hash": "37a8eec1ce19687d132fe29051dca629d164e2c4958ba141d5f4133a33f0688f",
            "color": "#9c9ede",
            "kind": "team"
          },
          "can_view": true,
          "repo_count": 0,
          "member_count": 1,
          "is_synced": false
        }
      },
      "ordered_teams": [
        "owners",
        "default"
      ],
      "invoice_email": false,
      "invoice_email_address": null,
      "tag_expiration_s": 1209600,
      "is_free_account": true
    }
    "##);
}

#[test]
fn an_organization_of_quay_s_has_defaults_here() {
    assert_snapshot!(shown(&app().as_user("bob").get("/api/v1/org/acme")), @r#"
    200
    {
      "id": "<uuid>",
      "name": "acme",
      "owner": {
        "id": "<uuid>",
        "username": "ana",
        "userType": "LOCAL"
      },
      "visibility": "PUBLIC"
    }
    "#);
}

#[test]
fn unknown_names_are_204() {
    assert_snapshot!(app().as_user("bob").get("/api/v1/org/nope"), @"204");
}

#[test]
fn only_administrators_create_unless_the_setting_says_otherwise() {
    let app = app();
    assert_snapshot!(post(&app.as_user("bob"), json!({ "name": "bobs" })), @"
    403
    ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'createOrg' permission are allowed to update organizations
    ");
    app.set("concord_admin_only_create", "false");
    assert_snapshot!(post(&app.as_user("bob"), json!({ "name": "bobs" })), @r#"
    200
    {
      "ok": true,
      "id": "<uuid>",
      "result": "CREATED"
    }
    "#);
    assert_snapshot!(post(&app.with_scope("bob", "org:admin"), json!({ "name": "more" })), @"
    403
    ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'createOrg' permission are allowed to update organizations
    ");
}

#[test]
fn the_owner_changes_and_hands_over() {
    let app = app();
    let (ana, bob) = (app.as_user("ana"), app.as_user("bob"));
    assert_snapshot!(post(&bob, json!({ "name": "acme", "meta": {} })), @"
    403
    ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'updateOrg' permission are allowed to update organizations
    ");
    assert_snapshot!(post(&ana, json!({ "name": "acme", "cfg": { "a": [null, 1] } })), @r#"
    200
    {
      "ok": true,
      "id": "<uuid>",
      "result": "UPDATED"
    }
    "#);
    assert_snapshot!(post(&ana, json!({ "name": "acme", "owner": { "username": "BOB" } })), @r#"
    200
    {
      "ok": true,
      "id": "<uuid>",
      "result": "UPDATED"
    }
    "#);
    assert_snapshot!(shown(&bob.get("/api/v1/org/acme")), @r#"
    200
    {
      "id": "<uuid>",
      "name": "acme",
      "owner": {
        "id": "<uuid>",
        "username": "bob",
        "userType": "LOCAL"
      },
      "visibility": "PUBLIC",
      "cfg": {
        "a": [
          null,
          1
        ]
      }
    }
    "#);
    assert_snapshot!(post(&ana, json!({ "name": "acme", "meta": {} })), @"
    403
    ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'updateOrg' permission are allowed to update organizations
    ");
    assert_snapshot!(post(&bob, json!({ "name": "acme", "visibility": 1 })), @r#"
    200
    {
      "ok": true,
      "id": "<uuid>",
      "result": "UPDATED"
    }
    "#);
}

#[test]
fn a_new_name_needs_the_id_and_robots_follow() {
    let app = app();
    let id = id_of(&app, "acme").to_uppercase();
    app.execute(
        "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
        SELECT 'robot', 'robot', 'acme+builder', 'robot', id, 0 FROM account WHERE name = 'acme'",
    );
    assert_snapshot!(post(&app.as_user("ana"), json!({ "id": id, "name": "Acme-2" })), @r#"
    200
    {
      "ok": true,
      "id": "<uuid>",
      "result": "UPDATED"
    }
    "#);
    assert_eq!(app.as_user("ana").get("/api/v1/org/acme").status(), 204);
    assert_eq!(app.anonymous().get("/api/v1/organization/Acme-2").status(), 200);
    assert_eq!(app.rows("SELECT name FROM account WHERE kind = 'robot'"), [["Acme-2+builder"]]);
}

#[test]
fn names_are_unique_without_regard_to_case() {
    let root = app();
    let root = root.as_user("root");
    assert_snapshot!(post(&root, json!({ "name": "ACME" })), @r#"
    400
    [
      {
        "id": "*",
        "message": "Organization already exists: ACME"
      }
    ]
    "#);
    assert_snapshot!(post(&root, json!({ "name": "bob" })), @r#"
    400
    [
      {
        "id": "*",
        "message": "Organization already exists: bob"
      }
    ]
    "#);
}

#[test]
fn bad_bodies() {
    let app = app();
    let root = app.as_user("root");
    assert_snapshot!(post(&root, json!({ "name": "a" })), @r#"
    400
    [
      {
        "id": "OrganizationEntry.createOrUpdate.arg0.name",
        "message": "must match \"^[0-9a-zA-Z][0-9a-zA-Z_@.\\-~]{2,127}$\""
      }
    ]
    "#);
    assert_snapshot!(post(&root, json!({ "meta": {} })), @r#"
    400
    [
      {
        "id": "OrganizationEntry.createOrUpdate.arg0.name",
        "message": "must not be null"
      }
    ]
    "#);
    assert_snapshot!(post(&root, json!({ "id": "0fac1b18-d179-11e7-b3e7-d7df4543ed4f" })), @r#"
    400
    [
      {
        "id": "*",
        "message": "Organization not found: 0fac1b18-d179-11e7-b3e7-d7df4543ed4f"
      }
    ]
    "#);
    assert_snapshot!(post(&root, json!({ "id": "nope" })), @"
    400
    ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: id must be a UUID
    ");
    assert_snapshot!(post(&root, json!({ "name": "new", "owner": { "username": "nope" } })), @"
    400
    User not found: nope
    ");
    assert_snapshot!(post(&root, json!({ "name": "new", "owner": { "id": "0fac1b18-d179-11e7-b3e7-d7df4543ed4f" } })), @r#"
    400
    [
      {
        "id": "*",
        "message": "User not found: 0fac1b18-d179-11e7-b3e7-d7df4543ed4f"
      }
    ]
    "#);
    assert_snapshot!(post(&root, json!({ "name": "new", "visibility": "public" })), @"
    400
    ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: visibility must be PUBLIC or PRIVATE
    ");
    assert_snapshot!(post(&root, json!({ "name": "new", "meta": [] })), @"
    400
    ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: meta must be an object
    ");
    assert_snapshot!(post(&root, json!({ "name": "new", "cfg": { "a": "x".repeat(65_536) } })), @r#"
    400
    [
      {
        "id": "OrganizationEntry.createOrUpdate.arg0.cfg",
        "message": "size must be between 0 and 65536"
      }
    ]
    "#);
    let raw =
        |body: &str| root.send(Method::Post, "/api/v1/org", Some("application/json"), body.into());
    assert_snapshot!(raw("{"), @"
    400
    ERROR: com.fasterxml.jackson.core.JsonParseException: EOF while parsing an object at line 1 column 1
    ");
    assert_snapshot!(raw("null"), @"
    400
    ERROR: java.lang.NullPointerException: the body is empty
    ");
    assert_snapshot!(raw(""), @"
    400
    ERROR: java.lang.NullPointerException: the body is empty
    ");
    assert_snapshot!(raw("[1]"), @"
    400
    ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: the body must be an object
    ");
    assert_eq!(root.send(Method::Post, "/api/v1/org", Some("text/plain"), vec![]).status(), 415);
    assert_eq!(app.rows("SELECT count(*) FROM account WHERE kind = 'organization'"), [["1"]]);
}

#[test]
fn validation_errors_are_written_for_those_who_take_their_type() {
    let app = app();
    let with = |accept: &str| {
        let root = app.as_user("root").header("accept", accept);
        root.post("/api/v1/org", json!({ "name": "a" }))
    };
    let own = with("application/json,application/vnd.concord-validation-errors-v1+json");
    assert_eq!(
        own.header("content-type"),
        Some("application/vnd.concord-validation-errors-v1+json")
    );
    assert_eq!(own.header("vary"), Some("Accept"));
    assert!(!with("application/*;q=0.5").0.body.is_empty());
    let refused = with("application/json");
    assert_eq!((refused.status(), refused.0.body.len()), (400, 0));
    assert_eq!(with("text/html").status(), 406);
}

#[test]
fn every_answer_has_concord_s_headers() {
    let reply = app().anonymous().get("/api/v1/org");
    assert_eq!((reply.status(), reply.0.body.len()), (401, 0));
    assert_eq!(reply.header("cache-control"), Some("no-cache, no-store, must-revalidate"));
    let schemes = |reply: &Reply| {
        let named = reply.0.headers.iter().filter(|(name, _)| *name == "www-authenticate");
        named.map(|(_, value)| value.to_string()).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(schemes(&reply), "Basic, ConcordApiToken");
    let app = app();
    let unknown = app.anonymous().header("authorization", "Bearer nope").get("/api/v1/org");
    assert_eq!((unknown.status(), schemes(&unknown)), (401, String::new()));
    let console = app.anonymous().header("x-concord-ui-request", "True").get("/api/v1/org");
    assert_eq!((console.status(), schemes(&console)), (401, String::new()));
    let wrong = app.as_user("bob").send(Method::Put, "/api/v1/org", None, vec![]);
    assert_eq!((wrong.status(), wrong.0.body.len()), (405, 0));
    assert_eq!(app.anonymous().send(Method::Options, "/api/v1/org", None, vec![]).status(), 204);
}

#[test]
fn keys_come_in_three_forms() {
    let app = app();
    let _ = app.as_user("root").get("/api/v1/org");
    let token = "rootreporeadrepowriterepoadminrepocreateuserreaduseradminorgadminsuperuser";
    for header in [
        token.to_owned(),
        format!("{token}=="),
        format!("Bearer {token}"),
        "Basic cm9vdDpwYXNzd29yZA==".into(),
    ] {
        let reply = app.anonymous().header("authorization", &header).get("/api/v1/org/nope");
        assert_eq!(reply.status(), 204, "{header}");
    }
    for header in ["bearer x", "Basic cm9vdDp3cm9uZw==", "Basic !", "Bearer "] {
        let reply = app.anonymous().header("authorization", header).get("/api/v1/org/nope");
        assert_eq!(reply.status(), 401, "{header}");
    }
}

#[test]
fn lists_show_what_the_caller_sees() {
    let app = app().with_organization("beta", "bob");
    let root = app.as_user("root");
    for name in ["Gamma", "acme_2", "acmeX2"] {
        let body = json!({ "name": name, "visibility": "PRIVATE" });
        assert_eq!(root.post("/api/v1/org", body).status(), 200);
    }
    let names = |client: &As<'_>, query: &str| {
        let reply = client.get(&format!("/api/v1/org{query}"));
        let list = reply.json();
        let names = list.as_array().expect("a list").iter().map(|entry| entry["name"].as_str());
        names.map(|name| name.unwrap_or_default().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let (ana, bob) = (app.as_user("ana"), app.as_user("bob"));
    assert_eq!(names(&root, ""), "Gamma acme acmeX2 acme_2 beta");
    assert_eq!(names(&root, "?onlyCurrent=true&limit=2&offset=1"), "acme acmeX2");
    assert_eq!(names(&ana, ""), "acme beta");
    assert_eq!(names(&ana, "?onlyCurrent=true"), "acme");
    assert_eq!(names(&bob, "?onlyCurrent=TRUE&offset=-5&limit=0"), "beta");
    assert_eq!(names(&root, "?filter=ACME_"), "acme_2");
    assert_eq!(names(&root, "?filter=%25"), "");
    assert_eq!(ana.get("/api/v1/org?limit=x").status(), 404);
    assert_eq!(ana.get("/api/v1/org?offset=").status(), 404);
}

#[test]
fn deletion_wants_confirmation_then_an_administrator_then_the_organization() {
    let app = app();
    let (root, ana) = (app.as_user("root"), app.as_user("ana"));
    assert_snapshot!(ana.delete("/api/v1/org/acme"), @"
    400
    Operation must be confirmed
    ");
    assert_snapshot!(root.delete("/api/v1/org/nope?confirmation=no"), @"
    400
    Operation must be confirmed
    ");
    assert_snapshot!(ana.delete("/api/v1/org/acme?confirmation=yes"), @"
    403
    ERROR: org.apache.shiro.authz.AuthorizationException: Only admins are allowed to update organizations
    ");
    assert_snapshot!(app.with_scope("root", "org:admin").delete("/api/v1/org/acme?confirmation=yes"), @"
    403
    ERROR: org.apache.shiro.authz.AuthorizationException: Only admins are allowed to update organizations
    ");
    assert_snapshot!(root.delete("/api/v1/org/acme?confirmation=YES"), @r#"
    200
    {
      "ok": true,
      "result": "DELETED"
    }
    "#);
    assert_snapshot!(root.delete("/api/v1/org/acme?confirmation=yes"), @r#"
    400
    [
      {
        "id": "*",
        "message": "Organization not found: acme"
      }
    ]
    "#);
    assert_eq!(app.anonymous().get("/api/v1/organization/acme").status(), 404);
}
