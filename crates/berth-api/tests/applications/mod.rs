//! Applications: list, create, read, change, delete, another secret.

mod tokens;

use crate::common::log;
use berth_test::App;
use insta::assert_snapshot;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/organization/acme/applications";

fn app() -> App {
    App::new()
        .with_user("ana")
        .with_user("bob")
        .with_organization("acme", "ana")
        .with_organization("duo", "bob")
}

/// Makes an application; returns the path to it.
fn made(app: &App, body: Value) -> String {
    let reply = app.as_user("ana").post(PATH, body);
    assert_eq!(reply.status(), 200, "{reply}");
    format!("{PATH}/{}", reply.json()["client_id"].as_str().expect("a text"))
}

#[test]
fn an_application_of_only_a_name() {
    let app = app();
    let reply = app.as_user("ana").post(PATH, json!({ "name": "min" }));
    assert_snapshot!(reply, @r#"
    200
    {
      "name": "min",
      "description": "",
      "application_uri": "",
      "client_id": "<client id>",
      "client_secret": "<secret>",
      "redirect_uri": "",
      "avatar_email": null
    }
    "#);
    let client_id = reply.json()["client_id"].as_str().expect("a text").to_owned();
    assert_eq!(app.as_user("ana").get(&format!("{PATH}/{client_id}")).json(), reply.json());
}

#[test]
fn the_list_is_in_order_of_creation() {
    let app = app();
    for name in ["b", "a", "b"] {
        made(&app, json!({ "name": name }));
    }
    made(
        &app,
        json!({
            "name": "full",
            "redirect_uri": "not a url",
            "application_uri": "https://a.example",
            "description": "**d**",
            "avatar_email": "nope",
            "client_id": "MINE",
        }),
    );
    assert_snapshot!(app.as_user("ana").get(PATH), @r#"
    200
    {
      "applications": [
        {
          "name": "b",
          "description": "",
          "application_uri": "",
          "client_id": "<client id>",
          "client_secret": "<secret>",
          "redirect_uri": "",
          "avatar_email": null
        },
        {
          "name": "a",
          "description": "",
          "application_uri": "",
          "client_id": "<client id>",
          "client_secret": "<secret>",
          "redirect_uri": "",
          "avatar_email": null
        },
        {
          "name": "b",
          "description": "",
          "application_uri": "",
          "client_id": "<client id>",
          "client_secret": "<secret>",
          "redirect_uri": "",
          "avatar_email": null
        },
        {
          "name": "full",
          "description": "**d**",
          "application_uri": "https://a.example",
          "client_id": "<client id>",
          "client_secret": "<secret>",
          "redirect_uri": "not a url",
          "avatar_email": "nope"
        }
      ]
    }
    "#);
}

#[test]
fn readers_see_no_secrets() {
    let app = app().with("global_readonly_super_users", "bob");
    let one = made(&app, json!({ "name": "one", "redirect_uri": "https://r.example/cb" }));
    assert_snapshot!(app.as_user("bob").get(PATH), @r#"
    200
    {
      "applications": [
        {
          "name": "one",
          "description": "",
          "application_uri": "",
          "client_id": "<client id>",
          "client_secret": null,
          "redirect_uri": null,
          "avatar_email": null
        }
      ]
    }
    "#);
    assert_snapshot!(app.as_user("bob").get(&one), @r#"
    200
    {
      "name": "one",
      "description": "",
      "application_uri": "",
      "client_id": "<client id>",
      "client_secret": null,
      "redirect_uri": null,
      "avatar_email": null
    }
    "#);
    assert_eq!(app.as_user("bob").delete(&one).status(), 403);
}

#[test]
fn a_change_resets_what_is_left_out() {
    let app = app();
    let body = json!({ "name": "n", "description": "d", "avatar_email": "a@example.com" });
    let one = made(&app, body);
    let body = json!({ "name": "", "redirect_uri": "", "application_uri": "https://a.example" });
    assert_snapshot!(app.as_user("ana").put(&one, body), @r#"
    200
    {
      "name": "",
      "description": "",
      "application_uri": "https://a.example",
      "client_id": "<client id>",
      "client_secret": "<secret>",
      "redirect_uri": "",
      "avatar_email": null
    }
    "#);
    assert_snapshot!(app.as_user("ana").put(&one, json!({ "name": "n", "application_uri": "" })), @r#"
    400
    {
      "detail": "'redirect_uri' is a required property\n\nFailed validating 'required' in schema",
      "error_message": "'redirect_uri' is a required property\n\nFailed validating 'required' in schema",
      "error_type": "invalid_request",
      "title": "invalid_request",
      "type": "http://localhost:3000/api/v1/error/invalid_request",
      "status": 400
    }
    "#);
    let body = json!({
        "name": "n", "redirect_uri": "", "application_uri": "", "avatar_email": null,
    });
    assert_snapshot!(app.as_user("ana").put(&one, body), @r#"
    400
    {
      "detail": "None is not of type 'string'\n\nFailed validating 'type' in schema['properties']['avatar_email']",
      "error_message": "None is not of type 'string'\n\nFailed validating 'type' in schema['properties']['avatar_email']",
      "error_type": "invalid_request",
      "title": "invalid_request",
      "type": "http://localhost:3000/api/v1/error/invalid_request",
      "status": 400
    }
    "#);
}

#[test]
fn the_reserved_name_is_refused() {
    let app = app();
    let reserved = json!({
        "name": "__quay_bootstrap_app", "redirect_uri": "", "application_uri": "",
    });
    assert_snapshot!(app.as_user("ana").post(PATH, reserved.clone()).refusal(), @"400 invalid_request: Application name is reserved for bootstrap token provisioning");
    let one = made(&app, json!({ "name": "one" }));
    assert_eq!(app.as_user("ana").put(&one, reserved.clone()).status(), 400);
    assert_eq!(app.as_user("ana").put(&format!("{PATH}/NOSUCH"), reserved).status(), 404);
}

#[test]
fn another_secret_replaces_the_first() {
    let app = app();
    let one = made(&app, json!({ "name": "one" }));
    let ana = app.as_user("ana");
    let before = ana.get(&one).json();
    let reset = ana.post_empty(&format!("{one}/resetclientsecret"));
    assert_snapshot!(reset, @r#"
    200
    {
      "name": "one",
      "description": "",
      "application_uri": "",
      "client_id": "<client id>",
      "client_secret": "<secret>",
      "redirect_uri": "",
      "avatar_email": null
    }
    "#);
    assert_ne!(before["client_secret"], reset.json()["client_secret"]);
    assert_eq!(ana.get(&one).json(), reset.json());
}

#[test]
fn an_application_belongs_to_its_organization() {
    let app = app();
    let one = made(&app, json!({ "name": "one" }));
    let elsewhere = one.replace("/acme/", "/duo/");
    let bob = app.as_user("bob");
    assert_snapshot!(bob.get(&elsewhere).refusal(), @"404 not_found: Not Found");
    for reply in [
        bob.delete(&elsewhere),
        bob.post_empty(&format!("{elsewhere}/resetclientsecret")),
        bob.get(&format!("{elsewhere}/tokens")),
        bob.put(&elsewhere, json!({ "name": "", "redirect_uri": "", "application_uri": "" })),
    ] {
        assert_eq!(reply.status(), 404, "{reply}");
    }
    assert_eq!(bob.get(&one).status(), 403);
    assert_eq!(app.anonymous().get(&one).status(), 401);
    assert_eq!(app.with_scope("ana", "repo:admin user:admin").get(&one).status(), 403);
    assert_eq!(bob.get("/api/v1/organization/bob/applications").status(), 404);
}

#[test]
fn a_deleted_application_is_gone() {
    let app = app();
    let one = made(&app, json!({ "name": "one" }));
    let ana = app.as_user("ana");
    assert_snapshot!(ana.delete(&one), @"204");
    assert_eq!(ana.delete(&one).status(), 404);
    assert_eq!(ana.get(&one).status(), 404);
}

#[test]
fn everybody_may_know_what_an_application_is() {
    let app = app();
    let body = json!({ "name": "one", "application_uri": "https://a.example" });
    let one = made(&app, body);
    let info = format!("/api/v1/app/{}", one.rsplit('/').next().expect("a part"));
    assert_snapshot!(app.anonymous().get(&info), @r#"
    200
    {
      "name": "one",
      "description": "",
      "uri": "https://a.example",
      "avatar": "<avatar>",
      "organization": {
        "name": "acme",
        "email": "",
        "avatar": "<avatar>",
        "is_admin": false,
        "is_member": false,
        "teams": {},
        "ordered_teams": []
      }
    }
    "#);
    assert_snapshot!(app.as_user("ana").get(&info), @r#"
    200
    {
      "name": "one",
      "description": "",
      "uri": "https://a.example",
      "avatar": "<avatar>",
      "organization": {
        "name": "acme",
        "email": "acme@example.com",
        "avatar": "<avatar>",
        "is_admin": true,
        "is_member": true,
        "teams": {},
        "ordered_teams": [],
        "invoice_email": false,
        "invoice_email_address": null,
        "tag_expiration_s": 1209600,
        "is_free_account": true
      }
    }
    "#);
    assert_snapshot!(app.anonymous().get("/api/v1/app/NOSUCH").refusal(), @"404 not_found: Not Found");
    assert_eq!(app.anonymous().get("/api/v1/app/").status(), 403);
    // An application of a user's namespace has no organization to show.
    assert_eq!(app.anonymous().get("/api/v1/app/ana").status(), 404);
}

#[test]
fn the_log_repeats_the_body_but_no_secret() {
    let app = app();
    let one = made(&app, json!({ "name": "one", "foo": 1, "client_secret": "s3cret" }));
    let ana = app.as_user("ana");
    let body = json!({ "name": "two", "redirect_uri": "", "application_uri": "" });
    assert_eq!(ana.put(&one, body).status(), 200);
    assert_eq!(ana.post_empty(&format!("{one}/resetclientsecret")).status(), 200);
    assert_eq!(ana.delete(&one).status(), 204);
    assert_snapshot!(log(&app), @r#"
    create_application {"name":"one","foo":1,"application_name":"one","client_id":"<client id>","oauth_token_id":1,"oauth_token_application_id":"ana","oauth_token_application":"automation"}
    update_application {"name":"two","redirect_uri":"","application_uri":"","application_name":"two","client_id":"<client id>","oauth_token_id":1,"oauth_token_application_id":"ana","oauth_token_application":"automation"}
    reset_application_client_secret {"application_name":"two","client_id":"<client id>","oauth_token_id":1,"oauth_token_application_id":"ana","oauth_token_application":"automation"}
    delete_application {"application_name":"two","client_id":"<client id>","oauth_token_id":1,"oauth_token_application_id":"ana","oauth_token_application":"automation"}
    "#);
}

#[test]
fn secrets_are_sealed_and_outlive_a_change_of_key() {
    let app = app();
    let one = made(&app, json!({ "name": "one" }));
    let two = made(&app, json!({ "name": "two" }));
    let ana = app.as_user("ana");
    let secret = ana.get(&one).json()["client_secret"].clone();
    let sealed = || app.rows("SELECT hex(sealed_secret) FROM oauth_application WHERE name = 'one'");
    let before = sealed();
    app.set("secret_key", "another key");
    app.set("secret_key_previous", "a key for tests");
    assert_eq!(ana.get(PATH).json()["applications"][0]["client_secret"], secret);
    assert_eq!(ana.get(&one).json()["client_secret"], secret);
    assert_ne!(sealed(), before, "what is used is sealed anew");
    // The former key is gone: a secret that was used stays readable, an unused one must be made
    // anew.
    app.set("secret_key_previous", "");
    assert_eq!(ana.get(&one).json()["client_secret"], secret);
    assert_eq!(ana.get(&two).json()["client_secret"], Value::Null);
    assert!(
        ana.post_empty(&format!("{two}/resetclientsecret")).json()["client_secret"].is_string()
    );
    assert!(ana.get(&two).json()["client_secret"].is_string());
}

#[test]
fn texts_have_limits_and_lists_show_their_beginnings() {
    let app = app();
    let ana = app.as_user("ana");
    for (name, longest) in [
        ("name", 1_024),
        ("avatar_email", 1_024),
        ("application_uri", 2_048),
        ("redirect_uri", 2_048),
    ] {
        let mut body = json!({ "name": "n", "redirect_uri": "", "application_uri": "" });
        body[name] = "x".repeat(longest).into();
        let path = made(&app, body.clone());
        assert_eq!(ana.put(&path, body.clone()).status(), 200, "{name}");
        body[name] = "x".repeat(longest + 1).into();
        for reply in [ana.post(PATH, body.clone()), ana.put(&path, body.clone())] {
            assert_eq!(reply.status(), 400, "{reply}");
            let message = format!("'{name}' is longer than {longest} bytes");
            assert_eq!(reply.json()["error_message"], message);
        }
        assert_eq!(ana.delete(&path).status(), 204);
    }
    let long = "\u{fc}".repeat(32_000);
    let path = made(&app, json!({ "name": "long", "description": long }));
    let listed = &ana.get(PATH).json()["applications"][0]["description"];
    assert_eq!(*listed, format!("{}…", "\u{fc}".repeat(1_024)));
    assert_eq!(ana.get(&path).json()["description"], long);
}
