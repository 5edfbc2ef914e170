//! The outbox, as superusers see it.

use berth_test::{App, redacted};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::common::{app_with_invitations as app, invite};

const MAILS: &str = "/api/v1/superuser/mails";

#[test]
fn superusers_read_what_has_not_left() {
    let app = app();
    let superuser = app.as_user("superuser");
    let first = superuser.get(&format!("{MAILS}?limit=1"));
    assert_eq!(first.header("cache-control"), Some("no-store"));
    assert_snapshot!(redacted(first.json()["mails"].clone()), @r#"[{"id":"<uuid>","to":"outsider@example.com","subject":"admin invites you to the team creators of acme","text":"admin would like you to join the team creators of the organization acme.\n\nThe invitation can be accepted until Sun, 29 Nov 2026 06:29:07 -0000. If you do not want it, there is nothing to do.\n\nAccept or decline the invitation:\nhttp://localhost:3000/confirminvite?code=<secret>\n\n-- \nBerth\n","created":"<start+60s>","state":"held","attempts":0,"next_attempt":null,"delivered":null,"error":null}]"#);
    let next = first.json()["next_page"].as_str().expect("there is more").to_owned();
    let second = superuser.get(&format!("{MAILS}?limit=1&next_page={next}")).json();
    assert_eq!(
        (second["mails"].as_array().map(Vec::len), second.get("next_page")),
        (Some(1), None)
    );
}

#[test]
fn what_has_left_is_not_kept() {
    let app = app().with("mail_gateway_url", "https://mail.example/send");
    app.fail_mail(true);
    invite(&app, "owners", "outsider");
    let superuser = app.as_user("superuser");
    assert_snapshot!(redacted(superuser.get(&format!("{MAILS}?limit=1")).json()["mails"].clone()), @r#"[{"id":"<uuid>","to":"outsider@example.com","subject":"admin invites you to the team owners of acme","text":"admin would like you to join the team owners of the organization acme.\n\nThe invitation can be accepted until Sun, 29 Nov 2026 06:29:07 -0000. If you do not want it, there is nothing to do.\n\nAccept or decline the invitation:\nhttp://localhost:3000/confirminvite?code=<secret>\n\n-- \nBerth\n","created":"<start+60s>","state":"waiting","attempts":1,"next_attempt":"<start+70s>","delivered":null,"error":"made by the test"}]"#);
    app.fail_mail(false);
    app.advance(10);
    let _ = superuser.get(MAILS);
    assert_snapshot!(redacted(superuser.get(&format!("{MAILS}?limit=1")).json()["mails"].clone()), @r#"[{"id":"<uuid>","to":"outsider@example.com","subject":"admin invites you to the team owners of acme","text":null,"created":"<start+60s>","state":"delivered","attempts":2,"next_attempt":null,"delivered":"<start+70s>","error":null}]"#);
    // The mails that were held while there was no gateway have left as well.
    assert_eq!(app.mails().len(), 3);
}

fn ask_for_recovery(app: &App) {
    let browser = app.browser();
    let recovery = json!({ "email": "outsider@example.com" });
    assert_eq!(browser.post("/api/v1/recovery", recovery).status(), 200);
}

/// Subjects of the mails that leave once a gateway is set.
fn leave(app: &App) -> Vec<String> {
    app.set("mail_gateway_url", "https://mail.example/send");
    let _ = app.as_user("outsider").get("/api/v1/user/notifications");
    app.mails().into_iter().map(|mail| mail.subject).collect()
}

#[test]
fn what_was_held_leaves_when_there_is_a_gateway() {
    let app = app();
    ask_for_recovery(&app);
    assert_eq!(app.mails().len(), 0);
    app.advance(1_799);
    let subjects = [
        "admin invites you to the team members of acme",
        "admin invites you to the team creators of acme",
        "Your password for Berth",
    ];
    assert_eq!(leave(&app), subjects);
    assert_eq!(leave(&app), [""; 0], "each leaves once");
    let mails = app.as_user("superuser").get(MAILS).json();
    assert!(mails["mails"].as_array().is_some_and(|mails| {
        mails.iter().all(|mail| mail["state"] == "delivered" && mail["text"].is_null())
    }));
}

#[test]
fn a_mail_whose_code_has_expired_is_not_sent() {
    let app = app();
    ask_for_recovery(&app);
    app.advance(1_800);
    assert_eq!(leave(&app.copy()).len(), 2, "the password can no longer be recovered");
    app.advance(7 * 86_400 - 1_800 - 1);
    assert_eq!(leave(&app.copy()), ["admin invites you to the team creators of acme"]);
    app.advance(1);
    assert_eq!(leave(&app), [""; 0]);
    let mails = app.as_user("superuser").get(MAILS).json();
    assert_eq!(mails["mails"][0]["state"], "held");
}

#[test]
fn the_path_at_the_gateway_may_be_a_separate_setting() {
    let app = app().with("mail_gateway_url", "https://mail.example/");
    app.set("mail_gateway_path", "/v1/send?x=1");
    invite(&app, "owners", "outsider");
    assert_eq!(app.mails()[0].gateway, "https://mail.example/v1/send?x=1");
}

#[test]
fn a_month_later_a_mail_is_forgotten() {
    let app = app();
    app.advance(30 * 86_400 + 1);
    invite(&app, "owners", "outsider");
    let mails = app.as_user("superuser").get(MAILS).json();
    assert_eq!(mails["mails"].as_array().map(Vec::len), Some(1));
}

#[test]
fn permitted_callers() {
    assert_snapshot!(app().matrix(&[(Method::GET, MAILS, Value::Null)]), @"
    GET /api/v1/superuser/mails
      200 superuser superuser[super:user]
      401 anonymous
      403 outsider member creator admin reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    ");
}
