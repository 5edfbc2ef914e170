//! Who is in an organization, who acts on its repositories from outside, and who is invited.

mod collaborators;
pub(super) mod invitations;
mod member;
mod part;
mod person;

use maud::{Markup, html};

use super::Organization;
use super::teams::finding;
use crate::api::{Listed, address};
use crate::list::List;
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;
use part::{Part, with_parts};
use person::{Member, orders, repositories, teams};

pub(super) use person::member_address;

/// The pages of people.
pub(super) const PAGES: &[Page] = &[
    get("/organization/:orgname/add-member", finding::show_for_organization),
    get("/organization/:orgname/members/:member", member::show),
    get("/organization/:orgname/members/:member/remove", member::ask_removal),
    post("/organization/:orgname/members/:member/remove", member::remove),
    post("/organization/:orgname/members/:member/teams", member::join),
    post("/organization/:orgname/members/:member/teams/remove", member::leave),
    get("/organization/:orgname/collaborators/:member/remove", collaborators::ask_removal),
    post("/organization/:orgname/collaborators/:member/remove", collaborators::remove),
];

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let asked = visit.asked("show");
    let part = Part::ALL.into_iter().find(|part| part.name() == asked && part.is_shown(visit));
    content(visit, organization, part.unwrap_or(Part::Members))
}

/// The tab with a part.
fn content(visit: &Visit<'_>, organization: &Organization, part: Part) -> Result<Markup, Refusal> {
    let shown = match part {
        Part::Members => members(visit, organization)?,
        Part::Collaborators => collaborators::list(visit, organization)?,
        Part::Invitations => invitations::list(visit, organization)?,
    };
    Ok(with_parts(visit, organization, part, &shown))
}

/// The part about the people in teams.
fn members(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let address = Part::Members.address(organization);
    let list = List::new(visit, &address, t.search_members, &orders(t));
    let target = address!("/api/v1/organization/{}/members", organization.name);
    let found: Listed<Member> = visit.list(&list.target(&target), "members")?;
    let add = address!("/organization/{}/add-member", organization.name);
    Ok(html! {
        div.row {
            p.grow.soft { (t.members_about) }
            @if organization.may_change(visit) { a.button.first href=(add) { (t.add_member) } }
        }
        (list.card(visit, "members", &found, &table(visit, organization, &found.entries)))
    })
}

fn table(visit: &Visit<'_>, organization: &Organization, members: &[Member]) -> Markup {
    let t = visit.texts;
    let may_change = organization.may_change(visit);
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.member) }
                    th scope="col" { (t.teams) }
                    th scope="col" { (t.own_access) }
                    @if may_change { th scope="col" { span.visually-hidden { (t.actions) } } }
                }
            }
            tbody {
                @for member in members {
                    @let page = member_address(&organization.name, &member.name);
                    tr {
                        th scope="row" {
                            a href=(page) { (parts::named(&member.name, &member.avatar.color)) }
                        }
                        td data-label=(t.teams) { (teams(visit, &organization.name, &member.teams)) }
                        td data-label=(t.own_access) {
                            (repositories(visit, &organization.name, &member.repositories))
                        }
                        @if may_change { td { (actions(visit, &page, &member.name)) } }
                    }
                }
            }
        }
    }
}

fn actions(visit: &Visit<'_>, page: &str, name: &str) -> Markup {
    let t = visit.texts;
    html! {
        div.actions {
            a.button.small href=(page) { (t.edit_teams) span.visually-hidden { " " (name) } }
            (parts::alarm_link(&format!("{page}/remove"), t.remove, name))
        }
    }
}
