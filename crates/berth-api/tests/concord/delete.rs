//! 5.4: an organization is deleted.

use insta::assert_snapshot;
use serde_json::json;

use super::{app, from_quay, id_of, post};

#[test]
fn deletion_must_be_confirmed_by_every_caller_and_for_every_name() {
    let app = app();
    for user in ["root", "ana", "bob", "reader"] {
        for path in ["acme", "acme?confirmation=no", "acme?confirmation=", "nope"] {
            let reply = app.as_user(user).delete(&format!("/api/v1/org/{path}"));
            assert_eq!(reply.to_string(), "400\nOperation must be confirmed", "{user} {path}");
        }
    }
    assert_eq!(app.anonymous().delete("/api/v1/org/acme").to_string(), "401");
    assert_eq!(app.anonymous().delete("/api/v1/org/acme?confirmation=yes").to_string(), "401");
}

#[test]
fn superusers_delete_and_the_owner_does_not() {
    let app = app();
    let weak = app.with_scope("root", "org:admin");
    let refused = "403\nERROR: org.apache.shiro.authz.AuthorizationException: Only admins are allowed to update organizations";
    for client in [app.as_user("ana"), app.as_user("bob"), app.as_user("reader"), weak] {
        for name in ["acme", "nope", "bob"] {
            let reply = client.delete(&format!("/api/v1/org/{name}?confirmation=yes"));
            assert_eq!(reply.to_string(), refused, "{name}");
        }
    }
    assert_snapshot!(from_quay(&app, "acme"), @r#"
    "acme"
    owners ("admin", ""): ana
    "#);
}

#[test]
fn everything_goes_and_the_name_is_free() {
    let app = app();
    let (root, id) = (app.as_user("root"), id_of(&app, "acme"));
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
    assert_eq!(root.get("/api/v1/org/acme").status(), 204);
    assert_eq!(from_quay(&app, "acme"), "404");
    assert_eq!(app.rows("SELECT count(*) FROM team_member"), [["0"]]);
    assert_snapshot!(app.log(), @r#"org_delete - root {"namespace":"acme"}"#);
    let quays = json!({ "name": "acme" });
    assert_eq!(app.as_user("bob").post("/api/v1/organization/", quays).status(), 201);
    assert_ne!(id_of(&app, "acme"), id);
    assert_eq!(
        post(&app.as_user("ana"), json!({ "id": id })).split(':').next(),
        Some(r#"400 "*""#)
    );
}

/// The name is exact, and a person is no organization.
#[test]
fn only_an_organization_of_that_exact_name() {
    let app = app();
    for name in ["ACME", "bob", &id_of(&app, "acme")] {
        let reply = app.as_user("root").delete(&format!("/api/v1/org/{name}?confirmation=yes"));
        assert_eq!(reply.json()[0]["message"], format!("Organization not found: {name}"));
    }
    assert_eq!(app.rows("SELECT count(*) FROM account WHERE name IN ('acme', 'bob')"), [["2"]]);
}

/// A caller without the right must not take the write lock.
#[test]
fn the_policy_is_asked_before_a_transaction_begins() {
    let app = app();
    let (root, ana, bob) = (app.as_user("root"), app.as_user("ana"), app.as_user("bob"));
    app.fail_on(Some("BEGIN"));
    for client in [&ana, &bob] {
        assert_eq!(client.delete("/api/v1/org/acme?confirmation=yes").status(), 403);
        assert_eq!(client.post("/api/v1/org", json!({ "name": "new" })).status(), 403);
    }
    assert_eq!(bob.post("/api/v1/org", json!({ "name": "acme" })).status(), 403);
    assert_eq!(root.delete("/api/v1/org/nope?confirmation=yes").status(), 400);
}
