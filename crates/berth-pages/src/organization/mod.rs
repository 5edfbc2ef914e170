//! `/organization/<name>` and its tabs: each tab is a page, with the address that Quay gives it.

mod applications;
mod creation;
mod default_permissions;
mod held;
mod log;
mod members;
pub(crate) mod place;
mod proxy_cache;
mod quota;
mod repositories;
mod robots;
mod settings;
mod teams;

use maud::Markup;

use crate::Answered;
use crate::page::{Page, get};
use crate::refusal::Refusal;
use crate::visit::Visit;
use place::{Tab, above, page, tab_of};

pub(crate) use place::{Organization, of};

/// The page and those of its tabs.
pub(crate) const PAGES: &[&[Page]] = &[
    creation::PAGES,
    &[get("/organization/:orgname", show)],
    repositories::PAGES,
    teams::PAGES,
    members::PAGES,
    robots::PAGES,
    default_permissions::PAGES,
    applications::PAGES,
    proxy_cache::PAGES,
    log::PAGES,
    quota::PAGES,
    settings::PAGES,
];

/// `GET /organization/<name>?tab=<tab>`.
pub(crate) fn show(visit: &Visit<'_>) -> Answered {
    let organization = Organization::load(visit)?;
    let asked = visit.asked("tab").to_ascii_lowercase();
    let tab = Tab::ALL
        .into_iter()
        .find(|tab| tab.names().contains(&asked.as_str()))
        .filter(|tab| tab.is_shown(visit, &organization))
        .unwrap_or(Tab::ALL[0]);
    let content = content(visit, tab, &organization)?;
    Ok(page(visit, &organization, tab, &content))
}

/// What a tab shows.
fn content(visit: &Visit<'_>, tab: Tab, organization: &Organization) -> Result<Markup, Refusal> {
    match tab {
        Tab::Repositories => repositories::tab(visit, organization),
        Tab::Teams => teams::tab(visit, organization),
        Tab::Members => members::tab(visit, organization),
        Tab::Robots => robots::tab(visit, organization),
        Tab::DefaultPermissions => default_permissions::tab(visit, organization),
        Tab::Applications => applications::tab(visit, organization),
        Tab::ProxyCache => proxy_cache::tab(visit, organization),
        Tab::Log => log::tab(visit, organization),
        Tab::Quota => quota::tab(visit, organization),
        Tab::Settings => settings::tab(visit, organization),
    }
}
