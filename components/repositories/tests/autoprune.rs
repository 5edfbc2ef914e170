//! Auto-prune policies of a repository. What they may say is the same as for namespaces: `components/organizations`.

use berth_repositories::ROUTES;
use berth_test::App;
use berth_web::Method::{Delete, Get, Post, Put};
use insta::assert_snapshot;
use serde_json::{Value, json};

const POLICIES: &str = "/api/v1/repository/acme/app/autoprunepolicy/";

fn app() -> App {
    let app = App::new(&[ROUTES]).with_cast().with("feature_auto_prune", "true");
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
    assert_snapshot!(admin.get(POLICIES), @"");
    let body = json!({ "method": "creation_date", "value": "7d", "tagPattern": "v1.*" });
    assert_snapshot!(admin.put(&path, body), @"");
    assert_snapshot!(admin.get(&path), @"");
    assert_snapshot!(admin.delete(&path), @"");
    assert_snapshot!(admin.get(&path), @"");
    assert_snapshot!(app.log(), @"");
}

#[test]
fn policies_stay_with_their_repository() {
    let app = app();
    let admin = app.as_user("admin");
    let reply = admin.post(POLICIES, ten());
    let uuid = reply.json()["uuid"].as_str().expect("a uuid").to_owned();
    assert_snapshot!(admin.post(POLICIES, ten()), @"");
    let other = "/api/v1/repository/acme/other/autoprunepolicy/";
    assert_eq!(admin.post(other, ten()).status(), 201);
    assert_eq!(admin.get(&format!("{other}{uuid}")).status(), 404);
    assert_eq!(admin.put(&format!("{other}{uuid}"), ten()).status(), 404);
    assert_eq!(admin.delete(&format!("{other}{uuid}")).status(), 404);
    assert_eq!(admin.delete("/api/v1/repository/acme/app").status(), 204);
    assert_eq!(app.rows("SELECT count(*) FROM autoprune_policy"), [["1"]]);
}

#[test]
fn who_may() {
    let unknown = format!("{POLICIES}nope");
    assert_snapshot!(app().matrix(&[
        (Get, POLICIES, Value::Null),
        (Post, POLICIES, json!({ "method": "bogus", "value": 1 })),
        (Get, &unknown, Value::Null),
        (Put, &unknown, ten()),
        (Delete, &unknown, Value::Null),
    ]), @"");
}

#[test]
fn without_the_feature_the_path_is_that_of_a_repository() {
    let app = app().with("feature_auto_prune", "false");
    let admin = app.as_user("admin");
    assert_eq!(admin.get(POLICIES).status(), 404);
    assert_eq!(admin.delete(&format!("{POLICIES}nope")).status(), 204);
    assert_eq!(admin.post(POLICIES, ten()).status(), 405);
}
