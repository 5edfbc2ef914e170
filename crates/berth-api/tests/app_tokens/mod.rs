//! App-specific tokens.

use berth_domain::Timestamp;
use berth_domain::secret::hash_token;
use berth_store::app_tokens;
use berth_test::{App, As, Reply};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::common;

const TOKENS: &str = "/api/v1/user/apptoken";
const ALL_TOKENS: &str = "/api/v1/superuser/apptokens";

/// Makes a token: its id, and the token itself.
fn make(client: &As<'_>, title: &str) -> (String, String) {
    let made = client.post(TOKENS, json!({ "title": title }));
    assert_eq!(made.status(), 200, "{made}");
    let text = |name: &str| made.json()["token"][name].as_str().expect("a text").to_owned();
    (text("uuid"), text("token_code"))
}

fn of(uuid: &str) -> String {
    format!("{TOKENS}/{uuid}")
}

/// The titles of a list.
fn titles(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status(), 200, "{reply}");
    let body = reply.json();
    let tokens = body["tokens"].as_array().expect("a list").iter();
    tokens.map(|token| token["title"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn a_token_is_made_shown_and_revoked() {
    let app = App::new().with_roles();
    let member = app.with_session("member");
    assert_snapshot!(member.post(TOKENS, json!({ "title": "laptop" })), @r#"
    200
    {
      "token": {
        "uuid": "<uuid>",
        "title": "laptop",
        "last_accessed": null,
        "created": "<start>",
        "expiration": null,
        "token_code": "<secret>"
      }
    }
    "#);
    assert_snapshot!(member.get(TOKENS), @r#"
    200
    {
      "tokens": [
        {
          "uuid": "<uuid>",
          "title": "laptop",
          "last_accessed": null,
          "created": "<start>",
          "expiration": null
        }
      ],
      "only_expiring": null
    }
    "#);
    let uuid = member.get(TOKENS).json()["tokens"][0]["uuid"].clone();
    let one = of(uuid.as_str().expect("a text"));
    assert_snapshot!(member.get(&one), @r#"
    200
    {
      "token": {
        "uuid": "<uuid>",
        "title": "laptop",
        "last_accessed": null,
        "created": "<start>",
        "expiration": null,
        "token_code": "<secret>"
      }
    }
    "#);
    assert_snapshot!(member.delete(&one), @"204");
    for reply in [member.get(&one), member.delete(&one)] {
        assert_eq!(reply.status(), 404, "{reply}");
    }
    assert_eq!(titles(&member.get(TOKENS)), [""; 0]);
    assert_snapshot!(common::log(&app), @r#"
    create_app_specific_token {"app_specific_token_title":"laptop","app_specific_token":"<uuid>"}
    revoke_app_specific_token {"app_specific_token_title":"laptop","app_specific_token":"<uuid>"}
    "#);
    let of_member = "SELECT a.name, p.name FROM log_entry e JOIN account a ON a.id = e.namespace_id
        JOIN account p ON p.id = e.performer_id";
    assert_eq!(app.rows(of_member), [["member", "member"], ["member", "member"]]);
}

/// Whoever authenticates by it finds it by its hash; nothing shows it but its own view.
#[test]
fn a_token_is_stored_as_its_hash_and_sealed() {
    let app = App::new().with_roles();
    let member = app.as_user("member");
    let (uuid, code) = make(&member, "laptop");
    assert!(code.len() == 120 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}");
    assert_ne!(make(&member, "laptop").1, code, "the same title again is another token");
    assert_eq!(member.get(&of(&uuid)).json()["token"]["token_code"], code.as_str());
    let hash: String = hash_token(&code).iter().map(|byte| format!("{byte:02X}")).collect();
    let stored = app.rows("SELECT hex(token_hash), instr(sealed_token, title) FROM app_token");
    assert_eq!(stored[0], [hash, "0".into()]);
    assert_eq!(member.get(TOKENS).json()["tokens"][0].get("token_code"), None);
}

#[test]
fn a_body_without_a_usable_title_is_refused() {
    let app = App::new().with_roles();
    let member = app.as_user("member");
    for body in [
        json!({}),
        json!({ "title": null }),
        json!({ "title": 1 }),
        json!([]),
        json!({ "title": "ä".repeat(256) }),
    ] {
        let reply = member.post(TOKENS, body.clone());
        assert_eq!(reply.status(), 400, "{body}: {reply}");
    }
    assert_eq!(member.post_empty(TOKENS).status(), 415);
    for title in ["", " ", "<b>", &"ä".repeat(255)] {
        make(&member, title);
    }
    assert_eq!(titles(&member.get(TOKENS)).len(), 4);
    // The permission comes first.
    assert_eq!(app.with_scope("member", "user:read").post(TOKENS, json!({})).status(), 403);
}

#[test]
fn nobody_reaches_the_tokens_of_others() {
    let app = App::new().with_roles();
    let (member, superuser) = (app.as_user("member"), app.as_user("superuser"));
    let (uuid, code) = make(&member, "laptop");
    make(&superuser, "console");
    for other in [&superuser, &app.as_user("admin"), &app.as_user("reader")] {
        for reply in [other.get(&of(&uuid)), other.delete(&of(&uuid))] {
            assert_eq!(reply.status(), 404, "{reply}");
        }
    }
    assert_eq!(titles(&superuser.get(TOKENS)), ["console"]);
    assert_eq!(member.get(&of(&uuid)).json()["token"]["token_code"], code.as_str());
}

#[test]
fn who_reads_all_tokens_sees_none_of_them() {
    let app = App::new().with_roles();
    make(&app.as_user("member"), "laptop");
    make(&app.as_user("reader"), "audit");
    for auditor in ["superuser", "reader"] {
        let reply = app.as_user(auditor).get(ALL_TOKENS);
        assert_eq!(titles(&reply), ["laptop", "audit"]);
        assert!(!reply.text().contains("token_code"), "{reply}");
    }
    assert_eq!(titles(&app.as_user("reader").get(&format!("{ALL_TOKENS}?q=LAP"))), ["laptop"]);
    // Without full access a superuser is none of them.
    app.set("feature_superusers_full_access", "false");
    assert_eq!(app.as_user("superuser").get(ALL_TOKENS).status(), 403);
    assert_eq!(app.as_user("reader").get(ALL_TOKENS).status(), 200);
    app.set("feature_super_users", "false");
    assert_eq!(app.as_user("reader").get(ALL_TOKENS).status(), 404);
}

#[test]
fn a_token_ends_when_the_setting_of_its_time_says() {
    let app = App::new().with_roles().with("app_specific_token_expiration", "10h");
    let member = app.as_user("member");
    let (uuid, _) = make(&member, "laptop");
    app.set("app_specific_token_expiration", "");
    let (lasting, _) = make(&member, "server");
    app.advance(10 * 3_600 - 1);
    assert_eq!(
        member.get(&of(&uuid)).json()["token"]["expiration"],
        "Sun, 22 Nov 2026 16:28:07 -0000"
    );
    app.advance(1);
    assert_eq!(member.get(&of(&uuid)).status(), 404);
    assert_eq!(member.get(&of(&lasting)).json()["token"]["expiration"], Value::Null);
    // An expired one is listed for a day, and can be deleted.
    assert_eq!(titles(&member.get(TOKENS)), ["laptop", "server"]);
    assert_eq!(titles(&app.as_user("reader").get(ALL_TOKENS)), ["laptop", "server"]);
    assert_eq!(app.copy().as_user("member").delete(&of(&uuid)).status(), 204);
    app.advance(86_399);
    make(&app.as_user("admin"), "another");
    assert_eq!(titles(&member.get(TOKENS)), ["laptop", "server"]);
    app.advance(1);
    make(&app.as_user("admin"), "another");
    assert_eq!(titles(&member.get(TOKENS)), ["server"]);
    app.set("app_specific_token_expiration", "soon");
    assert_eq!(member.post(TOKENS, json!({ "title": "x" })).status(), 500);
}

/// In the last tenth of their time: of that of new tokens, of four weeks where those do not end.
#[test]
fn tokens_that_end_soon_are_told() {
    let app = App::new().with_roles().with("app_specific_token_expiration", "101s");
    let member = app.as_user("member");
    make(&member, "laptop");
    make(&app.as_user("admin"), "another");
    let expiring = || titles(&member.get(&format!("{TOKENS}?expiring=true")));
    app.advance(89);
    assert_eq!(expiring(), [""; 0]);
    app.advance(1);
    assert_eq!(expiring(), ["laptop"]);
    let all = format!("{ALL_TOKENS}?expiring=1&sort=-created");
    assert_eq!(titles(&app.as_user("reader").get(&all)), ["another", "laptop"]);
    app.advance(10);
    assert_eq!(expiring(), ["laptop"]);
    app.advance(1);
    assert_eq!(expiring(), [""; 0], "it has ended");
    for (query, told) in
        [("", Value::Null), ("?expiring=", false.into()), ("?expiring=x", true.into())]
    {
        assert_eq!(
            member.get(&format!("{TOKENS}{query}")).json()["only_expiring"],
            told,
            "{query}"
        );
    }
    app.set("app_specific_token_expiration", "241921s");
    make(&member, "server");
    app.set("app_specific_token_expiration", "");
    make(&member, "lasting");
    assert_eq!(expiring(), [""; 0]);
    app.advance(1);
    assert_eq!(expiring(), ["server"]);
}

#[test]
fn a_session_must_be_fresh_to_see_a_token() {
    let app = App::new().with_roles();
    let (member, superuser) = (app.with_session("member"), app.with_session("superuser"));
    let (uuid, _) = make(&member, "laptop");
    app.advance(600);
    let body = json!({ "title": "x" });
    let refused = [
        member.post(TOKENS, body.clone()),
        member.get(&of(&uuid)),
        member.delete(&of(&uuid)),
        superuser.get(ALL_TOKENS),
    ];
    for reply in refused {
        assert_eq!((reply.status(), &reply.json()["title"]), (401, &"fresh_login_required".into()));
    }
    assert_eq!(titles(&member.get(TOKENS)), ["laptop"]);
    // What a token of an application does is as fresh as that.
    let bearer = app.with_scope("member", "user:admin");
    assert_eq!(bearer.get(&of(&uuid)).status(), 200);
    assert_eq!(bearer.post(TOKENS, body).status(), 200);
    // A change in a session needs its CSRF token.
    let forged = app.with_session("member").without("x-csrf-token");
    assert_eq!(forged.delete(&of(&uuid)).status(), 403);
}

#[test]
fn without_the_feature_there_is_nothing() {
    let app = App::new().with_roles();
    let (uuid, _) = make(&app.as_user("superuser"), "laptop");
    app.set("feature_app_specific_tokens", "false");
    let superuser = app.as_user("superuser");
    for reply in [
        superuser.get(TOKENS),
        superuser.post(TOKENS, json!({ "title": "x" })),
        superuser.get(&of(&uuid)),
        superuser.delete(&of(&uuid)),
        superuser.get(ALL_TOKENS),
    ] {
        assert_eq!(reply.status(), 404, "{reply}");
    }
    assert_eq!(app.anonymous().get("/config").json()["features"]["APP_SPECIFIC_TOKENS"], false);
}

#[test]
fn tokens_go_with_their_user() {
    for end in [
        "DELETE FROM account WHERE name = 'member'",
        "UPDATE account SET kind = 'organization' WHERE name = 'member'",
    ] {
        let app = App::new().with_roles();
        make(&app.as_user("member"), "laptop");
        app.execute(end);
        assert_eq!(app.rows("SELECT count(*) FROM app_token"), [["0"]], "{end}");
        assert_eq!(
            app.rows("SELECT * FROM owned WHERE kind = 'app_tokens'"),
            [[""; 3]; 0],
            "{end}"
        );
    }
    let app = App::new().with_roles();
    let member = app.as_user("member");
    let (uuid, _) = make(&member, "laptop");
    app.execute("UPDATE account SET enabled = 0 WHERE name = 'member'");
    for reply in
        [member.get(TOKENS), member.get(&of(&uuid)), member.post(TOKENS, json!({ "title": "x" }))]
    {
        assert_eq!(reply.status(), 401, "{reply}");
    }
}

#[test]
fn what_a_former_key_sealed_is_sealed_anew_when_it_is_shown() {
    let app = App::new().with_roles();
    let member = app.as_user("member");
    let made = [make(&member, "laptop"), make(&member, "server")];
    app.set("secret_key", "another key");
    app.set("secret_key_previous", "a key for tests");
    let code =
        |(uuid, _): &(String, String)| member.get(&of(uuid)).json()["token"]["token_code"].clone();
    assert_eq!(code(&made[0]), made[0].1.as_str());
    app.set("secret_key_previous", "");
    assert_eq!(code(&made[0]), made[0].1.as_str());
    // The other can be revoked, and another made.
    assert_eq!(code(&made[1]), Value::Null);
    assert_eq!(member.delete(&of(&made[1].0)).status(), 204);
}

/// The limit itself is held by `--test owned`.
#[test]
fn a_user_has_so_many_tokens_and_expired_ones_leave_room() {
    let app = App::new().with_roles().with("limit_app_tokens_per_user", "2");
    app.set("app_specific_token_expiration", "1h");
    let member = app.as_user("member");
    make(&member, "one");
    make(&member, "two");
    let reply = member.post(TOKENS, json!({ "title": "three" }));
    assert_snapshot!(reply.refusal(), @"400 invalid_request: A user can have at most 2 app-specific tokens (setting `limit_app_tokens_per_user`)");
    make(&app.as_user("admin"), "of another user");
    app.advance(3_600);
    make(&member, "three");
    assert_eq!(titles(&member.get(TOKENS)), ["three"]);
}

#[test]
fn the_last_use_is_noted_where_none_was_lately() {
    let app = App::new().with_roles();
    let member = app.as_user("member");
    let (uuid, _) = make(&member, "laptop");
    let used = |at: i64, since: i64| {
        let [at, since] = [at, since].map(|seconds| Timestamp::from_micros(seconds * 1_000_000));
        app_tokens::note_use(app.database(), 1, at, since).expect("the database answers");
        member.get(&of(&uuid)).json()["token"]["last_accessed"].clone()
    };
    assert_eq!(member.get(&of(&uuid)).json()["token"]["last_accessed"], Value::Null);
    assert_eq!(used(60, 0), "Thu, 01 Jan 1970 00:01:00 -0000");
    assert_eq!(used(119, 59), "Thu, 01 Jan 1970 00:01:00 -0000");
    assert_eq!(used(120, 60), "Thu, 01 Jan 1970 00:02:00 -0000");
}

#[test]
fn permitted_callers() {
    let app = App::new().with_roles();
    let one = of("nope");
    assert_snapshot!(app.matrix(&[
        (Method::GET, TOKENS, Value::Null),
        (Method::POST, TOKENS, json!({ "title": "x" })),
        (Method::GET, &one, Value::Null),
        (Method::DELETE, &one, Value::Null),
        (Method::GET, ALL_TOKENS, Value::Null),
    ]), @"
    GET /api/v1/user/apptoken
    POST /api/v1/user/apptoken
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    GET /api/v1/user/apptoken/nope
    DELETE /api/v1/user/apptoken/nope
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
      404 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
    GET /api/v1/superuser/apptokens
      200 superuser reader superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    ");
}
