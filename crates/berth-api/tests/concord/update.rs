//! 5.1: an organization is changed.

use insta::assert_snapshot;
use serde_json::json;

use super::{app, entry, from_quay, id_of, join, join_as_member, post, shown};

#[test]
fn what_is_given_is_set_and_the_rest_stays() {
    let app = app();
    let ana = app.as_user("ana");
    let body =
        json!({ "name": "acme", "visibility": "PRIVATE", "meta": { "a": 1 }, "cfg": { "b": 2 } });
    assert_snapshot!(shown(&ana.post("/api/v1/org", body)), @r#"
    200
    {
      "ok": true,
      "id": "<uuid>",
      "result": "UPDATED"
    }
    "#);
    assert_snapshot!(entry(&app, "acme"), @r#"
    200
    {
      "id": "<uuid>",
      "name": "acme",
      "owner": {
        "id": "<uuid>",
        "username": "ana",
        "userType": "LOCAL"
      },
      "visibility": "PRIVATE",
      "meta": {
        "a": 1
      },
      "cfg": {
        "b": 2
      }
    }
    "#);
    let before = ana.get("/api/v1/org/acme").json();
    for body in [
        json!({ "name": "acme" }),
        json!({ "id": id_of(&app, "acme") }),
        json!({ "id": id_of(&app, "acme"), "name": "acme", "visibility": "PRIVATE" }),
        json!({ "name": "acme", "meta": { "a": 1 } }),
        json!({ "name": "acme", "cfg": { "b": 2 } }),
    ] {
        assert_eq!(post(&ana, body), r#"200 "UPDATED""#);
        assert_eq!(ana.get("/api/v1/org/acme").json(), before);
    }
    assert_snapshot!(from_quay(&app, "acme"), @r#"
    "acme"
    owners ("admin", ""): ana
    "#);
    assert_eq!(app.anonymous().get("/api/v1/organization/acme").status(), 200);
}

#[test]
fn a_new_name_needs_the_id_and_robots_follow() {
    let app = app();
    let id = id_of(&app, "acme").to_uppercase();
    app.execute(
        "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
        SELECT 'robot', 'robot', 'acme+builder', 'robot', id, 0 FROM account WHERE name = 'acme'",
    );
    assert_snapshot!(post(&app.as_user("ana"), json!({ "id": id, "name": "Acme-2" })), @r#"200 "UPDATED""#);
    assert_eq!(app.as_user("ana").get("/api/v1/org/acme").status(), 204);
    assert_eq!(id_of(&app, "Acme-2"), id.to_lowercase());
    assert_eq!(app.rows("SELECT name FROM account WHERE kind = 'robot'"), [["Acme-2+builder"]]);
    assert_snapshot!(from_quay(&app, "Acme-2"), @r#"
    "Acme-2"
    owners ("admin", ""): ana
    "#);
    assert_eq!(from_quay(&app, "acme"), "404");
    assert_snapshot!(app.log(), @r#"org_change_settings Acme-2 ana {"namespace":"Acme-2","old_name":"acme"}"#);
}

#[test]
fn a_name_that_somebody_has() {
    let app = app().with_organization("beta", "bob");
    let (ana, id) = (app.as_user("ana"), id_of(&app, "acme"));
    assert_snapshot!(post(&ana, json!({ "id": id, "name": "beta", "visibility": "PRIVATE" })), @r#"400 "*": "Organization already exists: beta""#);
    assert_snapshot!(post(&ana, json!({ "id": id, "name": "EVE" })), @r#"400 "*": "Name is taken: EVE""#);
    assert_eq!(post(&ana, json!({ "id": id, "name": "ACME" })), r#"200 "UPDATED""#);
    assert_snapshot!(entry(&app, "ACME"), @r#"
    200
    {
      "id": "<uuid>",
      "name": "ACME",
      "owner": {
        "id": "<uuid>",
        "username": "ana",
        "userType": "LOCAL"
      },
      "visibility": "PUBLIC"
    }
    "#);
    assert_snapshot!(from_quay(&app, "beta"), @r#"
    "beta"
    owners ("admin", ""): bob
    "#);
}

#[test]
fn an_unknown_id_makes_nothing() {
    let app = app();
    let body = json!({ "id": "0FAC1B18-d179-11e7-b3e7-d7df4543ed4f", "name": "new" });
    assert_snapshot!(post(&app.as_user("root"), body.clone()), @r#"400 "*": "Organization not found: 0fac1b18-d179-11e7-b3e7-d7df4543ed4f""#);
    assert_snapshot!(post(&app.as_user("bob"), body), @r#"400 "*": "Organization not found: 0fac1b18-d179-11e7-b3e7-d7df4543ed4f""#);
    assert_eq!(from_quay(&app, "new"), "404");
    // The id of a person is none of an organization.
    let uuid = app.rows("SELECT uuid FROM account WHERE name = 'bob'")[0][0].clone();
    assert!(post(&app.as_user("bob"), json!({ "id": uuid })).starts_with("400 "));
}

/// A caller who is not the owner may not, whatever their role in Quay's teams, and does not learn
/// which users exist.
#[test]
fn superusers_and_the_owner_change_it() {
    let app = app();
    join(&app, "bob", "acme", "owners");
    join(&app, "reader", "acme", "owners");
    let body = json!({ "name": "acme", "owner": { "username": "nope" } });
    let refused = "403 ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'updateOrg' permission are allowed to update organizations";
    let weak = app.with_scope("ana", "user:admin");
    for client in [app.as_user("bob"), app.as_user("eve"), app.as_user("reader"), weak] {
        assert_eq!(post(&client, body.clone()), refused);
    }
    for client in [app.as_user("root"), app.as_user("ana"), app.with_scope("ana", "org:admin")] {
        assert_eq!(post(&client, json!({ "name": "acme" })), r#"200 "UPDATED""#);
        assert_eq!(post(&client, body.clone()), "400 User not found: nope");
    }
    assert_snapshot!(post(&app.as_user("bob"), json!({ "name": "a", "owner": {} })), @r#"400 "OrganizationEntry.createOrUpdate.arg0.name": "must match \"^[0-9a-zA-Z][0-9a-zA-Z_@.\\-~]{2,127}$\"""#);
}

#[test]
fn the_owner_hands_over_and_teams_stay() {
    let app = app();
    join_as_member(&app, "bob", "acme");
    let (ana, bob) = (app.as_user("ana"), app.as_user("bob"));
    let before = from_quay(&app, "acme");
    assert_eq!(
        post(&ana, json!({ "name": "acme", "owner": { "username": "bob" } })),
        r#"200 "UPDATED""#
    );
    assert_snapshot!(post(&ana, json!({ "name": "acme", "meta": {} })), @"403 ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'updateOrg' permission are allowed to update organizations");
    assert_snapshot!(post(&bob, json!({ "name": "acme", "visibility": "PRIVATE" })), @r#"200 "UPDATED""#);
    assert_snapshot!(entry(&app, "acme"), @r#"
    200
    {
      "id": "<uuid>",
      "name": "acme",
      "owner": {
        "id": "<uuid>",
        "username": "bob",
        "userType": "LOCAL"
      },
      "visibility": "PRIVATE"
    }
    "#);
    assert_eq!(from_quay(&app, "acme"), before);
    // Quay's owner is Quay's still.
    let body = json!({ "email": "new@example.com" });
    assert_eq!(bob.put("/api/v1/organization/acme", body.clone()).status(), 403);
    assert_eq!(ana.put("/api/v1/organization/acme", body).status(), 200);
    assert_snapshot!(app.log(), @r#"
    org_change_settings acme ana {"namespace":"acme","old_name":"acme"}
    org_change_settings acme bob {"namespace":"acme","old_name":"acme"}
    org_change_email acme ana {"email":"new@example.com","namespace":"acme","old_email":"acme@example.com"}
    "#);
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let app = app();
    for part in ["UPDATE account", "INSERT INTO log_entry", "COMMIT"] {
        app.failing_on(part, || {
            app.as_user("ana").post("/api/v1/org", json!({ "name": "acme", "meta": {} }))
        });
        assert!(app.as_user("ana").get("/api/v1/org/acme").json()["meta"].is_null(), "{part}");
    }
}
