//! How superusers change accounts and organizations.

use berth_test::{App, As, Reply};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::common::sign_in;

const USERS: &str = "/api/v1/superuser/users/";
const ORGS: &str = "/api/v1/superuser/organizations/";

fn app() -> App {
    App::new()
        .with("super_users", "root")
        .with("global_readonly_super_users", "reader")
        .with_user("root")
        .with_user("reader")
        .with_user("ana")
        .with_user("bob")
        .with_organization("acme", "ana")
        .with_organization("bare", "ana")
}

fn root(app: &App) -> As<'_> {
    app.with_scope("root", "super:user")
}

fn names(reply: &Reply, list: &str) -> Vec<String> {
    let body = reply.json();
    let entries = body[list].as_array().expect("a list").iter();
    entries.map(|entry| entry["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn the_lists() {
    let app = app();
    app.execute("UPDATE account SET enabled = 0 WHERE name = 'bob'");
    assert_snapshot!(root(&app).get(&format!("{USERS}?limit=1")), @r#"
    200
    {
      "users": [
        {
          "kind": "user",
          "name": "root",
          "username": "root",
          "email": "root@example.com",
          "verified": true,
          "avatar": "<avatar>",
          "super_user": true,
          "global_readonly_super_user": false,
          "enabled": true
        }
      ],
      "next_page": "<page>"
    }
    "#);
    assert_snapshot!(root(&app).get(&format!("{ORGS}?limit=1")), @r#"
    200
    {
      "organizations": [
        {
          "name": "acme",
          "email": "acme@example.com",
          "avatar": "<avatar>"
        }
      ],
      "next_page": "<page>"
    }
    "#);
    assert_eq!(names(&root(&app).get(USERS), "users"), ["root", "reader", "ana", "bob"]);
    let enabled = root(&app).get(&format!("{USERS}?disabled=false"));
    assert_eq!(names(&enabled, "users"), ["root", "reader", "ana"]);
    let reader = app.with_scope("reader", "org:admin");
    assert_eq!(names(&reader.get(ORGS), "organizations"), ["acme", "bare"]);
    assert_eq!(reader.get(USERS).json()["users"][1]["global_readonly_super_user"], true);
}

#[test]
fn pages() {
    let app = app();
    let first = root(&app).get(&format!("{USERS}?limit=3"));
    assert_eq!(names(&first, "users"), ["root", "reader", "ana"]);
    let token = first.json()["next_page"].as_str().expect("a token").to_owned();
    let second = root(&app).get(&format!("{USERS}?limit=3&next_page={token}"));
    assert_eq!(names(&second, "users"), ["bob"]);
    assert_eq!(second.json().get("next_page"), None);
    // An invalid page token gives the first page; a limit is clamped to 1 to 100.
    for query in ["?limit=3&next_page=xxx", "?limit=3&next_page="] {
        assert_eq!(names(&root(&app).get(&format!("{USERS}{query}")), "users").len(), 3);
    }
    for (limit, length) in [("0", 1), ("-5", 1), ("1000", 4), ("%204%20", 4)] {
        let reply = root(&app).get(&format!("{USERS}?limit={limit}"));
        assert_eq!(names(&reply, "users").len(), length, "{limit}");
    }
    assert_snapshot!(root(&app).get(&format!("{ORGS}?limit=many")), @r#"
    400
    {
      "message": {
        "limit": "Limit to the number of results to return per page. Max 100."
      }
    }
    "#);
    let exact = root(&app).get(&format!("{ORGS}?limit=2"));
    assert_eq!(exact.json().get("next_page"), None);
}

#[test]
fn permitted_callers() {
    let app = app();
    let reads = [USERS, ORGS, "/api/v1/superuser/users/ana"];
    for path in reads {
        assert_eq!(app.anonymous().get(path).status(), 401, "{path}");
        assert_eq!(app.with_session("ana").get(path).status(), 403, "{path}");
        assert_eq!(app.with_scope("ana", "super:user").get(path).status(), 403, "{path}");
        assert_eq!(app.with_scope("root", "org:admin user:admin").get(path).status(), 403);
        assert_eq!(app.with_session("root").get(path).status(), 200, "{path}");
        assert_eq!(app.with_scope("reader", "repo:read").get(path).status(), 200, "{path}");
    }
    let every = |who: &As<'_>, status: u16| {
        let body = json!({ "username": "new", "email": "new@example.com", "name": "new" });
        assert_eq!(who.post(USERS, body.clone()).status(), status);
        assert_eq!(who.put("/api/v1/superuser/users/ana", json!({})).status(), status);
        assert_eq!(who.delete("/api/v1/superuser/users/ana").status(), status);
        assert_eq!(who.put(&format!("{ORGS}acme"), body).status(), status);
        assert_eq!(who.delete(&format!("{ORGS}acme")).status(), status);
        assert_eq!(who.delete(&format!("{ORGS}nope")).status(), status);
        assert_eq!(who.post_empty("/api/v1/superuser/takeownership/acme").status(), status);
    };
    every(&app.anonymous(), 401);
    every(&app.with_session("ana"), 403);
    every(&app.with_session("reader"), 403);
    every(&app.with_scope("root", "org:admin"), 403);
    // A session must be fresh; a token is.
    let session = app.with_session("root");
    app.advance(600);
    for path in reads {
        assert_eq!(session.get(path).json()["title"], "fresh_login_required", "{path}");
    }
    assert_eq!(session.delete(&format!("{ORGS}acme")).json()["title"], "fresh_login_required");
    assert_eq!(root(&app).get(USERS).status(), 200);
    app.set("feature_super_users", "false");
    assert_eq!(root(&app).get(USERS).status(), 404);
}

#[test]
fn one_account() {
    let app = app().with("feature_quota_management", "true");
    assert_snapshot!(root(&app).get("/api/v1/superuser/users/ana"), @r#"
    200
    {
      "kind": "user",
      "name": "ana",
      "username": "ana",
      "email": "ana@example.com",
      "verified": true,
      "avatar": "<avatar>",
      "super_user": false,
      "global_readonly_super_user": false,
      "enabled": true,
      "quotas": [],
      "quota_report": {
        "quota_bytes": 0,
        "configured_quota": null,
        "running_backfill": "complete",
        "backfill_status": "complete"
      }
    }
    "#);
    let missing = root(&app).get("/api/v1/superuser/users/nope").whole();
    assert_snapshot!(missing, @r#"404 {"detail":"Not Found","error_message":"Not Found","error_type":"not_found","title":"not_found","type":"http://localhost:3000/api/v1/error/not_found","status":404}"#);
    assert_eq!(root(&app).get("/api/v1/superuser/users/acme").whole(), missing);
    app.execute("UPDATE user_profile SET is_first = 1 WHERE account_id = 3");
    assert_eq!(root(&app).get("/api/v1/superuser/users/ana").json()["super_user"], false);
    app.set("super_users", "");
    let ana = app.with_session("ana").get("/api/v1/superuser/users/ana");
    assert_eq!(ana.json()["super_user"], true);
}

#[test]
fn making_an_account() {
    let app = app();
    let body = json!({ "username": "new", "email": "new@example.com" });
    let reply = root(&app).post(USERS, body);
    assert_eq!(reply.status(), 200);
    let answer = reply.json();
    let members: Vec<_> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["username", "email", "password", "encrypted_password"]);
    let password = answer["password"].as_str().expect("a password");
    assert_eq!(password.len(), 32);
    assert_eq!(sign_in(&app, "new", password).status(), 200);
    assert_snapshot!(format!("{:?}", app.rows("SELECT kind, performer_id, metadata FROM log_entry ORDER BY id LIMIT 1")), @r#"[["user_create", "1", "{\"email\":\"new@example.com\",\"username\":\"new\",\"superuser\":\"root\",\"oauth_token_id\":1,\"oauth_token_application_id\":\"root\",\"oauth_token_application\":\"automation\"}"]]"#);
}

#[test]
fn a_new_account_confirms_its_address_where_mail_leaves() {
    let app = app().with("mail_gateway_url", "http://127.0.0.1:9/mail");
    let body = json!({ "username": "new", "email": "new@example.com" });
    let password = root(&app).post(USERS, body).json()["password"].clone();
    let password = password.as_str().expect("a password").to_owned();
    assert_eq!(sign_in(&app, "new", &password).json()["needsEmailVerification"], true);
    assert_eq!(app.rows("SELECT recipient FROM mail"), [["new@example.com"]]);
    // A superuser who sets the address vouches for it.
    let update = json!({ "email": "new@example.com" });
    assert_eq!(root(&app).put("/api/v1/superuser/users/new", update).json()["verified"], true);
    assert_eq!(sign_in(&app, "new", &password).status(), 200);
    assert_eq!(
        app.rows(
            "SELECT email_code_hash, recovery_code_hash FROM user_profile WHERE account_id = 7"
        ),
        // The user's confirmation still proves that the address is theirs.
        [["32 bytes", "NULL"]]
    );
}

#[test]
fn accounts_that_cannot_be_made() {
    let app = app();
    let message = |body: Value| {
        let reply = root(&app).post(USERS, body);
        assert_eq!(reply.status(), 400);
        let body = reply.json();
        assert_eq!(body.as_object().expect("an object").len(), 1, "{body}");
        body["message"].as_str().expect("a message").to_owned()
    };
    assert_eq!(message(json!({ "username": "new" })), "Invalid email address: None");
    assert_eq!(
        message(json!({ "username": "ana", "email": "x@example.com" })),
        "Username has already been taken by user cannot be reused: ana"
    );
    assert_eq!(
        message(json!({ "username": "acme", "email": "x@example.com" })),
        "Username has already been taken by an organization and cannot be reused: acme"
    );
    assert_eq!(
        message(json!({ "username": "new", "email": "ana@example.com" })),
        "Email has already been used: ana@example.com"
    );
    assert_eq!(
        message(json!({ "username": "N", "email": "x@example.com" })),
        "Invalid namespace N: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$"
    );
    assert_eq!(root(&app).post(USERS, json!({})).status(), 400);
    app.set("feature_mailing", "false");
    assert_eq!(root(&app).post(USERS, json!({ "username": "new" })).json()["email"], Value::Null);
}

#[test]
fn changing_an_account() {
    let app = app();
    let (session, token) = (app.with_session("ana"), app.as_user("ana"));
    let body = json!({ "password": "another-one", "email": "ana@example.org" });
    let reply = root(&app).put("/api/v1/superuser/users/ana", body);
    let mut answer = reply.json();
    assert!(answer["encrypted_password"].as_str().is_some_and(|text| text.len() > 100));
    answer["encrypted_password"] = "<text>".into();
    assert_snapshot!(format!("{answer:#}"), @r##"
    {
      "kind": "user",
      "name": "ana",
      "username": "ana",
      "email": "ana@example.org",
      "verified": true,
      "avatar": {
        "name": "ana",
        "hash": "86b9260a115ceac89a9738af23696ce3a5d70449de8d95ef28bd754bb80196b9",
        "color": "#d62728",
        "kind": "user"
      },
      "super_user": false,
      "global_readonly_super_user": false,
      "enabled": true,
      "encrypted_password": "<text>"
    }
    "##);
    assert_eq!(session.get("/api/v1/user/").status(), 401);
    assert_eq!(token.get("/api/v1/user/").json()["email"], "ana@example.org");
    assert_eq!(sign_in(&app, "ana", "password").status(), 403);
    // The failure is forgiven with the next new password.
    let body = json!({ "password": "yet-another" });
    assert_eq!(root(&app).put("/api/v1/superuser/users/ana", body).status(), 200);
    assert_eq!(sign_in(&app, "ana", "yet-another").status(), 200);
    assert_snapshot!(format!("{:#?}", app.rows("SELECT kind, namespace_id, metadata FROM log_entry WHERE kind LIKE 'user%'")), @r#"
    [
        [
            "user_change_password",
            "3",
            "{\"username\":\"ana\",\"superuser\":\"root\",\"oauth_token_id\":2,\"oauth_token_application_id\":\"root\",\"oauth_token_application\":\"automation\"}",
        ],
        [
            "user_change_email",
            "3",
            "{\"username\":\"ana\",\"email\":\"ana@example.org\",\"old_email\":\"ana@example.com\",\"superuser\":\"root\",\"oauth_token_id\":2,\"oauth_token_application_id\":\"root\",\"oauth_token_application\":\"automation\"}",
        ],
        [
            "user_change_password",
            "3",
            "{\"username\":\"ana\",\"superuser\":\"root\",\"oauth_token_id\":2,\"oauth_token_application_id\":\"root\",\"oauth_token_application\":\"automation\"}",
        ],
    ]
    "#);
}

#[test]
fn disabling_an_account() {
    let app = app();
    let (session, token) = (app.with_session("ana"), app.as_user("ana"));
    let path = "/api/v1/superuser/users/ana";
    assert_eq!(root(&app).put(path, json!({ "enabled": false })).json()["enabled"], false);
    assert_eq!(session.get("/api/v1/user/").status(), 401);
    assert_eq!(token.get("/api/v1/user/").status(), 401);
    assert_eq!(token.post("/api/v1/organization/", json!({ "name": "late" })).status(), 401);
    assert_eq!(sign_in(&app, "ana", "password").status(), 403);
    // Enabling gives the account back, not the sessions.
    assert_eq!(root(&app).put(path, json!({ "enabled": true })).json()["enabled"], true);
    assert_eq!(session.get("/api/v1/user/").status(), 401);
    assert_eq!(token.get("/api/v1/user/").status(), 200);
    assert_eq!(root(&app).put(path, json!({ "enabled": true })).status(), 200);
    let kinds = app.rows("SELECT kind FROM log_entry WHERE kind LIKE 'user%'");
    assert_eq!(kinds, [["user_disable"], ["user_enable"]]);
}

#[test]
fn changes_that_are_refused() {
    let app = app();
    let path = "/api/v1/superuser/users/ana";
    let before = root(&app).get(path).whole();
    for (body, message) in [
        (
            json!({ "password": "short", "enabled": false }),
            "Invalid password, password must be at least 8 characters and contain no whitespace.",
        ),
        (json!({ "email": "nope", "enabled": false }), "Invalid email address: nope"),
        (json!({ "email": "bob@example.com", "enabled": false }), "E-mail address already used"),
    ] {
        let reply = root(&app).put(path, body);
        assert_eq!((reply.status(), &reply.json()["message"]), (400, &json!(message)));
    }
    assert_eq!(root(&app).put(path, json!({ "enabled": "no" })).status(), 400);
    assert_eq!(root(&app).get(path).whole(), before);
    assert_snapshot!(root(&app).put("/api/v1/superuser/users/root", json!({ "enabled": false })).refusal(), @"400 invalid_request: Cannot update a superuser");
    assert_eq!(root(&app).put("/api/v1/superuser/users/nope", json!({})).status(), 404);
    assert_eq!(app.rows("SELECT kind FROM log_entry").len(), 0);
}

#[test]
fn deleting_an_account() {
    let app = app();
    let (session, token) = (app.with_session("bob"), app.as_user("bob"));
    app.execute("INSERT INTO repository (namespace_id, name, created_at) VALUES (4, 'app', 0)");
    assert_snapshot!(root(&app).delete("/api/v1/superuser/users/bob"), @"204");
    assert_eq!(session.get("/api/v1/user/").status(), 401);
    assert_eq!(token.get("/api/v1/user/").status(), 401);
    assert_eq!(app.anonymous().get("/api/v1/users/bob").status(), 404);
    assert_eq!(app.rows("SELECT name FROM repository").len(), 0);
    assert_eq!(root(&app).delete("/api/v1/superuser/users/bob").status(), 404);
    // The name is free.
    let body = json!({ "username": "bob", "email": "bob@example.com" });
    assert_eq!(root(&app).post(USERS, body).status(), 200);
    assert_eq!(session.get("/api/v1/user/").status(), 401);
    assert_snapshot!(format!("{:?}", app.rows("SELECT kind, namespace_id, metadata FROM log_entry ORDER BY id LIMIT 1")), @r#"[["user_delete", "4", "{\"username\":\"bob\",\"superuser\":\"root\",\"oauth_token_id\":2,\"oauth_token_application_id\":\"root\",\"oauth_token_application\":\"automation\"}"]]"#);
}

#[test]
fn a_sole_owner_of_organizations_stays() {
    let app = app();
    assert_snapshot!(root(&app).delete("/api/v1/superuser/users/ana").refusal(), @"400 invalid_request: Cannot delete ana, the only administrator of: acme, bare");
    assert_eq!(app.rows("SELECT kind FROM log_entry").len(), 0);
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT id, organization_id, 4, 'user' FROM team",
    );
    assert_eq!(root(&app).delete("/api/v1/superuser/users/ana").status(), 204);
    assert_eq!(app.with_session("bob").get("/api/v1/organization/acme").json()["is_admin"], true);
}

#[test]
fn superusers_are_not_deleted() {
    let app = app();
    assert_snapshot!(root(&app).delete("/api/v1/superuser/users/root").refusal(), @"400 invalid_request: Cannot delete a superuser");
    app.execute("UPDATE user_profile SET is_first = 1 WHERE account_id = 4");
    assert_eq!(root(&app).delete("/api/v1/superuser/users/bob").status(), 400);
    assert_eq!(root(&app).put("/api/v1/superuser/users/bob", json!({})).status(), 400);
    let ownership = root(&app).post_empty("/api/v1/superuser/takeownership/bob");
    assert_eq!(ownership.json()["detail"], "Cannot take ownership of a superuser");
}

#[test]
fn renaming_an_organization() {
    let app = app();
    app.execute(
        "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
        VALUES ('r', 'robot', 'acme+build', 'r', 5, 0)",
    );
    assert_snapshot!(root(&app).put(&format!("{ORGS}acme"), json!({ "name": "apex" })), @r#"
    200
    {
      "name": "apex",
      "email": "acme@example.com",
      "avatar": "<avatar>"
    }
    "#);
    assert_eq!(app.anonymous().get("/api/v1/organization/acme").status(), 404);
    assert_eq!(app.with_session("ana").get("/api/v1/organization/apex").json()["is_admin"], true);
    assert_eq!(app.rows("SELECT name FROM account WHERE kind = 'robot'"), [["apex+build"]]);
    // An empty change is fine.
    assert_eq!(root(&app).put(&format!("{ORGS}apex"), json!({})).json()["name"], "apex");
    assert_eq!(root(&app).put(&format!("{ORGS}apex"), json!({ "name": "apex" })).status(), 200);
    assert_snapshot!(format!("{:?}", app.rows("SELECT kind, namespace_id, metadata FROM log_entry")), @r#"[["org_change_name", "5", "{\"namespace\":\"apex\",\"old_name\":\"acme\",\"oauth_token_id\":1,\"oauth_token_application_id\":\"root\",\"oauth_token_application\":\"automation\"}"]]"#);
    for (name, message) in [
        ("bare", "A user or organization with this name already exists"),
        ("ana", "A user or organization with this name already exists"),
    ] {
        let reply = root(&app).put(&format!("{ORGS}apex"), json!({ "name": name }));
        assert_eq!((reply.status(), &reply.json()["detail"]), (400, &json!(message)));
    }
    assert_snapshot!(root(&app).put(&format!("{ORGS}apex"), json!({ "name": "Apex" })), @r#"
    400
    {
      "message": "Invalid username Apex: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$"
    }
    "#);
    assert_eq!(root(&app).put(&format!("{ORGS}ana"), json!({ "name": "new" })).status(), 404);
    assert_eq!(root(&app).put(&format!("{ORGS}apex"), json!({ "name": 5 })).status(), 400);
}

#[test]
fn deleting_an_organization() {
    let app = app();
    assert_snapshot!(root(&app).delete(&format!("{ORGS}acme")), @"204");
    assert_snapshot!(root(&app).delete(&format!("{ORGS}acme")).refusal(), @"404 not_found: Not Found");
    assert_eq!(root(&app).delete(&format!("{ORGS}ana")).status(), 404);
    assert_eq!(app.rows("SELECT kind FROM log_entry"), [["org_delete"]]);
}

#[test]
fn taking_ownership_of_an_organization() {
    let app = app();
    assert_snapshot!(root(&app).post_empty("/api/v1/superuser/takeownership/acme"), @r#"
    200
    {
      "namespace": "acme"
    }
    "#);
    let view = app.with_session("root").get("/api/v1/organization/acme").json();
    assert_eq!(
        (&view["is_admin"], &view["teams"]["owners"]["member_count"]),
        (&json!(true), &json!(2))
    );
    // A second time changes nothing.
    assert_eq!(root(&app).post_empty("/api/v1/superuser/takeownership/acme").status(), 200);
    assert_eq!(app.rows("SELECT id FROM team_member WHERE organization_id = 5").len(), 2);
    assert_eq!(root(&app).post_empty("/api/v1/superuser/takeownership/nope").status(), 404);
    assert_snapshot!(format!("{:?}", app.rows("SELECT kind, namespace_id, metadata FROM log_entry ORDER BY id LIMIT 1")), @r#"[["take_ownership", "5", "{\"entity_id\":5,\"namespace\":\"acme\",\"was_user\":false,\"superuser\":\"root\",\"oauth_token_id\":1,\"oauth_token_application_id\":\"root\",\"oauth_token_application\":\"automation\"}"]]"#);
}

#[test]
fn taking_ownership_of_a_person_s_account() {
    let app = app();
    let (session, token) = (app.with_session("bob"), app.as_user("bob"));
    app.execute("INSERT INTO repository (namespace_id, name, created_at) VALUES (4, 'app', 0)");
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        VALUES (1, 5, 4, 'user')",
    );
    assert_eq!(root(&app).post_empty("/api/v1/superuser/takeownership/bob").status(), 200);
    let view = app.with_session("root").get("/api/v1/organization/bob").json();
    assert_eq!((&view["is_admin"], &view["ordered_teams"]), (&json!(true), &json!(["owners"])));
    assert_eq!(app.anonymous().get("/api/v1/users/bob").status(), 404);
    assert_eq!(session.get("/api/v1/user/").status(), 401);
    assert_eq!(token.get("/api/v1/user/").status(), 401);
    assert_eq!(sign_in(&app, "bob", "password").status(), 403);
    assert_eq!(app.rows("SELECT name FROM repository"), [["app"]]);
    assert_eq!(app.rows("SELECT id FROM team_member WHERE organization_id = 5").len(), 1);
    // The last owner of an organization cannot become one.
    assert_snapshot!(root(&app).post_empty("/api/v1/superuser/takeownership/ana").refusal(), @"400 invalid_request: Cannot take ownership of ana, the only administrator of: acme, bare");
    assert_eq!(app.anonymous().get("/api/v1/users/ana").status(), 200);
}

/// The trigger `user_becomes_organization` names every table that references (id, kind) of an account.
#[test]
fn the_trigger_for_new_organizations_names_every_table_of_a_person() {
    let app = app();
    let tables = app.rows(
        "SELECT DISTINCT m.name FROM sqlite_master m, pragma_foreign_key_list(m.name) f
        WHERE m.type = 'table' AND f.\"table\" = 'account' AND f.\"to\" = 'kind'",
    );
    assert!(tables.len() >= 5, "{tables:?}");
    // These belong to organizations and robots only.
    let others = ["team", "default_permission", "proxy_cache_config", "robot"];
    let trigger =
        app.rows("SELECT sql FROM sqlite_master WHERE name = 'user_becomes_organization'");
    for table in tables.iter().flatten().filter(|table| !others.contains(&table.as_str())) {
        let part = format!("DELETE FROM {table} WHERE account_id = OLD.id");
        assert!(trigger[0][0].contains(&part), "{table}");
    }
}
