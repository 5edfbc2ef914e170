//! `/user/<name>`: the visitor's account, and what others see of somebody.

mod app_tokens;
mod authorizations;
mod log;
mod notifications;
pub(crate) mod place;
mod profile;

use berth_web::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Answered;
use crate::api::address;
use crate::page::{Page, get};
use crate::parts;
use crate::refusal::Refusal;
use crate::robots::{self, Owner};
use crate::visit::Visit;
use place::{Own, Tab, above, of, tab_of};

/// The pages.
pub(crate) const PAGES: &[&[Page]] = &[
    &[get("/user/:username", show)],
    profile::PAGES,
    robots::OF_PEOPLE,
    app_tokens::PAGES,
    authorizations::PAGES,
    log::PAGES,
];

/// An account, as much of it as the visitor may see.
#[derive(Deserialize)]
struct Person {
    username: String,
    avatar: parts::Avatar,
    #[serde(default)]
    is_me: bool,
    #[serde(flatten)]
    own: serde_json::Value,
}

/// `GET /user/<name>?tab=<tab>`.
fn show(visit: &Visit<'_>) -> Answered {
    let person: Person = visit.get(&address!("/api/v1/users/{}", visit.named("username")))?;
    if !person.is_me {
        return Ok(show_other(visit, &person));
    }
    let own: Own = serde_json::from_value(with_name(person.own, &person.username))
        .map_err(|_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, ""))?;
    let asked = visit.asked("tab").to_ascii_lowercase();
    let tab = Tab::ALL
        .into_iter()
        .find(|tab| tab.names().contains(&asked.as_str()))
        .filter(|tab| tab.is_shown(visit))
        .unwrap_or(Tab::Account);
    let content = content(visit, tab, &own)?;
    let t = visit.texts;
    let tabs: Vec<_> = Tab::ALL
        .into_iter()
        .filter(|tab| tab.is_shown(visit))
        .map(|shown| (tab_of(&own.username, shown), shown.title(t), shown == tab))
        .collect();
    let title = format!("{} · {}", tab.title(t), own.username);
    let about = html! { p.soft { (t.your_account) } };
    let content = html! {
        (parts::heading(&own.username, &person.avatar.color, &about, &html! {}))
        (parts::tabs(t.parts_of_account, &tabs))
        (content)
    };
    Ok(visit.page(&title, content))
}

/// What a tab shows.
fn content(visit: &Visit<'_>, tab: Tab, own: &Own) -> Result<Markup, Refusal> {
    match tab {
        Tab::Account => Ok(profile::tab(visit, own)),
        Tab::Robots => robots::section(visit, &Owner::Visitor(own.username.clone())),
        Tab::AppTokens => app_tokens::tab(visit, &own.username),
        Tab::Applications => authorizations::tab(visit, &own.username),
        Tab::Notifications => notifications::tab(visit, &own.username),
        Tab::Log => log::tab(visit, &own.username),
    }
}

fn with_name(mut account: serde_json::Value, name: &str) -> serde_json::Value {
    account["username"] = name.into();
    account
}

/// What anybody sees of somebody.
fn show_other(visit: &Visit<'_>, person: &Person) -> berth_web::Response {
    let t = visit.texts;
    let actions = html! {
        @if visit.is_superuser() {
            a.button.small href=(address!("/superuser/users/{}", person.username)) { (t.manage_account) }
        }
    };
    let about = html! { p.soft { (t.a_person) } };
    let content = parts::heading(&person.username, &person.avatar.color, &about, &actions);
    visit.page(&person.username, content)
}
