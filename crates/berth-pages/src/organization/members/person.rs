//! Somebody of an organization, and what rows tell of them.

use maud::{Markup, html};
use serde::Deserialize;

use crate::api::address;
use crate::organization::teams::team_address;
use crate::parts;
use crate::repository::address_of;
use crate::texts::{Texts, fill};
use crate::visit::Visit;

/// An account of the organization.
#[derive(Deserialize)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) avatar: parts::Avatar,
    #[serde(default)]
    pub(super) teams: Vec<NamedTeam>,
    pub(super) repositories: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct NamedTeam {
    pub(super) name: String,
}

/// The address of the page of a member.
pub(crate) fn member_address(organization: &str, member: &str) -> String {
    address!("/organization/{}/members/{}", organization, member)
}

/// The API's address of the member that the path names.
pub(super) fn target(visit: &Visit<'_>) -> String {
    address!("/api/v1/organization/{}/members/{}", visit.named("orgname"), visit.named("member"))
}

/// The orders of these lists.
pub(super) fn orders(t: &'static Texts) -> [(&'static str, &'static str); 3] {
    [("name", t.by_name), ("-name", t.by_name_from_end), ("-created", t.by_newest)]
}

/// How many names a cell has.
const NAMES: usize = 3;

pub(super) fn teams(visit: &Visit<'_>, organization: &str, teams: &[NamedTeam]) -> Markup {
    let links = teams.iter().map(|team| (&*team.name, team_address(organization, &team.name)));
    names(visit, links.take(NAMES).collect(), teams.len())
}

/// The first few repositories, and how many more there are.
pub(super) fn repositories(
    visit: &Visit<'_>,
    organization: &str,
    repositories: &[String],
) -> Markup {
    let links = repositories.iter().map(|name| (&**name, address_of(organization, name)));
    names(visit, links.take(NAMES).collect(), repositories.len())
}

/// Links, and how many more there are than are shown.
fn names(visit: &Visit<'_>, links: Vec<(&str, String)>, all: usize) -> Markup {
    let t = visit.texts;
    let more = all.saturating_sub(links.len());
    html! {
        @if links.is_empty() { span.soft { (t.none) } } @else {
            span {
                @for (index, (name, address)) in links.iter().enumerate() {
                    @if index > 0 { ", " }
                    a href=(address) { (name) }
                }
                @if more > 0 { " " span.soft { (fill(t.and_more, &[&more.to_string()])) } }
            }
        }
    }
}
