//! App tokens: what programs show in the place of the visitor's password.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::{Own, Tab, above, of, tab_of};
use crate::Answered;
use crate::api::address;
use crate::confirm::{self, Confirm};
use crate::credentials;
use crate::form::{form, submit_or_cancel};
use crate::list::{List, Said};
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;
use berth_web::StatusCode;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    get("/user/:username/tokens/new", show_new),
    post("/user/:username/tokens/new", create),
    get("/user/:username/tokens/:token", show),
    get("/user/:username/tokens/:token/revoke", ask_revocation),
    post("/user/:username/tokens/:token/revoke", revoke),
    get("/user/:username/tokens/:token/config.json", config_file),
    get("/user/:username/tokens/:token/secret.yaml", secret_file),
];

/// The user name with which registries take an app token.
const USER_NAME: &str = "$app";

/// A token; with itself where it is asked for alone.
#[derive(Deserialize)]
struct AppToken {
    uuid: String,
    title: String,
    created: String,
    last_accessed: Option<String>,
    expiration: Option<String>,
    #[serde(default)]
    token_code: Option<String>,
}

/// What the API answers about one.
#[derive(Deserialize)]
struct One {
    token: AppToken,
}

impl AppToken {
    /// The one that the path names, with itself.
    fn load(visit: &Visit<'_>) -> Result<Self, Refusal> {
        Ok(visit.get::<One>(&target(visit))?.token)
    }
}

/// The API's address of the token that the path names.
fn target(visit: &Visit<'_>) -> String {
    address!("/api/v1/user/apptoken/{}", visit.named("token"))
}

/// The address of a token's page.
fn page_of(name: &str, token: &str) -> String {
    format!("{}{}", of(name), address!("/tokens/{}", token))
}

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, name: &str) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let orders = [("-created", t.by_newest), ("created", t.by_oldest)];
    let list = List::new(visit, &tab_of(name, Tab::AppTokens), t.search_app_tokens, &orders);
    let tokens = visit.list::<AppToken>(&list.target("/api/v1/user/apptoken"), "tokens")?;
    let new = html! {
        @if !visit.only_reads() {
            (parts::first_link(&format!("{}/tokens/new", of(name)), t.new_app_token))
        }
    };
    let said = Said {
        about: t.app_tokens_about,
        empty_title: t.no_app_tokens,
        empty_text: t.no_app_tokens_text,
        new,
    };
    Ok(list.section(visit, "tokens", &tokens, &said, &table(visit, name, &tokens.entries)))
}

fn table(visit: &Visit<'_>, name: &str, tokens: &[AppToken]) -> Markup {
    let t = visit.texts;
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.title) }
                    th scope="col" { (t.created) }
                    th scope="col" { (t.last_used) }
                    th scope="col" { (t.ends) }
                    th scope="col" { span.visually-hidden { (t.actions) } }
                }
            }
            tbody {
                @for token in tokens {
                    @let page = page_of(name, &token.uuid);
                    tr {
                        th scope="row" { a href=(page) { (titled(visit, token)) } }
                        td data-label=(t.created) { (parts::time(&token.created)) }
                        td data-label=(t.last_used) {
                            (parts::time_or(token.last_accessed.as_deref(), t.never))
                        }
                        td data-label=(t.ends) {
                            (parts::time_or(token.expiration.as_deref(), t.never))
                        }
                        td {
                            div.actions {
                                (parts::alarm_link(&format!("{page}/revoke"), t.revoke, &token.title))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a token is called: one may have no title.
fn titled<'a>(visit: &Visit<'_>, token: &'a AppToken) -> &'a str {
    if token.title.trim().is_empty() { visit.texts.without_title } else { &token.title }
}

/// `GET …/tokens/new`.
fn show_new(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let own = Own::load(visit)?;
    let title = visit.text_field("title", t.title).hint(t.app_token_title_hint);
    let fields = html! { (title.required().longest(255).focus()) };
    let buttons = submit_or_cancel(visit, t.create_token, &tab_of(&own.username, Tab::AppTokens));
    let content = form(visit, &visit.here(), &fields, &buttons);
    Ok(visit.form_page(t.new_app_token, &above(visit, &own.username, Tab::AppTokens), content))
}

/// `POST …/tokens/new`.
fn create(visit: &Visit<'_>) -> Answered {
    let title = visit.field("title");
    let answer = match visit.post("/api/v1/user/apptoken", &json!({ "title": title })) {
        Err(refusal) => return visit.again(refusal, "title", show_new),
        Ok(answer) => answer,
    };
    let uuid = answer["token"]["uuid"].as_str().unwrap_or_default();
    let page = page_of(&visit.named("username"), uuid);
    visit.done(&page, fill(visit.texts.app_token_made, &[title]))
}

/// `GET …/tokens/<uuid>`: how to use it.
fn show(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let own = Own::load(visit)?;
    let token = AppToken::load(visit)?;
    let page = page_of(&own.username, &token.uuid);
    let actions = parts::alarm_link(&format!("{page}/revoke"), t.revoke, &token.title);
    let about = html! { p.soft { (t.app_token) } };
    let content = html! {
        (parts::heading(titled(visit, &token), "", &about, &actions))
        section.card aria-labelledby="use" {
            h2 #use { (t.use_it) }
            @match &token.token_code {
                Some(code) => { (credentials::sheet(visit, USER_NAME, code, &page)) },
                None => { p.soft { (t.app_token_lost) } },
            }
        }
        dl.facts {
            dt { (t.created) } dd { (parts::time(&token.created)) }
            dt { (t.last_used) } dd { (parts::time_or(token.last_accessed.as_deref(), t.never)) }
            dt { (t.ends) } dd { (parts::time_or(token.expiration.as_deref(), t.never)) }
        }
    };
    let above = above(visit, &own.username, Tab::AppTokens);
    Ok(visit.page_below(titled(visit, &token), &above, content))
}

/// `GET …/tokens/<uuid>/revoke`.
fn ask_revocation(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let own = Own::load(visit)?;
    let token = AppToken::load(visit)?;
    let confirm = Confirm {
        title: &fill(t.revoke_token_question, &[titled(visit, &token)]),
        text: html! { p { (t.revoke_token_text) } },
        button: t.revoke,
        back: &tab_of(&own.username, Tab::AppTokens),
        typed: None,
    };
    confirm::ask(visit, &above(visit, &own.username, Tab::AppTokens), &confirm)
}

/// `POST …/tokens/<uuid>/revoke`.
fn revoke(visit: &Visit<'_>) -> Answered {
    visit.delete(&target(visit))?;
    let to = tab_of(&visit.named("username"), Tab::AppTokens);
    visit.done(&to, visit.texts.token_revoked)
}

/// `GET …/tokens/<uuid>/config.json`.
fn config_file(visit: &Visit<'_>) -> Answered {
    Ok(credentials::config_file(visit, USER_NAME, &code(visit)?))
}

/// `GET …/tokens/<uuid>/secret.yaml`.
fn secret_file(visit: &Visit<'_>) -> Answered {
    Ok(credentials::secret_file(visit, USER_NAME, &code(visit)?))
}

fn code(visit: &Visit<'_>) -> Result<String, Refusal> {
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "");
    AppToken::load(visit)?.token_code.ok_or_else(missing)
}
