//! Auto-prune policies of organizations and users.

use berth_test::{App, redacted_text};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const POLICIES: &str = "/api/v1/organization/acme/autoprunepolicy/";

fn app() -> App {
    App::new().with_roles().with("feature_auto_prune", "true")
}

/// The path of a new policy.
fn made(app: &App, name: &str, base: &str, body: Value) -> String {
    let reply = app.as_user(name).post(base, body);
    assert_eq!(reply.status(), 201, "{reply}");
    format!("{base}{}", reply.json()["uuid"].as_str().expect("a uuid"))
}

#[test]
fn a_policy_is_made_read_changed_and_deleted() {
    let app = app();
    let admin = app.as_user("admin");
    assert_snapshot!(admin.get(POLICIES), @r#"
    200
    {
      "policies": []
    }
    "#);
    assert_snapshot!(admin.post(POLICIES, json!({ "method": "number_of_tags", "value": 10 })), @r#"
    201
    {
      "uuid": "<uuid>"
    }
    "#);
    let body = json!({
        "method": "creation_date", "value": "7d", "tagPattern": " v1.* ", "tagPatternMatches": false,
    });
    let path = made(&app, "admin", POLICIES, body);
    assert_snapshot!(admin.get(POLICIES), @r#"
    200
    {
      "policies": [
        {
          "uuid": "<uuid>",
          "method": "number_of_tags",
          "value": 10,
          "tagPattern": null,
          "tagPatternMatches": true
        },
        {
          "uuid": "<uuid>",
          "method": "creation_date",
          "value": "7d",
          "tagPattern": "v1.*",
          "tagPatternMatches": false
        }
      ]
    }
    "#);
    assert_snapshot!(admin.get(&path), @r#"
    200
    {
      "uuid": "<uuid>",
      "method": "creation_date",
      "value": "7d",
      "tagPattern": "v1.*",
      "tagPatternMatches": false
    }
    "#);
    let body = json!({ "uuid": "x", "method": "creation_date", "value": "2w" });
    assert_snapshot!(admin.put(&path, body.clone()), @"204");
    assert_eq!(admin.put(&path, body).status(), 204, "a policy is no duplicate of itself");
    assert_snapshot!(admin.get(&path), @r#"
    200
    {
      "uuid": "<uuid>",
      "method": "creation_date",
      "value": "2w",
      "tagPattern": null,
      "tagPatternMatches": true
    }
    "#);
    assert_snapshot!(admin.delete(&path), @r#"
    200
    {
      "uuid": "<uuid>"
    }
    "#);
    for reply in [
        admin.get(&path),
        admin.put(&path, json!({ "method": "creation_date", "value": "2w" })),
        admin.delete(&path),
    ] {
        assert_eq!(reply.status(), 404);
    }
    assert_snapshot!(admin.get(&path).refusal(), @"404 not_found: Not Found");
    let log = app.rows(
        "SELECT kind, json_remove(metadata, '$.oauth_token_id', '$.oauth_token_application_id',
            '$.oauth_token_application') FROM log_entry ORDER BY id",
    );
    let log: String =
        log.iter().map(|row| format!("{} {}\n", row[0], redacted_text(&row[1]))).collect();
    assert_snapshot!(log, @r#"
    create_namespace_autoprune_policy {"method":"number_of_tags","value":10,"tag_pattern":null,"tag_pattern_matches":true,"namespace":"acme"}
    create_namespace_autoprune_policy {"method":"creation_date","value":"7d","tag_pattern":"v1.*","tag_pattern_matches":false,"namespace":"acme"}
    update_namespace_autoprune_policy {"method":"creation_date","value":"2w","tag_pattern":null,"tag_pattern_matches":true,"namespace":"acme"}
    update_namespace_autoprune_policy {"method":"creation_date","value":"2w","tag_pattern":null,"tag_pattern_matches":true,"namespace":"acme"}
    delete_namespace_autoprune_policy {"policy_uuid":"<uuid>","namespace":"acme"}
    "#);
}

#[test]
fn policies_have_rules() {
    let app = app();
    let body = json!({ "method": "number_of_tags", "value": 10, "tagPattern": "v.*" });
    let first = made(&app, "admin", POLICIES, body.clone());
    let second = made(&app, "admin", POLICIES, json!({ "method": "number_of_tags", "value": 9 }));
    let admin = app.as_user("admin");
    let duplicate =
        "Existing policy with same values for this namespace, duplicate policies are not permitted";
    for (refused, message) in [
        (body.clone(), duplicate),
        (json!({ "method": "number_of_tags", "value": 10, "tagPattern": "v.* " }), duplicate),
        (json!({ "method": "age", "value": 10 }), "Invalid method provided"),
        (json!({ "method": "number_of_tags", "value": 0 }), "Invalid value given for method type"),
        (
            json!({ "method": "number_of_tags", "value": "5" }),
            "Invalid value given for method type",
        ),
        (json!({ "method": "creation_date", "value": 5 }), "Invalid value given for method type"),
        (json!({ "method": "creation_date", "value": "x" }), "Invalid value given for method type"),
        (
            json!({ "method": "creation_date", "value": "7d", "tagPattern": " " }),
            "tag_pattern cannot be empty",
        ),
        (json!({ "method": "creation_date" }), "'value' is a required property"),
        (
            json!({ "method": "creation_date", "value": null }),
            "None is not of type 'integer', 'string'",
        ),
        (
            json!({ "method": "creation_date", "value": "7d", "tagPattern": null }),
            "None is not of type 'string'",
        ),
    ] {
        for reply in [admin.post(POLICIES, refused.clone()), admin.put(&second, refused.clone())] {
            let line = reply.json()["error_message"].as_str().expect("a message").to_owned();
            assert_eq!((reply.status(), line.lines().next()), (400, Some(message)), "{refused}");
        }
    }
    // Another namespace may have the same.
    let own = made(&app, "admin", "/api/v1/user/autoprunepolicy/", body);
    assert_ne!(own.rsplit('/').next(), first.rsplit('/').next());
}

#[test]
fn nobody_reaches_another_s_policy() {
    let app = app().with_organization("other", "outsider");
    let body = json!({ "method": "number_of_tags", "value": 10 });
    let base = "/api/v1/organization/other/autoprunepolicy/";
    let foreign = made(&app, "outsider", base, body.clone());
    let uuid = foreign.rsplit('/').next().unwrap_or_default();
    let admin = app.as_user("admin");
    for path in [format!("{POLICIES}{uuid}"), format!("/api/v1/user/autoprunepolicy/{uuid}")] {
        assert_eq!(admin.get(&path).status(), 404, "{path}");
        assert_eq!(admin.put(&path, body.clone()).status(), 404, "{path}");
        assert_eq!(admin.delete(&path).status(), 404, "{path}");
    }
    assert_eq!(app.as_user("outsider").get(&foreign).status(), 200);
}

#[test]
fn unknown_organizations_and_the_feature_off() {
    let app = app();
    let nope = "/api/v1/organization/nope/autoprunepolicy/";
    assert_eq!(app.as_user("admin").get(nope).status(), 403);
    let superuser = app.as_user("superuser");
    assert_snapshot!(superuser.get(nope).refusal(), @"404 not_found: Not Found");
    let body = json!({ "method": "number_of_tags", "value": 10 });
    assert_eq!(superuser.post(nope, body).status(), 404);
    let own_name = "/api/v1/organization/admin/autoprunepolicy/";
    assert_eq!(app.as_user("admin").get(own_name).status(), 404, "a user is no organization");
    app.set("feature_auto_prune", "false");
    assert_eq!(app.as_user("admin").get(POLICIES).status(), 404);
    assert_eq!(app.as_user("admin").get("/api/v1/user/autoprunepolicy/").status(), 404);
}

#[test]
fn a_deleted_organization_takes_its_policies_along() {
    let app = app();
    made(&app, "admin", POLICIES, json!({ "method": "number_of_tags", "value": 10 }));
    assert_eq!(app.as_user("admin").delete("/api/v1/organization/acme").status(), 204);
    assert_eq!(app.rows("SELECT count(*) FROM autoprune_policy"), [["0"]]);
}

#[test]
fn permitted_callers() {
    let app = app();
    let bad = json!({ "method": "age", "value": 10 });
    let good = json!({ "method": "number_of_tags", "value": 10 });
    assert_snapshot!(app.matrix(&[
        (Method::GET, POLICIES, Value::Null),
        (Method::POST, POLICIES, bad.clone()),
        (Method::GET, "/api/v1/organization/acme/autoprunepolicy/none", Value::Null),
        (Method::PUT, "/api/v1/organization/acme/autoprunepolicy/none", good.clone()),
        (Method::DELETE, "/api/v1/organization/acme/autoprunepolicy/none", Value::Null),
        (Method::GET, "/api/v1/user/autoprunepolicy/", Value::Null),
        (Method::POST, "/api/v1/user/autoprunepolicy/", bad),
        (Method::GET, "/api/v1/user/autoprunepolicy/none", Value::Null),
        (Method::PUT, "/api/v1/user/autoprunepolicy/none", good),
        (Method::DELETE, "/api/v1/user/autoprunepolicy/none", Value::Null),
    ]), @"
    GET /api/v1/organization/acme/autoprunepolicy/
      200 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    POST /api/v1/organization/acme/autoprunepolicy/
      400 admin superuser admin[org:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    GET /api/v1/organization/acme/autoprunepolicy/none
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
      404 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
    PUT /api/v1/organization/acme/autoprunepolicy/none
    DELETE /api/v1/organization/acme/autoprunepolicy/none
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 admin superuser admin[org:admin] superuser[super:user]
    GET /api/v1/user/autoprunepolicy/
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    POST /api/v1/user/autoprunepolicy/
      400 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    GET /api/v1/user/autoprunepolicy/none
    PUT /api/v1/user/autoprunepolicy/none
    DELETE /api/v1/user/autoprunepolicy/none
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
      404 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
    ");
}

/// Quay's tests expect it: a global reader changes their own namespace, and nothing else.
#[test]
fn a_global_reader_prunes_their_own_tags() {
    let app = app();
    let (reader, own) = (app.as_user("reader"), "/api/v1/user/autoprunepolicy/");
    let policy = |days| json!({ "method": "creation_date", "value": format!("{days}d") });
    let made = reader.post(own, policy(7));
    assert_eq!(made.status(), 201, "{made}");
    let path = format!("{own}{}", made.json()["uuid"].as_str().expect("an id"));
    assert_eq!(reader.put(&path, policy(8)).status(), 204);
    assert_eq!(reader.delete(&path).status(), 200);
    assert_eq!(reader.post(POLICIES, policy(7)).status(), 403);
}
