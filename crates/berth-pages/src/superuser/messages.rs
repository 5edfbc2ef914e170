//! Messages to everybody: consoles show them on their first page.

use maud::{Markup, html};
use serde_json::json;

use super::{Tab, above, require_view, tab_of};
use crate::Answered;
use crate::api::address;
use crate::confirm::{self, Confirm};
use crate::form::{form, submit_or_cancel};
use crate::list::{List, Said};
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::sign_in::Message;
use crate::texts::Texts;
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    get("/superuser/messages/new", show_new),
    post("/superuser/messages/new", create),
    get("/superuser/messages/:message/delete", ask_deletion),
    post("/superuser/messages/:message/delete", delete),
];

/// How much of a message the list shows, in characters.
const SHOWN: usize = 300;

/// The tab. Everybody may read messages; the page is for those who see the installation.
pub(super) fn tab(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let t = visit.texts;
    require_view(visit)?;
    let list = List::new(visit, &tab_of(Tab::Messages), t.search_messages, &[]);
    let messages = visit.list::<Message>(&list.target("/api/v1/messages"), "messages")?;
    let new = html! {
        @if !visit.only_reads() { (parts::first_link("/superuser/messages/new", t.new_message)) }
    };
    let said = Said {
        about: t.messages_about,
        empty_title: t.no_messages,
        empty_text: t.no_messages_text,
        new,
    };
    let entries = html! {
        ul.entries { @for message in &messages.entries { li { (entry(visit, message)) } } }
    };
    Ok(list.section(visit, "messages", &messages, &said, &entries))
}

fn entry(visit: &Visit<'_>, message: &Message) -> Markup {
    let t = visit.texts;
    let class = match message.severity.as_str() {
        "error" => "alarm",
        "warning" => "warn",
        _ => "accent",
    };
    let content = parts::shortened(&message.content, SHOWN);
    let delete = address!("/superuser/messages/{}/delete", message.uuid);
    html! {
        div.grow {
            span class={ "badge " (class) } { (severity(t, &message.severity)) } " "
            (content)
        }
        @if !visit.only_reads() {
            (parts::alarm_link(&delete, t.delete, &content))
        }
    }
}

/// How serious a message is, in words; the API's word where there is none of ours.
fn severity<'a>(t: &'static Texts, severity: &'a str) -> &'a str {
    match severity {
        "info" => t.severity_info,
        "warning" => t.severity_warning,
        "error" => t.severity_error,
        other => other,
    }
}

/// `GET …/messages/new`.
fn show_new(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    require_view(visit)?;
    let severities = vec![
        ("info", t.severity_info, t.severity_info_text),
        ("warning", t.severity_warning, t.severity_warning_text),
        ("error", t.severity_error, t.severity_error_text),
    ];
    let fields = html! {
        (visit.text_field("content", t.message).hint(t.message_hint).area().required().focus())
        (visit.radio_field("severity", t.severity, severities).value(visit, "info").required())
    };
    let buttons = submit_or_cancel(visit, t.create_message, &tab_of(Tab::Messages));
    let content = form(visit, &visit.here(), &fields, &buttons);
    Ok(visit.form_page(t.new_message, &above(visit, Tab::Messages), content))
}

/// `POST …/messages/new`.
fn create(visit: &Visit<'_>) -> Answered {
    let message = json!({
        "content": visit.field("content"),
        "media_type": "text/plain",
        "severity": visit.field("severity"),
    });
    if let Err(refusal) = visit.post("/api/v1/messages", &json!({ "message": message })) {
        return visit.again(refusal, "content", show_new);
    }
    visit.done(&tab_of(Tab::Messages), visit.texts.message_made)
}

/// `GET …/messages/<uuid>/delete`.
fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    require_view(visit)?;
    let confirm = Confirm {
        title: t.delete_message_question,
        text: html! { p { (t.delete_message_text) } },
        button: t.delete,
        back: &tab_of(Tab::Messages),
        typed: None,
    };
    confirm::ask(visit, &above(visit, Tab::Messages), &confirm)
}

/// `POST …/messages/<uuid>/delete`.
fn delete(visit: &Visit<'_>) -> Answered {
    visit.delete(&address!("/api/v1/message/{}", visit.named("message")))?;
    visit.done(&tab_of(Tab::Messages), visit.texts.message_deleted)
}
