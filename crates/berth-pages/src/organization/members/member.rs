//! The page of somebody in an organization: their teams, what they may do by themselves, and their leaving.

use berth_html::hidden;
use maud::{Markup, html};
use serde_json::Value;

use super::person::{Member, member_address, repositories, target, teams};
use crate::Answered;
use crate::api::address;
use crate::confirm::{self, Confirm};
use crate::form::{above as refusal_of_form, button_form};
use crate::organization::teams::joining::added;
use crate::organization::teams::{Team, finding, role_title, team_address};
use crate::organization::{Organization, Tab, above, of, tab_of};
use crate::parts;
use crate::repository::address_of;
use crate::texts::fill;
use crate::visit::Visit;

/// The address of the page of the member that the path names.
fn here(visit: &Visit<'_>) -> String {
    member_address(&visit.named("orgname"), &visit.named("member"))
}

/// `GET …/members/<name>`: all teams, each with a button to join or to leave it.
pub(super) fn show(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load(visit)?;
    let member: Member = visit.get(&target(visit))?;
    let page = here(visit);
    let list = finding::team_list(visit, &page);
    let teams = Team::list(visit, &organization.name, &list)?;
    let is_person = member.kind == "user";
    let actions = html! {
        @if is_person && organization.may_change(visit) {
            (parts::alarm_link(&format!("{page}/remove"), t.remove_from_organization, &member.name))
        }
    };
    let about = html! { @if !is_person { span.badge { (t.robot) } } };
    let content = html! {
        (parts::heading(&member.name, &member.avatar.color, &about, &actions))
        (refusal_of_form(visit))
        section.card aria-labelledby="teams-heading" {
            h2 #teams-heading { (t.teams) }
            (list.plain(visit, "teams", &teams, &html! {
                ul.entries {
                    @for team in &teams.entries { li { (row(visit, &organization, &member, team)) } }
                }
            }))
        }
        section.card aria-labelledby="access" {
            h2 #access { (t.own_access) }
            (own_access(visit, &organization.name, &member))
        }
    };
    let title = format!("{} · {}", member.name, organization.name);
    Ok(visit.page_below(&title, &above(visit, &organization.name, Tab::Members), content))
}

fn row(visit: &Visit<'_>, organization: &Organization, member: &Member, team: &Team) -> Markup {
    let t = visit.texts;
    let is_in = member.teams.iter().any(|named| named.name == team.name);
    let action = format!("{}/teams", member_address(&organization.name, &member.name));
    let action = if is_in { format!("{action}/remove") } else { action };
    let (verb, about) = if is_in {
        (t.remove, fill(t.somebody_from_team, &[&member.name, &team.name]))
    } else {
        (t.add, fill(t.somebody_to_team, &[&member.name, &team.name]))
    };
    html! {
        div.grow {
            a href=(team_address(&organization.name, &team.name)) {
                (parts::named(&team.name, &team.avatar.color))
            }
            " " span.soft.small { (role_title(t, &team.role)) }
        }
        @if is_in { span.badge.good { (t.is_in_team) } }
        @if organization.may_change(visit) {
            (button_form(visit, &action, &html! {
                (hidden("team", &team.name))
                button.small type="submit" { (verb) span.visually-hidden { " " (about) } }
            }))
        }
    }
}

fn own_access(visit: &Visit<'_>, organization: &str, member: &Member) -> Markup {
    /// How many repositories the page names.
    const SHOWN: usize = 50;
    let t = visit.texts;
    let more = member.repositories.len().saturating_sub(SHOWN);
    html! {
        @if member.repositories.is_empty() { p.soft { (t.no_own_access) } } @else {
            p.soft { (t.own_access_about) }
            ul.entries {
                @for name in member.repositories.iter().take(SHOWN) {
                    li { a href=(address_of(organization, name)) { (name) } }
                }
            }
            @if more > 0 { p.soft { (fill(t.and_more, &[&more.to_string()])) } }
        }
    }
}

/// The API's address of the membership in the team that the form names.
fn membership(visit: &Visit<'_>) -> String {
    let (organization, team) = (visit.named("orgname"), visit.field("team"));
    address!(
        "/api/v1/organization/{}/team/{}/members/{}",
        organization,
        team,
        visit.named("member")
    )
}

/// `POST …/members/<name>/teams`.
pub(super) fn join(visit: &Visit<'_>) -> Answered {
    match visit.put(&membership(visit), &Value::Null) {
        Err(refusal) => visit.again(refusal, "", show),
        Ok(answer) => {
            let (_, text) = added(visit, &visit.named("member"), visit.field("team"), &answer);
            visit.done(&here(visit), text)
        }
    }
}

/// `POST …/members/<name>/teams/remove`. Who leaves the last team is no member any more, and who is no administrator any more sees
/// no members.
pub(super) fn leave(visit: &Visit<'_>) -> Answered {
    if let Err(refusal) = visit.delete(&membership(visit)) {
        return visit.again(refusal, "", show);
    }
    let is_there = visit.get::<Member>(&target(visit)).is_ok();
    let to = if is_there { here(visit) } else { tab_of(&visit.named("orgname"), Tab::Members) };
    let text = fill(visit.texts.person_removed, &[&visit.named("member"), visit.field("team")]);
    visit.done(&to, text)
}

/// `GET …/members/<name>/remove`.
pub(super) fn ask_removal(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let member: Member = visit.get(&target(visit))?;
    let title = fill(t.remove_member_question, &[&member.name, &organization.name]);
    let text = html! {
        p { (t.remove_member_text) }
        dl.facts {
            dt { (t.teams) } dd { (teams(visit, &organization.name, &member.teams)) }
            dt { (t.own_access) }
            dd { (repositories(visit, &organization.name, &member.repositories)) }
        }
        p { (t.remove_member_stays) }
    };
    let page = here(visit);
    let confirm = Confirm { title: &title, text, button: t.remove, back: &page, typed: None };
    let [first, second] = above(visit, &organization.name, Tab::Members);
    confirm::ask(visit, &[first, second, (&*member.name, page.clone())], &confirm)
}

/// `POST …/members/<name>/remove`.
pub(super) fn remove(visit: &Visit<'_>) -> Answered {
    if let Err(refusal) = visit.delete(&target(visit)) {
        return visit.again(refusal, "", ask_removal);
    }
    let (organization, name) = (visit.named("orgname"), visit.named("member"));
    let is_own = visit.caller().is_some_and(|caller| caller.name == name);
    let to = if is_own { of(&organization) } else { tab_of(&organization, Tab::Members) };
    visit.done(&to, fill(visit.texts.member_removed, &[&name, &organization]))
}
