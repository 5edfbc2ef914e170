//! Permitted callers of every row, by role and by scope.

use berth_test::App;
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

/// A person of each role, with `acme/lib/x` that the creators may write and the members may read.
fn app() -> App {
    let app = App::new().with_roles();
    let admin = app.as_user("admin");
    let body = json!({
        "namespace": "acme", "repository": "lib/x", "visibility": "private", "description": ""
    });
    assert_eq!(admin.post("/api/v1/repository", body).status(), 201);
    for (team, role) in [("creators", "write"), ("members", "read")] {
        let path = format!("/api/v1/repository/acme/lib/x/permissions/team/{team}");
        assert_eq!(admin.put(&path, json!({ "role": role })).status(), 200);
    }
    app
}

#[test]
fn repositories() {
    let nothing = Value::Null;
    let taken = json!({
        "namespace": "acme", "repository": "lib/x", "visibility": "private", "description": ""
    });
    let misnamed = json!({ "repository": "X", "visibility": "private", "description": "" });
    let star = json!({ "namespace": "acme", "repository": "lib/x" });
    assert_snapshot!(app().matrix(&[
        (Method::POST, "/api/v1/repository", taken),
        (Method::POST, "/api/v1/repository", misnamed),
        (Method::GET, "/api/v1/repository?namespace=acme", nothing.clone()),
        (Method::GET, "/api/v1/organization/acme/repositories", nothing.clone()),
        (Method::GET, "/api/v1/repository/acme/lib/x", nothing.clone()),
        (Method::PUT, "/api/v1/repository/acme/lib/x", json!({})),
        (Method::POST, "/api/v1/repository/acme/lib/x/changevisibility", json!({})),
        (Method::DELETE, "/api/v1/repository/acme/ghost", nothing.clone()),
        (Method::GET, "/api/v1/user/starred", nothing.clone()),
        (Method::POST, "/api/v1/user/starred", star),
        (Method::DELETE, "/api/v1/user/starred/acme/lib/x", nothing),
    ]), @"
    POST /api/v1/repository
      400 creator admin superuser admin[repo:create] admin[org:admin] superuser[super:user]
      401 anonymous
      403 outsider member reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    POST /api/v1/repository
      400 outsider member creator admin superuser admin[repo:create] admin[org:admin] superuser[super:user] superuser[org:admin]
      401 anonymous
      403 reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[user:read] admin[user:admin] admin[super:user] superuser[user:admin] reader[repo:read]
    GET /api/v1/repository?namespace=acme
    GET /api/v1/organization/acme/repositories
      200 anonymous outsider member creator admin superuser reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    GET /api/v1/repository/acme/lib/x
      200 member creator admin superuser reader admin[repo:read] admin[repo:write] admin[repo:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    PUT /api/v1/repository/acme/lib/x
      400 creator admin superuser admin[repo:write] admin[repo:admin] superuser[super:user]
      401 anonymous
      403 outsider member reader admin[repo:read] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    POST /api/v1/repository/acme/lib/x/changevisibility
      400 admin superuser admin[repo:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    DELETE /api/v1/repository/acme/ghost
      204 admin superuser admin[repo:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    GET /api/v1/user/starred
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    POST /api/v1/user/starred
      201 member creator admin superuser reader
      401 anonymous
      403 outsider admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    DELETE /api/v1/user/starred/acme/lib/x
      204 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    ");
}

#[test]
fn permissions() {
    let nothing = Value::Null;
    let role = json!({ "role": "read" });
    assert_snapshot!(app().matrix(&[
        (Method::GET, "/api/v1/repository/acme/lib/x/permissions/user/", nothing.clone()),
        (Method::GET, "/api/v1/repository/acme/lib/x/permissions/user/admin", nothing.clone()),
        (Method::PUT, "/api/v1/repository/acme/lib/x/permissions/user/ghost", role.clone()),
        (Method::DELETE, "/api/v1/repository/acme/lib/x/permissions/user/ghost", nothing.clone()),
        (Method::GET, "/api/v1/repository/acme/lib/x/permissions/user/admin/transitive", nothing.clone()),
        (Method::GET, "/api/v1/repository/acme/lib/x/permissions/team/", nothing.clone()),
        (Method::GET, "/api/v1/repository/acme/lib/x/permissions/team/members", nothing.clone()),
        (Method::PUT, "/api/v1/repository/acme/lib/x/permissions/team/ghost", role.clone()),
        (Method::DELETE, "/api/v1/repository/acme/lib/x/permissions/team/ghost", nothing.clone()),
        (Method::PUT, "/api/v1/organization/acme/team/ghost/permissions/lib/x", role),
        (Method::DELETE, "/api/v1/organization/acme/team/ghost/permissions/lib/x", nothing),
    ]), @"
    GET /api/v1/repository/acme/lib/x/permissions/user/
    GET /api/v1/repository/acme/lib/x/permissions/user/admin
      200 admin superuser reader admin[repo:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    PUT /api/v1/repository/acme/lib/x/permissions/user/ghost
    DELETE /api/v1/repository/acme/lib/x/permissions/user/ghost
      400 admin superuser admin[repo:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    GET /api/v1/repository/acme/lib/x/permissions/user/admin/transitive
    GET /api/v1/repository/acme/lib/x/permissions/team/
    GET /api/v1/repository/acme/lib/x/permissions/team/members
      200 admin superuser reader admin[repo:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    PUT /api/v1/repository/acme/lib/x/permissions/team/ghost
    DELETE /api/v1/repository/acme/lib/x/permissions/team/ghost
    PUT /api/v1/organization/acme/team/ghost/permissions/lib/x
    DELETE /api/v1/organization/acme/team/ghost/permissions/lib/x
      400 admin superuser admin[repo:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    ");
}

#[test]
fn default_permissions() {
    let nothing = Value::Null;
    let unknown = json!({ "role": "read", "delegate": { "kind": "user", "name": "ghost" } });
    assert_snapshot!(app().matrix(&[
        (Method::GET, "/api/v1/organization/acme/prototypes", nothing.clone()),
        (Method::POST, "/api/v1/organization/acme/prototypes", unknown),
        (Method::PUT, "/api/v1/organization/acme/prototypes/ghost", json!({ "role": "read" })),
        (Method::DELETE, "/api/v1/organization/acme/prototypes/ghost", nothing),
    ]), @"
    GET /api/v1/organization/acme/prototypes
      200 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    POST /api/v1/organization/acme/prototypes
      400 admin superuser admin[org:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    PUT /api/v1/organization/acme/prototypes/ghost
    DELETE /api/v1/organization/acme/prototypes/ghost
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 admin superuser admin[org:admin] superuser[super:user]
    ");
}
