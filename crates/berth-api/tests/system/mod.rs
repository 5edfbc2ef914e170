//! Health, errors, and paths that do not exist.

mod console;
mod retention;
mod schema;
mod settings;

use berth_test::App;
use berth_web::Method;
use insta::assert_snapshot;

fn app() -> App {
    App::new()
}

#[test]
fn a_healthy_instance_says_so() {
    assert_snapshot!(app().anonymous().get("/health/instance"), @r#"
    200
    {
      "data": {
        "services": {
          "database": true,
          "key_value": true
        }
      },
      "status_code": 200
    }
    "#);
    assert_snapshot!(app().anonymous().get("/health/warning"), @r#"
    200
    {
      "data": {
        "services": {}
      },
      "status_code": 200
    }
    "#);
}

#[test]
fn a_sick_instance_says_what_is_wrong() {
    let app = app();
    app.fail_on(Some("FROM schema_version"));
    assert_snapshot!(app.anonymous().get("/health/instance"), @r#"
    503
    {
      "data": {
        "services": {
          "database": false,
          "key_value": true
        }
      },
      "status_code": 503
    }
    "#);
    app.fail_on(None);
    app.fail_key_value(true);
    assert_snapshot!(app.anonymous().get("/health/endtoend"), @r#"
    503
    {
      "data": {
        "services": {
          "database": true,
          "key_value": false
        }
      },
      "status_code": 503
    }
    "#);
}

/// Restarting an instance does not bring its stores back.
#[test]
fn an_instance_without_its_stores_is_alive() {
    let app = app();
    app.fail_on(Some("FROM schema_version"));
    app.fail_key_value(true);
    assert_eq!(app.anonymous().get("/health/instance").status(), 503);
    assert_eq!(app.anonymous().get("/health/liveness").status(), 200);
}

/// Spin gives requests no identifier.
#[test]
fn an_answer_that_says_it_was_logged_says_under_what() {
    let app = app();
    app.fail_on(Some("schema_version"));
    let id_of = |given: Option<&str>| {
        let client =
            given.into_iter().fold(app.anonymous(), |client, id| client.header("x-request-id", id));
        let reply = client.get("/api/v1/organization/acme");
        assert_eq!(reply.status(), 500);
        reply.header("x-request-id").map(str::to_owned).expect("it has one")
    };
    assert_ne!(id_of(None), id_of(None));
    assert_eq!(id_of(Some("from-a-proxy")), "from-a-proxy");
    assert_eq!(id_of(Some(&"x".repeat(129))).len(), 36, "one of ours");
}

#[test]
fn errors_are_explained() {
    let app = app();
    assert_snapshot!(app.anonymous().get("/api/v1/error/invalid_token"), @r#"
    200
    {
      "type": "http://localhost:3000/api/v1/error/invalid_token",
      "title": "invalid_token",
      "description": "The access token provided was invalid."
    }
    "#);
    assert_snapshot!(app.anonymous().get("/api/v1/error/nope").refusal(), @"404 not_found: Not Found");
}

#[test]
fn explanations_are_not_public_when_nothing_is() {
    let app = app().with_user("ana").with("feature_anonymous_access", "false");
    assert_snapshot!(app.anonymous().get("/api/v1/error/invalid_token"), @r#"
    401
    {
      "error": "Anonymous access is not allowed"
    }
    "#);
    assert_eq!(app.as_user("ana").get("/api/v1/error/invalid_token").status(), 200);
}

#[test]
fn what_nobody_serves_is_json() {
    let app = app();
    let reply = app.anonymous().get("/api/v1/nosuch");
    assert_snapshot!(reply, @r#"
    404
    {
      "message": "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."
    }
    "#);
    let reply = app.anonymous().send(Method::PATCH, "/health/instance", None, Vec::new());
    assert_snapshot!(reply, @r#"
    405
    {
      "message": "The method is not allowed for the requested URL."
    }
    "#);
    assert_eq!(reply.header("allow"), Some("GET, HEAD, OPTIONS"));
}
