//! 3: what errors look like.

use berth_test::Reply;
use insta::assert_snapshot;
use serde_json::json;

use super::{app, post_text, shown};

fn kind(reply: &Reply) -> &str {
    reply.header("content-type").unwrap_or_default()
}

#[test]
fn validation_errors_are_a_list() {
    let reply = app().as_user("root").post("/api/v1/org", json!({ "name": "a" }));
    assert_snapshot!(shown(&reply), @r#"
    400
    [
      {
        "id": "OrganizationEntry.createOrUpdate.arg0.name",
        "message": "must match \"^[0-9a-zA-Z][0-9a-zA-Z_@.\\-~]{2,127}$\""
      }
    ]
    "#);
    assert_eq!(kind(&reply), "application/vnd.concord-validation-errors-v1+json");
    assert_eq!(reply.header("vary"), Some("Accept"));
}

#[test]
fn validation_errors_are_written_for_those_who_take_their_type() {
    let app = app();
    let with = |accept: &str| {
        let root = app.as_user("root").header("accept", accept);
        root.post("/api/v1/org", json!({ "name": "a" }))
    };
    for accept in [
        "*/*",
        "application/*;q=0.5",
        "application/json,application/vnd.concord-validation-errors-v1+json",
    ] {
        assert!(!with(accept).0.body.is_empty(), "{accept}");
    }
    let refused = with("application/json");
    assert_eq!((refused.status(), refused.0.body.len(), kind(&refused)), (400, 0, ""));
    assert_eq!(refused.header("vary"), Some("Accept"));
}

#[test]
fn other_errors_are_plain_text_whatever_is_taken() {
    let app = app();
    let bob = app.as_user("bob").header("accept", "application/json");
    let refused = bob.post("/api/v1/org", json!({ "name": "bobs" }));
    assert_eq!((refused.status(), kind(&refused)), (403, "text/plain;charset=UTF-8"));
    let unconfirmed = bob.delete("/api/v1/org/acme");
    assert_eq!((unconfirmed.status(), kind(&unconfirmed)), (400, "text/plain;charset=UTF-8"));
    let unreadable = bob.post("/api/v1/org", json!([]));
    assert_eq!((unreadable.status(), kind(&unreadable)), (400, "text/plain;charset=UTF-8"));
}

#[test]
fn bodies_that_cannot_be_read() {
    let app = app();
    let root = app.as_user("root");
    let raw = |text: &str| shown(&post_text(&root, text));
    assert_snapshot!(raw("{"), @"
    400
    ERROR: com.fasterxml.jackson.core.JsonParseException: EOF while parsing an object at line 1 column 1
    ");
    assert_snapshot!(raw(r#"{"name":"new","meta":{"a":01}}"#), @"
    400
    ERROR: com.fasterxml.jackson.core.JsonParseException: invalid number at line 1 column 28
    ");
    assert_snapshot!(raw(r#"{"name":"\ud800"}"#), @"
    400
    ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: name must be a string
    ");
    assert_snapshot!(raw("null"), @"
    400
    ERROR: java.lang.NullPointerException: the body is empty
    ");
    assert_snapshot!(raw(""), @"
    400
    ERROR: java.lang.NullPointerException: the body is empty
    ");
    assert_snapshot!(raw("[1]"), @"
    400
    ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: the body must be an object
    ");
    assert_snapshot!(raw(r#"{"name":["new"]}"#), @"
    400
    ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: name must be a string
    ");
    assert_snapshot!(raw(r#"{"id":"nope"}"#), @"
    400
    ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: id must be a UUID
    ");
    assert_snapshot!(raw(r#"{"name":"new","owner":"ana"}"#), @"
    400
    ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: owner must be an object
    ");
    assert_snapshot!(raw(r#"{"name":"new","meta":[]}"#), @"
    400
    ERROR: com.fasterxml.jackson.databind.exc.MismatchedInputException: meta must be an object
    ");
    let broken = root.send(
        berth_web::Method::Post,
        "/api/v1/org",
        Some("application/json"),
        b"{\"name\":\"\xff\xfe\xfd\"}".to_vec(),
    );
    assert_snapshot!(shown(&broken), @"
    400
    ERROR: com.fasterxml.jackson.core.JsonParseException: invalid unicode code point at line 1 column 10
    ");
    assert_eq!(app.rows("SELECT count(*) FROM account WHERE kind = 'organization'"), [["1"]]);
}

#[test]
fn numbers_of_the_query_are_32_bits_or_the_path_is_unknown() {
    let app = app();
    let status = |query: &str| {
        let reply = app.as_user("ana").get(&format!("/api/v1/org?{query}"));
        (reply.status(), reply.0.body.is_empty())
    };
    for query in ["limit=x", "offset=", "limit=1.0", "offset=2147483648", "limit=%201"] {
        assert_eq!(status(query), (404, true), "{query}");
    }
    for query in ["limit=2147483647", "offset=-2147483648", "limit=%2B1", "limit=1&limit=x"] {
        assert_eq!(status(query), (200, false), "{query}");
    }
}

#[test]
fn only_true_is_true() {
    let app = app();
    let bob = app.as_user("bob");
    for (value, count) in [("true", 0), ("TRUE", 0), ("false", 1), ("1", 1), ("yes", 1), ("", 1)] {
        let list = bob.get(&format!("/api/v1/org?onlyCurrent={value}")).json();
        assert_eq!(list.as_array().map(Vec::len), Some(count), "{value}");
    }
}
