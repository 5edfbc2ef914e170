//! The console as visitors walk through it: an installation in which everything has a name that would do harm where it could, and every page that
//! somebody reaches by following links.

use std::collections::{BTreeMap, VecDeque};

use berth_pages::Console;
use berth_test::{App, Browser, PageForm, Reply};
use serde_json::{Value, json};

use crate::surface::Upstreams;

/// What is harmless wherever it is shown.
pub const HOSTILE: &str = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>&amp;";

/// Who visits.
pub const VISITORS: [&str; 5] = ["nobody", "bob", "carl", "ana", "root"];

/// An installation that has something of everything: `ana` administers `acme`, `carl` is a member of it, `bob` is in nothing and has an
/// invitation, `root` is a superuser with every right.
///
/// # Panics
/// When a call that fills it is refused.
#[must_use]
pub fn installation() -> App {
    let app = App::new()
        .with("super_users", "root")
        .with("feature_superusers_full_access", "true")
        .with("feature_quota_management", "true")
        .with("feature_edit_quota", "true")
        .with("feature_user_rename", "true")
        .with("feature_user_metadata", "true")
        .with("require_team_invite", "true")
        .with_registry(Upstreams)
        .with_user("root")
        .with_user("ana")
        .with_user("carl")
        .with_user("bob")
        .with_organization("acme", "ana")
        .with_organization("cache", "ana");
    fill_with_people(&app);
    fill_with_programs(&app);
    fill_for_everybody(&app);
    app
}

/// The address of the organization.
const ORGANIZATION: &str = "/api/v1/organization/acme";

/// The answer of a call that fills the installation.
fn done(reply: Reply) -> Value {
    assert!(reply.status() < 300, "{reply}");
    reply.json_or_null()
}

/// Repositories, a team, who is in it and who is invited.
fn fill_with_people(app: &App) {
    let ana = app.as_user("ana");
    for (name, visibility) in [("app", "private"), ("deep/er", "public")] {
        let body = json!({
            "namespace": "acme", "repository": name, "visibility": visibility, "description": HOSTILE,
        });
        done(ana.post("/api/v1/repository", body));
    }
    done(ana.put(&format!("{ORGANIZATION}/robots/ci"), json!({ "description": HOSTILE })));
    let role = |role: &str| json!({ "role": role });
    done(ana.put(&format!("{ORGANIZATION}/robots/ci/permissions/app"), role("write")));
    let team = format!("{ORGANIZATION}/team/dev");
    done(ana.put(&team, json!({ "role": "member", "description": HOSTILE })));
    done(ana.put_empty(&format!("{team}/members/acme%2Bci")));
    done(ana.put(&format!("{team}/permissions/app"), role("read")));
    done(ana.put("/api/v1/repository/acme/app/permissions/user/bob", role("read")));
    for name in ["carl", "bob"] {
        done(ana.put_empty(&format!("{team}/members/{name}")));
    }
    accept_invitation(app, "carl");
    done(ana.put_empty(&format!("{team}/invite/zoe%40example.com")));
    let body = json!({
        "delegate": { "name": "dev", "kind": "team" }, "role": "write",
        "activating_user": { "name": "ana" },
    });
    done(ana.post(&format!("{ORGANIZATION}/prototypes"), body));
}

/// An application with a token, a robot and an app token of one's own, a proxy cache.
fn fill_with_programs(app: &App) {
    let ana = app.as_user("ana");
    let body = json!({
        "name": HOSTILE, "description": HOSTILE, "application_uri": "https://app.example",
        "redirect_uri": "https://app.example/callback",
    });
    let application = done(ana.post(&format!("{ORGANIZATION}/applications"), body));
    let client_id = application["client_id"].as_str().expect("a client id");
    let token = json!({ "name": HOSTILE, "scope": "repo:read" });
    done(ana.post(&format!("{ORGANIZATION}/applications/{client_id}/tokens"), token));
    done(ana.put("/api/v1/user/robots/own", json!({ "description": HOSTILE })));
    let browser = app.with_session("ana");
    done(browser.post("/api/v1/user/apptoken", json!({ "title": HOSTILE })));
    let cache = json!({ "upstream_registry": "quay.io" });
    done(ana.post("/api/v1/organization/cache/proxycache", cache));
}

/// A message, and a quota.
fn fill_for_everybody(app: &App) {
    let root = app.with_session("root");
    let message = json!({
        "message": { "content": HOSTILE, "severity": "warning", "media_type": "text/plain" },
    });
    done(root.post("/api/v1/messages", message));
    done(root.post(&format!("{ORGANIZATION}/quota"), json!({ "limit_bytes": 1_073_741_824 })));
}

fn accept_invitation(app: &App, name: &str) {
    let user = app.with_session(name);
    let notifications = user.get("/api/v1/user/notifications").json();
    let code = notifications["notifications"][0]["metadata"]["code"].as_str().expect("a code");
    let reply = user.put_empty(&format!("/api/v1/teaminvite/{code}"));
    assert_eq!(reply.status(), 200, "{reply}");
}

/// A browser of a visitor's.
#[must_use]
pub fn browser<'a>(app: &'a App, visitor: &str) -> Browser<'a> {
    match visitor {
        "nobody" => app.open(&Console),
        name => app.open_as(&Console, name),
    }
}

/// A page as a visitor found it.
pub struct Seen {
    /// Its status.
    pub status: u16,
    /// Its text.
    pub html: String,
    /// Its forms.
    pub forms: Vec<PageForm>,
}

/// How many pages a walk visits at most.
const MOST_PAGES: usize = 600;

/// Every page that a visitor reaches by following links from `start`, by their addresses.
///
/// # Panics
/// When there are more than anybody would look at: links lead to ever new addresses.
#[must_use]
pub fn walk(app: &App, visitor: &str, start: &[&str]) -> BTreeMap<String, Seen> {
    let browser = browser(app, visitor);
    let mut seen = BTreeMap::new();
    let mut waiting: VecDeque<String> = start.iter().map(|address| (*address).to_owned()).collect();
    while let Some(address) = waiting.pop_front() {
        if seen.contains_key(&address) {
            continue;
        }
        let reply = browser.go(&address);
        let kind = reply.header("content-type").unwrap_or_default();
        let is_page = kind.starts_with("text/html");
        let shown = match is_page {
            true => Seen { status: reply.status(), html: browser.html(), forms: browser.forms() },
            false => Seen { status: reply.status(), html: String::new(), forms: Vec::new() },
        };
        if is_page {
            waiting.extend(browser.links().into_iter().filter(|link| is_ours(link)));
        }
        seen.insert(address, shown);
        assert!(seen.len() <= MOST_PAGES, "{visitor} finds no end: {:?}", seen.keys());
    }
    seen
}

/// Whether a link leads to a page of the console.
fn is_ours(link: &str) -> bool {
    link.starts_with('/')
        && !link.contains("page_token=")
        && !["/api/", "/oauth/", "/static/", "/signin?next="]
            .iter()
            .any(|other| link.starts_with(other))
}
