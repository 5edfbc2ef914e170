//! Making a repository: in an organization, or wherever the visitor may.

use berth_web::Response;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::address_of;
use crate::Answered;
use crate::form::{form, submit_or_cancel};
use crate::layout::Crumb;
use crate::page::{Page, get, post};
use crate::texts::fill;
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[get("/repository/new", show), post("/repository/new", create)];

/// An organization that the visitor is in.
#[derive(Deserialize)]
struct Place {
    name: String,
    can_create_repo: bool,
}

/// The page with the form. `place` are the fields that say where it is made.
pub(crate) fn page(visit: &Visit<'_>, place: &Markup, back: &str, above: &[Crumb<'_>]) -> Response {
    let t = visit.texts;
    let visibilities = vec![
        ("private", t.repo_private, t.repo_private_text),
        ("public", t.repo_public, t.repo_public_text),
    ];
    let fields = html! {
        (place)
        (visit.text_field("name", t.repo_name).hint(t.repo_name_hint).required().focus())
        (visit.text_field("description", t.description).hint(t.repo_description_hint))
        (visit.radio_field("visibility", t.repo_visibility, visibilities).value(visit, "private").required())
    };
    let buttons = submit_or_cancel(visit, t.create_repository, back);
    let content = form(visit, &visit.here(), &fields, &buttons);
    visit.form_page(t.new_repository, above, content)
}

/// Makes it in a namespace; `show` shows the form again.
pub(crate) fn create_in(
    visit: &Visit<'_>,
    namespace: &str,
    show: fn(&Visit<'_>) -> Answered,
) -> Answered {
    let name = visit.field("name");
    let body = json!({
        "namespace": namespace, "repository": name, "visibility": visit.field("visibility"),
        "description": visit.field("description"),
    });
    if let Err(refusal) = visit.post("/api/v1/repository", &body) {
        return visit.again(refusal, "name", show);
    }
    let text = fill(visit.texts.repository_made, &[&format!("{namespace}/{name}")]);
    visit.done(&address_of(namespace, name), text)
}

/// `GET /repository/new`.
fn show(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let target = "/api/v1/user/organizations?limit=100&sort=name";
    let places = visit.list::<Place>(target, "organizations")?.entries;
    let own = visit.caller().map(|caller| caller.name).unwrap_or_default();
    let places = places.iter().filter(|place| place.can_create_repo);
    let places = places.map(|place| (&*place.name, &*place.name));
    let options = std::iter::once((&*own, &*own)).chain(places).collect();
    let field = visit.select_field("namespace", t.repo_namespace, options);
    let place = html! { (field.hint(t.repo_namespace_hint).value(visit, &*own)) };
    Ok(page(visit, &place, "/repository", &[(t.repositories, "/repository".into())]))
}

/// `POST /repository/new`.
fn create(visit: &Visit<'_>) -> Answered {
    create_in(visit, visit.field("namespace"), show)
}
