//! What the console offers to whom: every page that each kind of visitor reaches by following links.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use berth_pages::pages;
use berth_test::App;
use berth_tests::console::{HOSTILE, Seen, VISITORS, browser, installation, walk};
use berth_tests::{accepts, repository_root};
use berth_web::{Method, path_parameters};

/// Where walks begin: what has no link to it (a page that somebody is sent to), and what is somebody's to know.
const STARTS: &[&str] =
    &["/", "/organization/acme", "/organization/cache", "/createaccount", "/forgotpassword"];

fn walks(app: &App) -> BTreeMap<&'static str, BTreeMap<String, Seen>> {
    VISITORS.into_iter().map(|visitor| (visitor, walk(app, visitor, STARTS))).collect()
}

/// Pages without a link to them: they are shown where something is asked for first.
/// `/organization` is Quay's.
const NOT_LINKED: &[&str] = &["/setup", "/organization"];

#[test]
fn every_page_is_reached_by_links() {
    let app = installation();
    let walks = walks(&app);
    let reached: BTreeSet<&str> =
        walks.values().flat_map(BTreeMap::keys).map(String::as_str).collect();
    let missing: Vec<&str> = pages()
        .filter(|page| page.method == Method::GET && !NOT_LINKED.contains(&page.path))
        .map(|page| page.path)
        .filter(|pattern| {
            let mut paths =
                reached.iter().map(|address| address.split('?').next().unwrap_or(address));
            !paths.any(|path| path_parameters(pattern, path).is_some())
        })
        .collect();
    assert!(missing.is_empty(), "no link leads to {missing:#?}");
}

#[test]
fn no_link_leads_nowhere() {
    let app = installation();
    let mut wrong = String::new();
    for (visitor, seen) in walks(&app) {
        for (address, page) in seen {
            // Where a walk begins, somebody may not be allowed to be.
            let is_start = STARTS.contains(&address.as_str());
            if page.status != 200 && !is_start {
                let _ = writeln!(wrong, "{visitor} {address}: {}", page.status);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What a page offers, the API allows: each form is sent as it stands, on a copy of the installation.
#[test]
fn what_is_offered_is_allowed() {
    let app = installation();
    let mut wrong = String::new();
    for (visitor, seen) in walks(&app) {
        let mut tried = BTreeSet::new();
        for (address, page) in &seen {
            for form in page.forms.iter().filter(|form| form.method == "post") {
                if !tried.insert(form.action.clone()) {
                    continue;
                }
                let copy = app.copy();
                let browser = browser(&copy, visitor);
                browser.go(address);
                let fields: Vec<(&str, &str)> =
                    form.shown.iter().map(|(name, value)| (&**name, &**value)).collect();
                let reply = browser.send_only(&form.action, &fields);
                // 400: a field is to be filled in first. 409 and 429 say what is in the way.
                let is_allowed = matches!(reply.status(), 200..400 | 400 | 409 | 422 | 429)
                    || (visitor == "nobody" && reply.status() == 403);
                if !is_allowed {
                    let _ = writeln!(
                        wrong,
                        "{visitor} {address} -> {}: {}",
                        form.action,
                        reply.status()
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn hostile_names_are_text() {
    let app = installation();
    for (visitor, seen) in walks(&app) {
        for (address, page) in seen {
            for harm in ["<script>alert", "<img src=x"] {
                assert!(
                    !page.html.contains(harm),
                    "{visitor} {address} has {harm}:\n{}",
                    page.html
                );
            }
        }
    }
    // The test would see it: the names are shown.
    let ana = browser(&app, "ana");
    let page = ana.go("/organization/acme/robots/ci");
    assert!(page.text().contains("&lt;script&gt;alert"), "{HOSTILE} is not shown");
}

/// Who reaches which page, and what it offers them, as a text that is reviewed.
#[test]
fn who_sees_what() {
    let app = installation();
    let mut table = String::from(
        "# Every page that a visitor reaches by links, and the forms that it has for them.\n\
         # `nobody` is not signed in, `bob` is in nothing and invited, `carl` is a member, `ana` an administrator, `root` a superuser.\n",
    );
    let ids = ids(&app);
    for (visitor, seen) in walks(&app) {
        let _ = writeln!(table, "\n{visitor}");
        for (address, page) in seen {
            let posts = page.forms.iter().filter(|form| form.method == "post");
            let posts = posts.map(|form| form.action.as_str());
            let posts: BTreeSet<&str> = posts.filter(|action| *action != "/signout").collect();
            let _ = write!(table, "  {} {}", page.status, redacted(&address, &ids));
            for post in posts {
                let _ = write!(table, " [{}]", redacted(post, &ids));
            }
            table.push('\n');
        }
    }
    let path = repository_root().join("tests/console/who.txt");
    if accepts() {
        std::fs::write(&path, &table).expect("the repository is ours");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == table,
        "tests/console/who.txt is not true: `cargo xtask accept` writes it\n{table}"
    );
}

/// Generated identifiers, and what the table says in their place.
fn ids(app: &App) -> Vec<(String, String)> {
    let mut ids = Vec::new();
    for (table, column) in [
        ("oauth_application", "client_id"),
        ("access_token", "uuid"),
        ("app_token", "uuid"),
        ("default_permission", "uuid"),
        ("message", "uuid"),
        ("notification", "uuid"),
    ] {
        for row in app.rows(&format!("SELECT {column} FROM {table}")) {
            // The application of tokens that tests make is called after their users.
            if row[0].len() >= 16 {
                ids.push((row[0].clone(), format!("<{table}>")));
            }
        }
    }
    ids
}

fn redacted(address: &str, ids: &[(String, String)]) -> String {
    ids.iter().fold(address.to_owned(), |address, (id, name)| address.replace(id, name))
}
