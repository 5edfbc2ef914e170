//! 5.3: one organization, and 5.5: what Concord has nothing at.

use insta::assert_snapshot;
use serde_json::json;

use crate::{app, id_of, post, shown};

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
fn anybody_known_reads_private_ones_too() {
    let app = app();
    let body = json!({ "name": "hidden", "visibility": "PRIVATE", "meta": { "a": 1 } });
    assert_eq!(post(&app.as_user("root"), body), r#"200 "CREATED""#);
    assert_snapshot!(shown(&app.as_user("bob").get("/api/v1/org/hidden")), @r#"
    200
    {
      "id": "<uuid>",
      "name": "hidden",
      "owner": {
        "id": "<uuid>",
        "username": "root",
        "userType": "LOCAL"
      },
      "visibility": "PRIVATE",
      "meta": {
        "a": 1
      }
    }
    "#);
    assert_eq!(app.with_scope("bob", "repo:read").get("/api/v1/org/hidden").status(), 200);
    assert_snapshot!(app.anonymous().get("/api/v1/org/hidden"), @"401");
}

#[test]
fn unknown_names_are_204() {
    let app = app();
    let bob = app.as_user("bob");
    for name in ["nope", "ACME", "a", "a b", "bob", &id_of(&app, "acme")] {
        assert_eq!(bob.get(&format!("/api/v1/org/{name}")).to_string(), "204", "{name}");
    }
}

#[test]
fn there_is_nothing_below_an_organization() {
    let app = app();
    for path in ["access", "access/bulk", "owner", "team", "project"] {
        let reply = app.as_user("root").get(&format!("/api/v1/org/acme/{path}"));
        assert_eq!((reply.status(), reply.0.body.len()), (404, 0), "{path}");
    }
}
