//! Exports that somebody asks for: a link, by mail or to an address.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;

use berth_test::{App, Reply};
use berth_web::outbound::callback::{Callback, Destination};
use berth_web::outbound::registry::{Failure, LookUpError, Registry, Upstream, Verdict};
use berth_web::{Method, Value};
use insta::assert_snapshot;
use serde_json::json;

use super::enter;

const ASK: &str = "/api/v1/organization/acme/exportlogs";

/// What was posted, and to which addresses.
#[derive(Clone, Default)]
struct Posted(Rc<RefCell<Vec<(String, Value)>>>);

impl Callback for Posted {
    fn post(&self, to: &Destination, body: &str) -> Result<u16, String> {
        let body = serde_json::from_str(body).expect("JSON");
        self.0.borrow_mut().push((to.url.clone(), body));
        Ok(200)
    }
}

struct Names;

impl Registry for Names {
    fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError> {
        match name {
            "hooks.example" => Ok(vec![IpAddr::from([1, 1, 1, 1])]),
            "inside.example" => Ok(vec![IpAddr::from([10, 0, 0, 1])]),
            _ => Err(LookUpError::NotFound),
        }
    }

    fn check(&self, _: &Upstream<'_>) -> Result<Verdict, Failure> {
        Err(Failure::Unreachable)
    }
}

fn app() -> (App, Posted) {
    let posted = Posted::default();
    let app = App::new()
        .with("mail_gateway_url", "https://mail.example/")
        .with_registry(Names)
        .with_callback(posted.clone())
        .with_roles();
    enter(&app, "acme", "admin", "org_create_team", 60);
    enter(&app, "acme", "admin", "org_create_team", 30);
    (app, posted)
}

/// The path of the link in a text.
fn link(text: &str) -> String {
    let start = text.find("http://localhost:3000/exportedlogs").expect("a link");
    let url = text[start..].split_whitespace().next().unwrap_or_default();
    url.trim_start_matches("http://localhost:3000").to_owned()
}

fn teams(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status(), 200, "{reply}");
    let text = reply.text();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter_map(|line| line["metadata"]["team"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_link_is_mailed_and_works_for_a_day_without_signing_in() {
    let (app, _) = app();
    let asked = app.as_user("admin").post(ASK, json!({ "callback_email": "auditor@example.com" }));
    let id = asked.json()["export_id"].as_str().expect("an id").to_owned();
    assert_eq!((asked.status(), id.len()), (200, 36));
    assert_snapshot!(app.log().lines().last().unwrap_or_default(), @r#"export_logs_success acme admin {"export_id":"<uuid>","url":null,"email":"auditor@example.com"}"#);
    let mails = app.mails();
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "auditor@example.com"));
    let link = link(&mails[0].text);
    // What happens later is no part of it.
    app.advance(60);
    enter(&app, "acme", "admin", "org_create_team", -60);
    let opened = app.anonymous().get(&link);
    assert_eq!(teams(&opened), ["acme-60", "acme-30"]);
    assert_eq!(opened.header("content-type"), Some("application/x-ndjson"));
    let name = format!("attachment; filename=\"{id}.ndjson\"");
    assert_eq!(opened.header("content-disposition"), Some(name.as_str()));
    app.advance(86_400 - 61);
    assert_eq!(app.anonymous().get(&link).status(), 200);
    app.advance(1);
    assert_eq!(app.anonymous().get(&link).status(), 404);
}

#[test]
fn an_altered_link_leads_nowhere() {
    let (app, _) = app();
    assert_eq!(
        app.as_user("admin").post(ASK, json!({ "callback_email": "a@example.com" })).status(),
        200
    );
    let link = link(&app.mails()[0].text);
    let (before, last) = link.split_at(link.len() - 5);
    let cursor = app.as_user("admin").get("/api/v1/organization/acme/logs/export").text();
    let cursor: Value =
        cursor.lines().last().and_then(|line| serde_json::from_str(line).ok()).expect("a cursor");
    for altered in [
        format!("{before}{}", last.chars().rev().collect::<String>()),
        before.to_owned(),
        "/exportedlogs?code=".into(),
        "/exportedlogs?code=%20".into(),
        format!("/exportedlogs?code={}", cursor["cursor"].as_str().expect("a cursor")),
    ] {
        let status = app.anonymous().get(&altered).status();
        assert!(status == 404, "{altered}: {status}");
    }
    assert_eq!(app.anonymous().get("/exportedlogs").status(), 404);
}

#[test]
fn an_address_is_told_of_it() {
    let (app, posted) = app();
    let body = json!({ "callback_url": "https://hooks.example/x?y=1" });
    let range = format!("{ASK}?starttime=11/22/2026&endtime=11/22/2026");
    let id = app.as_user("admin").post(&range, body).json()["export_id"].clone();
    let posted = posted.0.borrow();
    let [(url, notice)] = &posted[..] else { panic!("{posted:?}") };
    assert_eq!(url, "https://hooks.example/x?y=1");
    let exported = notice["exported_data_url"].as_str().expect("a link");
    assert_eq!(
        *notice,
        json!({
            "export_id": id,
            "start_time": "11/22/2026",
            "end_time": "11/22/2026",
            "namespace": "acme",
            "repository": null,
            "exported_data_url": exported,
            "status": "success",
        })
    );
    assert_eq!(teams(&app.anonymous().get(&link(exported))), ["acme-60", "acme-30"]);
}

#[test]
fn what_is_refused() {
    let (app, posted) = app();
    let refusal = |path: &str, body: Value| {
        let reply = app.as_user("admin").post(path, body);
        format!("{} {}", reply.status(), reply.json()["error_message"].as_str().unwrap_or_default())
    };
    let url = |url: &str| refusal(ASK, json!({ "callback_url": url }));
    assert_eq!(url("nonsense"), "400 Invalid callback URL");
    assert_eq!(url("ftp://hooks.example/"), "400 Invalid callback URL");
    assert_eq!(url("https://user:word@hooks.example/"), "400 Invalid callback URL");
    for private in [
        "http://127.0.0.1:8080/",
        "http://localhost/",
        "http://inside.example/",
        "http://[::1]/",
        "http://unknown.example/",
    ] {
        assert_eq!(url(private), "400 The callback URL is not allowed", "{private}");
    }
    assert_eq!(refusal(ASK, json!({ "callback_email": "x" })), "400 Invalid callback e-mail");
    assert_eq!(refusal(ASK, json!({})), "400 callback_url or callback_email must be given");
    app.execute(
        "INSERT INTO repository (namespace_id, name, created_at)
        SELECT id, 'app', 0 FROM account WHERE name = 'acme'",
    );
    let range = format!("{ASK}?starttime=11/22/2026&endtime=11/01/2026");
    assert_eq!(
        app.as_user("admin").post(&range, json!({ "callback_email": "a@example.com" })).status(),
        400
    );
    app.set("feature_mailing", "false");
    assert_eq!(refusal(ASK, json!({ "callback_email": "a@example.com" })), "400 Mail is off here");
    assert_eq!(app.log().matches("export_logs").count(), 0, "{}", app.log());
    assert!(posted.0.borrow().is_empty() && app.mails().is_empty());
    app.set("ssrf_allowed_hosts", "10.0.0.0/8");
    assert_eq!(url("http://inside.example/"), "200 ");
    assert_eq!(posted.0.borrow().len(), 1);
}

/// Nobody has the mails of others sent without end.
#[test]
fn mails_have_the_limits_of_their_sender() {
    let (app, _) = app();
    let ask = || app.as_user("admin").post(ASK, json!({ "callback_email": "a@example.com" }));
    assert_eq!(ask().status(), 200);
    let refused = ask();
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("60")));
    assert_eq!(app.log().matches("export_logs_success").count(), 1);
}

#[test]
fn a_repository_s_log_is_exported_by_mail() {
    let (app, posted) = app();
    app.execute(
        "INSERT INTO repository (namespace_id, name, created_at)
        SELECT id, 'app', 0 FROM account WHERE name = 'acme'",
    );
    app.execute(
        "INSERT INTO log_entry (kind, namespace_id, metadata, created_at)
        SELECT 'create_repo', id, '{\"repo\":\"app\",\"team\":\"of it\"}', 1795328887000000
        FROM account WHERE name = 'acme'",
    );
    let path = "/api/v1/repository/acme/app/exportlogs";
    let asked = app.as_user("admin").post(path, json!({ "callback_email": "a@example.com" }));
    assert_eq!(asked.status(), 200, "{asked}");
    let opened = app.anonymous().get(&link(&app.mails()[0].text));
    assert_eq!(teams(&opened), ["of it"]);
    // The component of repositories calls nobody.
    let app = App::new().with_roles();
    app.execute(
        "INSERT INTO repository (namespace_id, name, created_at)
        SELECT id, 'app', 0 FROM account WHERE name = 'acme'",
    );
    let refused =
        app.as_user("admin").post(path, json!({ "callback_url": "https://hooks.example/" }));
    assert_snapshot!(refused.refusal(), @"400 invalid_request: callback_url cannot be called for a repository: give callback_email, or export the log of its namespace");
    assert!(posted.0.borrow().is_empty());
}

#[test]
fn permitted_callers() {
    let (app, _) = app();
    let body = json!({ "callback_url": "https://hooks.example/" });
    assert_snapshot!(app.matrix(&[
        (Method::POST, ASK, body.clone()),
        (Method::POST, "/api/v1/organization/nobody/exportlogs", body.clone()),
        (Method::POST, "/api/v1/user/exportlogs", body),
    ]), @"
    POST /api/v1/organization/acme/exportlogs
      200 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    POST /api/v1/organization/nobody/exportlogs
      401 anonymous
      403 outsider member creator admin admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
      404 superuser reader superuser[super:user] reader[repo:read]
    POST /api/v1/user/exportlogs
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    ");
}
