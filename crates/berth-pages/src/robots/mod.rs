//! Robots, of an organization or of the visitor: the list, and a page for each with all that is needed to use it.

mod owner;

use berth_web::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Answered;
use crate::api::{segments, with_query};
use crate::confirm::{self, Confirm};
use crate::credentials;
use crate::form::{button_form, form, submit_or_cancel};
use crate::list::{List, Said};
use crate::page::{Page, get, post};
use crate::parts;
use crate::permission::{RepositoryRole, role_field};
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

pub(crate) use owner::Owner;

/// The pages of robots below the page of their owner.
macro_rules! pages {
    ($owner:literal) => {
        &[
            get(concat!($owner, "/robots/new"), show_new),
            post(concat!($owner, "/robots/new"), create),
            get(concat!($owner, "/robots/:robot"), show),
            post(concat!($owner, "/robots/:robot/permissions"), permit),
            post(concat!($owner, "/robots/:robot/permissions/remove"), forbid),
            get(concat!($owner, "/robots/:robot/regenerate"), ask_regeneration),
            post(concat!($owner, "/robots/:robot/regenerate"), regenerate),
            get(concat!($owner, "/robots/:robot/delete"), ask_deletion),
            post(concat!($owner, "/robots/:robot/delete"), delete),
            get(concat!($owner, "/robots/:robot/config.json"), config_file),
            get(concat!($owner, "/robots/:robot/secret.yaml"), secret_file),
        ]
    };
}

/// The pages of the robots of organizations.
pub(crate) const OF_ORGANIZATIONS: &[Page] = pages!("/organization/:orgname");

/// The pages of the visitor's own robots.
pub(crate) const OF_PEOPLE: &[Page] = pages!("/user/:username");

/// A robot.
#[derive(Deserialize)]
struct Robot {
    /// Its name with that of its organization: `acme+ci`.
    name: String,
    description: String,
    created: String,
    last_accessed: Option<String>,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    repositories: Vec<String>,
}

impl Robot {
    /// The name without the organization's.
    fn short(&self) -> &str {
        self.name.split_once('+').map_or(&self.name, |(_, short)| short)
    }
}

/// A role of a robot on a repository.
#[derive(Deserialize)]
struct Permission {
    repository: NamedRepository,
    role: String,
}

#[derive(Deserialize)]
struct NamedRepository {
    name: String,
}

/// The list.
pub(crate) fn section(visit: &Visit<'_>, owner: &Owner) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let orders = [("name", t.by_name), ("-created", t.by_newest), ("idle", t.by_last_use)];
    let list = List::new(visit, &owner.list(), t.search_robots, &orders);
    let target = format!("{}?permissions={}&token=false", owner.target(), owner.sees_all());
    let robots = visit.list::<Robot>(&list.target(&target), "robots")?;
    let may_change = owner.may_change(visit);
    let new = parts::first_link(&format!("{}/robots/new", owner.address()), t.new_robot);
    let said = Said {
        about: t.robots_about,
        empty_title: t.no_robots,
        empty_text: t.no_robots_text,
        new: html! { @if may_change { (new) } },
    };
    Ok(list.section(visit, "robots", &robots, &said, &table(visit, owner, &robots.entries)))
}

fn table(visit: &Visit<'_>, owner: &Owner, robots: &[Robot]) -> Markup {
    let t = visit.texts;
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.robot) }
                    th scope="col" { (t.access_to) }
                    th scope="col" { (t.created) }
                    th scope="col" { (t.last_used) }
                }
            }
            tbody {
                @for robot in robots {
                    tr {
                        th scope="row" {
                            div {
                                @if owner.sees_all() {
                                    a href=(owner.robot(robot.short())) { (robot.name) }
                                } @else { (robot.name) }
                                @if !robot.description.is_empty() { div.soft.small { (robot.description) } }
                            }
                        }
                        td data-label=(t.access_to) { (repositories(visit, &robot.repositories)) }
                        td data-label=(t.created) { (parts::time(&robot.created)) }
                        td data-label=(t.last_used) {
                            (parts::time_or(robot.last_accessed.as_deref(), t.never))
                        }
                    }
                }
            }
        }
    }
}

/// The first few names, and how many more there are.
fn repositories(visit: &Visit<'_>, names: &[String]) -> Markup {
    const SHOWN: usize = 3;
    let t = visit.texts;
    let more = names.len().saturating_sub(SHOWN);
    html! {
        @if names.is_empty() { span.soft { (t.no_repository) } }
        @else {
            span {
                (names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", "))
                @if more > 0 { " " span.soft { (fill(t.and_more, &[&more.to_string()])) } }
            }
        }
    }
}

/// `GET …/robots/new`.
fn show_new(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let owner = Owner::load(visit)?;
    let repositories = repository_names(visit, owner.name())?;
    let fields = html! {
        (visit.text_field("name", t.robot_name).hint(t.robot_name_hint).required().focus())
        (visit.text_field("description", t.description).longest(255))
        (visit.text_field("repositories", t.access_to).hint(owner.words(t).repositories_hint).suggestions(repositories))
        (role_field(visit, "role"))
    };
    let buttons = submit_or_cancel(visit, t.create_robot, &owner.list());
    let content = form(visit, &visit.here(), &fields, &buttons);
    Ok(visit.form_page(t.new_robot, &owner.above(visit), content))
}

/// The names of the first repositories, to choose from.
pub(crate) fn repository_names(visit: &Visit<'_>, namespace: &str) -> Result<Vec<String>, Refusal> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let asked = [("namespace", namespace), ("limit", "100"), ("sort", "name")];
    let found = visit.list::<Named>(&with_query("/api/v1/repository", &asked), "repositories")?;
    Ok(found.entries.into_iter().map(|repository| repository.name).collect())
}

/// `POST …/robots/new`: the robot, then its access.
fn create(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let (owner, name) = (Owner::named(visit)?, visit.field("name"));
    let target = owner.robot_target(name);
    let body = json!({ "description": visit.field("description") });
    if let Err(refusal) = visit.put(&target, &body) {
        return visit.again(refusal, "name", show_new);
    }
    let page = owner.robot(name);
    let wanted = visit.field("repositories").split([',', ' ']).filter(|name| !name.is_empty());
    for repository in wanted {
        let target = format!("{target}/permissions/{}", segments(repository));
        if let Err(refusal) = visit.put(&target, &json!({ "role": visit.field("role") })) {
            let told = refusal.told(t);
            return visit.done(&page, fill(t.robot_made_in_part, &[name, repository, &told]));
        }
    }
    visit.done(&page, fill(t.robot_made, &[&format!("{}+{name}", owner.name())]))
}

/// `GET …/robots/<robot>`: how to use it, and what it may do.
fn show(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let owner = Owner::load(visit)?;
    let target = owner.robot_target(&visit.named("robot"));
    let robot: Robot = visit.get(&target)?;
    let permissions = format!("{target}/permissions?limit=100&sort=name");
    let permissions = visit.list::<Permission>(&permissions, "permissions")?;
    let page = owner.robot(robot.short());
    let may_change = owner.may_change(visit);
    let actions = html! {
        @if may_change {
            (parts::dialog_link(&format!("{page}/regenerate"), t.regenerate))
            (parts::alarm_link(&format!("{page}/delete"), t.delete, &robot.name))
        }
    };
    let about = html! { @if !robot.description.is_empty() { p.soft { (robot.description) } } };
    let content = html! {
        (parts::heading(&robot.name, "", &about, &actions))
        section.card aria-labelledby="use" {
            h2 #use { (t.use_it) }
            @match &robot.token {
                Some(token) => { (credentials::sheet(visit, &robot.name, token, &page)) },
                None => { p.soft { (t.token_for_admins) } },
            }
        }
        section.card aria-labelledby="access" {
            h2 #access { (t.access_to_repositories) }
            (permission_list(visit, &page, &permissions.entries, may_change))
            @if may_change { (permission_form(visit, &owner, &page)) }
        }
        dl.facts {
            dt { (t.created) } dd { (parts::time(&robot.created)) }
            dt { (t.last_used) } dd { (parts::time_or(robot.last_accessed.as_deref(), t.never)) }
        }
    };
    Ok(visit.page_below(&robot.name, &owner.above(visit), content))
}

fn permission_list(
    visit: &Visit<'_>,
    page: &str,
    permissions: &[Permission],
    may_change: bool,
) -> Markup {
    let t = visit.texts;
    let remove = format!("{page}/permissions/remove");
    html! {
        @if permissions.is_empty() { p.soft { (t.robot_without_access) } }
        ul.entries {
            @for permission in permissions {
                @let name = &permission.repository.name;
                li {
                    span.grow { (name) }
                    span.badge { (RepositoryRole::title(visit.texts, &permission.role)) }
                    @if may_change {
                        (button_form(visit, &remove, &html! {
                            input type="hidden" name="repository" value=(name);
                            button.small type="submit" { (t.remove) span.visually-hidden { " " (name) } }
                        }))
                    }
                }
            }
        }
    }
}

fn permission_form(visit: &Visit<'_>, owner: &Owner, page: &str) -> Markup {
    let t = visit.texts;
    let fields = html! {
        (visit.text_field("repository", t.repository).hint(owner.words(t).repository_hint).required())
        (role_field(visit, "role"))
    };
    let buttons = html! { button type="submit" { (t.give_access) } };
    form(visit, &format!("{page}/permissions"), &fields, &buttons)
}

/// The robot that the path names: who owns it, and where the API has it.
fn named(visit: &Visit<'_>) -> Result<(Owner, String, String), Refusal> {
    let (owner, robot) = (Owner::named(visit)?, visit.named("robot"));
    let (page, target) = (owner.robot(&robot), owner.robot_target(&robot));
    Ok((owner, page, target))
}

/// `POST …/robots/<robot>/permissions`.
fn permit(visit: &Visit<'_>) -> Answered {
    let (_, page, target) = named(visit)?;
    let repository = visit.field("repository");
    let target = format!("{target}/permissions/{}", segments(repository));
    if let Err(refusal) = visit.put(&target, &json!({ "role": visit.field("role") })) {
        return visit.again(refusal, "repository", show);
    }
    visit.done(&page, fill(visit.texts.access_given, &[repository]))
}

/// `POST …/robots/<robot>/permissions/remove`.
fn forbid(visit: &Visit<'_>) -> Answered {
    let (_, page, target) = named(visit)?;
    let repository = visit.field("repository");
    visit.delete(&format!("{target}/permissions/{}", segments(repository)))?;
    visit.done(&page, fill(visit.texts.access_taken, &[repository]))
}

/// `GET …/robots/<robot>/regenerate`.
fn ask_regeneration(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    ask(visit, t.regenerate_question, t.regenerate_text, t.regenerate)
}

/// `GET …/robots/<robot>/delete`.
fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    ask(visit, t.delete_robot_question, t.delete_robot_text, t.delete)
}

fn ask(visit: &Visit<'_>, question: &str, text: &str, button: &str) -> Answered {
    let (owner, _, target) = named(visit)?;
    let robot: Robot = visit.get(&target)?;
    let page = owner.robot(robot.short());
    let title = fill(question, &[&robot.name]);
    let text = html! { p { (text) } };
    let confirm = Confirm { title: &title, text, button, back: &page, typed: None };
    let [first, second] = owner.above(visit);
    confirm::ask(visit, &[first, second, (&robot.name, page.clone())], &confirm)
}

/// `POST …/robots/<robot>/regenerate`.
fn regenerate(visit: &Visit<'_>) -> Answered {
    let (_, page, target) = named(visit)?;
    visit.post(&format!("{target}/regenerate"), &Value::Null)?;
    visit.done(&page, visit.texts.regenerated)
}

/// `POST …/robots/<robot>/delete`.
fn delete(visit: &Visit<'_>) -> Answered {
    let (owner, _, target) = named(visit)?;
    visit.delete(&target)?;
    let robot = format!("{}+{}", owner.name(), visit.named("robot"));
    visit.done(&owner.list(), fill(visit.texts.robot_deleted, &[&robot]))
}

/// `GET …/robots/<robot>/config.json`.
fn config_file(visit: &Visit<'_>) -> Answered {
    let (name, token) = name_and_token(visit)?;
    Ok(credentials::config_file(visit, &name, &token))
}

/// `GET …/robots/<robot>/secret.yaml`.
fn secret_file(visit: &Visit<'_>) -> Answered {
    let (name, token) = name_and_token(visit)?;
    Ok(credentials::secret_file(visit, &name, &token))
}

fn name_and_token(visit: &Visit<'_>) -> Result<(String, String), Refusal> {
    let (_, _, target) = named(visit)?;
    let robot: Robot = visit.get(&target)?;
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "");
    let token = robot.token.ok_or_else(missing)?;
    Ok((robot.name, token))
}
