//! The settings in force: what was set, and what is as it comes.

use maud::{Markup, html};
use serde::Deserialize;

use super::{Tab, tab_of};
use crate::api::Listed;
use crate::list::List;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// What the API answers.
#[derive(Deserialize)]
struct InForce {
    settings: Vec<Setting>,
}

#[derive(Deserialize)]
struct Setting {
    name: String,
    value: Option<String>,
    default: String,
    changed: bool,
    about: String,
}

/// How many a page shows.
const ROWS: usize = 25;

/// The tab. The API gives all of them; the page shows a part.
pub(super) fn tab(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let InForce { mut settings } = visit.get("/api/v1/superuser/settings")?;
    let orders = [("changed", t.changed_first), ("name", t.by_name)];
    let list = List::new(visit, &tab_of(Tab::Settings), t.search_settings, &orders);
    match visit.asked("sort") {
        "name" => settings.sort_by(|one, other| one.name.cmp(&other.name)),
        _ => settings.sort_by_key(|setting| !setting.changed),
    }
    let searched = visit.asked("q").trim().to_lowercase();
    settings.retain(|setting| {
        setting.name.contains(&searched) || setting.about.to_lowercase().contains(&searched)
    });
    let from = visit.asked("page_token").parse().unwrap_or(0).min(settings.len());
    let to = settings.len().min(from.saturating_add(ROWS));
    let next = (to < settings.len()).then(|| to.to_string());
    let found = Listed { entries: settings.drain(from..to).collect(), next };
    Ok(html! {
        p.soft { (t.settings_about) }
        (list.card(visit, "settings", &found, &table(visit, &found.entries)))
    })
}

fn table(visit: &Visit<'_>, settings: &[Setting]) -> Markup {
    let t = visit.texts;
    html! {
        table.stack {
            thead { tr { th scope="col" { (t.setting) } th scope="col" { (t.value) } } }
            tbody {
                @for setting in settings {
                    tr {
                        th scope="row" {
                            div {
                                code { (setting.name) }
                                div.soft.small { (with_code(&setting.about)) }
                            }
                        }
                        td data-label=(t.value) { div { (value(visit, setting)) } }
                    }
                }
            }
        }
    }
}

/// A text of the table of settings, which marks code by backticks.
fn with_code(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn value(visit: &Visit<'_>, setting: &Setting) -> Markup {
    let t = visit.texts;
    let shown = |text: &str| match text.is_empty() {
        true => html! { span.soft { (t.nothing) } },
        false => html! { code { (text) } },
    };
    html! {
        @match &setting.value {
            Some(value) => { (shown(value)) },
            None => span.soft { (if setting.changed { t.secret_set } else { t.secret_not_set }) },
        }
        @if setting.changed {
            " " span.badge.accent { (t.changed) }
            @if setting.value.is_some() {
                div.soft.small {
                    @if setting.default.is_empty() { (t.default_nothing) }
                    @else { (fill(t.default_is, &[&setting.default])) }
                }
            }
        }
    }
}
