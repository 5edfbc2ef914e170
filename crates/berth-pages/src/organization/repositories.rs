//! The repositories of an organization, and making one.

use maud::{Markup, html};
use serde::Deserialize;

use super::{Organization, Tab, above};
use crate::Answered;
use crate::api::{address, with_query};
use crate::list::{List, Said};
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::repository::creation;
use crate::repository::list::{Entry, orders, table};
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    get("/organization/:orgname/repositories/new", show_new),
    post("/organization/:orgname/repositories/new", create),
];

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let list =
        List::new(visit, &organization.tab(Tab::Repositories), t.search_repositories, &orders(t));
    let target = address!("/api/v1/organization/{}/repositories", organization.name);
    let target = with_query(&target, &[("last_modified", "true")]);
    let found = visit.list::<Entry>(&list.target(&target), "repositories")?;
    let new = address!("/organization/{}/repositories/new", organization.name);
    let new = match may_create(visit, organization) {
        true => parts::first_link(&new, t.new_repository),
        false => html! {},
    };
    let said = Said {
        about: t.repositories_about,
        empty_title: t.no_repositories,
        empty_text: t.no_repositories_text,
        new,
    };
    Ok(list.section(visit, "repositories", &found, &said, &table(visit, &found.entries, false)))
}

/// Whether the visitor may make a repository: administrators, and others when the API says so. Two statements at most.
fn may_create(visit: &Visit<'_>, organization: &Organization) -> bool {
    #[derive(Deserialize)]
    struct Place {
        name: String,
        can_create_repo: bool,
    }
    if organization.is_admin || !organization.is_member {
        return organization.may_change(visit);
    }
    // An organization does not say it of itself; the list of those that somebody is in does.
    let asked = [("q", &*organization.name), ("limit", "100"), ("sort", "name")];
    let target = with_query("/api/v1/user/organizations", &asked);
    let found = visit.list::<Place>(&target, "organizations");
    let places = found.map(|found| found.entries).unwrap_or_default();
    places.iter().any(|place| place.name == organization.name && place.can_create_repo)
}

/// `GET …/repositories/new`.
fn show_new(visit: &Visit<'_>) -> Answered {
    let organization = Organization::load(visit)?;
    let above = above(visit, &organization.name, Tab::Repositories);
    let back = organization.tab(Tab::Repositories);
    Ok(creation::page(visit, &html! {}, &back, &above))
}

/// `POST …/repositories/new`.
fn create(visit: &Visit<'_>) -> Answered {
    creation::create_in(visit, &visit.named("orgname"), show_new)
}
