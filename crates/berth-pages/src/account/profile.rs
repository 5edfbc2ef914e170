//! The visitor's account itself: name, address, password, what they say of themselves, and its end.

use berth_domain::settings::{FEATURE_DIRECT_LOGIN, FEATURE_USER_METADATA, FEATURE_USER_RENAME};
use berth_web::StatusCode;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{Own, Tab, above, of, tab_of};
use crate::Answered;
use crate::confirm::{self, Confirm};
use crate::flash::Flash;
use crate::form::{form, submit_or_cancel};
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    get("/user/:username/rename", show_rename),
    post("/user/:username/rename", rename),
    get("/user/:username/email", show_email),
    post("/user/:username/email", change_email),
    get("/user/:username/password", show_password),
    post("/user/:username/password", change_password),
    get("/user/:username/details", show_details),
    post("/user/:username/details", change_details),
    get("/user/:username/clientkey", show_client_key),
    post("/user/:username/clientkey", make_client_key),
    get("/user/:username/delete", ask_deletion),
    post("/user/:username/delete", delete),
];

/// The API's address of the visitor's account.
const TARGET: &str = "/api/v1/user/";

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, own: &Own) -> Markup {
    let t = visit.texts;
    let is_on = |feature| visit.services().setting(feature);
    html! {
        section.card aria-labelledby="account" {
            h2 #account { (t.account) }
            (facts(visit, own))
        }
        @if is_on(&FEATURE_USER_METADATA) {
            section.card aria-labelledby="details" {
                h2 #details { (t.about_you) }
                (details(visit, own))
            }
        }
        @if is_on(&FEATURE_DIRECT_LOGIN) {
            section.card aria-labelledby="command-line" {
                h2 #command-line { (t.command_line) }
                p { (t.client_key_about) }
                div.actions {
                    (parts::dialog_link(&format!("{}/clientkey", of(&own.username)), t.make_client_key))
                }
            }
        }
        section.card aria-labelledby="end" {
            h2 #end { (t.end_of_account) }
            p { (t.end_of_account_text) }
            div.actions {
                (parts::alarm_link(&format!("{}/delete", of(&own.username)), t.delete_account, ""))
            }
        }
    }
}

fn facts(visit: &Visit<'_>, own: &Own) -> Markup {
    let t = visit.texts;
    let page = of(&own.username);
    let change = |place: &str, what| {
        html! {
            a.button.small href={ (page) "/" (place) } data-dialog {
                (t.change) span.visually-hidden { " " (what) }
            }
        }
    };
    html! {
        ul.entries {
            li {
                div.grow { div.soft.small { (t.user_name) } (own.username) }
                @if visit.services().setting(&FEATURE_USER_RENAME) { (change("rename", t.user_name)) }
            }
            li {
                div.grow {
                    div.soft.small { (t.address) }
                    @if own.address().is_empty() { span.soft { (t.no_address) } } @else { (own.address()) }
                }
                @if !own.address().is_empty() && !own.verified { span.badge.warn { (t.unconfirmed) } }
                (change("email", t.address))
            }
            li {
                div.grow {
                    div.soft.small { (t.password) }
                    @if own.has_password_set { (t.password_set) } @else { span.soft { (t.no_password) } }
                }
                (change("password", t.password))
            }
        }
    }
}

fn details(visit: &Visit<'_>, own: &Own) -> Markup {
    let t = visit.texts;
    html! {
        dl.facts {
            @for (label, value) in [
                (t.given_name, &own.given_name),
                (t.family_name, &own.family_name),
                (t.company, &own.company),
                (t.location, &own.location),
            ] {
                dt { (label) }
                dd {
                    @match value.as_deref().filter(|value| !value.is_empty()) {
                        Some(value) => { (value) },
                        None => { span.soft { (t.not_said) } },
                    }
                }
            }
        }
        div.actions {
            (parts::dialog_link(&format!("{}/details", of(&own.username)), t.change_details))
        }
    }
}

/// The page of a form about the account.
fn form_page(visit: &Visit<'_>, own: &Own, title: &str, fields: &Markup, submit: &str) -> Answered {
    let buttons = submit_or_cancel(visit, submit, &tab_of(&own.username, Tab::Account));
    let content = form(visit, &visit.here(), fields, &buttons);
    Ok(visit.form_page(title, &above(visit, &own.username, Tab::Account), content))
}

/// There is no such page while the feature is off.
fn require(
    visit: &Visit<'_>,
    feature: &berth_domain::settings::Setting<bool>,
) -> Result<(), Refusal> {
    match visit.services().setting(feature) {
        true => Ok(()),
        false => Err(Refusal::new(StatusCode::NOT_FOUND, "")),
    }
}

/// `GET …/rename`.
fn show_rename(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    require(visit, &FEATURE_USER_RENAME)?;
    let own = Own::load(visit)?;
    let name = visit.text_field("username", t.user_name).hint(t.user_name_hint).required();
    let fields = html! {
        p { (t.rename_text) }
        (name.value(visit, &own.username).focus())
    };
    form_page(visit, &own, t.change_name, &fields, t.change_name)
}

/// `POST …/rename`.
fn rename(visit: &Visit<'_>) -> Answered {
    require(visit, &FEATURE_USER_RENAME)?;
    let name = visit.field("username");
    if let Err(refusal) = visit.put(TARGET, &json!({ "username": name })) {
        return visit.again(refusal, "username", show_rename);
    }
    visit.done(&of(name), fill(visit.texts.renamed, &[name]))
}

/// `GET …/email`.
fn show_email(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let own = Own::load(visit)?;
    let address = visit.text_field("email", t.address).kind("email").autocomplete("email");
    let hint = if visit.sends_mail() { t.new_address_mailed } else { t.new_address_at_once };
    let fields = html! { (address.hint(hint).required().value(visit, own.address()).focus()) };
    form_page(visit, &own, t.change_address, &fields, t.change_address)
}

/// `POST …/email`: it counts at once, or when the link in the mail was opened.
fn change_email(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let address = visit.field("email");
    let answer = match visit.put(TARGET, &json!({ "email": address })) {
        Err(refusal) => return visit.again(refusal, "email", show_email),
        Ok(answer) => answer,
    };
    let is_changed = answer["email"].as_str() == Some(address);
    let text = if is_changed { t.address_changed } else { t.address_to_confirm };
    visit.done(&of(&visit.named("username")), fill(text, &[address]))
}

/// `GET …/password`.
fn show_password(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let own = Own::load(visit)?;
    let password = visit.password_field("password", t.new_password, "new-password");
    let fields = html! {
        p { (t.new_password_text) }
        input type="text" name="username" value=(own.username) autocomplete="username" hidden;
        (password.hint(t.password_hint).required().focus())
        (visit.password_field("password_again", t.repeat_password, "new-password").required())
    };
    form_page(visit, &own, t.change_password, &fields, t.change_password)
}

/// `POST …/password`. What asks for the present password keeps no password: the new one is typed again behind it.
fn change_password(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let password = visit.exact_field("password");
    let refuse = |text| Refusal::new(StatusCode::BAD_REQUEST, text);
    if password.is_empty() {
        return visit.again(refuse(t.type_new_password), "password", show_password);
    }
    if password != visit.exact_field("password_again") {
        return visit.again(refuse(t.passwords_differ), "password_again", show_password);
    }
    if let Err(refusal) = visit.put(TARGET, &json!({ "password": password })) {
        return visit.again(refusal, "password", show_password);
    }
    visit.done(&of(&visit.named("username")), t.password_changed)
}

/// The members of what people say of themselves.
const DETAILS: [&str; 4] = ["given_name", "family_name", "company", "location"];

/// `GET …/details`.
fn show_details(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    require(visit, &FEATURE_USER_METADATA)?;
    let own = Own::load(visit)?;
    let field = |name, label, value: &Option<String>, autocomplete| {
        let field = visit.text_field(name, label).longest(255).autocomplete(autocomplete);
        field.value(visit, value.clone().unwrap_or_default())
    };
    let fields = html! {
        (field("given_name", t.given_name, &own.given_name, "given-name").focus())
        (field("family_name", t.family_name, &own.family_name, "family-name"))
        (field("company", t.company, &own.company, "organization"))
        (field("location", t.location, &own.location, "off"))
    };
    form_page(visit, &own, t.about_you, &fields, t.change_details)
}

/// `POST …/details`.
fn change_details(visit: &Visit<'_>) -> Answered {
    require(visit, &FEATURE_USER_METADATA)?;
    let members = DETAILS.map(|name| (name.to_owned(), Value::from(visit.field(name))));
    let body = Value::Object(members.into_iter().collect());
    if let Err(refusal) = visit.put(TARGET, &body) {
        return visit.again(refusal, "", show_details);
    }
    visit.done(&of(&visit.named("username")), visit.texts.details_changed)
}

/// `GET …/clientkey`.
fn show_client_key(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let own = Own::load(visit)?;
    let fields = html! {
        p { (t.client_key_about) }
        input type="text" name="username" value=(own.username) autocomplete="username" hidden;
        (visit.password_field("password", t.password, "current-password").required().focus())
    };
    form_page(visit, &own, t.make_client_key, &fields, t.make_client_key)
}

/// `POST …/clientkey`.
fn make_client_key(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let body = json!({ "password": visit.exact_field("password") });
    let answer = match visit.post("/api/v1/user/clientkey", &body) {
        Err(refusal) => return visit.again(refusal, "password", show_client_key),
        Ok(answer) => answer,
    };
    let key = answer["key"].as_str().unwrap_or_default();
    let name = visit.named("username");
    let login = format!("docker login -u='{name}' -p='{key}' {}", visit.registry_host());
    let flash = Flash::done(t.client_key_made)
        .with_secret(t.user_name, &name)
        .with_secret(t.client_key, key)
        .with_secret(t.docker_login, &login);
    visit.done_with(&of(&name), flash)
}

/// `GET …/delete`.
fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let own = Own::load(visit)?;
    let refused = visit.refused().filter(|refused| refused.field.is_empty());
    let text = html! {
        p { (t.delete_account_text) }
        @if refused.is_some() { p { (t.delete_account_last_admin) } }
    };
    let confirm = Confirm {
        title: &fill(t.delete_account_question, &[&own.username]),
        text,
        button: t.delete_account,
        back: &tab_of(&own.username, Tab::Account),
        typed: Some(&own.username),
    };
    confirm::ask(visit, &above(visit, &own.username, Tab::Account), &confirm)
}

/// `POST …/delete`.
fn delete(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let name = Own::load(visit)?.username;
    if let Err(refusal) = confirm::require_typed(visit, &name) {
        return visit.again(refusal, confirm::TYPED, ask_deletion);
    }
    if let Err(refusal) = visit.delete(TARGET) {
        return visit.again(refusal, "", ask_deletion);
    }
    visit.done("/signin", fill(t.account_deleted, &[&name]))
}
