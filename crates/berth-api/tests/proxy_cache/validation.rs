//! `validateproxycache`: whether the registry can be reached with those credentials, in Quay's words and in words for people.

use std::cell::RefCell;
use std::rc::Rc;

use berth_test::App;
use berth_web::outbound::registry::{Failure, Verdict};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::registry::{Registry, app};

const PATH: &str = "/api/v1/organization/acme/validateproxycache";

fn body() -> Value {
    json!({ "upstream_registry": "docker.io/library" })
}

#[test]
fn what_the_registry_says() {
    let registry = Registry::default();
    let app = app().with_registry(registry.clone());
    let ana = app.as_user("ana");
    assert_snapshot!(ana.post(PATH, body()), @r#"
    202
    "Valid"
    "#);
    app.advance(30);
    registry.answers(Ok(Verdict::Anonymous));
    assert_snapshot!(ana.post(PATH, body()), @r#"
    202
    "Anonymous"
    "#);
    app.advance(30);
    registry.answers(Err(Failure::RateLimited(Some(17))));
    assert_snapshot!(ana.post(PATH, body()), @r#"
    400
    {
      "reason": "rate_limited",
      "hint": "The registry has had enough: try again in 17 seconds.",
      "detail": "Failed login to remote registry. Please verify entered details and try again.",
      "error_message": "Failed login to remote registry. Please verify entered details and try again.",
      "error_type": "invalid_request",
      "title": "invalid_request",
      "type": "http://localhost:3000/api/v1/error/invalid_request",
      "status": 400
    }
    "#);
    app.advance(30);
    registry.answers(Err(Failure::AddressNotAllowed("169.254.169.254".into())));
    assert_snapshot!(ana.post(PATH, body()), @r#"
    400
    {
      "reason": "address_not_allowed",
      "hint": "169.254.169.254 is in a private network, or may not be called from here. The operator decides: settings ssrf_allowed_hosts and allowed_outbound_hosts.",
      "detail": "The provided registry URL is not allowed",
      "error_message": "The provided registry URL is not allowed",
      "error_type": "invalid_request",
      "title": "invalid_request",
      "type": "http://localhost:3000/api/v1/error/invalid_request",
      "status": 400
    }
    "#);
    assert!(app.rows("SELECT kind FROM log_entry").is_empty());
}

#[test]
fn each_failure_has_its_reason() {
    let registry = Registry::default();
    let app = app().with_registry(registry.clone());
    let mut lines = Vec::new();
    for failure in [
        Failure::NameNotResolved("auth.example".into()),
        Failure::ConnectionRefused,
        Failure::TimeOut,
        Failure::Tls,
        Failure::AuthenticationRefused,
        Failure::NotARegistry,
        Failure::TooManyRedirects,
        Failure::AnswerTooLarge,
        Failure::RateLimited(None),
        Failure::UpstreamError(503),
        Failure::Unreachable,
    ] {
        app.advance(30);
        registry.answers(Err(failure));
        let reply = app.as_user("ana").post(PATH, body()).json();
        let message =
            "Failed login to remote registry. Please verify entered details and try again.";
        assert_eq!(reply["error_message"], message);
        lines.push(format!("{}: {}", reply["reason"], reply["hint"]).replace('"', ""));
    }
    assert_snapshot!(lines.join("\n"), @"
    name_not_resolved: No address is known for auth.example: check the spelling, and leave out any https:// in front.
    connection_refused: Nothing accepts connections there: check the port, and that the registry runs.
    time_out: The registry did not finish within 10 seconds.
    tls: No secure connection: the certificate is not valid for this host, or the registry speaks plain HTTP, for which insecure must be true.
    authentication_refused: The registry refuses these credentials, or wants some and got none.
    not_a_registry: What answers there does not speak the registry API under /v2/: check host and port.
    too_many_redirects: The registry sends us on and on: ask who runs it.
    answer_too_large: The registry's token does not end: ask who runs it.
    rate_limited: The registry has had enough: try again later.
    upstream_error: The registry answers with status 503: ask who runs it.
    unreachable: The connection failed on the way: try again, then ask the operator.
    ");
}

#[test]
fn what_is_wrong_before_the_registry_is_asked() {
    let registry = Registry::default();
    let app = app().with_registry(registry.clone());
    let ana = app.as_user("ana");
    assert_snapshot!(ana.post(PATH, json!({ "upstream_registry": "10.0.0.1" })), @r#"
    400
    {
      "reason": "address_not_allowed",
      "hint": "10.0.0.1 is in a private network, or may not be called from here. The operator decides: settings ssrf_allowed_hosts and allowed_outbound_hosts.",
      "detail": "The provided registry URL is not allowed",
      "error_message": "The provided registry URL is not allowed",
      "error_type": "invalid_request",
      "title": "invalid_request",
      "type": "http://localhost:3000/api/v1/error/invalid_request",
      "status": 400
    }
    "#);
    let reasons = |upstream: &str| {
        let reply = ana.post(PATH, json!({ "upstream_registry": upstream })).json();
        format!("{}: {}", reply["reason"], reply["hint"]).replace('"', "")
    };
    let lines =
        ["", "me:secret@docker.io", "https://docker.io", "docker.io:x", "kubernetes.default.svc"];
    assert_snapshot!(lines.map(reasons).join("\n"), @"
    no_host: Write the registry as host, host:port or host/namespace, like docker.io/library.
    embedded_credentials: User name and password have members of their own: upstream_registry_username and upstream_registry_password.
    name_not_resolved: No address is known for https: check the spelling, and leave out any https:// in front.
    invalid_port: A port is a number between 1 and 65535.
    name_not_resolved: No address is known for kubernetes.default.svc: check the spelling, and leave out any https:// in front.
    ");
    assert_eq!(ana.post(PATH, json!({ "upstream_registry": 5 })).status(), 400);
    assert_eq!(app.as_user("bob").post(PATH, body()).status(), 403);
    assert_eq!(app.with_scope("ana", "repo:create").post(PATH, body()).status(), 403);
    assert_eq!(app.anonymous().post(PATH, body()).status(), 401);
    assert_eq!(registry.checks(), 0);
}

#[test]
fn what_is_configured_cannot_be_tried() {
    let app = app();
    let ana = app.as_user("ana");
    assert_eq!(ana.post("/api/v1/organization/acme/proxycache", body()).status(), 201);
    assert_snapshot!(ana.post(PATH, body()).refusal(), @"400 invalid_request: Proxy Cache Configuration already exists");
    let own = "/api/v1/organization/ana/validateproxycache";
    assert_snapshot!(ana.post(own, body()), @r#"
    400
    {
      "message": "Organization does not exist: ana"
    }
    "#);
}

#[test]
fn nulls_count_as_absent_and_half_of_the_credentials_as_none() {
    let registry = Registry::default();
    let app = app().with_registry(registry.clone());
    let ana = app.as_user("ana");
    let with = |username: Value, password: Value| {
        let body = json!({
            "upstream_registry": "docker.io",
            "upstream_registry_username": username,
            "upstream_registry_password": password,
            "expiration_s": null,
            "insecure": null,
        });
        assert_eq!(ana.post(PATH, body).status(), 202);
        registry.shown()
    };
    assert_eq!(with(json!("robot"), json!(null)), None);
    assert_eq!(with(json!(""), json!("hunter2")), None);
    let both = Some(("robot".to_owned(), "hunter2".to_owned()));
    assert_eq!(with(json!("robot"), json!("hunter2")), both);
}

#[test]
fn an_answer_is_kept_for_30_seconds() {
    let registry = Registry::default();
    let app = app().with_organization("other", "ana").with_registry(registry.clone());
    let ana = app.as_user("ana");
    registry.answers(Err(Failure::TimeOut));
    assert_eq!(ana.post(PATH, body()).status(), 400);
    registry.answers(Ok(Verdict::Valid));
    app.advance(29);
    let kept = ana.post(PATH, body());
    assert_eq!((kept.status(), registry.checks()), (400, 1));
    assert_eq!(kept.json()["reason"], "time_out");
    // Another question: another organization, registry, scheme or password.
    assert_eq!(ana.post("/api/v1/organization/other/validateproxycache", body()).status(), 202);
    assert_eq!(ana.post(PATH, json!({ "upstream_registry": "quay.io" })).status(), 202);
    let insecure = json!({ "upstream_registry": "docker.io/library", "insecure": true });
    assert_eq!(ana.post(PATH, insecure).status(), 202);
    let mut password = body();
    password["upstream_registry_username"] = "robot".into();
    password["upstream_registry_password"] = "hunter2".into();
    assert_eq!(ana.post(PATH, password.clone()).status(), 202);
    assert_eq!(registry.checks(), 5);
    assert_eq!(ana.post(PATH, password).status(), 202);
    assert_eq!(registry.checks(), 5);
    app.advance(1);
    assert_eq!((ana.post(PATH, body()).status(), registry.checks()), (202, 6));
}

#[test]
fn old_answers_make_room() {
    let registry = Registry::default();
    let app = app().with_registry(registry.clone());
    for number in 0..40 {
        let body = json!({ "upstream_registry": format!("docker.io/{number}") });
        assert_eq!(app.as_user("ana").post(PATH, body).status(), 202);
    }
    assert_eq!(registry.checks(), 40);
    let last = json!({ "upstream_registry": "docker.io/39" });
    assert_eq!(app.as_user("ana").post(PATH, last).status(), 202);
    assert_eq!(registry.checks(), 40);
}

/// Lets `tries` (user and organization) begin one after the other, each while those before it are running; gives their statuses,
/// the last one first.
fn side_by_side(app: &Rc<App>, registry: &Registry, tries: Vec<(String, String)>) -> Vec<u16> {
    let statuses = Rc::new(RefCell::new(Vec::new()));
    let (begun, app, seen) = (registry.checks(), app.clone(), statuses.clone());
    let begin = Rc::new(move |number: usize| {
        let Some((user, organization)) = tries.get(number) else { return };
        let path = format!("/api/v1/organization/{organization}/validateproxycache");
        let body = json!({ "upstream_registry": format!("docker.io/{begun}/{number}") });
        let reply = app.as_user(user).post(&path, body);
        assert!(reply.status() != 429 || reply.header("retry-after") == Some("15"), "{reply}");
        seen.borrow_mut().push(reply.status());
    });
    let next = begin.clone();
    registry.meanwhile(move |checks| next(checks - begun));
    begin(0);
    registry.meanwhile(|_| ());
    statuses.take()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(user, name)| ((*user).to_owned(), (*name).to_owned())).collect()
}

#[test]
fn few_are_tried_at_a_time() {
    let registry = Registry::default();
    let app =
        ["one", "two", "three"].iter().fold(app().with_registry(registry.clone()), |app, name| {
            app.with_organization(name, "ana")
        });
    let app = Rc::new(app);
    // Two of an organization, and two of a person, whatever the organization.
    let tries = pairs(&[("ana", "acme"); 3]);
    assert_eq!(side_by_side(&app, &registry, tries), [429, 202, 202]);
    let tries = pairs(&[("ana", "one"), ("ana", "two"), ("ana", "three")]);
    assert_eq!(side_by_side(&app, &registry, tries), [429, 202, 202]);
    // A finished check no longer counts.
    assert!(app.rows("SELECT id FROM upstream_check").is_empty());
    assert_eq!(app.as_user("ana").post(PATH, body()).status(), 202);
}

#[test]
fn an_organization_has_two_for_all_callers() {
    let registry = Registry::default();
    let app = app().with("super_users", "bob,cy").with("feature_superusers_full_access", "true");
    let app = Rc::new(app.with_user("cy").with_registry(registry.clone()));
    let tries = pairs(&[("ana", "acme"), ("bob", "acme"), ("cy", "acme")]);
    assert_eq!(side_by_side(&app, &registry, tries), [429, 202, 202]);
}

#[test]
fn all_together_have_sixteen() {
    let registry = Registry::default();
    let mut app = app().with_registry(registry.clone());
    let mut tries = Vec::new();
    for number in 0..17 {
        let (user, organization) = (format!("user{number}"), format!("org{number}"));
        app = app.with_user(&user).with_organization(&organization, &user);
        tries.push((user, organization));
    }
    let statuses = side_by_side(&Rc::new(app), &registry, tries);
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 16);
    assert_eq!(statuses.first(), Some(&429));
}

#[test]
fn what_the_host_ended_counts_no_more_after_a_while() {
    let registry = Registry::default();
    let app = app().with_registry(registry.clone());
    let ana = app.as_user("ana");
    for _ in 0..2 {
        app.execute(&format!(
            "INSERT INTO upstream_check (organization_id, caller_id, expires_at)
            SELECT organization.id, person.id, {}
            FROM account organization JOIN account person ON person.name = 'ana'
            WHERE organization.name = 'acme'",
            (app.time() + 15) * 1_000_000
        ));
    }
    assert_snapshot!(ana.post(PATH, body()), @r#"
    429
    {
      "message": "Too many upstream registries are being tried. Please try again later.",
      "error_type": "too_many_requests"
    }
    "#);
    app.advance(15);
    assert_eq!(ana.post(PATH, body()).status(), 202);
}
