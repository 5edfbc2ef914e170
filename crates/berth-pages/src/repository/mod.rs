//! `/repository` and `/repository/<namespace>/<name>`: repositories, and the page of each.
//!
//! A repository's name has slashes, so whatever followed it in a path might be part of one: what else there is of a repository is in the query,
//! its tabs as `?tab=` and what is done with it as `?act=`.

pub(crate) mod creation;
mod information;
pub(crate) mod list;
mod permissions;
mod place;
mod settings;
mod tags;

use berth_web::StatusCode;
use maud::{Markup, html};
use serde_json::json;

use crate::Answered;
use crate::api::segments;
use crate::form::button_form;
use crate::log::{self, LogOf};
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;
use place::{Repository, Tab, page_of, place_of_others, target, visibility};

pub(crate) use place::address_of;

/// The pages.
pub(crate) const PAGES: &[&[Page]] = &[
    list::PAGES,
    creation::PAGES,
    &[get("/repository/*repository", show), post("/repository/*repository", act)],
];

/// `GET /repository/<namespace>/<name>`: a tab, or a page that asks something.
fn show(visit: &Visit<'_>) -> Answered {
    match visit.asked("act") {
        "" => show_tab(visit),
        "describe" => information::show_description(visit),
        "delete-tag" => tags::ask_deletion(visit),
        "permit" => permissions::show_account(visit),
        "permit-team" => permissions::show_team(visit),
        "visibility" => settings::ask_visibility(visit),
        "delete" => settings::ask_deletion(visit),
        "log" => log::download(visit, &target(visit)),
        _ => Err(Refusal::new(StatusCode::NOT_FOUND, "")),
    }
}

/// `POST /repository/<namespace>/<name>?act=<act>`.
fn act(visit: &Visit<'_>) -> Answered {
    match visit.asked("act") {
        "star" => star(visit),
        "unstar" => unstar(visit),
        "describe" => information::describe(visit),
        "delete-tag" => tags::delete(visit),
        "permit" => permissions::permit_account(visit),
        "permit-team" => permissions::permit_team(visit),
        "role" => permissions::change(visit),
        "visibility" => settings::change_visibility(visit),
        "delete" => settings::delete(visit),
        _ => Err(Refusal::new(StatusCode::NOT_FOUND, "")),
    }
}

fn show_tab(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let repository = Repository::load(visit)?;
    let asked = visit.asked("tab").to_ascii_lowercase();
    let shown: Vec<Tab> =
        Tab::ALL.into_iter().filter(|tab| tab.is_shown(visit, &repository)).collect();
    let tab = shown.iter().find(|tab| tab.names().contains(&asked.as_str()));
    let tab = *tab.unwrap_or(&Tab::Information);
    let content = content(visit, tab, &repository)?;
    let links: Vec<_> = shown
        .into_iter()
        .map(|shown| (repository.tab(shown), shown.title(t), shown == tab))
        .collect();
    let name = repository.full_name();
    let about = html! { (visibility(t, repository.is_public)) };
    let content = html! {
        (parts::heading(&name, "", &about, &star_button(visit, &repository)))
        (parts::tabs(t.repo_parts, &links))
        (content)
    };
    let title = format!("{} · {name}", tab.title(t));
    Ok(visit.page_below(&title, &repository.above(visit), content))
}

/// What a tab shows.
fn content(visit: &Visit<'_>, tab: Tab, repository: &Repository) -> Result<Markup, Refusal> {
    match tab {
        Tab::Information => Ok(information::tab(visit, repository)),
        Tab::Tags => tags::tab(visit, repository),
        Tab::Permissions => permissions::tab(visit, repository),
        Tab::Log => log_tab(visit, repository),
        Tab::Settings => Ok(settings::tab(visit, repository)),
    }
}

/// A star for people who are signed in.
fn star_button(visit: &Visit<'_>, repository: &Repository) -> Markup {
    let t = visit.texts;
    let (act, text) = match repository.is_starred {
        true => ("unstar", t.repo_unstar),
        false => ("star", t.repo_star),
    };
    html! {
        @if visit.caller().is_some() && !visit.only_reads() {
            (button_form(visit, &repository.act(act), &html! {
                button.small type="submit" { (text) }
            }))
        }
    }
}

fn star(visit: &Visit<'_>) -> Answered {
    let full = visit.named("repository");
    let (namespace, repository) = full.split_once('/').unwrap_or_default();
    let body = json!({ "namespace": namespace, "repository": repository });
    visit.post("/api/v1/user/starred", &body)?;
    visit.done(&page_of(visit), fill(visit.texts.repo_starred, &[&full]))
}

fn unstar(visit: &Visit<'_>) -> Answered {
    let full = visit.named("repository");
    visit.delete(&format!("/api/v1/user/starred/{}", segments(&full)))?;
    visit.done(&page_of(visit), fill(visit.texts.repo_unstarred, &[&full]))
}

fn log_tab(visit: &Visit<'_>, repository: &Repository) -> Result<Markup, Refusal> {
    let log = LogOf {
        address: repository.tab(Tab::Log),
        api: target(visit),
        download: repository.act("log"),
    };
    log::section(visit, &log)
}
