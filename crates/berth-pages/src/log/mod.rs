//! The log of something: of which days, entries in sentences, a chart of the days, and a file of it. Whoever shows one says where it is.

mod asked;
mod chart;
mod sentence;

use berth_domain::settings::FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL;
use berth_web::{Method, Response, ResponseExt, StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::list::{List, divided};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::{Texts, fill};
use crate::visit::Visit;
use asked::Asked;

pub(crate) use asked::LogOf;

/// An entry.
#[derive(Deserialize)]
struct Entry {
    kind: String,
    metadata: Map<String, Value>,
    ip: Option<String>,
    datetime: String,
    performer: Option<Account>,
    namespace: Option<Account>,
}

/// An account in an entry.
#[derive(Deserialize)]
struct Account {
    name: String,
    #[serde(default)]
    is_robot: bool,
    avatar: parts::Avatar,
}

/// The log as a part of a page. Four statements.
pub(crate) fn section(visit: &Visit<'_>, log: &LogOf) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let asked = Asked::of(visit);
    let list = List::new(visit, &asked.address(&log.address), "", &[]);
    let target = list.target(&asked.target(&format!("{}/logs", log.api)));
    let found = match visit.list::<Entry>(&target, "logs") {
        // Nobody of that name, or the days the wrong way round: the form tells.
        Err(refusal) if refusal.status == StatusCode::BAD_REQUEST => Err(refusal.told(t)),
        found => Ok(found?),
    };
    let found = match found {
        Ok(found) => found,
        Err(message) => {
            return Ok(html! {
                (berth_html::alert(Some(&message)))
                (filters(visit, log, &asked))
            });
        }
    };
    let download = asked.address(&log.download);
    Ok(html! {
        (filters(visit, log, &asked))
        @if visit.services().setting(&FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL) {
            (chart::section(visit, log, &asked)?)
        }
        section.card aria-labelledby="entries" {
            div.row {
                h2.grow #entries { (t.log_entries) }
                a.button.small href=(download) download { (t.log_download) }
            }
            @if found.entries.is_empty() {
                (parts::empty(t.log_empty, t.log_empty_text, &html! {}))
            } @else {
                (table(visit, &found.entries))
            }
        }
        (list.pager(visit, found.next.as_deref()))
    })
}

/// Which days, whose entries, of what kind.
fn filters(visit: &Visit<'_>, log: &LogOf, asked: &Asked) -> Markup {
    let t = visit.texts;
    let (path, kept) = divided(&log.address);
    let kinds = kinds(t);
    let is_listed = kinds.iter().any(|(value, _)| *value == asked.kind);
    html! {
        form.inline method="get" action=(path) role="search" {
            @for (name, value) in &kept { input type="hidden" name=(name) value=(value); }
            div.field {
                label for="first" { (t.log_first) }
                input #first type="date" name="first" value=(asked.first.to_date());
            }
            div.field {
                label for="last" { (t.log_last) }
                input #last type="date" name="last" value=(asked.last.to_date());
            }
            div.field {
                label for="performer" { (t.log_performer) }
                input #performer type="text" name="performer" value=(asked.performer) autocomplete="off";
            }
            div.field {
                label for="kind" { (t.log_kind) }
                select #kind name="q" {
                    @for (value, label) in &kinds {
                        option value=(value) selected[*value == asked.kind] { (label) }
                    }
                    @if !is_listed { option value=(asked.kind) selected { (asked.kind) } }
                }
            }
            button type="submit" { (t.show) }
        }
    }
}

/// What entries can be about: a part of the names of their kinds, and what it is called.
fn kinds(t: &'static Texts) -> [(&'static str, &'static str); 14] {
    [
        ("", t.log_all),
        ("push_repo", t.log_pushes),
        ("pull_repo", t.log_pulls),
        ("delete_tag", t.log_tags),
        ("repo", t.repositories),
        ("permission", t.log_permissions),
        ("team", t.teams),
        ("robot", t.robots),
        ("application", t.applications),
        ("token", t.log_tokens),
        ("quota", t.quota),
        ("proxy_cache", t.proxy_cache),
        ("org_change", t.settings),
        ("login", t.log_sign_ins),
    ]
}

fn table(visit: &Visit<'_>, entries: &[Entry]) -> Markup {
    let t = visit.texts;
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.log_what) }
                    th scope="col" { (t.log_who) }
                    th scope="col" { (t.log_from) }
                    th scope="col" { (t.log_when) }
                }
            }
            tbody { @for entry in entries { (row(visit, entry)) } }
        }
    }
}

fn row(visit: &Visit<'_>, entry: &Entry) -> Markup {
    let t = visit.texts;
    html! {
        tr {
            td {
                div {
                    (sentence::of(t, &entry.kind, &entry.metadata))
                    @if let Some(namespace) = &entry.namespace {
                        div.soft.small { (fill(t.log_in, &[&namespace.name])) }
                    }
                }
            }
            td data-label=(t.log_who) {
                @match &entry.performer {
                    Some(account) => {
                        span.row {
                            (parts::named(&account.name, &account.avatar.color))
                            @if account.is_robot { span.badge { (t.robot) } }
                        }
                    },
                    None => { span.soft { (t.log_nobody) } },
                }
            }
            td data-label=(t.log_from) { (entry.ip.as_deref().unwrap_or_default()) }
            td data-label=(t.log_when) { (parts::time(&entry.datetime)) }
        }
    }
}

/// The log as a file, of as many days as the query says: what a page at [`LogOf::download`] answers.
pub(crate) fn download(visit: &Visit<'_>, api: &str) -> Result<Response, Refusal> {
    let asked = Asked::of(visit);
    let mut response =
        visit.call(Method::GET, &asked.target(&format!("{api}/logs/export")), None)?;
    // What else an answer of the API says is for clients of other sites, and cookies leave with the visit.
    let media_type = response.headers_mut().remove(header::CONTENT_TYPE);
    response.headers_mut().clear();
    response.headers_mut().extend(media_type.map(|is| (header::CONTENT_TYPE, is)));
    let name = format!("log-{}-{}.jsonl", asked.first.to_date(), asked.last.to_date());
    Ok(response
        .with_header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
        .with_header(header::CACHE_CONTROL, "no-store")
        .with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
}
