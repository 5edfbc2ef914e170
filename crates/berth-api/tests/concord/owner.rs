//! 4.3: the owner, and how Quay's API changes them.

use berth_test::App;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{app, entry, from_quay, id_of, join, join_as_member, own_from_outside, post};

fn owner(app: &App, name: &str) -> Value {
    app.as_user("root").get(&format!("/api/v1/org/{name}")).json()["owner"]["username"].take()
}

fn uuid_of(app: &App, user: &str) -> String {
    app.rows(&format!("SELECT uuid FROM account WHERE name = '{user}'"))[0][0].clone()
}

/// Hands `acme` over as the body says; gives the answer and the owner afterwards.
fn handed(owner_member: &Value) -> (String, Value) {
    let app = app();
    join_as_member(&app, "bob", "acme");
    let answer = post(&app.as_user("ana"), json!({ "name": "acme", "owner": owner_member }));
    (answer, owner(&app, "acme"))
}

#[test]
fn an_owner_is_named_by_id_or_by_name() {
    let app = app();
    join_as_member(&app, "bob", "acme");
    let ana = app.as_user("ana");
    let id = uuid_of(&app, "bob").to_uppercase();
    let body = json!({ "name": "acme", "owner": { "id": id, "username": "eve", "more": 1 } });
    assert_eq!(post(&ana, body), r#"200 "UPDATED""#);
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
      "visibility": "PUBLIC"
    }
    "#);
    assert_snapshot!(from_quay(&app, "acme"), @r#"
    "acme"
    owners ("admin", ""): ana
    crowd ("member", ""): bob
    "#);
    assert_eq!(handed(&json!({ "username": "BOB" })), (r#"200 "UPDATED""#.into(), "bob".into()));
    let local = json!({ "username": "bob", "userType": "LOCAL", "userDomain": "" });
    assert_eq!(handed(&local), (r#"200 "UPDATED""#.into(), "bob".into()));
}

#[test]
fn nobody_named_changes_nothing() {
    for nobody in [json!({}), json!({ "id": "", "username": "" }), json!({ "userType": "LDAP" })] {
        assert_eq!(handed(&nobody), (r#"200 "UPDATED""#.into(), "ana".into()), "{nobody}");
    }
    let app = app();
    let root = app.as_user("root");
    assert_eq!(post(&root, json!({ "name": "new", "owner": {} })), r#"200 "CREATED""#);
    assert_eq!(owner(&app, "new"), "root");
}

#[test]
fn an_unknown_user_cannot_own() {
    let nobody = "0fac1b18-d179-11e7-b3e7-d7df4543ed4f";
    assert_snapshot!(handed(&json!({ "id": nobody })).0, @r#"400 "*": "User not found: 0fac1b18-d179-11e7-b3e7-d7df4543ed4f""#);
    assert_snapshot!(handed(&json!({ "username": "nope" })).0, @"400 User not found: nope");
    assert_snapshot!(handed(&json!({ "username": "acme" })).0, @"400 User not found: acme");
    assert_snapshot!(handed(&json!({ "username": "bob", "userType": "LDAP" })).0, @"400 User not found: bob");
    assert_snapshot!(handed(&json!({ "username": "bob", "userType": "SSO" })).0, @"400 User not found: bob");
    assert_snapshot!(handed(&json!({ "username": "bob", "userDomain": "example.com" })).0, @"400 User not found: bob");
    assert_snapshot!(handed(&json!({ "username": "bob", "userType": "local" })).0, @"400 ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: userType must be LOCAL, LDAP or SSO");
    assert_snapshot!(handed(&json!({ "username": "bob", "userDomain": 1 })).0, @"400 ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: userDomain must be a string");
    assert_snapshot!(handed(&json!({ "id": "nope" })).0, @"400 ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: id must be a UUID");
    assert_eq!(handed(&json!({ "username": "nope" })).1, "ana");
}

#[test]
fn a_fetched_entry_can_be_posted_back() {
    let app = app();
    let ana = app.as_user("ana");
    let fetched = ana.get("/api/v1/org/acme").json();
    assert_eq!(post(&ana, fetched.clone()), r#"200 "UPDATED""#);
    assert_eq!(ana.get("/api/v1/org/acme").json(), fetched);
}

/// People who were removed from an organization must not keep the right to rename it.
#[test]
fn a_removed_owner_no_longer_owns_it() {
    let app = app();
    let (root, ana) = (app.as_user("root"), app.as_user("ana"));
    join(&app, "bob", "acme", "owners");
    assert_eq!(post(&root, json!({ "name": "acme", "meta": { "a": 1 } })), r#"200 "UPDATED""#);
    assert_eq!(app.as_user("bob").delete("/api/v1/organization/acme/members/ana").status(), 204);
    assert_eq!(owner(&app, "acme"), "bob");
    let body = json!({ "id": id_of(&app, "acme"), "name": "mine" });
    assert_snapshot!(post(&ana, body), @"403 ERROR: org.apache.shiro.authz.AuthorizationException: Only roles with 'updateOrg' permission are allowed to update organizations");
    assert_snapshot!(from_quay(&app, "acme"), @r#"
    "acme"
    owners ("admin", ""): bob
    "#);
}

/// `eve` owns `acme` by name, and is in no team of it unless the test puts her there.
fn owned_by_eve() -> App {
    let app = app();
    own_from_outside(&app, "eve", "acme");
    app
}

/// Security finding C6: ownership was given to people who did not ask for it and whom no list of Quay's API shows.
#[test]
fn a_new_owner_is_a_member() {
    let app = app();
    for client in [app.as_user("ana"), app.as_user("root")] {
        let body = json!({ "name": "acme", "owner": { "username": "eve" }, "meta": { "a": 1 } });
        let refused = r#"400 "*": "The owner doesn't belong to the specified organization: acme""#;
        assert_eq!(post(&client, body), refused);
    }
    assert_eq!(owner(&app, "acme"), "ana");
    assert!(app.log().is_empty(), "nothing of it was stored: {}", app.log());
    join_as_member(&app, "eve", "acme");
    let body = json!({ "name": "acme", "owner": { "username": "eve" } });
    assert_eq!(post(&app.as_user("ana"), body), r#"200 "UPDATED""#);
    assert_eq!(owner(&app, "acme"), "eve");
    // The owner of a new organization is put into its teams.
    let body = json!({ "name": "new", "owner": { "username": "bob" } });
    assert_eq!(post(&app.as_user("root"), body), r#"200 "CREATED""#);
    assert_snapshot!(from_quay(&app, "new"), @r#"
    "new"
    owners ("admin", ""): bob
    default ("member", "Default team"): bob
    "#);
}

#[test]
fn an_owner_from_before_need_not_be_a_member() {
    let app = owned_by_eve();
    assert_eq!(owner(&app, "acme"), "eve");
    assert_eq!(post(&app.as_user("eve"), json!({ "name": "acme" })), r#"200 "UPDATED""#);
    assert_eq!(app.as_user("eve").get("/api/v1/organization/acme/members").status(), 403);
    assert_snapshot!(from_quay(&app, "acme"), @r#"
    "acme"
    owners ("admin", ""): ana
    "#);
}

#[test]
fn removing_an_owner_who_never_was_a_member() {
    let app = owned_by_eve();
    let ana = app.as_user("ana");
    assert_eq!(ana.delete("/api/v1/organization/acme/members/eve").status(), 204);
    assert_eq!(owner(&app, "acme"), "ana");
    assert!(app.log().ends_with(r#"org_remove_member acme ana {"member":"eve"}"#), "{}", app.log());
}

#[test]
fn leaving_one_of_two_teams_is_no_leaving() {
    let app = owned_by_eve();
    let ana = app.as_user("ana");
    assert_eq!(
        ana.put("/api/v1/organization/acme/team/two", json!({ "role": "member" })).status(),
        200
    );
    for team in ["owners", "two"] {
        join(&app, "eve", "acme", team);
    }
    assert_eq!(ana.delete("/api/v1/organization/acme/team/owners/members/eve").status(), 204);
    assert_eq!(owner(&app, "acme"), "eve");
    assert_eq!(ana.delete("/api/v1/organization/acme/team/two").status(), 204);
    assert_eq!(owner(&app, "acme"), "ana");
}

#[test]
fn leaving_an_organization_that_the_user_does_not_own() {
    let app = owned_by_eve();
    join(&app, "bob", "acme", "owners");
    let ana = app.as_user("ana");
    assert_eq!(ana.delete("/api/v1/organization/acme/members/bob").status(), 204);
    assert_eq!(owner(&app, "acme"), "eve");
}

#[test]
fn an_owner_who_is_deleted_or_becomes_an_organization() {
    for end in [
        "DELETE FROM account WHERE name = 'eve'",
        "UPDATE account SET kind = 'organization' WHERE name = 'eve'",
    ] {
        let app = owned_by_eve();
        app.execute(end);
        assert_eq!(owner(&app, "acme"), "ana", "{end}");
    }
}

#[test]
#[should_panic(expected = "an owner is a person")]
fn an_organization_owns_nothing() {
    app().execute("UPDATE account SET owner_id = id WHERE name = 'acme'");
}
