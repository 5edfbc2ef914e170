//! 4.1, 4.2: names, and the members of an organization.

use berth_test::{App, Reply};
use insta::assert_snapshot;
use serde_json::json;

use super::{app, entry, from_quay, id_of, post, post_text};

/// `acme` after its owner sent this JSON.
fn changed(app: &App, members: &str) -> Reply {
    let reply = post_text(&app.as_user("ana"), &format!(r#"{{"name":"acme",{members}}}"#));
    assert_eq!(reply.status(), 200, "{reply}");
    app.as_user("ana").get("/api/v1/org/acme")
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.0.body).into_owned()
}

#[test]
fn names() {
    let app = app();
    let root = app.as_user("root");
    let longest = "a".repeat(128);
    for good in ["abc", "0_@.-~", "myOrg", &longest] {
        assert_eq!(post(&root, json!({ "name": good })), r#"200 "CREATED""#, "{good}");
        assert_eq!(root.get(&format!("/api/v1/organization/{good}")).json()["name"], *good);
    }
    let too_long = "a".repeat(129);
    for bad in ["", "ab", "_abc", "abc\n", "äbc", "a b", "a+b", "a/b", &too_long] {
        assert_eq!(
            post(&root, json!({ "name": bad })),
            r#"400 "OrganizationEntry.createOrUpdate.arg0.name": "must match \"^[0-9a-zA-Z][0-9a-zA-Z_@.\\-~]{2,127}$\"""#,
            "{bad:?}"
        );
    }
}

#[test]
fn names_are_found_exactly_and_unique_without_regard_to_case() {
    let app = app();
    let root = app.as_user("root");
    assert_snapshot!(post(&root, json!({ "name": "ACME" })), @r#"400 "*": "Organization already exists: ACME""#);
    assert_snapshot!(post(&root, json!({ "name": "bob" })), @r#"400 "*": "Name is taken: bob""#);
    assert_eq!(root.get("/api/v1/org/ACME").status(), 204);
    assert_eq!(root.get("/api/v1/org/bob").status(), 204);
}

#[test]
fn an_id_is_a_uuid_in_lower_case_and_sorts_by_time() {
    let app = app();
    let root = app.as_user("root");
    let mut made = Vec::new();
    for name in ["one", "two"] {
        assert_eq!(post(&root, json!({ "id": "", "name": name })), r#"200 "CREATED""#);
        app.advance(1);
        made.push(id_of(&app, name));
    }
    assert!(made[0] < made[1] && made[0].as_bytes()[14] == b'7', "{made:?}");
    assert_eq!(made[0], made[0].to_lowercase());
}

#[test]
fn visibility_by_name_and_by_position() {
    let app = app();
    for (given, shown) in [
        (r#""PRIVATE""#, "PRIVATE"),
        ("0", "PUBLIC"),
        ("1", "PRIVATE"),
        (r#""0""#, "PUBLIC"),
        (r#""1""#, "PRIVATE"),
        ("null", "PRIVATE"),
        (r#""PUBLIC""#, "PUBLIC"),
    ] {
        let reply = changed(&app, &format!(r#""visibility":{given}"#));
        assert_eq!(reply.json()["visibility"], shown, "{given}");
    }
    for bad in [r#""public""#, r#""""#, "2", "true", r#""2""#, "[]"] {
        let body = format!(r#"{{"name":"acme","visibility":{bad}}}"#);
        let reply = post_text(&app.as_user("ana"), &body);
        let said = "400\nERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: visibility must be PUBLIC or PRIVATE";
        assert_eq!(reply.to_string(), said, "{bad}");
    }
}

#[test]
fn documents_are_replaced_whole_and_never_removed() {
    let app = app();
    assert_eq!(changed(&app, r#""meta":{"a":1,"b":2}"#).json()["meta"], json!({ "a": 1, "b": 2 }));
    assert_eq!(changed(&app, r#""meta":{"c":3}"#).json()["meta"], json!({ "c": 3 }));
    let kept = changed(&app, r#""meta":null,"cfg":{}"#).json();
    assert_eq!((&kept["meta"], &kept["cfg"]), (&json!({ "c": 3 }), &json!({})));
    assert_eq!(changed(&app, r#""meta":{}"#).json()["meta"], json!({}));
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
      "visibility": "PUBLIC",
      "meta": {},
      "cfg": {}
    }
    "#);
    assert_snapshot!(from_quay(&app, "acme"), @r#"
    "acme"
    owners ("admin", ""): ana
    "#);
}

#[test]
fn documents_come_back_as_they_were_given() {
    let app = app();
    let document = r#"{"big":123456789012345678901234567890,"bool":[true,false],"far":1e400,"float":123.0,"less":-0,"precise":1.10,"text":"é\n\"","whole":123}"#;
    for name in ["meta", "cfg"] {
        let reply = changed(&app, &format!(r#""{name}":{document}"#));
        assert!(text(&reply).contains(&format!(r#""{name}":{document}"#)), "{}", text(&reply));
    }
    let list = text(&app.as_user("ana").get("/api/v1/org"));
    assert_eq!(list.matches(document).count(), 2, "{list}");
}

#[test]
fn nulls_and_nuls_are_dropped() {
    let app = app();
    let given =
        r#""meta":{"a":null,"b":{"c":null,"d":[null,{"e":null,"f":"x\u0000y"}]},"g\u0000":1}"#;
    assert_snapshot!(text(&changed(&app, given)).split_once("meta").expect("meta").1, @r#"":{"b":{"d":[null,{"f":"xy"}]},"g":1}}"#);
}

#[test]
fn documents_have_a_size() {
    let app = app();
    let with = |length: usize| {
        let document = json!({ "a": "x".repeat(length) });
        post(&app.as_user("ana"), json!({ "name": "acme", "cfg": document, "meta": {} }))
    };
    let around = r#"{"a":""}"#.len();
    assert_eq!(with(65_536 - around), r#"200 "UPDATED""#);
    assert_snapshot!(with(65_537 - around), @r#"400 "OrganizationEntry.createOrUpdate.arg0.cfg": "size must be between 0 and 65536""#);
}

#[test]
fn documents_have_a_depth() {
    let app = app();
    let with = |depth: usize| {
        let document =
            format!("{}{}", r#"{"a":"#.repeat(depth - 1), "{}".to_owned() + &"}".repeat(depth - 1));
        post_text(&app.as_user("ana"), &format!(r#"{{"name":"acme","meta":{document}}}"#))
            .to_string()
    };
    assert!(with(128).starts_with("200"));
    assert_snapshot!(with(129), @"
    400
    ERROR: com.fasterxml.jackson.core.JsonParseException: recursion limit exceeded
    ");
    assert_eq!(with(10_000), with(129));
}

/// The text counts as it was sent, including the parts that are dropped.
#[test]
fn documents_have_their_size_before_they_are_cleaned() {
    let app = app();
    for filling in [" ".repeat(65_536), format!("\"a\":[{}]", vec!["[]"; 30_000].join(","))] {
        let body = format!(r#"{{"name":"acme","meta":{{{filling}}}}}"#);
        let reply = post_text(&app.as_user("ana"), &body);
        assert_eq!(reply.status(), 400);
        assert!(text(&reply).contains("size must be between 0 and 65536"), "{}", text(&reply));
    }
}

/// With a wrong password the body is not read.
#[test]
fn a_large_body_of_nobody_known_is_not_read() {
    let app = app();
    let body = format!(r#"{{"name":"acme","meta":{{"a":[{}]}}}}"#, vec!["0"; 500_000].join(","));
    for header in ["Basic Ym9iOndyb25n", "Bearer nope"] {
        let client = app.anonymous().header("authorization", header);
        assert_eq!(post_text(&client, &body).status(), 401, "{header}");
        assert_eq!(app.latest_statements().len(), 1, "{header}");
    }
    assert_eq!(post_text(&app.anonymous(), &body).status(), 401);
    assert_eq!(app.latest_statements().len(), 0);
    // The right one is asked for once.
    app.advance(1);
    let by_password = app.anonymous().header("authorization", "Basic Ym9iOnBhc3N3b3Jk");
    assert_eq!(post_text(&by_password, &body).status(), 400);
    let log = app.rows("SELECT kind FROM log_entry");
    assert_eq!(log, [["login_success"]]);
}
