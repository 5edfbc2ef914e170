//! Accounts: reading them, signing up.

mod addresses;
mod first_user;
mod own;
mod superuser;

use berth_test::{App, As, Reply};
use insta::assert_snapshot;
use serde_json::{Value, json};

fn app() -> App {
    App::new()
        .with_user("ana")
        .with_user("bob")
        .with_organization("acme", "ana")
        .with_organization("bare", "ana")
}

/// Follows a link and sends the form on its page; without a form, gives the page.
fn press(app: &App, page: &str, code: &str, fields: &str) -> Reply {
    let shown = app.anonymous().get(&format!("{page}?code={code}"));
    let text = shown.whole();
    let Some((_, rest)) = text.split_once("name=\"_csrf_token\" value=\"") else { return shown };
    let token = rest.split('"').next().unwrap_or_default();
    let form = format!("_csrf_token={token}&code={code}{fields}");
    app.continuing(&shown).post_form(page, &form)
}

#[test]
fn one_s_own_account() {
    let app = app();
    assert_snapshot!(app.with_session("ana").get("/api/v1/user/"), @r#"
    200
    {
      "anonymous": false,
      "username": "ana",
      "avatar": "<avatar>",
      "can_create_repo": true,
      "is_me": true,
      "verified": true,
      "email": "ana@example.com",
      "logins": [],
      "invoice_email": false,
      "invoice_email_address": null,
      "preferred_namespace": false,
      "tag_expiration_s": 1209600,
      "prompts": [],
      "company": null,
      "family_name": null,
      "given_name": null,
      "location": null,
      "is_free_account": true,
      "has_password_set": true,
      "organizations": [
        {
          "name": "acme",
          "avatar": "<avatar>",
          "can_create_repo": true,
          "public": false,
          "is_org_admin": true,
          "preferred_namespace": false
        },
        {
          "name": "bare",
          "avatar": "<avatar>",
          "can_create_repo": true,
          "public": false,
          "is_org_admin": true,
          "preferred_namespace": false
        }
      ]
    }
    "#);
    assert_snapshot!(app.with_scope("ana", "user:read").get("/api/v1/user/"), @r#"
    200
    {
      "anonymous": false,
      "username": "ana",
      "avatar": "<avatar>",
      "organizations": [
        {
          "name": "acme",
          "avatar": "<avatar>",
          "can_create_repo": false,
          "public": false
        },
        {
          "name": "bare",
          "avatar": "<avatar>",
          "can_create_repo": false,
          "public": false
        }
      ]
    }
    "#);
    assert_snapshot!(app.with_scope("ana", "user:admin").get("/api/v1/user/"), @r#"
    200
    {
      "anonymous": false,
      "username": "ana",
      "avatar": "<avatar>",
      "can_create_repo": true,
      "is_me": true,
      "verified": true,
      "email": "ana@example.com",
      "logins": [],
      "invoice_email": false,
      "invoice_email_address": null,
      "preferred_namespace": false,
      "tag_expiration_s": 1209600,
      "prompts": [],
      "company": null,
      "family_name": null,
      "given_name": null,
      "location": null,
      "is_free_account": true,
      "has_password_set": true,
      "organizations": [
        {
          "name": "acme",
          "avatar": "<avatar>",
          "can_create_repo": false,
          "public": false,
          "is_org_admin": false,
          "preferred_namespace": false
        },
        {
          "name": "bare",
          "avatar": "<avatar>",
          "can_create_repo": false,
          "public": false,
          "is_org_admin": false,
          "preferred_namespace": false
        }
      ]
    }
    "#);
    let by_name = app.with_session("ana").get("/api/v1/users/ana").whole();
    assert_eq!(by_name, app.with_session("ana").get("/api/v1/user").whole());
}

#[test]
fn without_the_scope_nobody_is_there() {
    let app = app();
    assert_snapshot!(app.anonymous().get("/api/v1/user/"), @r#"
    401
    {
      "session_required": false,
      "detail": "Requires authentication",
      "error_message": "Requires authentication",
      "error_type": "invalid_token",
      "title": "invalid_token",
      "type": "http://localhost:3000/api/v1/error/invalid_token",
      "status": 401
    }
    "#);
    let expected = app.anonymous().get("/api/v1/user/").whole();
    for scope in ["repo:read", "repo:admin", "repo:create", "org:admin", "super:user"] {
        assert_eq!(app.with_scope("ana", scope).get("/api/v1/user/").whole(), expected, "{scope}");
    }
    let basic = app.anonymous().header("authorization", "Basic YW5hOnBhc3N3b3Jk");
    assert_eq!(basic.get("/api/v1/user/").whole(), expected);
}

#[test]
fn roles_in_organizations() {
    let app = app();
    app.execute("INSERT INTO team (organization_id, name, role) VALUES (3, 'makers', 'creator')");
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        VALUES (3, 3, 2, 'user')",
    );
    let entry = |who: &As<'_>| {
        let body = who.get("/api/v1/user/").json();
        let entries = body["organizations"].as_array().expect("a list").clone();
        assert_eq!(entries.len(), 1);
        (entries[0]["can_create_repo"].clone(), entries[0]["is_org_admin"].clone())
    };
    assert_eq!(entry(&app.with_session("bob")), (json!(true), json!(false)));
    assert_eq!(entry(&app.with_scope("bob", "user:admin")), (json!(false), json!(false)));
    assert_eq!(
        entry(&app.with_scope("bob", "user:admin repo:create")),
        (json!(true), json!(false))
    );
    app.execute("UPDATE team SET role = 'member' WHERE id = 3");
    assert_eq!(entry(&app.with_session("bob")), (json!(false), json!(false)));
    app.set("super_users", "bob");
    app.set("feature_superusers_full_access", "true");
    assert_eq!(entry(&app.with_session("bob")), (json!(true), json!(true)));
    app.set("global_readonly_super_users", "bob");
    assert_eq!(entry(&app.with_session("bob")), (json!(false), json!(false)));
}

#[test]
fn quotas_are_shown_while_they_are_managed() {
    let app = app().with("feature_quota_management", "true");
    let names = |reply: Reply| {
        let body = reply.json();
        let names = body.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
        names.join(" ")
    };
    assert_snapshot!(names(app.with_session("bob").get("/api/v1/user/")), @"anonymous username avatar can_create_repo is_me verified email logins invoice_email invoice_email_address preferred_namespace tag_expiration_s prompts company family_name given_name location is_free_account has_password_set quotas quota_report organizations");
    assert_snapshot!(names(app.with_scope("bob", "user:read").get("/api/v1/user/")), @"anonymous username avatar organizations");
}

#[test]
fn other_people() {
    let app = app();
    assert_snapshot!(app.anonymous().get("/api/v1/users/ana"), @r#"
    200
    {
      "anonymous": false,
      "username": "ana",
      "avatar": "<avatar>"
    }
    "#);
    let expected = app.anonymous().get("/api/v1/users/ana").whole();
    assert_eq!(app.with_session("bob").get("/api/v1/users/ana").whole(), expected);
    assert_eq!(app.with_scope("ana", "org:admin").get("/api/v1/users/ana").whole(), expected);
    assert_snapshot!(app.anonymous().get("/api/v1/users/nobody"), @r#"
    404
    {
      "message": "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."
    }
    "#);
    let unknown = app.anonymous().get("/api/v1/users/nobody").whole();
    for name in ["acme", "ANA", "ana+robot"] {
        assert_eq!(app.anonymous().get(&format!("/api/v1/users/{name}")).whole(), unknown);
    }
}

#[test]
fn superusers_see_that_they_are_superusers() {
    let app = app().with("super_users", "ana").with("global_readonly_super_users", "bob");
    let shown = |who: &As<'_>, path: &str| {
        let body = who.get(path).json();
        (body.get("super_user").cloned(), body.get("global_readonly_super_user").cloned())
    };
    let (yes, no) = (Some(json!(true)), Some(json!(false)));
    assert_eq!(shown(&app.with_session("ana"), "/api/v1/user/"), (yes.clone(), None));
    assert_eq!(shown(&app.with_session("ana"), "/api/v1/users/bob"), (no.clone(), None));
    assert_eq!(
        shown(&app.with_scope("ana", "super:user"), "/api/v1/users/bob"),
        (no.clone(), None)
    );
    assert_eq!(shown(&app.with_scope("ana", "user:admin"), "/api/v1/user/"), (None, None));
    assert_eq!(shown(&app.with_scope("bob", "user:read"), "/api/v1/user/"), (None, yes));
    assert_eq!(shown(&app.with_scope("bob", "org:admin"), "/api/v1/users/ana"), (None, no));
}

#[test]
fn the_first_user_is_a_superuser() {
    let app = app();
    app.execute("UPDATE user_profile SET is_first = 1 WHERE account_id = 1");
    let shown = || app.with_session("ana").get("/api/v1/user/").json().get("super_user").cloned();
    assert_eq!(shown(), Some(json!(true)));
    // Where the setting names others, their view is that of the original.
    app.set("super_users", "bob");
    assert_eq!(shown(), None);
    app.set("feature_super_users", "false");
    app.set("super_users", "");
    assert_eq!(shown(), None);
}

fn newbie() -> Value {
    json!({ "username": "newbie", "password": "password", "email": "newbie@example.com" })
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut body = newbie();
    body[name] = value.into();
    body
}

/// With a gateway, mail leaves.
fn mailing() -> App {
    app().with("mail_gateway_url", "http://127.0.0.1:9/mail")
}

#[test]
fn signing_up_where_mail_leaves() {
    let app = mailing();
    assert_snapshot!(app.browser().post("/api/v1/user/", newbie()), @r#"
    200
    {
      "awaiting_verification": true
    }
    "#);
    assert_eq!(
        app.rows(
            "SELECT verified, is_first, email_code_hash, email_code_expires_at - created_at
            FROM user_profile JOIN account ON account.id = account_id WHERE name = 'newbie'"
        ),
        [["0", "0", "32 bytes", "604800000000"]]
    );
    let sign_in = json!({ "username": "newbie", "password": "password" });
    let reply = app.browser().post("/api/v1/signin", sign_in);
    assert_eq!((reply.status(), &reply.json()["needsEmailVerification"]), (403, &json!(true)));
    assert_snapshot!(format!("{:?}", app.rows("SELECT kind, namespace_id, performer_id, metadata FROM log_entry")), @r#"[["user_create", "5", "NULL", "{\"email\":\"newbie@example.com\",\"username\":\"newbie\"}"]]"#);
}

#[test]
fn signing_up_where_no_mail_leaves() {
    let app = app();
    let reply = app.browser().post("/api/v1/user/", newbie());
    assert_snapshot!(reply, @r#"
    200
    {
      "anonymous": false,
      "username": "newbie",
      "avatar": "<avatar>",
      "can_create_repo": true,
      "is_me": true,
      "verified": true,
      "email": "newbie@example.com",
      "logins": [],
      "invoice_email": false,
      "invoice_email_address": null,
      "preferred_namespace": false,
      "tag_expiration_s": 1209600.0,
      "prompts": [],
      "company": null,
      "family_name": null,
      "given_name": null,
      "location": null,
      "is_free_account": true,
      "has_password_set": true,
      "organizations": []
    }
    "#);
    assert!(reply.body().windows(9).any(|part| part == b"1209600.0"));
    assert_eq!(app.continuing(&reply).get("/api/v1/user/").json()["username"], "newbie");
    app.set("feature_mailing", "false");
    let body = json!({ "username": "silent", "password": "password" });
    let reply = app.browser().post("/api/v1/user/", body);
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.json()["email"].as_str().map(str::len), Some(36));
}

#[test]
fn a_token_needs_no_csrf_token_to_sign_somebody_up() {
    let app = mailing();
    assert_eq!(app.as_user("bob").post("/api/v1/user/", newbie()).status(), 200);
    assert_eq!(app.anonymous().post("/api/v1/user/", with("username", "other")).status(), 401);
}

#[test]
fn what_is_refused() {
    let app = mailing();
    let message = |body: Value| {
        let reply = app.browser().post("/api/v1/user/", body);
        assert_eq!(reply.status(), 400);
        let body = reply.json();
        assert_eq!(body["error_type"], "invalid_request");
        body["error_message"].as_str().expect("a message").to_owned()
    };
    assert_eq!(message(with("username", "ana")), "The username already exists");
    assert_eq!(message(with("email", "")), "Email address is required");
    let without = json!({ "username": "newbie", "password": "x" });
    assert_eq!(message(without), "Email address is required");
    for password in ["short", "with space"] {
        assert_eq!(
            message(with("password", password)),
            "Invalid password, password must be at least 8 characters and contain no whitespace."
        );
    }
    assert_eq!(message(with("email", "nope")), "Invalid email address: nope");
    assert_eq!(
        message(with("username", "New Bie")),
        "Invalid namespace New Bie: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$"
    );
    assert_eq!(
        message(with("username", "n")),
        "Invalid namespace n: Namespace must be between 2 and 255 characters in length"
    );
    assert_eq!(
        message(with("username", "acme")),
        "Username has already been taken by an organization and cannot be reused: acme"
    );
    assert_eq!(
        message(with("email", "ana@example.com")),
        "Email has already been used: ana@example.com"
    );
    // An organization may have the address of a person.
    let reply = app.browser().post("/api/v1/user/", with("email", "acme@example.com"));
    assert_eq!(reply.status(), 200);
    app.set("feature_invite_only_user_creation", "true");
    assert_eq!(message(with("username", "other")), "Cannot create non-invited user");
    let mut invited = with("username", "other");
    invited["invite_code"] = "x".into();
    assert_eq!(
        message(invited),
        "Creation of a user account for this e-mail is disabled; please contact an administrator"
    );
    assert_eq!(app.rows("SELECT name FROM account WHERE kind = 'user'").len(), 3);
}

/// The settings give powers to names: only a superuser hands one out, or the installation to its first user.
#[test]
fn a_name_with_powers_is_not_for_signing_up() {
    let app = app().with("super_users", "root, ana").with("global_readonly_super_users", "auditor");
    for name in ["root", "auditor"] {
        let reply = app.browser().post("/api/v1/user/", with("username", name));
        assert_eq!((reply.status(), &reply.json()["detail"]), (400, &json!(NOT_AVAILABLE)));
        let body = json!({ "username": name, "email": format!("{name}@example.com") });
        let made = app.as_user("ana").post("/api/v1/superuser/users/", body);
        assert_eq!(made.status(), 200, "{made}");
    }
    let app = App::new().with("super_users", "newbie");
    let reply = app.anonymous().post("/api/v1/user/initialize", newbie());
    assert_eq!(reply.status(), 200, "{reply}");
}

/// A first sign-up must not make the first user impossible.
#[test]
fn nobody_signs_up_before_the_first_user() {
    let app = App::new();
    let refused = app.browser().post("/api/v1/user/", newbie());
    let message =
        "Nobody can sign up before the first user is made, with POST /api/v1/user/initialize";
    assert_eq!((refused.status(), refused.json()["detail"].as_str()), (400, Some(message)));
    assert_eq!(app.rows("SELECT name FROM account").len(), 0);
    let mut first = newbie();
    first["username"] = "root".into();
    first["email"] = "root@example.com".into();
    assert_eq!(app.anonymous().post("/api/v1/user/initialize", first).status(), 200);
    assert_eq!(app.browser().post("/api/v1/user/", newbie()).status(), 200);
    // Where no first user can be made, nobody needs to wait for one.
    for setting in ["feature_user_initialize", "feature_super_users"] {
        let app = App::new().with(setting, "false");
        assert_eq!(app.browser().post("/api/v1/user/", newbie()).status(), 200, "{setting}");
    }
}

/// Quay's usual way: the name is in the settings, and its owner signs up first.
#[test]
fn the_first_to_sign_up_may_have_the_name_of_a_superuser() {
    let app = App::new().with("super_users", "newbie, other");
    let reply = app.browser().post("/api/v1/user/", newbie());
    assert_eq!(reply.status(), 200, "{reply}");
    let session = app.continuing(&reply);
    assert_eq!(session.get("/api/v1/superuser/users/").status(), 200);
    let later = app.browser().post("/api/v1/user/", with("username", "other"));
    assert_eq!(later.status(), 400, "{later}");
    // That is not possible where the installation needs a token, or makes no first user.
    let app = App::new().with("super_users", "newbie").with("setup_token", "sesame");
    let reply = app.browser().post("/api/v1/user/", newbie());
    assert_eq!(reply.json()["detail"], NOT_AVAILABLE);
    let app = App::new().with("super_users", "newbie").with("feature_user_initialize", "false");
    assert_eq!(app.browser().post("/api/v1/user/", newbie()).json()["detail"], NOT_AVAILABLE);
}

/// The person who installed Berth has the token, and gets the account that they listed.
#[test]
fn a_name_with_powers_needs_the_setup_token() {
    let app = app().with("super_users", "newbie").with("setup_token", "sesame");
    for shown in ["", "sesam"] {
        let reply = app.browser().post("/api/v1/user/", with("setup_token", shown));
        assert_eq!(reply.json()["detail"], NOT_AVAILABLE, "{shown}");
    }
    let reply = app.browser().post("/api/v1/user/", with("setup_token", "sesame"));
    assert_eq!(reply.status(), 200, "{reply}");
    assert_eq!(app.continuing(&reply).get("/api/v1/superuser/users/").status(), 200);
    // Without the setting, no value is right.
    let app = app.with("setup_token", "").with("super_users", "another");
    let mut body = with("setup_token", "");
    body["username"] = "another".into();
    body["email"] = "another@example.com".into();
    assert_eq!(app.browser().post("/api/v1/user/", body).json()["detail"], NOT_AVAILABLE);
}

/// Accounts cost a hash each, and stay.
#[test]
fn an_address_signs_up_so_often_in_an_hour() {
    let app = app().with("sign_ups_per_hour", "2");
    let sign_up = |address: &str, name: &str| {
        let body = json!({
            "username": name, "password": "password", "email": format!("{name}@example.com"),
        });
        app.browser().from(address).post("/api/v1/user/", body)
    };
    assert_eq!(sign_up("192.0.2.7", "one").status(), 200);
    assert_eq!(sign_up("192.0.2.7", "two").status(), 200);
    // A sign-up that is refused for other reasons does not count.
    assert_eq!(sign_up("192.0.2.7", "Not A Name").status(), 400);
    let refused = sign_up("192.0.2.7", "three");
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("1800")));
    assert_eq!(sign_up("192.0.2.8", "three").status(), 200);
    app.advance(1_800);
    assert_eq!(sign_up("192.0.2.7", "four").status(), 200);
    app.set("sign_ups_per_hour", "0");
    assert_eq!(sign_up("192.0.2.7", "five").status(), 200);
}

const NOT_AVAILABLE: &str = "Username is not available";

#[test]
fn a_name_in_another_case_is_taken() {
    let app = app();
    app.execute("UPDATE account SET name = 'NewBie' WHERE name = 'acme'");
    let reply = app.browser().post("/api/v1/user/", newbie());
    assert_eq!(reply.json()["detail"], NOT_AVAILABLE);
}

#[test]
fn nobody_signs_up_while_it_is_off() {
    for feature in ["feature_user_creation", "feature_direct_login"] {
        let app = app().with(feature, "false");
        assert_eq!(app.browser().post("/api/v1/user/", newbie()).status(), 405, "{feature}");
    }
}

#[test]
fn a_failed_sign_up_leaves_nothing_behind() {
    let app = app();
    for part in ["INTO user_profile", "INTO log_entry", "COMMIT"] {
        app.failing_on(part, || app.as_user("bob").post("/api/v1/user/", newbie()));
        assert_eq!(app.anonymous().get("/api/v1/users/newbie").status(), 404, "{part}");
    }
}

/// Neither answers nor logs carry a password, a hash or a token.
#[test]
fn secrets_stay_secret() {
    let app = app();
    let reply = app.browser().post("/api/v1/user/", with("password", "s3cret-s3cret"));
    let session = app.continuing(&reply);
    let own = session.get("/api/v1/user/");
    for text in [reply.whole(), own.whole()] {
        assert!(!text.contains("s3cret") && !text.contains("argon2"), "{text}");
    }
    let log = format!("{:?}", app.rows("SELECT kind, metadata FROM log_entry"));
    assert!(!log.contains("s3cret") && !log.contains("argon2"), "{log}");
    let hash = &app.rows("SELECT password_hash FROM user_profile ORDER BY account_id DESC")[0][0];
    assert!(hash.starts_with("$argon2id$"), "{hash}");
}
