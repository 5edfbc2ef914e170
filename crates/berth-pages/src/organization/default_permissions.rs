//! Default permissions: what is given on each repository that is made from now on.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::{Organization, Tab, above, tab_of};
use crate::Answered;
use crate::api::{address, with_query};
use crate::form::{form, submit_or_cancel};
use crate::list::{List, Said};
use crate::page::{Page, get, post};
use crate::parts;
use crate::permission::{RepositoryRole, role_field};
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    get("/organization/:orgname/defaultpermissions/new", show_new),
    post("/organization/:orgname/defaultpermissions/new", create),
    post("/organization/:orgname/defaultpermissions/:id", change_or_delete),
];

/// A default permission.
#[derive(Deserialize)]
struct DefaultPermission {
    id: String,
    role: String,
    /// Whose new repositories; none: everybody's.
    activating_user: Option<Grantee>,
    delegate: Grantee,
}

/// A person, a robot or a team.
#[derive(Deserialize)]
struct Grantee {
    name: String,
    /// `user` or `team`.
    kind: String,
    #[serde(default)]
    is_robot: bool,
    avatar: parts::Avatar,
}

impl Grantee {
    /// What it is, in a word.
    fn kind(&self, visit: &Visit<'_>) -> &'static str {
        let t = visit.texts;
        match self.kind.as_str() {
            "team" => t.team,
            _ if self.is_robot => t.robot,
            _ => t.person,
        }
    }
}

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let orders = [("-created", t.by_newest), ("created", t.by_oldest)];
    let address = organization.tab(Tab::DefaultPermissions);
    let list = List::new(visit, &address, t.search_default_permissions, &orders);
    let target = address!("/api/v1/organization/{}/prototypes", organization.name);
    let found = visit.list::<DefaultPermission>(&list.target(&target), "prototypes")?;
    let may_change = organization.may_change(visit);
    let new = parts::first_link(
        &address!("/organization/{}/defaultpermissions/new", organization.name),
        t.new_default_permission,
    );
    let action = html! { @if may_change { (new) } };
    let said = Said {
        about: t.default_permissions_about,
        empty_title: t.no_default_permissions,
        empty_text: t.no_default_permissions_text,
        new: action,
    };
    Ok(list.section(
        visit,
        "permissions",
        &found,
        &said,
        &table(visit, organization, &found.entries, may_change),
    ))
}

fn table(
    visit: &Visit<'_>,
    organization: &Organization,
    permissions: &[DefaultPermission],
    may_change: bool,
) -> Markup {
    let t = visit.texts;
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.given_to) }
                    th scope="col" { (t.made_by_whom) }
                    th scope="col" { (t.role) }
                    @if may_change { th scope="col" { span.visually-hidden { (t.delete) } } }
                }
            }
            tbody {
                @for permission in permissions {
                    (row(visit, organization, permission, may_change))
                }
            }
        }
    }
}

fn row(
    visit: &Visit<'_>,
    organization: &Organization,
    permission: &DefaultPermission,
    may_change: bool,
) -> Markup {
    let t = visit.texts;
    let to = &permission.delegate;
    let form_id = format!("p-{}", permission.id);
    html! {
        tr {
            th scope="row" {
                div.row {
                    (parts::named(&to.name, &to.avatar.color))
                    span.badge { (to.kind(visit)) }
                }
            }
            td data-label=(t.made_by_whom) {
                @match &permission.activating_user {
                    Some(creator) => { (creator.name) },
                    None => { span.soft { (t.anybody) } },
                }
            }
            td data-label=(t.role) {
                @if may_change { (role_form(visit, organization, permission, &form_id)) }
                @else { (RepositoryRole::title(t, &permission.role)) }
            }
            @if may_change {
                td {
                    div.actions {
                        button.small.alarm type="submit" form=(form_id) name="act" value="delete" {
                            (t.delete) span.visually-hidden { " " (to.name) }
                        }
                    }
                }
            }
        }
    }
}

/// The form of a row, to which the button that deletes belongs too.
fn role_form(
    visit: &Visit<'_>,
    organization: &Organization,
    permission: &DefaultPermission,
    form_id: &str,
) -> Markup {
    let t = visit.texts;
    let action =
        address!("/organization/{}/defaultpermissions/{}", organization.name, permission.id);
    let name = &permission.delegate.name;
    let label = fill(t.role_of, &[name]);
    let roles = [("read", t.only_read), ("write", t.only_write), ("admin", t.only_admin)];
    html! {
        form.inline id=(form_id) method="post" action=(action) {
            (visit.csrf_field())
            div.field {
                select name="role" aria-label=(label) {
                    @for (value, label) in roles {
                        option value=(value) selected[value == permission.role] { (label) }
                    }
                }
            }
            button.small type="submit" { (t.change) span.visually-hidden { " " (label) } }
        }
    }
}

/// The organization with the names of its teams, to choose from.
#[derive(Deserialize)]
struct WithTeams {
    #[serde(flatten)]
    organization: Organization,
    #[serde(default)]
    teams: BTreeMap<String, IgnoredAny>,
}

/// The names of the first members and robots, to choose from.
fn accounts(visit: &Visit<'_>, organization: &str) -> Result<Vec<String>, Refusal> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let mut names = Vec::new();
    for list in ["members", "robots"] {
        let target = format!("{}/{list}", address!("/api/v1/organization/{}", organization));
        let target = with_query(&target, &[("limit", "50")]);
        let found = visit.list::<Named>(&target, list)?;
        names.extend(found.entries.into_iter().map(|account| account.name));
    }
    Ok(names)
}

/// `GET …/defaultpermissions/new`.
fn show_new(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let WithTeams { organization, teams } =
        visit.get(&address!("/api/v1/organization/{}", visit.named("orgname")))?;
    organization.require_change(visit)?;
    let accounts = accounts(visit, &organization.name)?;
    let names = teams.into_keys().chain(accounts.iter().cloned()).collect();
    let kinds = vec![("user", t.person_or_robot, t.person_or_robot_hint), ("team", t.team, "")];
    let fields = html! {
        p.soft { (t.new_default_permission_text) }
        (visit.radio_field("kind", t.given_to, kinds).value(visit, "user").required())
        (visit.text_field("name", t.grantee_name).hint(t.grantee_hint).suggestions(names).required())
        (role_field(visit, "role"))
        (visit.text_field("creator", t.made_by_whom).hint(t.creator_hint).suggestions(accounts))
    };
    let back = organization.tab(Tab::DefaultPermissions);
    let buttons = submit_or_cancel(visit, t.create_default_permission, &back);
    let content = form(visit, &visit.here(), &fields, &buttons);
    let above = above(visit, &organization.name, Tab::DefaultPermissions);
    Ok(visit.form_page(t.new_default_permission, &above, content))
}

/// `POST …/defaultpermissions/new`.
fn create(visit: &Visit<'_>) -> Answered {
    let organization = visit.named("orgname");
    let (kind, name, creator) = (visit.field("kind"), visit.field("name"), visit.field("creator"));
    let mut body = json!({
        "role": visit.field("role"),
        "delegate": { "kind": kind, "name": name },
    });
    if !creator.is_empty() {
        body["activating_user"] = json!({ "name": creator });
    }
    let target = address!("/api/v1/organization/{}/prototypes", organization);
    if let Err(refusal) = visit.post(&target, &body) {
        let (field, refusal) = in_words(visit, refusal);
        return visit.again(refusal, field, show_new);
    }
    let text = fill(visit.texts.default_permission_made, &[name]);
    visit.done(&tab_of(&organization, Tab::DefaultPermissions), text)
}

/// Which field a refusal is about, and what to tell there: the API's own words for names that it does not know are for programs.
fn in_words(visit: &Visit<'_>, refusal: Refusal) -> (&'static str, Refusal) {
    let t = visit.texts;
    let (field, text, name) = match refusal.message.as_str() {
        "Unknown activating user" => ("creator", t.no_such_account, visit.field("creator")),
        "Missing delegate user or team" => ("name", t.no_such_account, visit.field("name")),
        text if text.starts_with("('Team does not exist") => {
            ("name", t.no_such_team, visit.field("name"))
        }
        _ => return ("name", refusal),
    };
    (field, Refusal { message: fill(text, &[name]), ..refusal })
}

/// `POST …/defaultpermissions/<id>`: another role, or the end of it. It is easily made again, so nothing is asked.
fn change_or_delete(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = visit.named("orgname");
    let target = address!("/api/v1/organization/{}/prototypes/{}", organization, visit.named("id"));
    let text = match visit.field("act") {
        "delete" => {
            visit.delete(&target)?;
            t.default_permission_deleted
        }
        _ => {
            visit.put(&target, &json!({ "role": visit.field("role") }))?;
            t.default_permission_changed
        }
    };
    visit.done(&tab_of(&organization, Tab::DefaultPermissions), text)
}
