//! The registry that an organization caches.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;

use berth_test::{App, Reply};
use berth_web::outbound::registry::{self, Failure, LookUpError, Upstream, Verdict};

use super::{acme, assert_says, browser, text};

const TAB: &str = "/organization/acme?tab=proxycache";
const NEW: &str = "/organization/acme/proxycache/new";
const EDIT: &str = "/organization/acme/proxycache/edit";
const TRY: (&str, &str) = ("act", "try");

/// Replaces upstream registries.
#[derive(Clone)]
pub(super) struct Registry {
    outcome: Rc<RefCell<Result<Verdict, Failure>>>,
    checks: Rc<Cell<usize>>,
    shown: Rc<RefCell<Option<(String, String)>>>,
}

impl Registry {
    fn new() -> Self {
        let outcome = Rc::new(RefCell::new(Ok(Verdict::Valid)));
        Self { outcome, checks: Rc::default(), shown: Rc::default() }
    }

    fn answers(&self, outcome: Result<Verdict, Failure>) {
        *self.outcome.borrow_mut() = outcome;
    }
}

impl registry::Registry for Registry {
    fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError> {
        match name {
            "docker.io" | "quay.io" => Ok(vec![IpAddr::from([1, 1, 1, 1])]),
            _ => Err(LookUpError::NotFound),
        }
    }

    fn check(&self, upstream: &Upstream<'_>) -> Result<Verdict, Failure> {
        self.checks.set(self.checks.get() + 1);
        let shown = upstream.credentials;
        self.shown.replace(shown.map(|(name, password)| (name.into(), password.into())));
        self.outcome.borrow().clone()
    }
}

/// `acme` with registries that answer as they are told.
pub(super) fn app() -> (App, Registry) {
    let registry = Registry::new();
    (acme().with_registry(registry.clone()), registry)
}

fn html(reply: &Reply) -> String {
    String::from_utf8_lossy(reply.body()).into_owned()
}

fn stored(app: &App) -> Vec<Vec<String>> {
    app.rows(
        "SELECT upstream_registry, expiration_s, insecure, sealed_username IS NOT NULL,
            sealed_password IS NOT NULL FROM proxy_cache_config",
    )
}

#[test]
fn a_cache_from_its_creation_to_its_end() {
    let (app, registry) = app();
    let ana = browser(&app, "ana");
    assert_says(&ana.go(TAB), 200, &["No registry is cached", "Cache a registry"]);
    let fields = [("upstream_registry", "docker.io"), ("expiration_s", "604800")];
    let page = ana.submit(NEW, NEW, &fields);
    assert_eq!((ana.address(), registry.checks.get()), (TAB.to_owned(), 0));
    let said = [
        "The organization now caches docker.io.",
        "Tags are kept for 7 days",
        "docker pull localhost:3000/acme/library/alpine",
        "Served from the cache 0",
        "It last failed Never",
    ];
    assert_says(&page, 200, &said);
    assert_eq!(stored(&app), [["docker.io", "604800", "0", "0", "0"]]);
    app.execute(
        "INSERT INTO proxy_cache_use (organization_id, hits, misses, fetched_bytes, succeeded_at,
            failed_at, failure)
        SELECT organization_id, 12, 3, 5242880, 1700000000000000, 1700000001000000, '<i>down</i>'
        FROM proxy_cache_config",
    );
    let said = [
        "Served from the cache 12",
        "Fetched from the registry 3",
        "5 MiB",
        "&lt;i&gt;down&lt;/i&gt;",
    ];
    assert_says(&ana.go(TAB), 200, &said);
    let purge = "/organization/acme/proxycache/purge";
    assert_says(&ana.go(purge), 200, &["Empty the cache of docker.io?", "fetched again"]);
    assert_says(&ana.send(purge, &[]), 200, &["The cache is empty: 0 manifests were forgotten."]);
    let end = "/organization/acme/proxycache/delete";
    assert_says(&ana.go(end), 200, &["Stop caching docker.io?", "The repositories stay"]);
    assert_says(
        &ana.send(end, &[]),
        200,
        &["caches no registry any more", "No registry is cached"],
    );
    assert!(stored(&app).is_empty());
    for gone in [EDIT, purge, end] {
        assert_says(&ana.go(gone), 404, &["There is nothing here"]);
    }
}

#[test]
fn trying_it_saves_nothing_and_keeps_what_was_typed() {
    let (app, registry) = app();
    let ana = browser(&app, "ana");
    let fields = [
        ("upstream_registry", "quay.io/\"ns\""),
        ("upstream_registry_username", "robot<i>"),
        ("upstream_registry_password", " hunter2 "),
        ("expiration_s", "0"),
        ("insecure", "yes"),
    ];
    let tried = |fields: &[(&str, &str)]| {
        let mut sent = fields.to_vec();
        sent.push(TRY);
        let page = ana.submit(NEW, NEW, &sent);
        let html = html(&page);
        assert!(html.contains("value=\"quay.io/&quot;ns&quot;\""), "{html}");
        assert!(html.contains("value=\"robot&lt;i&gt;\""), "{html}");
        assert!(html.contains("value=\"0\" selected"), "{html}");
        assert!(html.contains("value=\"yes\" checked"), "{html}");
        assert!(!html.contains("hunter2"), "a password is shown: {html}");
        assert!(text(&page).contains("type it once more before you save"), "{page}");
        assert!(stored(&app).is_empty());
        page
    };
    assert_says(&tried(&fields), 200, &["It works: the registry accepts this."]);
    let shown = registry.shown.borrow().clone();
    assert_eq!(shown, Some(("robot<i>".to_owned(), " hunter2 ".to_owned())));
    registry.answers(Ok(Verdict::Anonymous));
    app.advance(30);
    assert_says(&tried(&fields), 200, &["lets nobody in by name"]);
    registry.answers(Err(Failure::AuthenticationRefused));
    app.advance(30);
    let said = ["Failed login to remote registry.", "refuses these credentials, or wants some"];
    assert_says(&tried(&fields), 400, &said);
    assert_eq!(registry.checks.get(), 3);
    // Nothing of it stands in the way of saving it.
    assert_says(&ana.send(NEW, &fields), 200, &["The organization now caches quay.io/"]);
    assert_eq!(stored(&app), [["quay.io/\"ns\"", "0", "1", "1", "1"]]);
}

#[test]
fn why_it_is_refused() {
    let (app, registry) = app();
    let ana = browser(&app, "ana");
    let refused = |fields: &[(&str, &str)]| ana.submit(NEW, NEW, fields);
    let page = refused(&[("upstream_registry", "https://docker.io"), TRY]);
    let said = ["Cannot resolve hostname", "leave out any https:// in front"];
    assert_says(&page, 400, &said);
    assert!(html(&page).contains("id=\"field-upstream_registry-error\""));
    let page = refused(&[("upstream_registry", "10.0.0.1")]);
    assert_says(&page, 400, &["The provided registry URL is not allowed"]);
    ana.go(NEW);
    let existing = serde_json::json!({ "upstream_registry": "docker.io" });
    let path = "/api/v1/organization/acme/proxycache";
    assert_eq!(app.as_user("ana").post(path, existing).status(), 201);
    for act in [TRY, ("act", "")] {
        let page = ana.send(NEW, &[("upstream_registry", "quay.io"), act]);
        assert_says(&page, 400, &["Proxy Cache Configuration already exists"]);
    }
    assert_eq!(registry.checks.get(), 0);
}

#[test]
fn changing_it_keeps_or_forgets_the_password() {
    let (app, _) = app();
    let ana = browser(&app, "ana");
    let body = serde_json::json!({
        "upstream_registry": "docker.io/library", "expiration_s": 5, "upstream_registry_username": "me",
        "upstream_registry_password": "hunter2",
    });
    assert_eq!(app.as_user("ana").post("/api/v1/organization/acme/proxycache", body).status(), 201);
    assert_says(&ana.go(TAB), 200, &["5 seconds", "localhost:3000/acme/alpine"]);
    let form = ana.go(EDIT);
    let html_of_form = html(&form);
    assert!(html_of_form.contains("value=\"docker.io/library\""), "{form}");
    assert!(html_of_form.contains("value=\"5\" selected"), "{form}");
    assert!(!html_of_form.contains("hunter2") && !html_of_form.contains("value=\"me\""));
    let kept = [("upstream_registry", "docker.io"), ("expiration_s", "3600")];
    assert_says(&ana.send(EDIT, &kept), 200, &["It was saved.", "1 hour"]);
    assert_eq!(stored(&app), [["docker.io", "3600", "0", "1", "1"]]);
    let moved = [("upstream_registry", "quay.io"), ("expiration_s", "3600")];
    let page = ana.submit(EDIT, EDIT, &moved);
    assert_says(&page, 400, &["needs the password again"]);
    assert!(html(&page).contains("id=\"field-upstream_registry_password-error\""));
    assert!(html(&page).contains("value=\"quay.io\""));
    let forgotten = [moved[0], moved[1], ("forget", "yes"), ("insecure", "yes")];
    let page = ana.send_only(EDIT, &forgotten);
    assert_eq!(page.status(), 303);
    assert_eq!(stored(&app), [["quay.io", "3600", "1", "0", "0"]]);
    assert_says(&ana.go(TAB), 200, &["without encryption", "acme/REPOSITORY:TAG"]);
}

#[test]
fn who_sees_what() {
    let (app, registry) = app();
    let bob = browser(&app, "bob");
    assert_says(&bob.go(NEW), 403, &["You may not do this"]);
    let hidden = bob.go(TAB);
    assert!(!html(&hidden).contains("proxycache"), "{hidden}");
    assert_eq!(bob.post(NEW, &[], &[("upstream_registry", "docker.io"), TRY]).status(), 403);
    assert_eq!(registry.checks.get(), 0);
    let body = serde_json::json!({ "upstream_registry": "docker.io" });
    let path = "/api/v1/organization/acme/proxycache";
    assert_eq!(app.as_user("ana").post(path, body).status(), 201);
    app.set("global_readonly_super_users", "bob");
    let shown = bob.go(TAB);
    assert_says(&shown, 200, &["Cache of docker.io", "Served from the cache"]);
    assert!(!html(&shown).contains("/organization/acme/proxycache/"), "{shown}");
    for page in [EDIT, "/organization/acme/proxycache/purge"] {
        assert_says(&bob.go(page), 403, &["You may not do this"]);
    }
    let nobody = app.open(&berth_pages::Console);
    nobody.go(EDIT);
    assert!(nobody.address().starts_with("/signin?next="));
    app.set("feature_proxy_cache", "false");
    assert!(!html(&browser(&app, "ana").go(TAB)).contains("proxycache"));
}
