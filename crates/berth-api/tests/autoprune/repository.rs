//! Auto-prune policies of a repository. What they may say is the same as for namespaces: `components/organizations`.

use berth_test::App;
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const POLICIES: &str = "/api/v1/repository/acme/app/autoprunepolicy/";

fn app() -> App {
    let app = App::new().with_roles().with("feature_auto_prune", "true");
    for name in ["app", "other"] {
        let body = json!({
            "namespace": "acme", "repository": name, "visibility": "private", "description": "",
        });
        assert_eq!(app.as_user("admin").post("/api/v1/repository", body).status(), 201);
    }
    app
}

fn ten() -> Value {
    json!({ "method": "number_of_tags", "value": 10 })
}

#[test]
fn a_policy_is_made_read_changed_and_deleted() {
    let app = app();
    let admin = app.as_user("admin");
    let reply = admin.post(POLICIES, ten());
    assert_eq!(reply.status(), 201, "{reply}");
    let path = format!("{POLICIES}{}", reply.json()["uuid"].as_str().expect("a uuid"));
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
        }
      ]
    }
    "#);
    let body = json!({ "method": "creation_date", "value": "7d", "tagPattern": "v1.*" });
    assert_snapshot!(admin.put(&path, body), @"204");
    assert_snapshot!(admin.get(&path), @r#"
    200
    {
      "uuid": "<uuid>",
      "method": "creation_date",
      "value": "7d",
      "tagPattern": "v1.*",
      "tagPatternMatches": true
    }
    "#);
    assert_snapshot!(admin.delete(&path), @r#"
    200
    {
      "uuid": "<uuid>"
    }
    "#);
    assert_snapshot!(admin.get(&path).refusal(), @"404 not_found: Not Found");
    assert_snapshot!(app.log(), @r#"
    create_repo acme admin {"repo":"app","namespace":"acme"}
    create_repo acme admin {"repo":"other","namespace":"acme"}
    create_repository_autoprune_policy acme admin {"method":"number_of_tags","value":10,"tag_pattern":null,"tag_pattern_matches":true,"namespace":"acme","repo":"app"}
    update_repository_autoprune_policy acme admin {"method":"creation_date","value":"7d","tag_pattern":"v1.*","tag_pattern_matches":true,"namespace":"acme","repo":"app"}
    delete_repository_autoprune_policy acme admin {"policy_uuid":"<uuid>","namespace":"acme","repo":"app"}
    "#);
}

#[test]
fn policies_stay_with_their_repository() {
    let app = app();
    let admin = app.as_user("admin");
    let reply = admin.post(POLICIES, ten());
    let uuid = reply.json()["uuid"].as_str().expect("a uuid").to_owned();
    assert_snapshot!(admin.post(POLICIES, ten()).refusal(), @"400 invalid_request: Existing policy with same values for this repository, duplicate policies are not permitted");
    let other = "/api/v1/repository/acme/other/autoprunepolicy/";
    assert_eq!(admin.post(other, ten()).status(), 201);
    assert_eq!(admin.get(&format!("{other}{uuid}")).status(), 404);
    assert_eq!(admin.put(&format!("{other}{uuid}"), ten()).status(), 404);
    assert_eq!(admin.delete(&format!("{other}{uuid}")).status(), 404);
    assert_eq!(admin.delete("/api/v1/repository/acme/app").status(), 204);
    assert_eq!(app.rows("SELECT count(*) FROM autoprune_policy"), [["1"]]);
}

#[test]
fn permitted_callers() {
    let unknown = format!("{POLICIES}nope");
    assert_snapshot!(app().matrix(&[
        (Method::GET, POLICIES, Value::Null),
        (Method::POST, POLICIES, json!({ "method": "bogus", "value": 1 })),
        (Method::GET, &unknown, Value::Null),
        (Method::PUT, &unknown, ten()),
        (Method::DELETE, &unknown, Value::Null),
    ]), @"
    GET /api/v1/repository/acme/app/autoprunepolicy/
      200 admin superuser reader admin[repo:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    POST /api/v1/repository/acme/app/autoprunepolicy/
      400 admin superuser admin[repo:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    GET /api/v1/repository/acme/app/autoprunepolicy/nope
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
      404 admin superuser reader admin[repo:admin] superuser[super:user] reader[repo:read]
    PUT /api/v1/repository/acme/app/autoprunepolicy/nope
    DELETE /api/v1/repository/acme/app/autoprunepolicy/nope
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 admin superuser admin[repo:admin] superuser[super:user]
    ");
}

#[test]
fn without_the_feature_there_is_no_path_and_no_repository_of_that_name() {
    let app = app().with("feature_auto_prune", "false");
    let admin = app.as_user("admin");
    assert_eq!(admin.get(POLICIES).status(), 404);
    assert_eq!(admin.post(POLICIES, ten()).status(), 404);
    assert_eq!(admin.delete(POLICIES).status(), 404);
}
