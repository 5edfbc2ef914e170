//! 5.3: one organization, and 5.5: the paths that Concord does not have.

use berth_test::As;
use insta::assert_snapshot;
use serde_json::json;

use super::{app, id_of, join_as_member, own_from_outside, post, shown};

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

/// Security finding C6: any account, with any token, read the documents of private organizations by name.
#[test]
fn documents_of_private_ones_are_for_members() {
    let app = app();
    let documents =
        json!({ "name": "hidden", "visibility": "PRIVATE", "meta": { "a": 1 }, "cfg": { "b": 2 } });
    assert_eq!(post(&app.as_user("root"), documents), r#"200 "CREATED""#);
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
      "visibility": "PRIVATE"
    }
    "#);
    join_as_member(&app, "ana", "hidden");
    own_from_outside(&app, "eve", "hidden");
    let sees = |client: &As<'_>| {
        let by_name = client.get("/api/v1/org/hidden").json();
        let list = client.get("/api/v1/org").json();
        let mut listed = list.as_array().expect("a list").iter();
        // Where it is listed at all, list and entry agree.
        if let Some(listed) = listed.find(|entry| entry["name"] == "hidden") {
            assert_eq!(listed, &by_name);
        }
        let documents = (by_name.get("meta"), by_name.get("cfg"));
        assert_eq!(documents.0.is_some(), documents.1.is_some(), "{by_name}");
        documents.0.is_some()
    };
    for person in ["root", "reader", "ana", "eve"] {
        assert!(sees(&app.as_user(person)), "{person}");
    }
    assert!(sees(&app.with_scope("reader", "repo:read")));
    assert!(sees(&app.with_scope("ana", "org:admin")));
    for (person, scope) in [
        ("ana", "repo:read"),
        ("ana", "user:admin"),
        ("eve", "super:user"),
        ("bob", "org:admin"),
        ("root", "user:admin"),
    ] {
        assert!(!sees(&app.with_scope(person, scope)), "{person} {scope}");
    }
    assert_snapshot!(app.anonymous().get("/api/v1/org/hidden"), @"401");
    let public = json!({ "name": "hidden", "visibility": "PUBLIC" });
    assert_eq!(post(&app.as_user("root"), public), r#"200 "UPDATED""#);
    assert!(sees(&app.with_scope("bob", "repo:read")));
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
