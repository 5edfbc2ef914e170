//! Who acts on repositories of an organization without being in it.

use maud::{Markup, html};

use super::part::Part;
use super::person::{Member, orders, repositories, target};
use crate::Answered;
use crate::api::{Listed, address, with_query};
use crate::confirm::{self, Confirm};
use crate::list::List;
use crate::organization::{Organization, Tab, above, tab_of};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;
use berth_web::StatusCode;

/// The part about them.
pub(super) fn list(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let address = Part::Collaborators.address(organization);
    let list = List::new(visit, &address, t.search_collaborators, &orders(t));
    let target = list_target(&organization.name);
    let found: Listed<Member> = visit.list(&list.target(&target), "collaborators")?;
    if list.has_none(&found) {
        let empty = parts::empty(t.no_collaborators, t.no_collaborators_text, &html! {});
        return Ok(html! { div.card { (empty) } });
    }
    Ok(html! {
        p.soft { (t.collaborators_about) }
        (list.card(visit, "collaborators", &found, &table(visit, organization, &found.entries)))
    })
}

/// The API's address of the list.
fn list_target(organization: &str) -> String {
    address!("/api/v1/organization/{}/collaborators", organization)
}

fn table(visit: &Visit<'_>, organization: &Organization, found: &[Member]) -> Markup {
    let t = visit.texts;
    let may_change = organization.may_change(visit);
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { (t.collaborator) }
                    th scope="col" { (t.repositories) }
                    @if may_change { th scope="col" { span.visually-hidden { (t.actions) } } }
                }
            }
            tbody {
                @for entry in found {
                    tr {
                        th scope="row" { (parts::named(&entry.name, &entry.avatar.color)) }
                        td data-label=(t.repositories) {
                            (repositories(visit, &organization.name, &entry.repositories))
                        }
                        @if may_change {
                            td { @if entry.kind == "user" { (actions(visit, organization, &entry.name)) } }
                        }
                    }
                }
            }
        }
    }
}

fn actions(visit: &Visit<'_>, organization: &Organization, name: &str) -> Markup {
    let remove = address!("/organization/{}/collaborators/{}/remove", organization.name, name);
    html! { div.actions { (parts::alarm_link(&remove, visit.texts.remove, name)) } }
}

/// `GET …/collaborators/<name>/remove`.
pub(super) fn ask_removal(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let name = visit.named("member");
    let narrowed = [("limit", "500"), ("q", &*name), ("sort", "name")];
    let target = with_query(&list_target(&organization.name), &narrowed);
    let found: Listed<Member> = visit.list(&target, "collaborators")?;
    let entry = found.entries.iter().find(|entry| entry.name == name && entry.kind == "user");
    let entry = entry.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, ""))?;
    let title = fill(t.remove_collaborator_question, &[&name, &organization.name]);
    let text = html! {
        p { (t.remove_collaborator_text) }
        p { (repositories(visit, &organization.name, &entry.repositories)) }
        p { (t.remove_collaborator_stays) }
    };
    let back = Part::Collaborators.address(&organization);
    let confirm = Confirm { title: &title, text, button: t.remove, back: &back, typed: None };
    confirm::ask(visit, &above(visit, &organization.name, Tab::Members), &confirm)
}

/// `POST …/collaborators/<name>/remove`.
pub(super) fn remove(visit: &Visit<'_>) -> Answered {
    if let Err(refusal) = visit.delete(&target(visit)) {
        return visit.again(refusal, "", ask_removal);
    }
    let (organization, name) = (visit.named("orgname"), visit.named("member"));
    let to =
        with_query(&tab_of(&organization, Tab::Members), &[("show", Part::Collaborators.name())]);
    visit.done(&to, fill(visit.texts.collaborator_removed, &[&name, &organization]))
}
