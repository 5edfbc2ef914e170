//! The tokens of an application: those that were made by hand, and those that people gave it.

use berth_access::{Scope, ScopeSet};
use berth_web::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::{Application, above_application, named, page_here, target};
use crate::Answered;
use crate::api::address;
use crate::confirm::{self, Confirm};
use crate::flash::Flash;
use crate::form::{form, submit_or_cancel};
use crate::list::List;
use crate::organization::Organization;
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// A token, which the API never tells again.
#[derive(Deserialize)]
struct Token {
    uuid: String,
    /// None of one that a person gave the application.
    name: Option<String>,
    scope: String,
    expires_at: String,
    created: String,
    created_by: Option<String>,
    last_accessed: Option<String>,
}

/// The lifetime that is chosen at first, in seconds: 90 days.
const LIFETIME: &str = "7776000";

/// The part of the application's page that lists them.
pub(super) fn section(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let page = page_here(visit);
    let orders = [("-created", t.by_newest), ("expires", t.by_expiry)];
    let list = List::new(visit, &page, t.search_tokens, &orders);
    let tokens =
        visit.list::<Token>(&list.target(&format!("{}/tokens", target(visit))), "tokens")?;
    let may_change = organization.may_change(visit);
    let new = parts::first_link(&format!("{page}/tokens/new"), t.new_token);
    let is_empty = list.has_none(&tokens);
    Ok(html! {
        section.card aria-labelledby="tokens-title" {
            div.row {
                div.grow { h2 #tokens-title { (t.tokens) } p.soft { (t.tokens_about) } }
                @if may_change { (new) }
            }
            @if is_empty { p.soft { (t.no_tokens) } } @else {
                (list.plain(visit, "tokens", &tokens, &table(visit, &page, &tokens.entries, may_change)))
            }
        }
    })
}

fn table(visit: &Visit<'_>, page: &str, tokens: &[Token], may_change: bool) -> Markup {
    let t = visit.texts;
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.token) }
                    th scope="col" { (t.created) }
                    th scope="col" { (t.expires) }
                    th scope="col" { (t.last_used) }
                    @if may_change { th scope="col" { span.visually-hidden { (t.revoke) } } }
                }
            }
            tbody { @for token in tokens { (row(visit, page, token, may_change)) } }
        }
    }
}

fn row(visit: &Visit<'_>, page: &str, token: &Token, may_change: bool) -> Markup {
    let t = visit.texts;
    let name = name_of(visit, token);
    html! {
        tr {
            th scope="row" {
                div { (name) (scopes(visit, &token.scope)) }
            }
            td data-label=(t.created) {
                div {
                    (parts::time(&token.created))
                    @if let Some(creator) = &token.created_by {
                        div.soft.small { (fill(t.made_by, &[creator])) }
                    }
                }
            }
            td data-label=(t.expires) { (parts::time(&token.expires_at)) }
            td data-label=(t.last_used) {
                (parts::time_or(token.last_accessed.as_deref(), t.never))
            }
            @if may_change {
                td {
                    div.actions {
                        (parts::alarm_link(&revocation(page, &token.uuid), t.revoke, name))
                    }
                }
            }
        }
    }
}

/// What a token is called.
fn name_of<'a>(visit: &Visit<'_>, token: &'a Token) -> &'a str {
    token.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(visit.texts.token_of_person)
}

/// The address of the page that asks before a token ends.
fn revocation(page: &str, uuid: &str) -> String {
    format!("{page}{}", address!("/tokens/{}/revoke", uuid))
}

/// Scopes in words; the API's own where they cannot be read.
fn scopes(visit: &Visit<'_>, text: &str) -> Markup {
    let t = visit.texts;
    html! {
        ul.plain.small {
            @match ScopeSet::parse(text) {
                Ok(scopes) => @for scope in scopes.granted() {
                    li {
                        span.soft { (scope.title()) }
                        @if scope.is_dangerous() { " " span.badge.warn { (t.dangerous) } }
                    }
                },
                Err(_) => li.soft { (text) },
            }
        }
    }
}

/// `GET …/tokens/new`.
pub(super) fn show_new(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let application: Application = visit.get(&target(visit))?;
    // The API refuses it to all others.
    let offered: Vec<Scope> = Scope::ALL
        .iter()
        .copied()
        .filter(|scope| *scope != Scope::SuperUser || visit.is_superuser())
        .collect();
    let titles: Vec<String> = offered.iter().map(|scope| title(visit, *scope)).collect();
    let options = offered
        .iter()
        .zip(&titles)
        .map(|(scope, title)| (scope.as_str(), title.as_str(), scope.description()))
        .collect();
    let lifetimes = vec![
        ("2592000", t.days_30),
        (LIFETIME, t.days_90),
        ("31536000", t.a_year),
        ("", t.ten_years),
    ];
    let fields = html! {
        p.soft { (t.new_token_text) }
        (visit.text_field("name", t.token_name).hint(t.token_name_hint).longest(255).required().focus())
        (visit.select_field("expiration", t.expires_after, lifetimes).value(visit, LIFETIME))
        (visit.checks_field("scope", t.token_scopes, options))
    };
    let buttons = submit_or_cancel(visit, t.create_token, &page_here(visit));
    let content = form(visit, &visit.here(), &fields, &buttons);
    let above = above_application(visit, &organization.name, named(visit, &application.name));
    Ok(visit.form_page(t.new_token, &above, content))
}

/// What a scope is called, with a warning where it deserves one.
fn title(visit: &Visit<'_>, scope: Scope) -> String {
    match scope.is_dangerous() {
        true => fill(visit.texts.dangerous_scope, &[scope.title()]),
        false => scope.title().to_owned(),
    }
}

/// `POST …/tokens/new`: the token is shown this once.
pub(super) fn create(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let scopes = visit.fields("scope");
    if scopes.is_empty() {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, t.choose_scopes);
        return visit.again(refusal, "scope", show_new);
    }
    let name = visit.field("name");
    let mut body = json!({ "name": name, "scope": scopes.join(" ") });
    if !visit.field("expiration").is_empty() {
        body["expiration"] = visit.number("expiration");
    }
    let made = match visit.post(&format!("{}/tokens", target(visit)), &body) {
        Ok(made) => made,
        Err(refusal) => {
            let field = if refusal.message.contains("'name'") { "name" } else { "" };
            return visit.again(refusal, field, show_new);
        }
    };
    let token = made["token"].as_str().unwrap_or_default();
    let flash = Flash::done(fill(t.token_made, &[name])).with_secret(t.token, token);
    visit.done_with(&page_here(visit), flash)
}

/// `GET …/tokens/<token>/revoke`.
pub(super) fn ask_end(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let application: Application = visit.get(&target(visit))?;
    let target = format!("{}/tokens?limit=100&sort=-created", target(visit));
    let tokens = visit.list::<Token>(&target, "tokens")?.entries;
    // There may be more than those, and what is asked about may be gone.
    let token = tokens.iter().find(|token| token.uuid == visit.named("token"));
    let name = token.map_or(t.token, |token| name_of(visit, token));
    let (title, back) = (fill(t.revoke_question, &[name]), page_here(visit));
    let text = html! { p { (t.revoke_text) } };
    let confirm = Confirm { title: &title, text, button: t.revoke, back: &back, typed: None };
    let above = above_application(visit, &organization.name, named(visit, &application.name));
    confirm::ask(visit, &above, &confirm)
}

/// `POST …/tokens/<token>/revoke`.
pub(super) fn revoke(visit: &Visit<'_>) -> Answered {
    visit.delete(&format!("{}{}", target(visit), address!("/tokens/{}", visit.named("token"))))?;
    visit.done(&page_here(visit), visit.texts.revoked)
}
