//! Searching for people, robots, teams and organizations.

use berth_test::{App, As};
use insta::assert_snapshot;
use serde_json::{Value, json};

fn app() -> App {
    let app = App::new()
        .with_user("ana")
        .with_user("anabel")
        .with_user("bob")
        .with_organization("anacorp", "ana");
    app.execute(
        "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at) VALUES
        ('r1', 'robot', 'anacorp+analyze', 'r1', 4, 0), ('r2', 'robot', 'bob+analyze', 'r2', 3, 0)",
    );
    app.execute("INSERT INTO team (organization_id, name, role) VALUES (4, 'analysts', 'member')");
    app
}

fn found(who: &As<'_>, query: &str) -> Vec<String> {
    let body = who.get(&format!("/api/v1/entities/{query}")).json();
    let results = body["results"].as_array().expect("a list").iter();
    results.map(|entity| entity["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn everything_that_begins_so() {
    let app = app();
    let path = "/api/v1/entities/ana?namespace=anacorp&includeTeams=true&includeOrgs=true";
    assert_snapshot!(app.with_session("ana").get(path), @r#"
    200
    {
      "results": [
        {
          "name": "analysts",
          "kind": "team",
          "is_org_member": true,
          "avatar": "<avatar>"
        },
        {
          "name": "ana",
          "kind": "user",
          "is_robot": false,
          "avatar": "<avatar>",
          "is_org_member": true
        },
        {
          "name": "anabel",
          "kind": "user",
          "is_robot": false,
          "avatar": "<avatar>",
          "is_org_member": false
        },
        {
          "name": "anacorp+analyze",
          "kind": "user",
          "is_robot": true,
          "avatar": "<avatar>",
          "is_org_member": true
        },
        {
          "name": "anacorp",
          "kind": "org",
          "is_org_member": true,
          "avatar": "<avatar>"
        }
      ]
    }
    "#);
    assert_snapshot!(app.with_session("ana").get("/api/v1/entities/anab"), @r#"
    200
    {
      "results": [
        {
          "name": "anabel",
          "kind": "user",
          "is_robot": false,
          "avatar": "<avatar>"
        }
      ]
    }
    "#);
}

#[test]
fn what_is_inside_shows_to_members_only() {
    let app = app();
    let query = "ana?namespace=anacorp&includeTeams=true&includeOrgs=true";
    let outsider = app.with_session("bob");
    assert_eq!(found(&outsider, query), ["ana", "anabel"]);
    let members = outsider.get(&format!("/api/v1/entities/{query}")).json();
    // Membership stays hidden too.
    assert_eq!(members["results"][0]["is_org_member"], false);
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        VALUES (2, 4, 3, 'user')",
    );
    let member = app.with_session("bob");
    assert_eq!(found(&member, query), ["analysts", "ana", "anabel", "anacorp+analyze"]);
    let members = member.get(&format!("/api/v1/entities/{query}")).json();
    let flags: Vec<&Value> = members["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|e| &e["is_org_member"])
        .collect();
    assert_eq!(flags, [&json!(true), &json!(true), &json!(false), &json!(true)]);
    // A token sees as far as its scope.
    assert_eq!(found(&app.with_scope("ana", "repo:read"), query), ["ana", "anabel"]);
}

#[test]
fn robots_of_one_s_own() {
    let app = app();
    assert_eq!(
        found(&app.with_session("bob"), "an?namespace=bob"),
        ["ana", "anabel", "bob+analyze"]
    );
    assert_eq!(found(&app.with_session("ana"), "an?namespace=bob"), ["ana", "anabel"]);
    assert_eq!(found(&app.with_scope("bob", "user:read"), "an?namespace=bob"), ["ana", "anabel"]);
    let body = app.with_session("bob").get("/api/v1/entities/an?namespace=bob").json();
    assert_eq!(body["results"][2]["is_robot"], true);
    assert_eq!(body["results"][0].get("is_org_member"), None);
}

#[test]
fn prefixes() {
    let app = app();
    let bob = app.with_session("bob");
    assert_eq!(found(&bob, "ANA"), ["ana", "anabel"]);
    assert_eq!(found(&bob, "a%20nab"), ["anabel"]);
    // An exact name comes first, although it is younger.
    app.execute("UPDATE account SET name = 'anabela' WHERE name = 'ana'");
    assert_eq!(found(&bob, "anabel"), ["anabel", "anabela"]);
    // No character of a prefix is a wildcard.
    for none in ["%25", "a_a", "_", "an%25", "ana'", "an*", "%C3%BC", "an%C3%A4", "%20", "an%01"] {
        assert_eq!(found(&bob, none).len(), 0, "{none}");
    }
    assert_eq!(bob.get("/api/v1/entities/").status(), 404);
}

#[test]
fn at_most_ten() {
    let app = app();
    for number in 0..20 {
        app.execute(&format!(
            "INSERT INTO account (uuid, kind, name, email, created_at)
            VALUES ('u{number}', 'user', 'many{number}', 'many{number}', 0)"
        ));
    }
    assert_eq!(found(&app.with_session("bob"), "many").len(), 10);
}

/// The list of everybody is for known callers only.
#[test]
fn nobody_searches_without_credentials() {
    let app = app();
    assert_eq!(app.anonymous().get("/api/v1/entities/ana").status(), 401);
}
