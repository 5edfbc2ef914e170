//! 5.2: lists.

use berth_test::{App, As};
use insta::assert_snapshot;
use serde_json::json;

use super::{app, from_quay, join, own_from_outside, post, shown};

/// Besides `acme`, which is public and `ana`'s: `beta` is `bob`'s, and of three private ones one is `eve`'s, who is in no
/// team of it.
fn several() -> App {
    let app = app().with_organization("beta", "bob");
    let root = app.as_user("root");
    for name in ["Gamma", "acme_2", "acmeX2"] {
        let body = json!({ "name": name, "visibility": "PRIVATE" });
        assert_eq!(post(&root, body), r#"200 "CREATED""#);
    }
    own_from_outside(&app, "eve", "Gamma");
    app
}

fn names(client: &As<'_>, query: &str) -> String {
    let list = client.get(&format!("/api/v1/org{query}")).json();
    let names = list.as_array().expect("a list").iter().map(|entry| entry["name"].as_str());
    names.map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ")
}

#[test]
fn entries_are_whole() {
    let app = app();
    assert_snapshot!(shown(&app.as_user("bob").get("/api/v1/org")), @r#"
    200
    [
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
    ]
    "#);
    assert_snapshot!(shown(&app.as_user("bob").get("/api/v1/org?onlyCurrent=true")), @"
    200
    []
    ");
}

#[test]
fn superusers_and_global_readers_see_all_by_exact_name() {
    let app = several();
    let all = "Gamma acme acmeX2 acme_2 beta";
    for client in [app.as_user("root"), app.as_user("reader")] {
        assert_eq!(names(&client, ""), all);
        assert_eq!(names(&client, "?onlyCurrent=true"), all);
    }
    // A token without `super:user` makes no administrator.
    assert_eq!(
        post(&app.as_user("bob"), json!({ "name": "beta", "visibility": "PRIVATE" })),
        r#"200 "UPDATED""#
    );
    assert_eq!(names(&app.as_user("root"), ""), all);
    assert_eq!(names(&app.with_scope("root", "org:admin"), ""), "Gamma acme acmeX2 acme_2");
}

#[test]
fn others_see_what_is_public_and_their_own() {
    let app = several();
    let (ana, bob, eve) = (app.as_user("ana"), app.as_user("bob"), app.as_user("eve"));
    assert_eq!(names(&ana, ""), "acme beta");
    assert_eq!(names(&ana, "?onlyCurrent=true"), "acme");
    assert_eq!(names(&bob, "?onlyCurrent=true"), "beta");
    assert_eq!(names(&eve, ""), "Gamma acme beta");
    assert_eq!(names(&eve, "?onlyCurrent=true"), "Gamma");
}

/// A member who is not the owner.
#[test]
fn members_see_their_private_organizations() {
    let app = several();
    join(&app, "ana", "acme_2", "default");
    assert_eq!(names(&app.as_user("ana"), ""), "acme acme_2 beta");
    assert_eq!(names(&app.as_user("ana"), "?onlyCurrent=true"), "acme acme_2");
    assert_snapshot!(from_quay(&app, "acme_2"), @r#"
    "acme_2"
    owners ("admin", ""): root
    default ("member", "Default team"): root, ana
    "#);
}

#[test]
fn a_part_of_the_name() {
    let app = several();
    let root = app.as_user("root");
    assert_eq!(names(&root, "?filter=ACME_"), "acme_2");
    assert_eq!(names(&root, "?filter=mM"), "Gamma");
    assert_eq!(names(&root, "?filter=%25"), "");
    assert_eq!(names(&root, "?filter="), "Gamma acme acmeX2 acme_2 beta");
    assert_eq!(names(&app.as_user("bob"), "?filter=a"), "acme beta");
}

#[test]
fn a_part_of_the_list() {
    let app = several();
    let root = app.as_user("root");
    assert_eq!(names(&root, "?limit=2"), "Gamma acme");
    assert_eq!(names(&root, "?limit=2&offset=1"), "acme acmeX2");
    assert_eq!(names(&root, "?offset=4&limit=10"), "beta");
    assert_eq!(names(&root, "?offset=5"), "");
    assert_eq!(names(&root, "?offset=-5&limit=0"), "Gamma acme acmeX2 acme_2 beta");
    assert_eq!(names(&root, "?limit=-1&filter=acme&offset=1"), "acmeX2 acme_2");
}
