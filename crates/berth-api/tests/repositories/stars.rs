//! Starred repositories.

use berth_test::App;
use insta::assert_snapshot;
use serde_json::{Value, json};

fn app() -> App {
    let app = App::new().with_user("ana").with_user("bob").with_organization("acme", "ana");
    for (name, visibility) in [("private", "private"), ("lib/public", "public")] {
        let body = json!({
            "namespace": "acme", "repository": name, "visibility": visibility, "description": "d"
        });
        assert_eq!(app.as_user("ana").post("/api/v1/repository", body).status(), 201);
    }
    app
}

fn star(name: &str) -> Value {
    json!({ "namespace": "acme", "repository": name })
}

#[test]
fn starred_and_not() {
    let app = app();
    let bob = app.as_user("bob");
    assert_snapshot!(bob.post("/api/v1/user/starred", star("lib/public")), @r#"
    201
    {
      "namespace": "acme",
      "repository": "lib/public"
    }
    "#);
    assert_eq!(bob.post("/api/v1/user/starred", star("lib/public")).status(), 201);
    assert_snapshot!(bob.get("/api/v1/user/starred"), @r#"
    200
    {
      "repositories": [
        {
          "namespace": "acme",
          "name": "lib/public",
          "description": "d",
          "is_public": true
        }
      ]
    }
    "#);
    assert_snapshot!(bob.get("/api/v1/repository?starred=true"), @r#"
    200
    {
      "repositories": [
        {
          "namespace": "acme",
          "name": "lib/public",
          "description": "d",
          "is_public": true,
          "kind": "image",
          "state": "NORMAL",
          "is_starred": true
        }
      ]
    }
    "#);
    assert_eq!(bob.get("/api/v1/repository/acme/lib/public").json()["is_starred"], true);
    let ana = app.as_user("ana");
    assert_eq!(ana.get("/api/v1/repository/acme/lib/public").json()["is_starred"], false);
    assert_snapshot!(bob.delete("/api/v1/user/starred/acme/lib/public"), @"204");
    assert_snapshot!(bob.delete("/api/v1/user/starred/acme/lib/public"), @"204");
    assert_snapshot!(bob.get("/api/v1/user/starred"), @r#"
    200
    {
      "repositories": []
    }
    "#);
}

#[test]
fn refused() {
    let app = app();
    let bob = app.as_user("bob");
    assert_snapshot!(bob.post("/api/v1/user/starred", star("private")).refusal(), @"403 insufficient_scope: Unauthorized");
    assert_eq!(bob.post("/api/v1/user/starred", star("nope")).status(), 403);
    assert_snapshot!(app.as_user("ana").post("/api/v1/user/starred", star("nope")).refusal(), @"404 not_found: Not Found");
    assert_snapshot!(bob.post("/api/v1/user/starred", json!({ "namespace": "acme" })).json()["detail"]
        .as_str().and_then(|detail| detail.lines().next()).unwrap_or_default(), @"'repository' is a required property");
    assert_eq!(app.with_scope("bob", "user:read").get("/api/v1/user/starred").status(), 403);
    assert_eq!(app.anonymous().get("/api/v1/user/starred").status(), 401);
    assert_eq!(bob.delete("/api/v1/user/starred/acme").status(), 404);
    // The answers hide what exists.
    assert_eq!(bob.delete("/api/v1/user/starred/acme/private").status(), 204);
    assert_eq!(bob.delete("/api/v1/user/starred/acme/nope").status(), 204);
}

/// A star outlives the right to see the repository; the list does not show it meanwhile.
#[test]
fn a_star_shows_nothing_that_is_hidden() {
    let app = app();
    let bob = app.as_user("bob");
    assert_eq!(bob.post("/api/v1/user/starred", star("lib/public")).status(), 201);
    let path = "/api/v1/repository/acme/lib/public/changevisibility";
    let visible = |visibility: &str| {
        let reply = app.as_user("ana").post(path, json!({ "visibility": visibility }));
        assert_eq!(reply.status(), 200);
        let list = bob.get("/api/v1/user/starred").json();
        list["repositories"].as_array().expect("a list").len()
    };
    assert_eq!(visible("private"), 0);
    assert_eq!(visible("public"), 1);
    app.execute("DELETE FROM repository WHERE name = 'lib/public'");
    assert_eq!(app.rows("SELECT count(*) FROM star"), [["0"]]);
}
