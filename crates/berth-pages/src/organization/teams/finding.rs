//! Finding whom to add to a team: people and robots by their names, and anybody by an e-mail address.

use berth_domain::settings::FEATURE_MAILING;
use berth_html::hidden;
use berth_web::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::team::{Team, here, orders, role_title, team_address};
use crate::Answered;
use crate::api::{Listed, address, with_query};
use crate::form::{above as refusal_of_form, button_form};
use crate::list::List;
use crate::organization::{Organization, Tab, above};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// A person or a robot that was found.
#[derive(Deserialize)]
struct Found {
    name: String,
    is_robot: bool,
    #[serde(default)]
    is_org_member: bool,
    avatar: parts::Avatar,
}

/// What is searched for: what was asked, or the name whose adding was refused.
fn typed<'a>(visit: &'a Visit<'_>) -> &'a str {
    [visit.asked("q"), visit.field("name"), visit.field("email")]
        .into_iter()
        .map(str::trim)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// `GET …/teams/<team>/add?q=`.
pub(super) fn show_for_team(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let team = Team::load(visit)?;
    let page = here(visit);
    let content = html! {
        div.heading { div { h1 { (fill(t.add_to_team_named, &[&team.name])) } } }
        (refusal_of_form(visit))
        (search(visit, &format!("{page}/add"), &html! {}))
        (results(visit, &organization.name, &team.name)?)
    };
    let [first, second] = above(visit, &organization.name, Tab::Teams);
    let above = [first, second, (&*team.name, page)];
    Ok(visit.page_below(&fill(t.add_to_team_named, &[&team.name]), &above, content))
}

/// `GET /organization/<organization>/add-member?team=&q=`: the same where the team is to be chosen too.
pub(crate) fn show_for_organization(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    // In the order of their names, whatever the page was asked for: the search is for people.
    let target = address!("/api/v1/organization/{}/teams?limit=100&sort=name", organization.name);
    let teams: Listed<Team> = visit.list(&target, "teams")?;
    let asked = visit.asked("team");
    let chosen = teams.entries.iter().find(|team| team.name == asked).or(teams.entries.first());
    let choice = html! {
        div.field {
            label for="team" { (t.team) }
            select #team name="team" {
                @for team in &teams.entries {
                    option value=(team.name) selected[team.name == asked] {
                        (team.name) " · " (role_title(t, &team.role))
                    }
                }
            }
        }
    };
    let page = address!("/organization/{}/add-member", organization.name);
    let content = html! {
        div.heading { div { h1 { (t.add_member) } p.soft { (t.add_member_about) } } }
        @match chosen {
            Some(team) => { (search(visit, &page, &choice)) (results(visit, &organization.name, &team.name)?) },
            None => { div.card { (parts::empty(t.no_teams, t.no_teams_text, &html! {})) } },
        }
    };
    Ok(visit.page_below(t.add_member, &above(visit, &organization.name, Tab::Members), content))
}

fn search(visit: &Visit<'_>, page: &str, more: &Markup) -> Markup {
    let t = visit.texts;
    let takes_addresses = visit.services().setting(&FEATURE_MAILING);
    let label = if takes_addresses { t.name_or_address } else { t.beginning_of_name };
    html! {
        form.inline method="get" action=(page) role="search" data-live="found" {
            (more)
            div.field {
                label for="search" { (label) }
                input #search type="search" name="q" value=(typed(visit)) autocomplete="off"
                    maxlength="255" required autofocus;
            }
            button.first type="submit" { (t.search) }
        }
    }
}

/// Whom the search finds, each with a button that adds them to the team.
fn results(visit: &Visit<'_>, organization: &str, team: &str) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let typed = typed(visit);
    let page = team_address(organization, team);
    if typed.is_empty() {
        return Ok(html! { div.card #found { p.soft { (t.find_people_about) } } });
    }
    if typed.contains('@') && visit.services().setting(&FEATURE_MAILING) {
        return Ok(html! { div.card #found { (address_offer(visit, &page, typed, team)) } });
    }
    let found = find(visit, organization, typed)?;
    Ok(html! {
        div.card #found {
            @if found.entries.is_empty() {
                div.empty { h2 { (t.nothing_found) } p { (t.nobody_found_text) } }
            } @else {
                ul.entries {
                    @for entry in &found.entries { li { (row(visit, &page, entry, team)) } }
                }
            }
            @if found.next.is_some() { p.soft { (t.more_found) } }
        }
    })
}

/// People and robots whose names begin so; robots also by their names with that of the organization.
fn find(visit: &Visit<'_>, organization: &str, typed: &str) -> Result<Listed<Found>, Refusal> {
    let robot = typed.strip_prefix(organization).and_then(|rest| rest.strip_prefix('+'));
    let query = [("namespace", organization), ("includeTeams", "false"), ("limit", "20")];
    let target = with_query(&address!("/api/v1/entities/{}", robot.unwrap_or(typed)), &query);
    match visit.list::<Found>(&target, "results") {
        // A slash is in no name, and in no path of a name.
        Err(refusal) if refusal.status == StatusCode::NOT_FOUND => {
            Ok(Listed { entries: Vec::new(), next: None })
        }
        Ok(found) if robot.is_some() => {
            let entries = found.entries.into_iter().filter(|entry| entry.is_robot).collect();
            Ok(Listed { entries, ..found })
        }
        found => found,
    }
}

fn row(visit: &Visit<'_>, page: &str, entry: &Found, team: &str) -> Markup {
    let t = visit.texts;
    html! {
        div.grow { (parts::named(&entry.name, &entry.avatar.color)) }
        @if entry.is_robot { span.badge { (t.robot) } }
        @else if entry.is_org_member { span.badge { (t.in_organization) } }
        (button_form(visit, &format!("{page}/members"), &html! {
            (hidden("name", &entry.name))
            button.small type="submit" {
                (t.add) span.visually-hidden { " " (fill(t.somebody_to_team, &[&entry.name, team])) }
            }
        }))
    }
}

/// Inviting whoever reads the mail of an address.
fn address_offer(visit: &Visit<'_>, page: &str, address: &str, team: &str) -> Markup {
    let t = visit.texts;
    let text = if visit.sends_mail() { t.invite_address_text } else { t.invite_address_by_link };
    html! {
        p { (fill(text, &[address, team])) }
        (button_form(visit, &format!("{page}/invitations"), &html! {
            (hidden("email", address))
            button.first type="submit" { (t.invite) span.visually-hidden { " " (address) } }
        }))
    }
}

/// The list of teams on the page of a member.
pub(crate) fn team_list<'a>(visit: &Visit<'_>, page: &str) -> List<'a> {
    let t = visit.texts;
    List::new(visit, page, t.search_teams, &orders(t))
}
