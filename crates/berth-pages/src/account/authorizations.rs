//! Applications that have access to the visitor's account, and tokens that wait for the visitor to make them.

use maud::{Markup, html};
use serde::Deserialize;

use super::{Own, Tab, above, of, tab_of};
use crate::Answered;
use crate::api::{address, with_query};
use crate::confirm::{self, Confirm};
use crate::form::button_form;
use crate::list::List;
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;
use berth_domain::settings::FEATURE_ASSIGN_OAUTH_TOKEN;
use berth_html::hidden;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    get("/user/:username/applications/:authorization/revoke", ask_revocation),
    post("/user/:username/applications/:authorization/revoke", revoke),
    post("/user/:username/assigned/decline", decline),
];

/// A token that the visitor granted to an application.
#[derive(Deserialize)]
struct Authorization {
    uuid: String,
    application: Application,
    scopes: Vec<Scope>,
}

/// A token that somebody assigned to the visitor, who may make it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    uuid: String,
    application: Application,
    scopes: Vec<Scope>,
    redirect_uri: String,
    response_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Application {
    name: String,
    client_id: Option<String>,
    description: String,
    url: String,
    avatar: parts::Avatar,
    organization: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Scope {
    title: String,
    scope: String,
    dangerous: bool,
}

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, name: &str) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let list = List::new(visit, &tab_of(name, Tab::Applications), t.search_applications, &[]);
    let target = list.target("/api/v1/user/authorizations");
    let found = visit.list::<Authorization>(&target, "authorizations")?;
    let is_empty = list.has_none(&found);
    let nothing = html! {};
    Ok(html! {
        p.soft { (t.authorizations_about) }
        (assigned(visit, name)?)
        section.card aria-labelledby="granted" {
            h2 #granted { (t.applications_with_access) }
            @if is_empty {
                (parts::empty(t.no_authorizations, t.no_authorizations_text, &nothing))
            } @else {
                (list.plain(visit, "authorizations", &found, &html! {
                    ul.entries {
                        @for entry in &found.entries { li { (authorization(visit, name, entry)) } }
                    }
                }))
            }
        }
    })
}

fn authorization(visit: &Visit<'_>, name: &str, entry: &Authorization) -> Markup {
    let t = visit.texts;
    let revoke = format!("{}{}", of(name), address!("/applications/{}/revoke", entry.uuid));
    html! {
        (described(visit, &entry.application, &entry.scopes))
        (parts::alarm_link(&revoke, t.revoke, &entry.application.name))
    }
}

/// An application, and what it may do.
fn described(visit: &Visit<'_>, application: &Application, scopes: &[Scope]) -> Markup {
    let t = visit.texts;
    let is_web = application.url.starts_with("https://") || application.url.starts_with("http://");
    html! {
        (parts::avatar(&application.name, &application.avatar.color))
        div.grow {
            div {
                @if is_web { a href=(application.url) rel="noopener noreferrer" { (application.name) } }
                @else { strong { (application.name) } }
                " " span.soft { (fill(t.of_organization, &[&application.organization.name])) }
            }
            @if !application.description.is_empty() {
                div.soft.small { (parts::shortened(&application.description, 200)) }
            }
            div.row.small {
                @for scope in scopes {
                    span class={ "badge" @if scope.dangerous { " warn" } } title=(scope.scope) { (scope.title) }
                }
            }
        }
    }
}

/// What waits for the visitor to make it; nothing where nothing does.
fn assigned(visit: &Visit<'_>, name: &str) -> Result<Markup, Refusal> {
    let t = visit.texts;
    if !visit.services().setting(&FEATURE_ASSIGN_OAUTH_TOKEN) {
        return Ok(html! {});
    }
    let target = "/api/v1/user/assignedauthorization?limit=25";
    let assignments = visit.list::<Assignment>(target, "authorizations")?.entries;
    let decline = format!("{}/assigned/decline", of(name));
    Ok(html! {
        @if !assignments.is_empty() {
            section.card aria-labelledby="assigned" {
                h2 #assigned { (t.assigned_to_you) }
                p { (t.assigned_to_you_text) }
                ul.entries {
                    @for assignment in &assignments {
                        li {
                            (described(visit, &assignment.application, &assignment.scopes))
                            div.actions {
                                a.button.small.first href=(authorize(assignment)) { (t.make_token) }
                                (button_form(visit, &decline, &html! {
                                    (hidden("uuid", &assignment.uuid))
                                    button.small type="submit" {
                                        (t.decline)
                                        span.visually-hidden { " " (assignment.application.name) }
                                    }
                                }))
                            }
                        }
                    }
                }
            }
        }
    })
}

/// Where the token is made: the page of OAuth that asks.
fn authorize(assignment: &Assignment) -> String {
    let scopes: Vec<&str> = assignment.scopes.iter().map(|scope| scope.scope.as_str()).collect();
    let asked = [
        ("response_type", assignment.response_type.as_str()),
        ("client_id", assignment.application.client_id.as_deref().unwrap_or_default()),
        ("redirect_uri", &assignment.redirect_uri),
        ("scope", &scopes.join(" ")),
        ("assignment_uuid", &assignment.uuid),
    ];
    with_query("/oauth/authorize", &asked)
}

/// `GET …/applications/<uuid>/revoke`.
fn ask_revocation(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let own = Own::load(visit)?;
    let found: Authorization = visit.get(&target(visit))?;
    let confirm = Confirm {
        title: &fill(t.revoke_access_question, &[&found.application.name]),
        text: html! { p { (t.revoke_access_text) } },
        button: t.revoke,
        back: &tab_of(&own.username, Tab::Applications),
        typed: None,
    };
    confirm::ask(visit, &above(visit, &own.username, Tab::Applications), &confirm)
}

/// The API's address of the authorization that the path names.
fn target(visit: &Visit<'_>) -> String {
    address!("/api/v1/user/authorizations/{}", visit.named("authorization"))
}

/// `POST …/applications/<uuid>/revoke`.
fn revoke(visit: &Visit<'_>) -> Answered {
    visit.delete(&target(visit))?;
    let to = tab_of(&visit.named("username"), Tab::Applications);
    visit.done(&to, visit.texts.access_revoked)
}

/// `POST …/assigned/decline`.
fn decline(visit: &Visit<'_>) -> Answered {
    visit.delete(&address!("/api/v1/user/assignedauthorization/{}", visit.field("uuid")))?;
    let to = tab_of(&visit.named("username"), Tab::Applications);
    visit.done(&to, visit.texts.assignment_declined)
}
