//! OAuth applications: the tab, and a page for each with how to use it and the tokens that were made for it.

mod application;
mod tokens;

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Organization, Tab, above, tab_of};
use crate::Answered;
use crate::api::{address, with_query};
use crate::confirm::{self, Confirm};
use crate::flash::Flash;
use crate::form::{form, submit_or_cancel};
use crate::list::{List, Said};
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;
use application::{Application, above_application, named, page_here, page_of, target};

/// The pages. That of an application has the address that Quay gives it.
pub(super) const PAGES: &[Page] = &[
    get("/organization/:orgname/applications/new", show_new),
    post("/organization/:orgname/applications/new", create),
    get("/organization/:orgname/application/:client_id", show),
    get("/organization/:orgname/application/:client_id/edit", show_edit),
    post("/organization/:orgname/application/:client_id/edit", edit),
    get("/organization/:orgname/application/:client_id/secret", show_secret),
    get("/organization/:orgname/application/:client_id/secret/reset", ask_reset),
    post("/organization/:orgname/application/:client_id/secret/reset", reset),
    get("/organization/:orgname/application/:client_id/delete", ask_deletion),
    post("/organization/:orgname/application/:client_id/delete", delete),
    get("/organization/:orgname/application/:client_id/tokens/new", tokens::show_new),
    post("/organization/:orgname/application/:client_id/tokens/new", tokens::create),
    get("/organization/:orgname/application/:client_id/tokens/:token/revoke", tokens::ask_end),
    post("/organization/:orgname/application/:client_id/tokens/:token/revoke", tokens::revoke),
];

/// The secret of an application alone.
#[derive(Deserialize)]
struct Secret {
    name: String,
    /// None where its key is lost.
    client_secret: Option<String>,
}

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let orders = [("name", t.by_name), ("-created", t.by_newest)];
    let list =
        List::new(visit, &organization.tab(Tab::Applications), t.search_applications, &orders);
    let target = address!("/api/v1/organization/{}/applications", organization.name);
    let applications = visit.list::<Application>(&list.target(&target), "applications")?;
    let may_change = organization.may_change(visit);
    let new = parts::first_link(
        &address!("/organization/{}/applications/new", organization.name),
        t.new_application,
    );
    let said = Said {
        about: t.applications_about,
        empty_title: t.no_applications,
        empty_text: t.no_applications_text,
        new: html! { @if may_change { (new) } },
    };
    Ok(list.section(
        visit,
        "applications",
        &applications,
        &said,
        &table(visit, organization, &applications.entries),
    ))
}

fn table(visit: &Visit<'_>, organization: &Organization, applications: &[Application]) -> Markup {
    let t = visit.texts;
    html! {
        table.stack {
            thead {
                tr { th scope="col" { (t.application) } th scope="col" { (t.client_id) } }
            }
            tbody {
                @for application in applications {
                    tr {
                        th scope="row" {
                            div {
                                a href=(page_of(&organization.name, &application.client_id)) {
                                    (named(visit, &application.name))
                                }
                                @if !application.description.is_empty() {
                                    div.soft.small { (beginning(&application.description)) }
                                }
                            }
                        }
                        td data-label=(t.client_id) { code { (application.client_id) } }
                    }
                }
            }
        }
    }
}

/// As much of a text as a row of a list has room for.
fn beginning(text: &str) -> String {
    const SHOWN: usize = 160;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What a form says of an application; `before` is what it is now.
fn fields(visit: &Visit<'_>, before: Option<&Application>) -> Markup {
    let t = visit.texts;
    let now = |read: fn(&Application) -> Option<&str>| {
        before.and_then(read).unwrap_or_default().to_owned()
    };
    html! {
        (visit.text_field("name", t.application_name).hint(t.application_name_hint)
            .value(visit, now(|it| Some(&it.name))).longest(255).required().focus())
        (visit.text_field("description", t.description).area()
            .value(visit, now(|it| Some(&it.description))))
        (visit.text_field("application_uri", t.application_address)
            .hint(t.application_address_hint).value(visit, now(|it| Some(&it.application_uri))))
        (visit.text_field("redirect_uri", t.redirect_address).hint(t.redirect_address_hint)
            .value(visit, now(|it| it.redirect_uri.as_deref())))
    }
}

/// What such a form sent.
fn body(visit: &Visit<'_>) -> Value {
    json!({
        "name": visit.field("name"),
        "description": visit.field("description"),
        "application_uri": visit.field("application_uri"),
        "redirect_uri": visit.field("redirect_uri"),
    })
}

/// The field that a refusal is about: the API names it.
fn field_of(refusal: &Refusal) -> &'static str {
    let named = |field: &&str| refusal.message.contains(&format!("'{field}'"));
    ["redirect_uri", "application_uri"].into_iter().find(named).unwrap_or("name")
}

/// `GET …/applications/new`.
fn show_new(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let buttons =
        submit_or_cancel(visit, t.create_application, &organization.tab(Tab::Applications));
    let content = form(visit, &visit.here(), &fields(visit, None), &buttons);
    let above = above(visit, &organization.name, Tab::Applications);
    Ok(visit.form_page(t.new_application, &above, content))
}

/// `POST …/applications/new`.
fn create(visit: &Visit<'_>) -> Answered {
    let organization = visit.named("orgname");
    let target = address!("/api/v1/organization/{}/applications", organization);
    let made = match visit.post(&target, &body(visit)) {
        Ok(made) => made,
        Err(refusal) => {
            let field = field_of(&refusal);
            return visit.again(refusal, field, show_new);
        }
    };
    let client_id = made["client_id"].as_str().unwrap_or_default();
    let text = fill(visit.texts.application_made, &[visit.field("name")]);
    visit.done(&page_of(&organization, client_id), text)
}

/// `GET …/application/<client_id>`: how to use it, and its tokens.
fn show(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load(visit)?;
    let application: Application = visit.get(&target(visit))?;
    let tokens = tokens::section(visit, &organization)?;
    let page = page_here(visit);
    let name = named(visit, &application.name);
    let actions = html! {
        @if organization.may_change(visit) {
            (parts::dialog_link(&format!("{page}/edit"), t.edit))
            (parts::alarm_link(&format!("{page}/delete"), t.delete, name))
        }
    };
    let about = html! {
        @if !application.description.is_empty() { p.soft { (application.description) } }
    };
    let content = html! {
        (parts::heading(name, "", &about, &actions))
        (how_to_use(visit, &application, organization.may_change(visit)))
        (tokens)
    };
    Ok(visit.page_below(name, &above(visit, &organization.name, Tab::Applications), content))
}

fn how_to_use(visit: &Visit<'_>, application: &Application, may_change: bool) -> Markup {
    let t = visit.texts;
    let page = page_here(visit);
    let redirect = application.redirect_uri.as_deref().unwrap_or_default();
    html! {
        section.card aria-labelledby="use" {
            h2 #use { (t.use_it) }
            (parts::secret(visit, "client-id", t.client_id, &application.client_id))
            @if may_change {
                div.field {
                    h3 { (t.client_secret) }
                    div.actions {
                        (parts::dialog_link(&format!("{page}/secret"), t.show_client_secret))
                        (parts::dialog_link(&format!("{page}/secret/reset"), t.reset_client_secret))
                    }
                }
            }
            dl.facts {
                dt { (t.application_address) } dd { (link(visit, &application.application_uri)) }
                @if application.redirect_uri.is_some() {
                    dt { (t.redirect_address) } dd { (or_none(visit, redirect)) }
                }
            }
            @if !redirect.is_empty() {
                (parts::secret(visit, "authorize", t.agree_address, &agree_address(visit, application, redirect)))
                p.hint { (t.agree_address_hint) }
            }
        }
    }
}

/// Where the application sends people who are to let it act for them.
fn agree_address(visit: &Visit<'_>, application: &Application, redirect: &str) -> String {
    let authorize = format!("{}/oauth/authorize", visit.services().base_url());
    let parameters = [
        ("response_type", "code"),
        ("client_id", &application.client_id),
        ("redirect_uri", redirect),
        ("scope", "repo:read"),
    ];
    with_query(&authorize, &parameters)
}

fn or_none(visit: &Visit<'_>, text: &str) -> Markup {
    html! { @if text.is_empty() { span.soft { (visit.texts.not_given) } } @else { (text) } }
}

/// An address that somebody wrote down: a link where browsers can follow it to a page.
fn link(visit: &Visit<'_>, address: &str) -> Markup {
    let is_page = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
    html! {
        @if is_page { a href=(address) rel="noopener noreferrer nofollow" { (address) } }
        @else { (or_none(visit, address)) }
    }
}

/// `GET …/application/<client_id>/edit`.
fn show_edit(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let application: Application = visit.get(&target(visit))?;
    let buttons = submit_or_cancel(visit, t.save, &page_here(visit));
    let content = form(visit, &visit.here(), &fields(visit, Some(&application)), &buttons);
    let name = named(visit, &application.name);
    let title = fill(t.edit_title, &[name]);
    Ok(visit.form_page(&title, &above_application(visit, &organization.name, name), content))
}

/// `POST …/application/<client_id>/edit`. What the form does not show stays: the API resets what is left out.
fn edit(visit: &Visit<'_>) -> Answered {
    let before: Application = visit.get(&target(visit))?;
    let mut body = body(visit);
    if let Some(email) = before.avatar_email {
        body["avatar_email"] = email.into();
    }
    if let Err(refusal) = visit.put(&target(visit), &body) {
        let field = field_of(&refusal);
        return visit.again(refusal, field, show_edit);
    }
    visit.done(&page_here(visit), visit.texts.saved)
}

/// `GET …/application/<client_id>/secret`: the one page that shows it.
fn show_secret(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let secret: Secret = visit.get(&target(visit))?;
    let name = named(visit, &secret.name);
    let content = html! {
        @match &secret.client_secret {
            Some(text) => {
                p { (t.client_secret_text) }
                (parts::secret(visit, "client-secret", t.client_secret, text))
            },
            None => { p { (t.no_client_secret) } },
        }
        div.choices { a.button href=(page_here(visit)) data-cancel { (t.back) } }
    };
    let title = fill(t.client_secret_of, &[name]);
    Ok(visit.form_page(&title, &above_application(visit, &organization.name, name), content))
}

/// `GET …/application/<client_id>/secret/reset`.
fn ask_reset(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    ask(visit, t.reset_client_secret_question, t.reset_client_secret_text, t.reset_client_secret)
}

/// `POST …/application/<client_id>/secret/reset`: the new one is shown this once without being asked for.
fn reset(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let made = visit.post(&format!("{}/resetclientsecret", target(visit)), &Value::Null)?;
    let secret = made["client_secret"].as_str().unwrap_or_default();
    let flash = Flash::done(t.client_secret_was_reset).with_secret(t.client_secret, secret);
    visit.done_with(&page_here(visit), flash)
}

/// `GET …/application/<client_id>/delete`.
fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    ask(visit, t.delete_application_question, t.delete_application_text, t.delete)
}

fn ask(visit: &Visit<'_>, question: &str, text: &str, button: &str) -> Answered {
    let organization = Organization::load_to_change(visit)?;
    let application: Application = visit.get(&target(visit))?;
    let name = named(visit, &application.name);
    let (title, back) = (fill(question, &[name]), page_here(visit));
    let text = html! { p { (text) } };
    let confirm = Confirm { title: &title, text, button, back: &back, typed: None };
    confirm::ask(visit, &above_application(visit, &organization.name, name), &confirm)
}

/// `POST …/application/<client_id>/delete`.
fn delete(visit: &Visit<'_>) -> Answered {
    visit.delete(&target(visit))?;
    let to = tab_of(&visit.named("orgname"), Tab::Applications);
    visit.done(&to, visit.texts.application_deleted)
}
