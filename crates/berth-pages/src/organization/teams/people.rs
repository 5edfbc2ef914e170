//! Who is in a team, and who is invited into it.

use berth_html::hidden;
use maud::{Markup, html};
use serde::Deserialize;

use super::part::Seen;
use super::team::target;
use crate::api::{Listed, address};
use crate::form::button_form;
use crate::list::List;
use crate::organization::members::invitations::{self, Invitation};
use crate::organization::members::member_address;
use crate::organization::{Tab, tab_of};
use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// Somebody in a team.
#[derive(Deserialize)]
struct InTeam {
    name: String,
    is_robot: bool,
    avatar: parts::Avatar,
}

/// The part about who is in the team.
pub(super) fn members(visit: &Visit<'_>, seen: &Seen) -> Result<Markup, Refusal> {
    let t = visit.texts;
    if !seen.team.can_view {
        return Ok(html! { div.card { p { (t.team_is_closed) } } });
    }
    let orders = [("created", t.by_joining), ("name", t.by_name), ("-name", t.by_name_from_end)];
    let list = List::new(visit, &seen.page, t.search_members, &orders);
    let found: Listed<InTeam> =
        visit.list(&list.target(&format!("{}/members", target(visit))), "members")?;
    let add = html! {
        @if seen.organization.may_change(visit) {
            a.button.first href={ (seen.page) "/add" } { (t.add_to_team) }
        }
    };
    let is_empty = list.has_none(&found);
    Ok(html! {
        @if is_empty {
            div.card { (parts::empty(t.empty_team, t.empty_team_text, &add)) }
        } @else {
            div.row { p.grow.soft { (t.team_members_about) } (add) }
            (list.card(visit, "members", &found, &html! { ul.entries { @for entry in &found.entries { li { (row(visit, seen, entry)) } } } }))
        }
    })
}

fn row(visit: &Visit<'_>, seen: &Seen, entry: &InTeam) -> Markup {
    let t = visit.texts;
    let organization = &seen.organization;
    let named = parts::named(&entry.name, &entry.avatar.color);
    html! {
        div.grow {
            @if organization.is_admin {
                a href=(member_address(&organization.name, &entry.name)) { (named) }
            } @else { (named) }
        }
        @if entry.is_robot { span.badge { (t.robot) } }
        @if organization.may_change(visit) {
            (button_form(visit, &format!("{}/members/remove", seen.page), &html! {
                (hidden("name", &entry.name))
                button.small type="submit" {
                    (t.remove) span.visually-hidden { " " (entry.name) }
                }
            }))
        }
    }
}

/// The part about who is invited.
pub(super) fn invitations(visit: &Visit<'_>, seen: &Seen) -> Result<Markup, Refusal> {
    const SHOWN: usize = invitations::ROWS as usize;
    let t = visit.texts;
    let organization = &seen.organization.name;
    // The API lists those of the whole organization.
    let target = address!("/api/v1/organization/{}/invitations", organization);
    let all: Listed<Invitation> =
        visit.list(&format!("{target}?limit=500&sort=-created"), "invitations")?;
    let own: Vec<_> = all.entries.iter().filter(|one| one.team == seen.team.name).collect();
    let has_more = own.len() > SHOWN || all.next.is_some();
    let add = html! {
        @if seen.organization.may_change(visit) {
            a.button.first href={ (seen.page) "/add" } { (t.invite) }
        }
    };
    Ok(html! {
        @if own.is_empty() {
            div.card { (parts::empty(t.no_invitations, t.no_invitations_text, &add)) }
        } @else {
            div.row { p.grow.soft { (invitations::about(visit)) } (add) }
            div.card {
                (invitations::table(visit, &seen.organization, &own[..own.len().min(SHOWN)], true))
            }
        }
        @if has_more {
            p { a href={ (tab_of(organization, Tab::Members)) "&show=invitations" } { (t.all_invitations) } }
        }
    })
}
