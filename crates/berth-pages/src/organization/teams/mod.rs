//! The teams of an organization: the tab, a page for each, and how they come and go.

mod access;
pub(super) mod finding;
pub(super) mod joining;
mod page;
mod part;
mod people;
mod permitting;
mod team;

use maud::{Markup, html};
use serde_json::json;

use super::{Organization, Tab, above, tab_of};
use crate::Answered;
use crate::api::address;
use crate::confirm::{self, Confirm};
use crate::form::{Field, form, submit_or_cancel};
use crate::list::{List, Said};
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;
use team::{here, orders, target, target_of};

pub(super) use team::{Team, role_title, team_address};

/// The pages of teams.
pub(super) const PAGES: &[Page] = &[
    get("/organization/:orgname/teams/new", show_new),
    post("/organization/:orgname/teams/new", create),
    get("/organization/:orgname/teams/:team", page::show),
    get("/organization/:orgname/teams/:team/edit", show_edit),
    post("/organization/:orgname/teams/:team/edit", edit),
    get("/organization/:orgname/teams/:team/delete", ask_deletion),
    post("/organization/:orgname/teams/:team/delete", delete),
    get("/organization/:orgname/teams/:team/add", finding::show_for_team),
    post("/organization/:orgname/teams/:team/members", joining::add),
    post("/organization/:orgname/teams/:team/members/remove", joining::remove),
    post("/organization/:orgname/teams/:team/invitations", joining::invite),
    get("/organization/:orgname/teams/:team/repositories/add", permitting::show_new),
    post("/organization/:orgname/teams/:team/repositories", permitting::permit),
    post("/organization/:orgname/teams/:team/repositories/remove", permitting::forbid),
];

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let list = List::new(visit, &organization.tab(Tab::Teams), t.search_teams, &orders(t));
    let teams = Team::list(visit, &organization.name, &list)?;
    let may_change = organization.may_change(visit);
    let new =
        parts::first_link(&address!("/organization/{}/teams/new", organization.name), t.new_team);
    let said = Said {
        about: t.teams_about,
        empty_title: t.no_teams,
        empty_text: t.no_teams_text,
        new: html! { @if may_change { (new) } },
    };
    Ok(list.section(visit, "teams", &teams, &said, &table(visit, organization, &teams.entries)))
}

fn table(visit: &Visit<'_>, organization: &Organization, teams: &[Team]) -> Markup {
    let t = visit.texts;
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.team) }
                    th scope="col" { (t.role) }
                    th.number scope="col" { (t.members) }
                    th.number scope="col" { (t.repositories) }
                }
            }
            tbody {
                @for team in teams {
                    tr {
                        th scope="row" { (name_cell(organization, team)) }
                        td data-label=(t.role) { (role_title(t, &team.role)) }
                        td.number data-label=(t.members) { (team.member_count) }
                        td.number data-label=(t.repositories) { (team.repo_count) }
                    }
                }
            }
        }
    }
}

fn name_cell(organization: &Organization, team: &Team) -> Markup {
    let named = parts::named(&team.name, &team.avatar.color);
    html! {
        div {
            @if team.can_view {
                a href=(team_address(&organization.name, &team.name)) { (named) }
            } @else { (named) }
            @if !team.description.is_empty() { p.soft.small { (parts::excerpt(&team.description)) } }
        }
    }
}

/// A field for the role of a team.
fn role_field<'a>(visit: &Visit<'_>) -> Field<'a> {
    let t = visit.texts;
    let options = vec![
        ("member", t.team_role_member, t.team_role_member_text),
        ("creator", t.team_role_creator, t.team_role_creator_text),
        ("admin", t.team_role_admin, t.team_role_admin_text),
    ];
    visit.radio_field("role", t.role, options).required()
}

/// `GET …/teams/new`.
fn show_new(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let fields = html! {
        (visit.text_field("name", t.team_name).hint(t.team_name_hint).required().longest(255).focus())
        (visit.text_field("description", t.description).hint(t.team_description_hint).area())
        (role_field(visit).value(visit, "member"))
    };
    let back = organization.tab(Tab::Teams);
    let buttons = submit_or_cancel(visit, t.create_team, &back);
    let content = form(visit, &visit.here(), &fields, &buttons);
    Ok(visit.form_page(t.new_team, &above(visit, &organization.name, Tab::Teams), content))
}

/// `POST …/teams/new`. The API's call changes a team that is there: the form does not.
fn create(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let (organization, name) = (visit.named("orgname"), visit.field("name"));
    let target = target_of(&organization, name);
    if visit.find::<Team>(&target)?.is_some() {
        return visit.again(Refusal::bad(&fill(t.team_is_there, &[name])), "name", show_new);
    }
    if let Err(refusal) = visit.put(&target, &description(visit)) {
        return visit.again(refusal, "name", show_new);
    }
    visit.done(&team_address(&organization, name), fill(t.team_made, &[name]))
}

/// What the form says of a team.
fn description(visit: &Visit<'_>) -> serde_json::Value {
    json!({ "role": visit.field("role"), "description": visit.field("description").replace("\r\n", "\n") })
}

/// `GET …/teams/<team>/edit`.
fn show_edit(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let team = Team::load(visit)?;
    let fields = html! {
        (visit.text_field("description", t.description).hint(t.team_description_hint).area()
            .value(visit, &team.description))
        (role_field(visit).value(visit, &team.role))
    };
    let page = here(visit);
    let buttons = submit_or_cancel(visit, t.save_team, &page);
    let content = form(visit, &visit.here(), &fields, &buttons);
    let [first, second] = above(visit, &organization.name, Tab::Teams);
    let above = [first, second, (&*team.name, page.clone())];
    Ok(visit.form_page(&fill(t.edit_team, &[&team.name]), &above, content))
}

/// `POST …/teams/<team>/edit`. The API's call would make a team that is gone meanwhile: the form does not.
fn edit(visit: &Visit<'_>) -> Answered {
    let target = target(visit);
    visit.get::<Team>(&target)?;
    if let Err(refusal) = visit.put(&target, &description(visit)) {
        return visit.again(refusal, "role", show_edit);
    }
    visit.done(&here(visit), fill(visit.texts.team_changed, &[&visit.named("team")]))
}

/// `GET …/teams/<team>/delete`.
fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let team = Team::load(visit)?;
    let page = here(visit);
    let title = fill(t.delete_team_question, &[&team.name]);
    let numbers = [team.member_count.to_string(), team.repo_count.to_string()];
    let text = html! {
        p { (fill(t.delete_team_text, &[&numbers[0], &numbers[1]])) }
        p { (t.delete_team_stays) }
    };
    let confirm = Confirm { title: &title, text, button: t.delete_team, back: &page, typed: None };
    let [first, second] = above(visit, &organization.name, Tab::Teams);
    confirm::ask(visit, &[first, second, (&*team.name, page.clone())], &confirm)
}

/// `POST …/teams/<team>/delete`.
fn delete(visit: &Visit<'_>) -> Answered {
    if let Err(refusal) = visit.delete(&target(visit)) {
        return visit.again(refusal, "", ask_deletion);
    }
    let text = fill(visit.texts.team_deleted, &[&visit.named("team")]);
    visit.done(&tab_of(&visit.named("orgname"), Tab::Teams), text)
}
