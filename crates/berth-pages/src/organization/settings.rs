//! What an organization is reached by, and its end.

use berth_domain::settings::{FEATURE_CHANGE_TAG_EXPIRATION, TAG_EXPIRATION_OPTIONS};
use berth_web::StatusCode;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::place::Chosen;
use super::{Organization, Tab, above, page, tab_of};
use crate::Answered;
use crate::api::address;
use crate::confirm::{self, Confirm};
use crate::form::form;
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::{Texts, fill};
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    post("/organization/:orgname/settings", change),
    get("/organization/:orgname/delete", ask_deletion),
    post("/organization/:orgname/delete", delete),
];

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let may_change = organization.may_change(visit);
    Ok(html! {
        section.card aria-labelledby="reached" {
            h2 #reached { (t.settings_general) }
            @if may_change { (settings_form(visit, organization)) } @else { (facts(t, &organization.chosen)) }
        }
        @if may_change {
            section.card aria-labelledby="end" {
                h2 #end { (t.delete_organization) }
                p.soft { (t.delete_organization_about) }
                div.actions {
                    (parts::alarm_link(&address!("/organization/{}/delete", organization.name), t.delete_organization, ""))
                }
            }
        }
    })
}

/// For those who only read.
fn facts(t: &'static Texts, chosen: &Chosen) -> Markup {
    let or_none = |text: Option<&str>| match text.filter(|text| !text.is_empty()) {
        Some(text) => html! { (text) },
        None => html! { span.soft { (t.none) } },
    };
    html! {
        dl.facts {
            dt { (t.address_of_organization) } dd { (or_none(Some(&chosen.email))) }
            dt { (t.tag_expiration) } dd { (duration(t, chosen.tag_expiration_s.unwrap_or_default())) }
            dt { (t.invoice_address) } dd { (or_none(chosen.invoice_email_address.as_deref())) }
        }
    }
}

fn settings_form(visit: &Visit<'_>, organization: &Organization) -> Markup {
    let t = visit.texts;
    let chosen = &organization.chosen;
    let expiration = chosen.tag_expiration_s.unwrap_or_default();
    let options = expirations(visit, expiration);
    let options = options.iter().map(|(value, label)| (&**value, &**label)).collect();
    let address = chosen.invoice_email_address.clone().unwrap_or_default();
    let ticked = if chosen.invoice_email { vec!["true".to_owned()] } else { Vec::new() };
    let invoices = vec![("true", t.invoice_mail, "")];
    let fields = html! {
        (visit.text_field("email", t.address_of_organization).kind("email")
            .hint(t.address_of_organization_hint).value(visit, &*chosen.email))
        @if visit.services().setting(&FEATURE_CHANGE_TAG_EXPIRATION) {
            (visit.select_field("tag_expiration_s", t.tag_expiration, options).hint(t.tag_expiration_hint)
                .value(visit, expiration.to_string()))
        }
        (visit.checks_field("invoice_email", t.invoices, invoices).ticked(visit, ticked))
        (visit.text_field("invoice_email_address", t.invoice_address).kind("email").value(visit, address))
    };
    let buttons = html! { button.first type="submit" { (t.save) } };
    let action = address!("/organization/{}/settings", organization.name);
    form(visit, &action, &fields, &buttons)
}

/// How long deleted tags can be kept: in seconds, and in words. What is set at present is one of them, whatever the settings say.
fn expirations(visit: &Visit<'_>, present: i64) -> Vec<(String, String)> {
    let mut options = visit.services().setting(&TAG_EXPIRATION_OPTIONS);
    if !options.contains(&present) {
        options.push(present);
    }
    options.into_iter().map(|option| (option.to_string(), duration(visit.texts, option))).collect()
}

/// A duration in the largest unit that fits.
fn duration(t: &'static Texts, seconds: i64) -> String {
    let units =
        [(604_800, t.one_week, t.weeks), (86_400, t.one_day, t.days), (3_600, t.one_hour, t.hours)];
    let fitting = units.into_iter().find(|(unit, ..)| seconds > 0 && seconds % unit == 0);
    match fitting {
        _ if seconds == 0 => t.at_once.into(),
        Some((unit, one, _)) if unit == seconds => one.into(),
        Some((unit, _, several)) => fill(several, &[&(seconds / unit).to_string()]),
        None => fill(t.seconds, &[&seconds.to_string()]),
    }
}

/// The organization, for those who may change it.
fn load(visit: &Visit<'_>) -> Result<Organization, Refusal> {
    let organization = Organization::load(visit)?;
    let may_change = organization.may_change(visit);
    may_change.then_some(organization).ok_or_else(|| Refusal::new(StatusCode::FORBIDDEN, ""))
}

/// `POST …/settings`: what differs is sent, so that the log tells of nothing else.
fn change(visit: &Visit<'_>) -> Answered {
    let organization = load(visit)?;
    let changes = changes(visit, &organization.chosen);
    let target = address!("/api/v1/organization/{}", organization.name);
    if !changes.is_empty()
        && let Err(refusal) = visit.put(&target, &Value::Object(changes))
    {
        let field =
            if refusal.message.contains("expiration") { "tag_expiration_s" } else { "email" };
        return visit.again(refusal, field, |visit| {
            Ok(page(visit, &organization, Tab::Settings, &tab(visit, &organization)?))
        });
    }
    visit.done(&tab_of(&organization.name, Tab::Settings), visit.texts.settings_saved)
}

fn changes(visit: &Visit<'_>, chosen: &Chosen) -> Map<String, Value> {
    let mut changes = Map::new();
    let email = visit.field("email");
    if email != chosen.email {
        changes.insert("email".into(), email.into());
    }
    let expiration = visit.number("tag_expiration_s");
    if expiration != "" && expiration != Value::from(chosen.tag_expiration_s) {
        changes.insert("tag_expiration_s".into(), expiration);
    }
    let wants_invoices = visit.field("invoice_email") == "true";
    if wants_invoices != chosen.invoice_email {
        changes.insert("invoice_email".into(), wants_invoices.into());
    }
    let address = Some(visit.field("invoice_email_address")).filter(|address| !address.is_empty());
    if address != chosen.invoice_email_address.as_deref() {
        changes.insert("invoice_email_address".into(), address.into());
    }
    changes
}

/// `GET …/delete`.
fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = load(visit)?;
    let back = organization.tab(Tab::Settings);
    let title = fill(t.delete_organization_question, &[&organization.name]);
    let text = html! {
        p { (t.delete_organization_text) }
        ul { @for what in t.delete_organization_goes.split('\n') { li { (what) } } }
        p { (t.delete_organization_stays) }
    };
    let typed = Some(&*organization.name);
    let confirm =
        Confirm { title: &title, text, button: t.delete_organization, back: &back, typed };
    confirm::ask(visit, &above(visit, &organization.name, Tab::Settings), &confirm)
}

/// `POST …/delete`.
fn delete(visit: &Visit<'_>) -> Answered {
    let name = visit.named("orgname");
    if let Err(refusal) = confirm::require_typed(visit, &name) {
        return visit.again(refusal, confirm::TYPED, ask_deletion);
    }
    visit.delete(&address!("/api/v1/organization/{}", name))?;
    visit.done("/", fill(visit.texts.organization_deleted, &[&name]))
}

#[cfg(test)]
mod tests {
    use super::duration;
    use crate::texts::EN;

    #[test]
    fn durations_in_words() {
        let texts = [0, 90, 129_600, 86_400, 1_209_600].map(|seconds| duration(&EN, seconds));
        assert_eq!(texts, ["Not at all", "90 seconds", "36 hours", "1 day", "2 weeks"]);
    }
}
