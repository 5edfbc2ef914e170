//! 5.1: an organization is made.

use insta::assert_snapshot;
use serde_json::json;

use super::{app, entry, from_quay, post, shown};

#[test]
fn an_organization_is_seen_from_both_sides() {
    let app = app();
    let root = app.as_user("root");
    let body =
        json!({ "name": "myOrg", "visibility": "PRIVATE", "meta": { "x": 123.0, "none": null } });
    assert_snapshot!(shown(&root.post("/api/v1/org", body)), @r#"
    200
    {
      "ok": true,
      "id": "<uuid>",
      "result": "CREATED"
    }
    "#);
    assert_snapshot!(entry(&app, "myOrg"), @r#"
    200
    {
      "id": "<uuid>",
      "name": "myOrg",
      "owner": {
        "id": "<uuid>",
        "username": "root",
        "userType": "LOCAL"
      },
      "visibility": "PRIVATE",
      "meta": {
        "x": 123.0
      }
    }
    "#);
    assert_snapshot!(from_quay(&app, "myOrg"), @r#"
    "myOrg"
    owners ("admin", ""): root
    default ("member", "Default team"): root
    "#);
    assert_snapshot!(root.get("/api/v1/organization/myOrg"), @r#"
    200
    {
      "name": "myOrg",
      "email": "",
      "avatar": "<avatar>",
      "is_admin": true,
      "is_member": true,
      "teams": {
        "owners": {
          "name": "owners",
          "description": "",
          "role": "admin",
          "avatar": "<avatar>",
          "can_view": true,
          "repo_count": 0,
          "member_count": 1,
          "is_synced": false
        },
        "default": {
          "name": "default",
          "description": "Default team",
          "role": "member",
          "avatar": "<avatar>",
          "can_view": true,
          "repo_count": 0,
          "member_count": 1,
          "is_synced": false
        }
      },
      "ordered_teams": [
        "owners",
        "default"
      ],
      "invoice_email": false,
      "invoice_email_address": null,
      "tag_expiration_s": 1209600,
      "is_free_account": true
    }
    "#);
    assert_snapshot!(app.log(), @r#"org_create myOrg root {"email":null,"namespace":"myOrg"}"#);
}

/// The caller gets no membership unless they are the owner.
#[test]
fn an_organization_for_somebody_else() {
    let app = app();
    let body = json!({ "name": "new", "owner": { "username": "bob" } });
    assert_snapshot!(post(&app.as_user("root"), body), @r#"200 "CREATED""#);
    assert_snapshot!(entry(&app, "new"), @r#"
    200
    {
      "id": "<uuid>",
      "name": "new",
      "owner": {
        "id": "<uuid>",
        "username": "bob",
        "userType": "LOCAL"
      },
      "visibility": "PUBLIC"
    }
    "#);
    assert_snapshot!(from_quay(&app, "new"), @r#"
    "new"
    owners ("admin", ""): bob
    default ("member", "Default team"): bob
    "#);
    assert_snapshot!(app.log(), @r#"org_create new root {"email":null,"namespace":"new"}"#);
}

#[test]
fn only_administrators_create_unless_the_setting_says_otherwise() {
    let app = app();
    let bob = app.as_user("bob");
    assert_snapshot!(post(&bob, json!({ "name": "bobs" })), @"403 ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'createOrg' permission are allowed to update organizations");
    // A token without `super:user` makes no administrator.
    let weak = app.with_scope("root", "org:admin user:admin");
    assert_eq!(post(&weak, json!({ "name": "bobs" })), post(&bob, json!({ "name": "bobs" })));
    app.set("concord_admin_only_create", "false");
    assert_snapshot!(post(&bob, json!({ "name": "bobs" })), @r#"200 "CREATED""#);
    assert_snapshot!(from_quay(&app, "bobs"), @r#"
    "bobs"
    owners ("admin", ""): bob
    default ("member", "Default team"): bob
    "#);
    let by_scope = app.with_scope("bob", "org:admin");
    assert_snapshot!(post(&by_scope, json!({ "name": "more" })), @"403 ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'createOrg' permission are allowed to update organizations");
    assert_snapshot!(post(&app.as_user("reader"), json!({ "name": "more" })), @"403 ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'createOrg' permission are allowed to update organizations");
}

/// `createOrg` is for those who may create organizations by Quay's rule.
#[test]
fn the_settings_of_quay_s_rule_count() {
    let app = app().with("concord_admin_only_create", "false");
    app.set("feature_superusers_org_creation_only", "true");
    assert_snapshot!(post(&app.as_user("bob"), json!({ "name": "bobs" })), @"403 ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'createOrg' permission are allowed to update organizations");
    assert_snapshot!(post(&app.as_user("root"), json!({ "name": "one" })), @r#"200 "CREATED""#);
    app.set("feature_superusers_org_creation_only", "false");
    app.set("feature_restricted_users", "true");
    app.set("restricted_users_whitelist", "eve");
    assert_snapshot!(post(&app.as_user("bob"), json!({ "name": "bobs" })), @"403 ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'createOrg' permission are allowed to update organizations");
    assert_snapshot!(post(&app.as_user("eve"), json!({ "name": "eves" })), @r#"200 "CREATED""#);
    assert_snapshot!(post(&app.as_user("root"), json!({ "name": "two" })), @r#"200 "CREATED""#);
}

/// A bad name is reported first; a missing right before whether a user exists; a missing name last.
#[test]
fn the_order_of_refusals() {
    let app = app();
    let (root, bob) = (app.as_user("root"), app.as_user("bob"));
    let nobody = json!({ "username": "nope" });
    assert_snapshot!(post(&bob, json!({ "name": "a", "owner": nobody })), @r#"400 "OrganizationEntry.createOrUpdate.arg0.name": "must match \"^[0-9a-zA-Z][0-9a-zA-Z_@.\\-~]{2,127}$\"""#);
    assert_snapshot!(post(&bob, json!({ "name": "new", "owner": nobody })), @"403 ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'createOrg' permission are allowed to update organizations");
    assert_snapshot!(post(&bob, json!({ "meta": {} })), @"403 ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'createOrg' permission are allowed to update organizations");
    assert_snapshot!(post(&root, json!({ "owner": nobody })), @"400 User not found: nope");
    assert_snapshot!(post(&root, json!({ "meta": {} })), @r#"400 "OrganizationEntry.createOrUpdate.arg0.name": "must not be null""#);
    assert_snapshot!(app.log(), @"");
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let app = app();
    for part in ["INSERT INTO team ", "INSERT INTO team_member", "INSERT INTO log_entry", "COMMIT"]
    {
        app.failing_on(part, || app.as_user("root").post("/api/v1/org", json!({ "name": "half" })));
        assert_eq!(app.as_user("root").get("/api/v1/org/half").status(), 204, "{part}");
        assert_eq!(from_quay(&app, "half"), "404", "{part}");
    }
}
