//! The page of a team: what it is, and its parts, each on a page of its own.

use maud::{Markup, html};

use super::part::{Part, Seen, part_address};
use super::team::{Team, role_meaning, role_title};
use super::{access, people};
use crate::Answered;
use crate::form::above as refusal_of_form;
use crate::organization::{Tab, above};
use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `GET …/teams/<team>?tab=<part>`.
pub(super) fn show(visit: &Visit<'_>) -> Answered {
    let asked = visit.asked("tab");
    show_part(
        visit,
        Part::ALL.into_iter().find(|part| part.name() == asked).unwrap_or(Part::Members),
    )
}

/// The page with a part of it.
pub(super) fn show_part(visit: &Visit<'_>, part: Part) -> Answered {
    let t = visit.texts;
    let seen = Seen::load(visit)?;
    let part = if part.is_shown(visit, &seen) { part } else { Part::Members };
    let content = content(visit, part, &seen)?;
    let Seen { organization, team, page } = &seen;
    let actions = html! {
        @if organization.may_change(visit) {
            (parts::dialog_link(&format!("{page}/edit"), t.edit))
            (parts::alarm_link(&format!("{page}/delete"), t.delete, &team.name))
        }
    };
    let tabs: Vec<_> = Part::ALL
        .into_iter()
        .filter(|shown| shown.is_shown(visit, &seen))
        .map(|shown| (part_address(page, shown.name()), shown.title(t), shown == part))
        .collect();
    let content = html! {
        (parts::heading(&team.name, &team.avatar.color, &about(visit, team), &actions))
        @if tabs.len() > 1 { (parts::tabs(t.parts_of_team, &tabs)) }
        (refusal_of_form(visit))
        (content)
    };
    let above = above(visit, &organization.name, Tab::Teams);
    let title = format!("{} · {}", team.name, organization.name);
    Ok(visit.page_below(&title, &above, content))
}

/// What a part shows.
fn content(visit: &Visit<'_>, part: Part, seen: &Seen) -> Result<Markup, Refusal> {
    match part {
        Part::Members => people::members(visit, seen),
        Part::Invitations => people::invitations(visit, seen),
        Part::Repositories => access::repositories(visit, seen),
    }
}

/// Its role, what that means, and its description.
fn about(visit: &Visit<'_>, team: &Team) -> Markup {
    let t = visit.texts;
    html! {
        p { span.badge.accent { (role_title(t, &team.role)) } " " span.soft.small { (role_meaning(t, &team.role)) } }
        @for line in team.description.lines().filter(|line| !line.trim().is_empty()).take(LINES) {
            p.soft { (parts::excerpt(line)) }
        }
    }
}

/// How many lines of the description the page shows: the form shows all.
const LINES: usize = 8;
