//! Small parts of pages.

use berth_domain::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use crate::visit::Visit;

/// An avatar as the API tells it: we draw the letter and the colour.
#[derive(Deserialize)]
pub(crate) struct Avatar {
    pub(crate) color: String,
}

/// The first letter of a name on a colour. `color` is the API's (`#rrggbb`); empty: that of the name.
pub(crate) fn avatar(name: &str, color: &str) -> Markup {
    let color = if is_color(color) { color } else { "#9ecae1" };
    let letter: String = name.chars().find(|letter| letter.is_alphanumeric()).into_iter().collect();
    html! {
        svg.avatar aria-hidden="true" width="28" height="28" viewBox="0 0 28 28" {
            rect width="28" height="28" fill=(color) {}
            text x="14" y="19" { (letter.to_uppercase()) }
        }
    }
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// The beginning of a long text.
pub(crate) fn excerpt(text: &str) -> String {
    const CHARACTERS: usize = 160;
    match text.char_indices().nth(CHARACTERS) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

/// A name with its avatar.
pub(crate) fn named(name: &str, color: &str) -> Markup {
    html! { span.with-avatar { (avatar(name, color)) span { (name) } } }
}

/// A time as the API tells it (RFC 2822 or 3339). With a script it is shown in the visitor's zone; the exact one is its title.
pub(crate) fn time(text: &str) -> Markup {
    let Some(at) = Timestamp::from_rfc2822(text).or_else(|| Timestamp::from_rfc3339(text)) else {
        return html! { (text) };
    };
    at_time(at)
}

/// The same of a number of seconds since 1970.
pub(crate) fn time_of_seconds(seconds: i64) -> Markup {
    at_time(Timestamp::from_micros(seconds.saturating_mul(1_000_000)))
}

fn at_time(at: Timestamp) -> Markup {
    let exact = at.to_iso8601();
    let shown = exact.replace('T', " ");
    let shown = format!("{} UTC", shown.get(..16).unwrap_or(&shown));
    html! { time.nowrap datetime=(exact) title=(exact) { (shown) } }
}

/// A time that may not have come yet.
pub(crate) fn time_or(text: Option<&str>, otherwise: &str) -> Markup {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => time(text),
        None => html! { span.soft { (otherwise) } },
    }
}

/// An amount of bytes, in words.
pub(crate) fn bytes(amount: i64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut scaled = amount.max(0);
    let mut rest = 0;
    while scaled >= 1024 && unit + 1 < UNITS.len() {
        rest = scaled % 1024;
        scaled /= 1024;
        unit += 1;
    }
    match rest * 10 / 1024 {
        0 => format!("{scaled} {}", UNITS[unit]),
        tenths => format!("{scaled}.{tenths} {}", UNITS[unit]),
    }
}

/// What somebody copies: a label, the text, a button where there is a script.
pub(crate) fn secret(visit: &Visit<'_>, id: &str, label: &str, value: &str) -> Markup {
    let t = visit.texts;
    html! {
        div.field {
            p.label id={ (id) "-label" } { (label) }
            div.secret {
                pre id=(id) role="group" tabindex="0" aria-labelledby={ (id) "-label" } { (value) }
                button type="button" data-copy=(id) data-copied=(t.copied) hidden { (t.copy) }
            }
        }
    }
}

/// There is nothing yet: what to do first.
pub(crate) fn empty(title: &str, text: &str, action: &Markup) -> Markup {
    html! { div.empty { h2 { (title) } p { (text) } (action) } }
}

/// A link to a form on a page of its own, which opens as a dialog where there is a script.
pub(crate) fn dialog_link(address: &str, text: &str) -> Markup {
    html! { a.button.small href=(address) data-dialog { (text) } }
}

/// The same for what the page is about most.
pub(crate) fn first_link(address: &str, text: &str) -> Markup {
    html! { a.button.first href=(address) data-dialog { (text) } }
}

/// The same for what removes something. `what` is read to people who do not see the row.
pub(crate) fn alarm_link(address: &str, text: &str, what: &str) -> Markup {
    html! {
        a.button.small.alarm href=(address) data-dialog {
            (text) span.visually-hidden { " " (what) }
        }
    }
}

/// Tabs: address, name, whether it is this page.
pub(crate) fn tabs(label: &str, tabs: &[(String, &str, bool)]) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            ul {
                @for (address, name, is_here) in tabs {
                    li { a href=(address) aria-current=[is_here.then_some("page")] { (name) } }
                }
            }
        }
    }
}

/// The head of a page about something that has a name.
pub(crate) fn heading(name: &str, color: &str, about: &Markup, actions: &Markup) -> Markup {
    html! {
        div.heading {
            (avatar(name, color))
            div { h1 { (name) } (about) }
            div.actions { (actions) }
        }
    }
}

/// The beginning of a text that may be long.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
