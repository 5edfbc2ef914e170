//! Organizations: create, read, change, delete.

mod protocol;

use berth_test::App;
use insta::assert_snapshot;
use serde_json::json;

fn app() -> App {
    App::new().with_user("ana").with_user("bob").with_organization("acme", "ana")
}

#[test]
fn the_documented_example() {
    let app = App::new().with_user("ana");
    let ana = app.as_user("ana");
    let body = json!({ "name": "testorg", "email": "testorg@example.com" });
    assert_snapshot!(ana.post("/api/v1/organization/", body), @r#"
    201
    "Created"
    "#);
    assert_snapshot!(ana.get("/api/v1/organization/testorg"), @r#"
    200
    {
      "name": "testorg",
      "email": "testorg@example.com",
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
        }
      },
      "ordered_teams": [
        "owners"
      ],
      "invoice_email": false,
      "invoice_email_address": null,
      "tag_expiration_s": 1209600,
      "is_free_account": true
    }
    "#);
}

#[test]
fn a_taken_name_is_refused() {
    let app = app();
    assert_snapshot!(app.as_user("bob").post("/api/v1/organization/", json!({ "name": "acme" })).refusal(), @"400 invalid_request: A user or organization with this name already exists");
}

#[test]
fn everybody_sees_that_it_exists() {
    assert_snapshot!(app().anonymous().get("/api/v1/organization/acme"), @r#"
    200
    {
      "name": "acme",
      "email": "",
      "avatar": "<avatar>",
      "is_admin": false,
      "is_member": false
    }
    "#);
    assert_snapshot!(app().as_user("bob").get("/api/v1/organization/nope").refusal(), @"404 not_found: Not Found");
}

#[test]
fn a_refused_change_changes_nothing() {
    let app = app();
    let ana = app.as_user("ana");
    let before = ana.get("/api/v1/organization/acme").to_string();
    let body = json!({ "invoice_email": true, "email": "nope" });
    assert_snapshot!(ana.put("/api/v1/organization/acme", body).refusal(), @"400 invalid_request: Invalid email address");
    assert_eq!(ana.get("/api/v1/organization/acme").to_string(), before);
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let app = app();
    for part in ["INSERT INTO team ", "INSERT INTO team_member", "INSERT INTO log_entry", "COMMIT"]
    {
        app.failing_on(part, || {
            app.as_user("ana").post("/api/v1/organization/", json!({ "name": "half" }))
        });
        assert_eq!(app.as_user("ana").get("/api/v1/organization/half").status(), 404, "{part}");
    }
}

#[test]
fn a_deleted_name_is_free_at_once() {
    let app = app();
    let ana = app.as_user("ana");
    assert_snapshot!(ana.delete("/api/v1/organization/acme"), @"204");
    assert_snapshot!(ana.post("/api/v1/organization/", json!({ "name": "acme" })), @r#"
    201
    "Created"
    "#);
}

/// Quay's answer says that an administrator may view every team, whatever their token: it looks at the role there, and at
/// the scopes of the token where members are read.
#[test]
fn which_teams_are_said_to_be_viewable() {
    let app = App::new().with_roles();
    let viewable = |person: &str, scope: &str| {
        let view = app.with_scope(person, scope).get("/api/v1/organization/acme").json();
        let teams = view["teams"].as_object().expect("teams are shown").clone();
        let viewable = teams.values().filter(|team| team["can_view"] == true);
        let names: Vec<String> =
            viewable.filter_map(|team| team["name"].as_str().map(str::to_owned)).collect();
        assert_eq!(view["is_admin"], scope == "org:admin" && person != "member");
        names.join(" ")
    };
    assert_eq!(viewable("admin", "org:admin"), "owners creators members");
    assert_eq!(viewable("admin", "repo:create"), "owners creators members");
    assert_eq!(viewable("member", "repo:create"), "members");
    assert_eq!(viewable("member", "org:admin"), "members");
    let weak = app.with_scope("admin", "repo:create");
    assert_eq!(weak.get("/api/v1/organization/acme/team/owners/members").status(), 200);
    assert_eq!(weak.get("/api/v1/organization/acme/team/members/members").status(), 403);
}
