//! Invitations: e-mail addresses, renewal, expiry, the list, the mails.

mod answers;

use crate::common::{app, log};
use berth_test::{App, redacted_text};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const INVITE: &str = "/api/v1/organization/acme/team/members/invite";
const MEMBERS: &str = "/api/v1/organization/acme/team/members/members";
const INVITATIONS: &str = "/api/v1/organization/acme/invitations";

/// The code in the link of the only pending invitation.
fn code(app: &App) -> String {
    let list = app.as_user("admin").get(INVITATIONS).json();
    let link = list["invitations"][0]["link"].as_str().expect("a link").to_owned();
    link.split_once("code=").expect("a code").1.to_owned()
}

#[test]
fn an_address_is_invited_and_uninvited() {
    let app = app();
    let admin = app.as_user("admin");
    assert_snapshot!(admin.put_empty(&format!("{INVITE}/new@example.com")), @r#"
    200
    {
      "email": "new@example.com",
      "kind": "invite",
      "avatar": "<avatar>",
      "invited": true
    }
    "#);
    assert_eq!(admin.delete(&format!("{INVITE}/new@example.com")).status(), 204);
    assert_snapshot!(admin.delete(&format!("{INVITE}/new@example.com")).refusal(), @"404 not_found: Not Found");
    assert_snapshot!(log(&app), @r#"
    org_invite_team_member {"email":"new@example.com","team":"members","member":"new@example.com","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    org_delete_team_member_invite {"email":"new@example.com","team":"members","member":"new@example.com","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    "#);
}

#[test]
fn any_text_is_an_address_but_not_every_one_gets_mail() {
    let app = app();
    let admin = app.as_user("admin");
    for (path, email) in [
        ("NEW@example.com", "NEW@example.com"),
        ("member@example.com", "member@example.com"),
        ("notanaddress", "notanaddress"),
        ("enc%40example.com", "enc@example.com"),
        ("a+b@example.com", "a+b@example.com"),
        ("a%20b@example.com", "a b@example.com"),
        ("%C3%BC@example.com", "ü@example.com"),
        ("x@example.com%0Abcc:y@example.com", "x@example.com\nbcc:y@example.com"),
    ] {
        assert_eq!(admin.put_empty(&format!("{INVITE}/{path}")).json()["email"], email);
    }
    let mails = app.rows("SELECT recipient FROM mail ORDER BY id");
    assert_eq!(
        mails.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(),
        [
            "NEW@example.com",
            "member@example.com",
            "enc@example.com",
            "a+b@example.com",
            "ü@example.com",
        ]
    );
}

#[test]
fn without_mail_there_are_no_invitations() {
    let app = app().with("feature_mailing", "false");
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{INVITE}/new@example.com")).status(), 404);
    assert_eq!(admin.delete(&format!("{INVITE}/new@example.com")).status(), 404);
    assert_eq!(admin.get(INVITATIONS).status(), 404);
    assert_eq!(admin.put_empty("/api/v1/teaminvite/x").status(), 404);
    assert_eq!(admin.get("/confirminvite").status(), 404);
}

#[test]
fn addresses_are_invited_also_where_users_are_added_at_once() {
    let app = app().with("require_team_invite", "false");
    let reply = app.as_user("admin").put_empty(&format!("{INVITE}/new@example.com"));
    assert_eq!(reply.json()["invited"], true);
}

#[test]
fn asking_again_renews_the_invitation() {
    let app = app();
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    let first = code(&app);
    app.advance(86_400);
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    assert_eq!(admin.put_empty(&format!("{INVITE}/new@example.com")).status(), 200);
    assert_eq!(admin.put_empty(&format!("{INVITE}/new@example.com")).status(), 200);
    assert_eq!(app.rows("SELECT count(*) FROM team_invitation"), [["2"]]);
    assert_eq!(app.rows("SELECT count(*) FROM notification"), [["1"]]);
    // The mails with the first links are not sent any more, and the first code is void.
    assert_eq!(app.rows("SELECT count(*) FROM mail"), [["2"]]);
    let outsider = app.as_user("outsider");
    assert_eq!(outsider.put_empty(&format!("/api/v1/teaminvite/{first}")).status(), 400);
    assert_eq!(outsider.put_empty(&format!("/api/v1/teaminvite/{}", code(&app))).status(), 200);
}

#[test]
fn an_expired_invitation_is_none() {
    let app = app().with("invitation_ttl_s", "60");
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    assert_eq!(admin.put_empty(&format!("{INVITE}/new@example.com")).status(), 200);
    let code = code(&app);
    app.advance(60);
    assert_snapshot!(app.as_user("outsider").put_empty(&format!("/api/v1/teaminvite/{code}")), @r#"
    400
    {
      "message": "Invalid confirmation code."
    }
    "#);
    assert_eq!(admin.get(INVITATIONS).json()["invitations"], json!([]));
    assert_eq!(
        admin.get(&format!("{MEMBERS}?includePending=true")).json()["members"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    assert_eq!(admin.delete(&format!("{INVITE}/new@example.com")).status(), 404);
    assert_eq!(admin.delete(&format!("{MEMBERS}/outsider")).status(), 400);
    // The next invitation sweeps them out, and one of the same person lives again.
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    assert_eq!(admin.put_empty(&format!("{INVITE}/other@example.com")).status(), 200);
    assert_eq!(app.rows("SELECT count(*) FROM team_invitation"), [["2"]]);
    assert_eq!(app.rows("SELECT count(*) FROM notification"), [["1"]]);
}

#[test]
fn a_user_who_joins_otherwise_is_no_longer_invited() {
    let app = app();
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    app.set("require_team_invite", "false");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).json()["invited"], false);
    assert_eq!(app.rows("SELECT count(*) FROM team_invitation"), [["0"]]);
}

#[test]
fn administrators_see_every_pending_invitation() {
    let app = app();
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    assert_eq!(admin.put_empty(&format!("{INVITE}/new@example.com")).status(), 200);
    assert_eq!(admin.put_empty(&format!("{INVITE}/nomail")).status(), 200);
    assert_snapshot!(admin.get(INVITATIONS), @r#"
    200
    {
      "invitations": [
        {
          "name": "outsider",
          "kind": "user",
          "is_robot": false,
          "avatar": "<avatar>",
          "invited": true,
          "team": "members",
          "inviter": "admin",
          "created": "<start>",
          "expires": "<start+7d>",
          "delivery": {
            "state": "held",
            "attempts": 0,
            "next_attempt": null
          },
          "link": "http://localhost:3000/confirminvite?code=<secret>"
        },
        {
          "email": "new@example.com",
          "kind": "invite",
          "avatar": "<avatar>",
          "invited": true,
          "team": "members",
          "inviter": "admin",
          "created": "<start>",
          "expires": "<start+7d>",
          "delivery": {
            "state": "held",
            "attempts": 0,
            "next_attempt": null
          },
          "link": "http://localhost:3000/confirminvite?code=<secret>"
        },
        {
          "email": "nomail",
          "kind": "invite",
          "avatar": "<avatar>",
          "invited": true,
          "team": "members",
          "inviter": "admin",
          "created": "<start>",
          "expires": "<start+7d>",
          "delivery": null,
          "link": "http://localhost:3000/confirminvite?code=<secret>"
        }
      ]
    }
    "#);
    // A link gives access: it is for administrators, not for those who only read.
    let list = app.as_user("reader").get(INVITATIONS).json();
    assert_eq!(list["invitations"][0].get("link"), None);
    // A lost key takes the links away, not the list.
    app.set("secret_key", "another key");
    let list = app.as_user("admin").get(INVITATIONS).json();
    assert_eq!(list["invitations"][0]["link"], Value::Null);
}

#[test]
fn with_a_gateway_the_link_is_in_the_mail_alone() {
    let app = app()
        .with("mail_gateway_url", "https://mail.example/send")
        .with("mail_gateway_token", "s3cret")
        .with("mail_default_sender", "berth@example.com")
        .with("server_hostname", "registry.example")
        .with("preferred_url_scheme", "https");
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    let mails = app.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(
        (mail.gateway.as_str(), mail.token.as_str()),
        ("https://mail.example/send", "s3cret")
    );
    let shown =
        format!("{} -> {}\n{}\n\n{}\n{}", mail.from, mail.to, mail.subject, mail.text, mail.html);
    assert_snapshot!(redacted_text(&shown), @r#"
    berth@example.com -> outsider@example.com
    admin invites you to the team members of acme

    admin would like you to join the team members of the organization acme.

    The invitation can be accepted until Sun, 29 Nov 2026 06:28:07 -0000. If you do not want it, there is nothing to do.

    Accept or decline the invitation:
    https://registry.example/confirminvite?code=<secret>

    -- 
    Berth

    <!DOCTYPE html><html><body><p>admin would like you to join the team members of the organization acme.</p><p>The invitation can be accepted until Sun, 29 Nov 2026 06:28:07 -0000. If you do not want it, there is nothing to do.</p><p><a href="https://registry.example/confirminvite?code=<secret>">Accept or decline the invitation</a></p><p>Berth</p></body></html>
    "#);
    assert_snapshot!(admin.get(INVITATIONS), @r#"
    200
    {
      "invitations": [
        {
          "name": "outsider",
          "kind": "user",
          "is_robot": false,
          "avatar": "<avatar>",
          "invited": true,
          "team": "members",
          "inviter": "admin",
          "created": "<start>",
          "expires": "<start+7d>",
          "delivery": {
            "state": "delivered",
            "attempts": 1,
            "next_attempt": null
          }
        }
      ]
    }
    "#);
    assert_eq!(app.rows("SELECT sealed_content FROM mail"), [["NULL"]]);
    assert!(app.mails().is_empty());
}

#[test]
fn a_mail_that_cannot_be_delivered_waits() {
    let app = app().with("mail_gateway_url", "https://mail.example/send");
    let admin = app.as_user("admin");
    app.fail_mail(true);
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    let delivery =
        || app.as_user("admin").get(INVITATIONS).json()["invitations"][0]["delivery"].clone();
    assert_snapshot!(delivery(), @r#"{"state":"waiting","attempts":1,"next_attempt":"Sun, 22 Nov 2026 06:28:17 -0000"}"#);
    // Nothing is tried again before the pause is over; then any request tries it.
    app.fail_mail(false);
    app.advance(9);
    let _ = delivery();
    assert!(app.mails().is_empty());
    app.advance(1);
    let _ = app.anonymous().get("/api/v1/organization/acme");
    assert_eq!(app.mails().len(), 1);
    assert_snapshot!(delivery(), @r#"{"state":"delivered","attempts":2,"next_attempt":null}"#);
}

#[test]
fn a_gateway_that_stays_down_is_asked_five_times() {
    let app = app().with("mail_gateway_url", "https://mail.example/send");
    app.fail_mail(true);
    assert_eq!(app.as_user("admin").put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    let mut attempts = Vec::new();
    for _ in 0..7 {
        let list = app.as_user("admin").get(INVITATIONS).json();
        attempts.push(list["invitations"][0]["delivery"].to_string());
        app.advance(14_400);
    }
    assert_snapshot!(attempts.join("\n"), @r#"
    {"state":"waiting","attempts":1,"next_attempt":"Sun, 22 Nov 2026 06:28:17 -0000"}
    {"state":"waiting","attempts":1,"next_attempt":"Sun, 22 Nov 2026 06:28:17 -0000"}
    {"state":"waiting","attempts":2,"next_attempt":"Sun, 22 Nov 2026 10:30:07 -0000"}
    {"state":"waiting","attempts":3,"next_attempt":"Sun, 22 Nov 2026 14:48:07 -0000"}
    {"state":"waiting","attempts":4,"next_attempt":"Sun, 22 Nov 2026 22:28:07 -0000"}
    {"state":"failed","attempts":5,"next_attempt":null}
    {"state":"failed","attempts":5,"next_attempt":null}
    "#);
    app.fail_mail(false);
    let _ = app.anonymous().get("/api/v1/organization/acme");
    assert!(app.mails().is_empty());
}

#[test]
fn many_mails_leave_with_several_requests() {
    let app = app().with("mail_gateway_url", "https://mail.example/send");
    app.fail_mail(true);
    for n in 0..7 {
        assert_eq!(
            app.as_user("admin").put_empty(&format!("{INVITE}/n{n}@example.com")).status(),
            200
        );
    }
    app.fail_mail(false);
    app.advance(60);
    let _ = app.anonymous().get("/api/v1/organization/acme");
    assert_eq!(app.mails().len(), 5);
    let _ = app.anonymous().get("/api/v1/organization/acme");
    assert_eq!(app.mails().len(), 2);
}

#[test]
fn a_withdrawn_invitation_is_not_mailed() {
    let app = app().with("mail_gateway_url", "https://mail.example/send");
    let admin = app.as_user("admin");
    app.fail_mail(true);
    assert_eq!(admin.put_empty(&format!("{INVITE}/new@example.com")).status(), 200);
    assert_eq!(admin.delete(&format!("{INVITE}/new@example.com")).status(), 204);
    app.fail_mail(false);
    app.advance(60);
    let _ = admin.get(INVITATIONS);
    assert!(app.mails().is_empty());
}

#[test]
fn no_code_is_readable_at_rest() {
    let app = app();
    assert_eq!(app.as_user("admin").put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    let code = code(&app);
    let secret = code.strip_prefix("urn:teaminvite:").expect("the prefix");
    // 32 characters of 62 each: more than 128 bits.
    assert_eq!(secret.len(), 32);
    for (table, columns) in [
        ("team_invitation", "code_hash, sealed_code, email"),
        ("notification", "metadata, subject, uuid"),
        ("mail", "sealed_content, subject, uuid"),
        ("log_entry", "metadata, kind"),
    ] {
        let hit = format!(
            "SELECT count(*) FROM {table} WHERE {}",
            columns
                .split(", ")
                .map(|column| format!("instr({column}, CAST('{secret}' AS BLOB)) > 0 OR instr(CAST({column} AS TEXT), '{secret}') > 0"))
                .collect::<Vec<_>>()
                .join(" OR ")
        );
        assert_eq!(
            app.rows(&hit.replace(", ", ",")).concat().first().map(String::as_str),
            Some("0"),
            "{table}"
        );
    }
}

#[test]
fn deleting_an_account_removes_its_invitations() {
    let app = app();
    let admin = app.as_user("admin");
    assert_eq!(admin.put_empty(&format!("{MEMBERS}/outsider")).status(), 200);
    app.execute("DELETE FROM account WHERE name = 'duo'");
    app.execute("DELETE FROM account WHERE name = 'outsider'");
    assert_eq!(admin.get(INVITATIONS).json()["invitations"], json!([]));
    assert_eq!(app.rows("SELECT count(*) FROM notification"), [["0"]]);
    assert_eq!(admin.put_empty(&format!("{INVITE}/new@example.com")).status(), 200);
    assert_eq!(admin.delete("/api/v1/organization/acme").status(), 204);
    for table in ["team_invitation", "mail"] {
        assert_eq!(app.rows(&format!("SELECT count(*) FROM {table}")), [["0"]], "{table}");
    }
}

#[test]
fn permitted_callers() {
    let app = app();
    assert_snapshot!(app.matrix(&[
        (Method::GET, INVITATIONS, Value::Null),
        (Method::PUT, "/api/v1/organization/acme/team/nope/invite/new@example.com", Value::Null),
        (Method::DELETE, "/api/v1/organization/acme/team/members/invite/none@example.com", Value::Null),
    ]), @"
    GET /api/v1/organization/acme/invitations
      200 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    PUT /api/v1/organization/acme/team/nope/invite/new@example.com
    DELETE /api/v1/organization/acme/team/members/invite/none@example.com
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 admin superuser admin[org:admin] superuser[super:user]
    ");
}
