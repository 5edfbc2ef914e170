//! Lists of what there is none of: consoles show these lists on the pages of a repository.

use berth_test::App;
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

/// A person of each role, with `acme/lib/x` that the members may read.
fn app() -> App {
    let app = App::new().with_roles();
    let admin = app.as_user("admin");
    let body = json!({
        "namespace": "acme", "repository": "lib/x", "visibility": "private", "description": ""
    });
    assert_eq!(admin.post("/api/v1/repository", body).status(), 201);
    let path = "/api/v1/repository/acme/lib/x/permissions/team/members";
    assert_eq!(admin.put(path, json!({ "role": "read" })).status(), 200);
    app
}

#[test]
fn the_lists_are_empty() {
    let app = app();
    let admin = app.as_user("admin");
    assert_snapshot!(admin.get("/api/v1/repository/acme/lib/x/notification/"), @r#"
    200
    {
      "notifications": []
    }
    "#);
}

/// As the other rows of a repository: callers who may not read it learn nothing, and those who may learn that a missing
/// one is missing.
#[test]
fn permitted_callers() {
    let nothing = Value::Null;
    assert_snapshot!(app().matrix(&[
        (Method::GET, "/api/v1/repository/acme/lib/x/notification/", nothing.clone()),
        (Method::GET, "/api/v1/repository/acme/ghost/notification/", nothing),
        (Method::POST, "/api/v1/repository/acme/lib/x/exportlogs", json!({})),
        (Method::POST, "/api/v1/repository/acme/ghost/exportlogs", json!({})),
    ]), @"
    GET /api/v1/repository/acme/lib/x/notification/
      200 admin superuser reader admin[repo:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    GET /api/v1/repository/acme/ghost/notification/
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
      404 admin superuser reader admin[repo:admin] superuser[super:user] reader[repo:read]
    POST /api/v1/repository/acme/lib/x/exportlogs
      400 admin superuser reader admin[repo:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    POST /api/v1/repository/acme/ghost/exportlogs
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
      404 admin superuser reader admin[repo:admin] superuser[super:user] reader[repo:read]
    ");
}
