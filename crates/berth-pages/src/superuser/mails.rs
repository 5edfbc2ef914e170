//! Mails that wait or have left. They hold links that let people in, so reading them is logged: it is an act, and no page shows
//! them by itself.

use berth_html::hidden;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Tab, page, require_view};
use crate::Answered;
use crate::api::with_query;
use crate::form::{button_form, form};
use crate::page::{Page, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::{Texts, fill};
use crate::visit::Visit;

/// What its forms do.
pub(super) const PAGES: &[Page] = &[post("/superuser/mails", read)];

/// Where mails are read.
const READ: &str = "/superuser/mails";

/// A mail.
#[derive(Deserialize)]
struct Mail {
    to: String,
    subject: String,
    text: Option<String>,
    created: String,
    state: String,
    attempts: i64,
    next_attempt: Option<String>,
    error: Option<String>,
}

/// The tab: what reading them means.
pub(super) fn tab(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let t = visit.texts;
    require_view(visit)?;
    let button = html! { button.first type="submit" { (t.read_mails) } };
    Ok(html! {
        div.card {
            p { (t.mails_about) }
            @if !visit.sends_mail() { div.notice.warn { (t.no_mail_leaves) } }
            p.soft { (t.mails_are_logged) }
            (form(visit, READ, &html! {}, &button))
        }
    })
}

/// `POST /superuser/mails`: shows a page of them.
fn read(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let searched = visit.field("q");
    let asked = [("limit", "10"), ("q", searched), ("page_token", visit.field("page_token"))];
    let mails = visit.list::<Mail>(&with_query("/api/v1/superuser/mails", &asked), "mails")?;
    let content = html! {
        (search(visit, searched))
        div.card {
            @if mails.entries.is_empty() {
                (parts::empty(t.no_mails, t.no_mails_text, &html! {}))
            }
            ul.entries { @for mail in &mails.entries { li { (entry(visit, mail)) } } }
        }
        @if let Some(next) = &mails.next {
            (button_form(visit, READ, &html! {
                (hidden("q", searched))
                (hidden("page_token", next))
                button type="submit" { (t.next_page) }
            }))
        }
    };
    Ok(page(visit, Tab::Mails, &content))
}

fn search(visit: &Visit<'_>, searched: &str) -> Markup {
    let t = visit.texts;
    html! {
        form.inline method="post" action=(READ) role="search" {
            (visit.csrf_field())
            div.field {
                label for="search" { (t.search_mails) }
                input #search type="search" name="q" value=(searched) autocomplete="off";
            }
            button type="submit" { (t.show) }
        }
    }
}

fn entry(visit: &Visit<'_>, mail: &Mail) -> Markup {
    let t = visit.texts;
    let (class, state) = state(t, &mail.state);
    html! {
        div.grow {
            div { strong { (mail.subject) } " " span class={ "badge" (class) } { (state) } }
            div.soft.small { (mail.to) " · " (parts::time(&mail.created)) }
            @if let Some(error) = &mail.error {
                div.small { (fill(t.mail_failed_times, &[&mail.attempts.to_string(), error])) }
            }
            @if let Some(next) = &mail.next_attempt {
                div.soft.small { (t.next_attempt) " " (parts::time(next)) }
            }
            @match &mail.text {
                Some(text) => {
                    details { summary { (t.mail_text) } div.secret { pre { (text) } } }
                },
                None => div.soft.small { (t.mail_without_text) },
            }
        }
    }
}

/// What became of a mail, in words, and how that looks.
fn state<'a>(t: &'static Texts, state: &'a str) -> (&'static str, &'a str) {
    match state {
        "delivered" => (" good", t.mail_delivered),
        "waiting" => (" accent", t.mail_is_waiting),
        "failed" => (" alarm", t.mail_gave_up),
        "held" => (" warn", t.mail_held),
        other => ("", other),
    }
}
