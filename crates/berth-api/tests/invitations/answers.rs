//! Answers to invitations: through the API, and on the page that mails link to.

use crate::common::{app, log};
use berth_test::{App, Reply, lines_of_html};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const ACME: &str = "/api/v1/organization/acme";

/// Invites a user (by name) or an address into a team of `acme`; returns the code.
fn invite(app: &App, team: &str, whom: &str) -> String {
    let kind = if whom.contains('@') { "invite" } else { "members" };
    let reply = app.as_user("admin").put_empty(&format!("{ACME}/team/{team}/{kind}/{whom}"));
    assert_eq!(reply.json()["invited"], true, "{reply}");
    let list = app.as_user("admin").get(&format!("{ACME}/invitations")).json();
    let invitations = list["invitations"].as_array().expect("a list");
    let invitation = invitations.iter().find(|invitation| {
        invitation["team"] == team && (invitation["name"] == whom || invitation["email"] == whom)
    });
    let link = invitation.expect("it is pending")["link"].as_str().expect("a link");
    link.split_once("code=").expect("a code").1.to_owned()
}

fn accept(app: &App, name: &str, code: &str) -> Reply {
    app.as_user(name).put_empty(&format!("/api/v1/teaminvite/{code}"))
}

fn decline(app: &App, name: &str, code: &str) -> Reply {
    app.as_user(name).delete(&format!("/api/v1/teaminvite/{code}"))
}

fn teams_of(app: &App, name: &str) -> Vec<String> {
    let reply = app.as_user("admin").get(&format!("{ACME}/members/{name}"));
    let teams = if reply.status() == 200 { reply.json()["teams"].clone() } else { json!([]) };
    let names = teams.as_array().expect("a list").iter();
    names.map(|team| team["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn accepting_accepts_every_invitation_of_the_account_in_the_organization() {
    let app = app();
    let code = invite(&app, "members", "outsider");
    invite(&app, "creators", "outsider");
    invite(&app, "owners", "outsider@example.com");
    assert_snapshot!(accept(&app, "outsider", &code), @r#"
    200
    {
      "org": "acme",
      "team": "members"
    }
    "#);
    assert_eq!(teams_of(&app, "outsider"), ["members", "creators"]);
    assert_snapshot!(accept(&app, "outsider", &code), @r#"
    400
    {
      "message": "Invalid confirmation code."
    }
    "#);
    assert_eq!(app.rows("SELECT email FROM team_invitation"), [["outsider@example.com"]]);
    assert_eq!(app.rows("SELECT count(*) FROM notification"), [["0"]]);
    assert_snapshot!(log(&app), @r#"
    org_invite_team_member {"user":"outsider","member":"outsider","team":"members","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    org_invite_team_member {"user":"outsider","member":"outsider","team":"creators","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    org_invite_team_member {"email":"outsider@example.com","team":"owners","member":"outsider@example.com","oauth_token_id":1,"oauth_token_application_id":"admin","oauth_token_application":"automation"}
    org_team_member_invite_accepted {"member":"outsider","team":"members","inviter":"admin","oauth_token_id":2,"oauth_token_application_id":"outsider","oauth_token_application":"automation"}
    org_team_member_invite_accepted {"member":"outsider","team":"creators","inviter":"admin","oauth_token_id":2,"oauth_token_application_id":"outsider","oauth_token_application":"automation"}
    "#);
}

/// Finding A1: users who set the address of an owner in their own account, and accept an invitation that they made
/// themselves, do not become owners.
#[test]
fn an_address_of_ones_own_account_gives_nothing() {
    let app = app();
    invite(&app, "owners", "boss@example.com");
    let code = invite(&app, "members", "outsider");
    app.execute("UPDATE account SET email = 'boss@example.com' WHERE name = 'outsider'");
    assert_eq!(accept(&app, "outsider", &code).status(), 200);
    assert_eq!(teams_of(&app, "outsider"), ["members"]);
    assert_eq!(app.rows("SELECT email FROM team_invitation"), [["boss@example.com"]]);
}

#[test]
fn the_code_that_went_to_an_address_accepts_for_it() {
    let app = app();
    let code = invite(&app, "members", "OUTSIDER@example.com");
    invite(&app, "creators", "outsider@EXAMPLE.com");
    invite(&app, "owners", "outsider");
    invite(&app, "owners", "somebody@example.com");
    // Addresses that differ in case are the same.
    assert_eq!(accept(&app, "outsider", &code).json(), json!({ "org": "acme", "team": "members" }));
    assert_eq!(teams_of(&app, "outsider"), ["members", "creators", "owners"]);
    assert_eq!(app.rows("SELECT email FROM team_invitation"), [["somebody@example.com"]]);
    // The inviter has the link too if they pass it on: nobody has proven anything.
    assert_eq!(
        app.rows("SELECT count(*) FROM user_profile WHERE proven_email IS NOT NULL"),
        [["0"]]
    );
}

/// A code that was mailed, and shown to nobody else, shows who reads the address; another account that has the
/// address loses it.
#[test]
fn a_mailed_code_proves_the_address() {
    let app = app().with("mail_gateway_url", "https://mail.example/send");
    let path = format!("{ACME}/team/members/invite/Outsider@example.com");
    assert_eq!(app.as_user("admin").put_empty(&path).status(), 200);
    let mail = app.mails().pop().expect("a mail");
    let code = mail.text.split_once("?code=").expect("a link").1.lines().next().expect("a code");
    // Administrators do not see mailed codes, even when the gateway is removed later.
    app.set("mail_gateway_url", "");
    let list = app.as_user("admin").get(&format!("{ACME}/invitations")).json();
    assert_eq!(list["invitations"][0].get("link"), None);
    app.set("mail_gateway_url", "https://mail.example/send");
    assert_eq!(accept(&app, "outsider", code).status(), 200);
    assert_eq!(
        app.rows("SELECT proven_email FROM user_profile WHERE proven_email IS NOT NULL"),
        [["outsider@example.com"]]
    );
    // A changed address is unproven at once.
    app.execute("UPDATE account SET email = 'other@example.com' WHERE name = 'outsider'");
    assert_eq!(
        app.rows("SELECT count(*) FROM user_profile WHERE proven_email IS NOT NULL"),
        [["0"]]
    );
}

#[test]
fn one_address_is_invited_once_whatever_its_case() {
    let app = app();
    let first = invite(&app, "members", "new@example.com");
    let second = invite(&app, "members", "NEW@example.com");
    assert_eq!(app.rows("SELECT email FROM team_invitation"), [["NEW@example.com"]]);
    assert_ne!(first, second);
    let withdraw =
        || app.as_user("admin").delete(&format!("{ACME}/team/members/invite/nEw@example.com"));
    assert_eq!((withdraw().status(), withdraw().status()), (204, 404));
}

#[test]
fn an_invitation_is_for_one_person() {
    let app = app();
    let for_user = invite(&app, "members", "outsider");
    let for_address = invite(&app, "members", "outsider@example.com");
    assert_snapshot!(accept(&app, "creator", &for_user), @r#"
    400
    {
      "message": "This invite is intended for user \"outsider\".\n                 Please login to that account and try again."
    }
    "#);
    assert_snapshot!(accept(&app, "creator", &for_address), @r#"
    400
    {
      "message": "This invite is intended for email \"outsider@example.com\".\n                   Please login to that account and try again."
    }
    "#);
    for code in [&for_user, &for_address, "nosuchcode"] {
        assert_eq!(decline(&app, "creator", code).json()["message"], "Invalid confirmation code.");
    }
    assert_eq!(app.rows("SELECT count(*) FROM team_invitation"), [["2"]]);
}

#[test]
fn declining_declines_one_invitation() {
    let app = app();
    let code = invite(&app, "members", "outsider");
    invite(&app, "creators", "outsider");
    let for_address = invite(&app, "owners", "outsider@example.com");
    assert_eq!(decline(&app, "outsider", &code).status(), 204);
    assert_snapshot!(decline(&app, "outsider", &code), @r#"
    400
    {
      "message": "Invalid confirmation code."
    }
    "#);
    assert_eq!(decline(&app, "outsider", &for_address).status(), 400);
    assert_eq!(app.rows("SELECT count(*) FROM team_invitation"), [["2"]]);
    assert_eq!(teams_of(&app, "outsider"), [""; 0]);
    let log = log(&app);
    assert_snapshot!(log.lines().last().unwrap_or_default(), @r#"org_team_member_invite_declined {"member":"outsider","team":"members","inviter":"admin","oauth_token_id":2,"oauth_token_application_id":"outsider","oauth_token_application":"automation"}"#);
}

#[test]
fn an_invitation_outlives_its_inviter() {
    let app = app();
    assert_eq!(
        app.as_user("superuser")
            .put_empty(&format!("{ACME}/team/members/members/outsider"))
            .status(),
        200
    );
    let code = invite(&app, "creators", "outsider");
    app.execute("DELETE FROM account WHERE name = 'superuser'");
    assert_eq!(accept(&app, "outsider", &code).status(), 200);
    assert_eq!(teams_of(&app, "outsider"), ["members", "creators"]);
}

#[test]
fn permitted_callers() {
    let app = app();
    assert_snapshot!(app.matrix(&[
        (Method::PUT, "/api/v1/teaminvite/nosuchcode", Value::Null),
        (Method::DELETE, "/api/v1/teaminvite/nosuchcode", Value::Null),
    ]), @"
    PUT /api/v1/teaminvite/nosuchcode
    DELETE /api/v1/teaminvite/nosuchcode
      400 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    ");
}

/// What the page is about, without what all pages have.
fn page(reply: &Reply) -> String {
    let text = reply.to_string();
    let (head, body) = (&text[..3], text.split_once("</header>").expect("a page").1);
    format!("{head}{}", lines_of_html(body))
}

#[test]
fn the_page_shows_an_invitation_and_takes_the_answer() {
    let app = app();
    let code = invite(&app, "members", "outsider");
    let outsider = app.with_session("outsider");
    let reply = outsider.get(&format!("/confirminvite?code={code}"));
    assert_snapshot!(page(&reply), @r#"
    200
    <main class="narrow">
    <div class="card">
    <h1>Team invitation</h1>
    <p><b>admin</b> invites you to join the team <b>members</b> of the organization <b>acme</b>.</p>
    <p class="soft">You are signed in as <b>outsider</b>.</p>
    <form method="post" action="/confirminvite"><input type="hidden" name="_csrf_token" value="<secret>"><input type="hidden" name="code" value="<secret>">
    <div class="choices"><button class="first" name="answer" value="accept">Accept</button><button name="answer" value="decline">Decline</button></div></form></div></main></body></html>
    "#);
    let form = format!("answer=accept&code={code}");
    assert_snapshot!(page(&outsider.post_form("/confirminvite", &form)), @r#"
    200
    <main class="narrow">
    <div class="card">
    <h1>Team invitation</h1>
    <p>You are now in the team <b>members</b> of <b>acme</b>.</p></div></main></body></html>
    "#);
    assert_eq!(teams_of(&app, "outsider"), ["members"]);
    assert_snapshot!(page(&outsider.post_form("/confirminvite", &form)), @r#"
    400
    <main class="narrow">
    <div class="card">
    <h1>Team invitation</h1>
    <p>Invalid confirmation code.</p></div></main></body></html>
    "#);
    assert_snapshot!(page(&outsider.get(&format!("/confirminvite?code={code}"))), @r#"
    404
    <main class="narrow">
    <div class="card">
    <h1>Team invitation</h1>
    <p>There is no such invitation: it was answered or withdrawn, or its time is over.</p></div></main></body></html>
    "#);
}

#[test]
fn an_address_can_decline_on_the_page() {
    let app = app();
    let code = invite(&app, "members", "outsider@example.com");
    let form = format!("answer=decline&code={code}");
    assert_eq!(app.with_session("member").post_form("/confirminvite", &form).status(), 400);
    let outsider = app.with_session("outsider");
    assert_eq!(
        outsider.post_form("/confirminvite", &format!("answer=maybe&code={code}")).status(),
        400
    );
    assert_snapshot!(page(&outsider.post_form("/confirminvite", &form)), @r#"
    200
    <main class="narrow">
    <div class="card">
    <h1>Team invitation</h1>
    <p>You declined to join the team <b>members</b> of <b>acme</b>.</p></div></main></body></html>
    "#);
    assert_eq!(app.rows("SELECT count(*) FROM team_invitation"), [["0"]]);
}

#[test]
fn the_page_is_for_the_invited_user() {
    let app = app();
    let code = invite(&app, "members", "outsider");
    let path = format!("/confirminvite?code={code}");
    assert_snapshot!(page(&app.anonymous().get(&path)), @r#"
    401
    <main class="narrow">
    <div class="card">
    <h1>Team invitation</h1>
    <p>You are invited into a team at Berth. Sign in to answer.</p>
    <div class="choices">
    <form method="post" action="/signin"><input type="hidden" name="next" value="/confirminvite?code=<secret>"><button class="first">Sign in</button></form>
    <form method="post" action="/createaccount"><input type="hidden" name="next" value="/confirminvite?code=<secret>"><button>Create an account</button></form></div></div></main></body></html>
    "#);
    // A token is no browser.
    assert_eq!(app.as_user("outsider").get(&path).status(), 401);
    assert_snapshot!(page(&app.with_session("member").get(&path)), @r#"
    403
    <main class="narrow">
    <div class="card">
    <h1>Team invitation</h1>
    <p>This invitation is for <b>outsider</b>, and you are signed in as <b>member</b>.</p></div></main></body></html>
    "#);
    assert_eq!(app.with_session("member").get("/confirminvite").status(), 404);
}

#[test]
fn the_page_is_safe() {
    let app = app();
    let code = invite(&app, "members", "outsider");
    let outsider = app.with_session("outsider");
    let reply = outsider.get(&format!("/confirminvite?code={code}"));
    let policy = reply.header("content-security-policy").unwrap_or_default();
    for rule in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.header(name), Some(value));
    }
    assert!(!reply.whole().contains("<script>"));
    let reply = app.with_session("member").get("/confirminvite?code=%3Cscript%3E");
    assert!(!reply.whole().contains("<script>"));
    // Another site cannot answer: it does not know the CSRF token, which the form holds.
    let browser = app.with_session("outsider").without("x-csrf-token");
    let form = format!("answer=accept&code={code}");
    assert_eq!(browser.post_form("/confirminvite", &form).status(), 403);
    assert_eq!(app.anonymous().post_form("/confirminvite", &form).status(), 401);
    let shown = browser.get(&format!("/confirminvite?code={code}")).whole();
    let token = shown.split_once("name=\"_csrf_token\" value=\"").expect("a form").1;
    let token = token.split_once('"').expect("a value").0;
    let form = format!("{form}&_csrf_token={token}");
    assert_eq!(browser.post_form("/confirminvite", &form).status(), 200);
}
