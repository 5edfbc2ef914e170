//! Tokens of an application: list, create, revoke, and what ends them.

use crate::common::log;
use berth_test::{App, As};
use insta::assert_snapshot;
use serde_json::{Value, json};

const APPLICATIONS: &str = "/api/v1/organization/acme/applications";

fn app() -> App {
    App::new().with_user("ana").with_user("bob").with_organization("acme", "ana")
}

/// Makes an application; returns the path to its tokens.
fn tokens_of_new_application(app: &App) -> String {
    let reply = app.as_user("ana").post(APPLICATIONS, json!({ "name": "one" }));
    format!("{APPLICATIONS}/{}/tokens", reply.json()["client_id"].as_str().expect("a text"))
}

fn bearer<'a>(app: &'a App, made: &Value) -> As<'a> {
    let token = made["token"].as_str().expect("a token was made");
    app.anonymous().header("authorization", &format!("Bearer {token}"))
}

#[test]
fn a_token_is_shown_once() {
    let app = app();
    let path = tokens_of_new_application(&app);
    let ana = app.as_user("ana");
    let body =
        json!({ "name": " ci ", "scope": "org:admin,repo:read org:admin", "expiration": 90.9 });
    let made = ana.post(&path, body);
    assert_snapshot!(made, @r#"
    200
    {
      "uuid": "<uuid>",
      "name": "ci",
      "scope": "org:admin repo:read",
      "expires_at": "<start+90s>",
      "created": "<start>",
      "created_by": "ana",
      "last_accessed": null,
      "token": "<secret>"
    }
    "#);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    assert_snapshot!(ana.get(&path), @r#"
    200
    {
      "tokens": [
        {
          "uuid": "<uuid>",
          "name": "ci",
          "scope": "org:admin repo:read",
          "expires_at": "<start+90s>",
          "created": "<start>",
          "created_by": "ana",
          "last_accessed": null
        }
      ]
    }
    "#);
    assert_eq!(bearer(&app, &made.json()).get(APPLICATIONS).status(), 200);
}

#[test]
fn a_token_lives_ten_years_at_most() {
    let app = app();
    let path = tokens_of_new_application(&app);
    for expiration in
        [json!({}), json!({ "expiration": 1e300 }), json!({ "expiration": 315_576_001 })]
    {
        let mut body = expiration;
        body["name"] = "n".into();
        body["scope"] = "repo:read".into();
        let made = app.as_user("ana").post(&path, body).json();
        assert_eq!(made["expires_at"], "2036-11-21T18:28:07Z");
    }
}

#[test]
fn what_is_refused() {
    let app = app();
    let path = tokens_of_new_application(&app);
    let ana = app.as_user("ana");
    assert_snapshot!(ana.post(&path, json!({ "name": "  ", "scope": "nope" })), @r#"
    400
    {
      "message": "'name' must not be empty"
    }
    "#);
    for scope in ["", "nope", "repo:read nope", "repo:read,"] {
        let reply = ana.post(&path, json!({ "name": "n", "scope": scope }));
        let text = format!("Invalid scope: {scope}");
        assert_eq!((reply.status(), reply.json()), (400, json!({ "message": text })));
    }
    assert_snapshot!(ana.post(&path, json!({ "name": "n", "scope": "super:user" })).refusal(), @"403 insufficient_scope: Unauthorized");
    let narrow = app.with_scope("ana", "org:admin repo:write");
    for (scope, status) in
        [("repo:read", 200), ("repo:write org:admin", 200), ("repo:admin", 403), ("user:read", 403)]
    {
        let reply = narrow.post(&path, json!({ "name": "n", "scope": scope }));
        assert_eq!(reply.status(), status, "{scope}");
    }
    for body in [
        json!({ "scope": "repo:read" }),
        json!({ "name": "", "scope": "repo:read" }),
        json!({ "name": "x".repeat(256), "scope": "repo:read" }),
        json!({ "name": "n", "scope": null }),
        json!({ "name": "n", "scope": "repo:read", "expiration": 0.5 }),
        json!({ "name": "n", "scope": "repo:read", "expiration": "90" }),
    ] {
        assert_eq!(ana.post(&path, body.clone()).status(), 400, "{body}");
    }
    assert_eq!(app.as_user("bob").post(&path, json!({ "name": "n", "scope": "x" })).status(), 403);
}

#[test]
fn superusers_may_give_their_powers_to_a_token() {
    let app = app().with("super_users", "ana");
    let path = tokens_of_new_application(&app);
    let body = json!({ "name": "n", "scope": "super:user" });
    assert_eq!(app.as_user("ana").post(&path, body).status(), 200);
}

#[test]
fn the_number_of_tokens_can_be_limited() {
    let app = app().with("oauth_application_maximum_token_count", "2");
    let path = tokens_of_new_application(&app);
    let make = |expiration: i64| {
        let body = json!({ "name": "n", "scope": "repo:read", "expiration": expiration });
        app.as_user("ana").post(&path, body)
    };
    assert_eq!(make(100).status(), 200);
    assert_eq!(make(5000).status(), 200);
    assert_snapshot!(make(5000), @r#"
    400
    {
      "message": "Token limit reached: maximum 2 non-expired tokens per application"
    }
    "#);
    app.advance(100);
    assert_eq!(make(5000).status(), 200, "an expired token does not count");
}

#[test]
fn fifty_tokens_a_page_newest_first() {
    let app = app();
    let path = tokens_of_new_application(&app);
    let ana = app.as_user("ana");
    for number in 0..51 {
        let body = json!({ "name": number.to_string(), "scope": "repo:read" });
        assert_eq!(ana.post(&path, body).status(), 200);
    }
    let names = |page: &Value| -> Vec<String> {
        let tokens = page["tokens"].as_array().expect("a list").iter();
        tokens.map(|token| token["name"].as_str().expect("a text").to_owned()).collect()
    };
    let first = ana.get(&path).json();
    assert_eq!(names(&first).first().map(String::as_str), Some("50"));
    assert_eq!(names(&first).len(), 50);
    let next = first["next_page"].as_str().expect("there is more");
    let second = ana.get(&format!("{path}?next_page={next}")).json();
    assert_eq!(names(&second), ["0"]);
    assert_eq!(second.get("next_page"), None);
    assert_eq!(names(&ana.get(&format!("{path}?next_page=")).json()), names(&first));
}

#[test]
fn the_last_use_is_known_to_the_minute() {
    let app = app();
    let path = tokens_of_new_application(&app);
    let ana = app.as_user("ana");
    let made = ana.post(&path, json!({ "name": "n", "scope": "org:admin" })).json();
    let last = || ana.get(&path).json()["tokens"][0]["last_accessed"].clone();
    assert_eq!(last(), Value::Null);
    let token = bearer(&app, &made);
    app.advance(5);
    assert_eq!(token.get(APPLICATIONS).status(), 200);
    assert_eq!(last(), "2026-11-22T06:28:12Z");
    app.advance(59);
    assert_eq!(token.get(APPLICATIONS).status(), 200);
    assert_eq!(last(), "2026-11-22T06:28:12Z", "written at most once a minute");
    app.advance(1);
    assert_eq!(token.get(APPLICATIONS).status(), 200);
    assert_eq!(last(), "2026-11-22T06:29:12Z");
    app.fail_key_value(true);
    assert_eq!(token.get("/api/v1/app/ana").status(), 404, "not noting it refuses nobody");
}

/// Makes a token with the right to read the applications, and the path to revoke it.
fn living_token(app: &App) -> (Value, String) {
    let path = tokens_of_new_application(app);
    let made = app.as_user("ana").post(&path, json!({ "name": "n", "scope": "org:admin" })).json();
    assert_eq!(bearer(app, &made).get(APPLICATIONS).status(), 200);
    let revoke = format!("{path}/{}", made["uuid"].as_str().expect("a text"));
    (made, revoke)
}

#[test]
fn a_revoked_token_is_dead_at_once() {
    let app = app();
    let (made, revoke) = living_token(&app);
    assert_snapshot!(app.as_user("ana").delete(&revoke), @"204");
    assert_eq!(bearer(&app, &made).get(APPLICATIONS).status(), 401);
    assert_eq!(app.as_user("ana").delete(&revoke).status(), 404);
}

#[test]
fn a_token_dies_with_whatever_it_hangs_on() {
    for end in [
        "DELETE FROM oauth_application WHERE name = 'one'",
        "DELETE FROM account WHERE name = 'acme'",
        "UPDATE account SET enabled = 0 WHERE name = 'ana'",
    ] {
        let app = app();
        let (made, _) = living_token(&app);
        app.execute(end);
        assert_eq!(bearer(&app, &made).get(APPLICATIONS).status(), 401, "{end}");
    }
    // A person who owns an organization stays until it has another owner.
    let app = app();
    let (made, _) = living_token(&app);
    app.execute("DELETE FROM account WHERE name = 'acme'");
    app.execute("DELETE FROM account WHERE name = 'ana'");
    assert_eq!(bearer(&app, &made).get(APPLICATIONS).status(), 401);
    assert_eq!(app.rows("SELECT count(*) FROM access_token"), [["0"]]);
}

#[test]
fn a_token_ends_when_its_time_is_over() {
    let app = app();
    let path = tokens_of_new_application(&app);
    let body = json!({ "name": "n", "scope": "org:admin", "expiration": 60 });
    let made = app.as_user("ana").post(&path, body).json();
    app.advance(59);
    assert_eq!(bearer(&app, &made).get(APPLICATIONS).status(), 200);
    app.advance(1);
    assert_eq!(bearer(&app, &made).get(APPLICATIONS).status(), 401);
}

#[test]
fn a_scope_that_cannot_be_read_allows_nothing() {
    let app = app();
    let (made, _) = living_token(&app);
    for scope in ["", "org:admin nope", "org:admin "] {
        app.execute(&format!("UPDATE access_token SET scope = '{scope}' WHERE name = 'n'"));
        assert_eq!(bearer(&app, &made).get(APPLICATIONS).status(), 403, "{scope:?}");
        assert_eq!(bearer(&app, &made).post(APPLICATIONS, json!({ "name": "x" })).status(), 403);
    }
}

#[test]
fn no_token_is_kept_as_it_is() {
    let app = app();
    let (made, _) = living_token(&app);
    let token = made["token"].as_str().expect("a text");
    for (table, columns) in [("access_token", "name, scope, uuid"), ("log_entry", "metadata")] {
        let rows = app.rows(&format!("SELECT {columns} FROM {table}"));
        assert!(!rows.concat().iter().any(|text| text.contains(token)), "{table}: {rows:?}");
    }
    assert_snapshot!(
        log(&app).lines().last().unwrap_or_default(),
        @r#"create_oauth_api_token {"oauth_token_uuid":"<uuid>","scope":"org:admin","token_display_name":"n","application_name":"one","auth_method":"OAuth","client_id":"<client id>","oauth_token_id":1,"oauth_token_application_id":"ana","oauth_token_application":"automation"}"#
    );
}
