//! `/superuser`: the installation, for superusers and for those who read everything.

mod health;
mod log;
mod mails;
mod messages;
mod organizations;
mod place;
mod settings;
mod users;

use maud::Markup;

use crate::Answered;
use crate::page::{Page, get};
use crate::refusal::Refusal;
use crate::visit::Visit;
use place::{Tab, above, page, require_view, tab_of};

/// The pages.
pub(crate) const PAGES: &[&[Page]] = &[
    &[get("/superuser", show)],
    users::PAGES,
    organizations::PAGES,
    messages::PAGES,
    mails::PAGES,
    log::PAGES,
];

/// `GET /superuser?tab=<tab>`.
fn show(visit: &Visit<'_>) -> Answered {
    let asked = visit.asked("tab").to_ascii_lowercase();
    let tab = Tab::ALL.into_iter().find(|tab| tab.names().contains(&asked.as_str()));
    let tab = tab.unwrap_or(Tab::Users);
    let content = content(visit, tab)?;
    Ok(page(visit, tab, &content))
}

/// What a tab shows.
fn content(visit: &Visit<'_>, tab: Tab) -> Result<Markup, Refusal> {
    match tab {
        Tab::Users => users::tab(visit),
        Tab::Organizations => organizations::tab(visit),
        Tab::Messages => messages::tab(visit),
        Tab::Mails => mails::tab(visit),
        Tab::Log => log::tab(visit),
        Tab::Settings => settings::tab(visit),
        Tab::Health => health::tab(visit),
    }
}
