//! The pages of the console on in-memory SQLite, as a browser without scripts sees them.
//!
//! Every page is held against the budgets: 6 statements, 40 KiB, nothing inline, nothing changed by reading.

#![expect(clippy::too_many_lines, reason = "one story is a test")]

mod account;
mod applications;
mod default_permissions;
mod log;
mod members;
mod numbers;
mod operators;
mod proxy_cache;
mod quota;
mod repositories;
mod robots;
mod settings;
mod sign_in;
mod superuser;
mod teams;

use berth_pages::Console;
use berth_test::{App, Browser, Reply};

/// `ana` owns the organization `acme`, `bob` is in nothing, `root` is a superuser.
fn acme() -> App {
    App::new()
        .with("super_users", "root")
        .with_user("root")
        .with_user("ana")
        .with_user("bob")
        .with_organization("acme", "ana")
}

/// A browser of somebody's.
fn browser<'a>(app: &'a App, name: &str) -> Browser<'a> {
    app.open_as(&Console, name)
}

/// The text of a page, without its tags.
fn text(reply: &Reply) -> String {
    let html = String::from_utf8_lossy(reply.body()).into_owned();
    let main =
        html.split("<main").nth(1).unwrap_or(&html).split("</main>").next().unwrap_or_default();
    let mut text = String::new();
    let mut in_tag = true;
    for character in main.chars() {
        match character {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                text.push(' ');
            }
            other if !in_tag => text.push(other),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the page says all of it.
#[track_caller]
fn assert_says(reply: &Reply, status: u16, parts: &[&str]) {
    let said = text(reply);
    assert_eq!(reply.status(), status, "{said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
}

/// The CSRF token of a page with a form, for a form that somebody makes themselves.
fn token(reply: &Reply) -> [(String, String); 1] {
    let html = String::from_utf8_lossy(reply.body()).into_owned();
    let value = html.split("name=\"_csrf_token\" value=\"").nth(1).expect("a form");
    [("_csrf_token".to_owned(), value.split('"').next().unwrap_or_default().to_owned())]
}
