//! `/repository`: what the visitor may see, their own, and what they starred; and how lists show repositories.

use maud::{Markup, html};
use serde::Deserialize;

use super::{address_of, visibility};
use crate::Answered;
use crate::api::with_query;
use crate::list::List;
use crate::page::{Page, get};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::Texts;
use crate::visit::Visit;

/// The page.
pub(super) const PAGES: &[Page] = &[get("/repository", show)];

/// A repository in a list.
#[derive(Deserialize)]
pub(crate) struct Entry {
    namespace: String,
    name: String,
    #[serde(default)]
    description: String,
    is_public: bool,
    /// When an image was last pushed, in seconds since 1970.
    #[serde(default)]
    last_modified: Option<i64>,
    #[serde(default)]
    is_starred: bool,
    /// Where quotas are told.
    #[serde(default)]
    quota_report: Option<Held>,
}

/// How much a repository holds.
#[derive(Deserialize)]
struct Held {
    quota_bytes: i64,
}

/// Which repositories are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    All,
    Own,
    Starred,
}

impl Choice {
    const ALL: [Self; 3] = [Self::All, Self::Own, Self::Starred];

    const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Own => "own",
            Self::Starred => "starred",
        }
    }

    const fn title(self, t: &'static Texts) -> &'static str {
        match self {
            Self::All => t.repositories_all,
            Self::Own => t.repositories_own,
            Self::Starred => t.repositories_starred,
        }
    }

    fn address(self) -> String {
        format!("/repository?tab={}", self.name())
    }

    /// The API's list. Who visits is asked for where the list needs it.
    fn target(self, visit: &Visit<'_>) -> Result<String, Refusal> {
        let what = match self {
            Self::All => ("public", "true".to_owned()),
            Self::Starred => ("starred", "true".to_owned()),
            Self::Own => {
                visit.require_person()?;
                ("namespace", visit.caller().map(|caller| caller.name).unwrap_or_default())
            }
        };
        if self == Self::Starred {
            visit.require_person()?;
        }
        Ok(with_query("/api/v1/repository", &[(what.0, &what.1), ("last_modified", "true")]))
    }
}

/// The orders of lists of repositories.
pub(crate) fn orders(t: &'static Texts) -> [(&'static str, &'static str); 3] {
    [("name", t.by_name), ("-name", t.by_name_from_end), ("-created", t.by_newest)]
}

fn show(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let asked = visit.asked("tab");
    let choice = Choice::ALL.into_iter().find(|choice| choice.name() == asked);
    let choice = choice.unwrap_or(Choice::All);
    let list = List::new(visit, &choice.address(), t.search_repositories, &orders(t));
    let found = visit.list::<Entry>(&list.target(&choice.target(visit)?), "repositories")?;
    let is_known = visit.caller().is_some();
    let new = match is_known && !visit.only_reads() {
        true => parts::first_link("/repository/new", t.new_repository),
        false => html! {},
    };
    let tabs = Choice::ALL.map(|shown| (shown.address(), shown.title(t), shown == choice));
    let is_empty = list.has_none(&found);
    let content = html! {
        div.heading { div { h1 { (t.repositories) } } div.actions { (new) } }
        @if is_known { (parts::tabs(t.repositories_which, &tabs)) }
        @if is_empty { div.card { (nothing(t, choice)) } } @else {
            (list.card(visit, "repositories", &found, &table(visit, &found.entries, true)))
        }
    };
    Ok(visit.page(t.repositories, content))
}

fn nothing(t: &'static Texts, choice: Choice) -> Markup {
    let text = match choice {
        Choice::All => t.no_repositories_to_see,
        Choice::Own => t.no_repositories_own,
        Choice::Starred => t.no_repositories_starred,
    };
    parts::empty(t.no_repositories, text, &html! {})
}

/// A list of repositories; `full` names say the namespace too.
pub(crate) fn table(visit: &Visit<'_>, entries: &[Entry], full: bool) -> Markup {
    let t = visit.texts;
    let has_sizes = entries.iter().any(|entry| entry.quota_report.is_some());
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.repository) }
                    th scope="col" { (t.repo_visibility) }
                    @if has_sizes { th.number scope="col" { (t.repo_size) } }
                    th scope="col" { (t.repo_last_pushed) }
                }
            }
            tbody { @for entry in entries { (row(t, entry, full, has_sizes)) } }
        }
    }
}

fn row(t: &'static Texts, entry: &Entry, full: bool, has_sizes: bool) -> Markup {
    html! {
        tr {
            th scope="row" {
                div {
                    a href=(address_of(&entry.namespace, &entry.name)) {
                        @if full { (entry.namespace) "/" } (entry.name)
                    }
                    @if entry.is_starred { " " span.badge.warn { (t.repo_is_starred) } }
                    @if !entry.description.is_empty() {
                        div.soft.small { (parts::shortened(&entry.description, 160)) }
                    }
                }
            }
            td data-label=(t.repo_visibility) { (visibility(t, entry.is_public)) }
            @if has_sizes {
                td.number data-label=(t.repo_size) {
                    (entry.quota_report.as_ref().map(|held| parts::bytes(held.quota_bytes)).unwrap_or_default())
                }
            }
            td data-label=(t.repo_last_pushed) {
                @match entry.last_modified {
                    Some(at) => { (parts::time_of_seconds(at)) },
                    None => { span.soft { (t.never) } },
                }
            }
        }
    }
}
