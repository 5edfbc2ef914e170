//! `/`: the visitor's organizations, what waits for them, and what the installation tells everybody.

use maud::{Markup, html};
use serde::Deserialize;

use crate::Answered;
use crate::api::address;
use crate::list::List;
use crate::notifications;
use crate::page::{Page, get};
use crate::parts;
use crate::redirect::see_other;
use crate::refusal::Refusal;
use crate::sign_in::{self, messages};
use crate::visit::Visit;

/// The page.
pub(crate) const PAGES: &[Page] = &[get("/", show), get("/organization", show)];

/// An organization of the visitor's.
#[derive(Deserialize)]
struct Entry {
    name: String,
    avatar: parts::Avatar,
    #[serde(default)]
    is_org_admin: bool,
    can_create_repo: bool,
}

/// The address of the list that the page is about.
const ORGANIZATIONS: &str = "/api/v1/user/organizations";

fn show(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let list = List::new(
        visit,
        "/",
        t.search_organizations,
        &[("name", t.by_name), ("-name", t.by_name_from_end)],
    );
    let organizations = match visit.list::<Entry>(&list.target(ORGANIZATIONS), "organizations") {
        Err(refusal) if visit.is_signed_out(&refusal) => return to_sign_in(visit, refusal),
        found => found?,
    };
    let waiting = notifications::waiting(visit)?;
    let messages = messages(visit)?;
    let is_empty = list.has_none(&organizations);
    let new = parts::first_link("/organizations/new", t.new_organization);
    let tiles = html! {
        ul.grid { @for entry in &organizations.entries { li { (tile(visit, entry)) } } }
    };
    let content = html! {
        (messages)
        (waiting)
        div.heading { div { h1 { (t.organizations) } } div.actions { (new) } }
        @if is_empty {
            div.card { (parts::empty(t.no_organizations, t.no_organizations_text, &new)) }
        } @else {
            (list.plain(visit, "organizations", &organizations, &tiles))
        }
    };
    Ok(visit.page(t.organizations, content))
}

/// Whoever is not signed in is asked to, or to make the first account where there is none.
fn to_sign_in(visit: &Visit<'_>, refusal: Refusal) -> Answered {
    if visit.request().uri().path() == "/" && sign_in::is_empty(visit)? {
        return Ok(see_other("/setup".into()));
    }
    Err(refusal)
}

fn tile(visit: &Visit<'_>, entry: &Entry) -> Markup {
    let t = visit.texts;
    let role = match (entry.is_org_admin, entry.can_create_repo) {
        (true, _) => t.role_admin,
        (false, true) => t.role_creator,
        (false, false) => t.role_member,
    };
    html! {
        div.tile {
            (parts::avatar(&entry.name, &entry.avatar.color))
            div {
                a href=(address!("/organization/{}", entry.name)) { (entry.name) }
                div.soft.small { (role) }
            }
        }
    }
}
