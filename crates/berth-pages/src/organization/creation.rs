//! `/organizations/new`.

use maud::html;
use serde_json::json;

use crate::Answered;
use crate::form::{form, submit_or_cancel};
use crate::organization::of;
use crate::page::{Page, get, post};
use crate::texts::fill;
use crate::visit::Visit;

/// The page, and what its form does.
pub(super) const PAGES: &[Page] =
    &[get("/organizations/new", show), post("/organizations/new", create)];

fn show(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    visit.require_person()?;
    let fields = html! {
        (visit.text_field("name", t.organization_name).hint(t.organization_name_hint).required().focus())
        (visit.text_field("email", t.address_of_organization).kind("email").hint(t.address_of_organization_hint))
    };
    let buttons = submit_or_cancel(visit, t.create_organization, "/");
    let content = form(visit, "/organizations/new", &fields, &buttons);
    Ok(visit.form_page(t.new_organization, &[(t.organizations, "/".into())], content))
}

fn create(visit: &Visit<'_>) -> Answered {
    let name = visit.field("name");
    let mut body = json!({ "name": name });
    if !visit.field("email").is_empty() {
        body["email"] = visit.field("email").into();
    }
    if let Err(refusal) = visit.post("/api/v1/organization/", &body) {
        let is_about_address = refusal.message.to_lowercase().contains("email");
        return visit.again(refusal, if is_about_address { "email" } else { "name" }, show);
    }
    visit.done(&of(name), fill(visit.texts.organization_made, &[name]))
}
