//! What waits for the visitor: invitations to accept or decline, and notifications to read.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Answered;
use crate::api::address;
use crate::form::button_form;
use crate::page::{Page, post};
use crate::parts;
use crate::redirect::local;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;
use berth_html::hidden;

/// What their buttons do.
pub(crate) const PAGES: &[Page] =
    &[post("/invitations", answer_invitation), post("/notifications/dismiss", dismiss)];

/// A notification.
#[derive(Deserialize)]
pub(crate) struct Notification {
    id: String,
    kind: String,
    created: String,
    metadata: Map<String, Value>,
    dismissed: bool,
}

impl Notification {
    fn text(&self, name: &str) -> &str {
        self.metadata.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The code with which an invitation is answered.
    fn code(&self) -> Option<&str> {
        self.metadata.get("code").and_then(Value::as_str)
    }
}

/// The kind of an invitation into a team.
const INVITATION: &str = "org_team_invite";

/// What waits on the first page; nothing where nothing does.
pub(crate) fn waiting(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let all = visit.list::<Notification>("/api/v1/user/notifications?limit=25", "notifications")?;
    let open: Vec<_> = all.entries.iter().filter(|entry| !entry.dismissed).collect();
    Ok(html! {
        @if !open.is_empty() {
            section.card aria-labelledby="waiting" {
                h2 #waiting { (t.waiting) }
                (entries(visit, &open, "/"))
            }
        }
    })
}

/// Notifications, the newest first, with what can be done about them; `back` is where their buttons lead.
pub(crate) fn entries(visit: &Visit<'_>, notifications: &[&Notification], back: &str) -> Markup {
    html! {
        ul.entries {
            @for notification in notifications { li { (entry(visit, notification, back)) } }
        }
    }
}

fn entry(visit: &Visit<'_>, notification: &Notification, back: &str) -> Markup {
    let t = visit.texts;
    let text = match notification.kind.as_str() {
        INVITATION => fill(
            t.invited,
            &[notification.text("inviter"), notification.text("team"), notification.text("org")],
        ),
        kind => describe(visit, kind, notification),
    };
    let is_invitation = notification.kind == INVITATION;
    html! {
        div.grow { (text) div.soft.small { (parts::time(&notification.created)) } }
        @match notification.code().filter(|_| is_invitation) {
            Some(code) => {
                (button_form(visit, "/invitations", &html! {
                    (hidden("code", code))
                    (hidden("back", back))
                    div.choices {
                        button.first.small name="answer" value="accept" type="submit" {
                            (t.accept) span.visually-hidden { " " (text) }
                        }
                        button.small name="answer" value="decline" type="submit" {
                            (t.decline) span.visually-hidden { " " (text) }
                        }
                    }
                }))
            },
            None => @if !notification.dismissed {
                (button_form(visit, "/notifications/dismiss", &html! {
                    (hidden("id", &notification.id))
                    (hidden("back", back))
                    button.small type="submit" { (t.dismiss) span.visually-hidden { " " (text) } }
                }))
            },
        }
    }
}

/// What a notification of another kind says: its kind in words, and what it is about.
fn describe(visit: &Visit<'_>, kind: &str, notification: &Notification) -> String {
    let t = visit.texts;
    let about = ["namespace", "org", "repository", "name"]
        .into_iter()
        .map(|name| notification.text(name))
        .find(|text| !text.is_empty());
    let said = match kind {
        "quota_warning" => t.quota_warning,
        "quota_error" => t.quota_error,
        "assigned_authorization" => t.assigned_authorization,
        "password_required" => t.password_required,
        other => return about.map_or(other.to_owned(), |about| format!("{other}: {about}")),
    };
    fill(said, &[about.unwrap_or_default()])
}

/// `POST /invitations`.
fn answer_invitation(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let target = address!("/api/v1/teaminvite/{}", visit.exact_field("code"));
    if visit.field("answer") == "decline" {
        visit.delete(&target)?;
        return visit.done(local(visit.field("back")), t.declined);
    }
    let answer = visit.put(&target, &json!({}))?;
    let organization = answer["org"].as_str().unwrap_or_default();
    let to = if organization.is_empty() {
        "/".into()
    } else {
        address!("/organization/{}", organization)
    };
    visit.done(&to, fill(t.accepted, &[answer["team"].as_str().unwrap_or_default(), organization]))
}

/// `POST /notifications/dismiss`.
fn dismiss(visit: &Visit<'_>) -> Answered {
    let target = address!("/api/v1/user/notifications/{}", visit.field("id"));
    visit.put(&target, &json!({ "dismissed": true }))?;
    visit.done(local(visit.field("back")), visit.texts.dismissed)
}
