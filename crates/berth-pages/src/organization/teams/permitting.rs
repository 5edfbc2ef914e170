//! Giving a team roles on repositories, and taking them away.

use maud::html;
use serde_json::json;

use super::page::show_part;
use super::part::{Part, part_address, part_here};
use super::team::{here, target};
use crate::Answered;
use crate::api::segments;
use crate::form::{form, submit_or_cancel};
use crate::organization::{Organization, Tab, above};
use crate::permission::role_field;
use crate::robots::repository_names;
use crate::texts::fill;
use crate::visit::Visit;

/// `GET …/teams/<team>/repositories/add`.
pub(super) fn show_new(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let organization = Organization::load_to_change(visit)?;
    let team = visit.named("team");
    let names = repository_names(visit, &organization.name)?;
    let fields = html! {
        (visit.text_field("repository", t.repository).hint(t.repository_in_organization).required()
            .suggestions(names).focus())
        (role_field(visit, "role"))
    };
    let page = here(visit);
    let back = part_address(&page, Part::Repositories.name());
    let buttons = submit_or_cancel(visit, t.give_access, &back);
    let content = form(visit, &format!("{page}/repositories"), &fields, &buttons);
    let [first, second] = above(visit, &organization.name, Tab::Teams);
    let above = [first, second, (&*team, page)];
    Ok(visit.form_page(&fill(t.give_access_to_team, &[&team]), &above, content))
}

/// The API's address of the team's role on a repository.
fn permission(visit: &Visit<'_>, repository: &str) -> String {
    format!("{}/permissions/{}", target(visit), segments(repository))
}

/// `POST …/repositories`: gives a role on a repository, or another one.
pub(super) fn permit(visit: &Visit<'_>) -> Answered {
    let repository = visit.field("repository");
    let role = json!({ "role": visit.field("role") });
    if let Err(refusal) = visit.put(&permission(visit, repository), &role) {
        return visit.again(refusal, "repository", show_new);
    }
    let to = part_here(visit, Part::Repositories);
    visit.done(&to, fill(visit.texts.access_given, &[repository]))
}

/// `POST …/repositories/remove`.
pub(super) fn forbid(visit: &Visit<'_>) -> Answered {
    let repository = visit.field("repository");
    if let Err(refusal) = visit.delete(&permission(visit, repository)) {
        return visit.again(refusal, "", |visit| show_part(visit, Part::Repositories));
    }
    let to = part_here(visit, Part::Repositories);
    visit.done(&to, fill(visit.texts.access_taken, &[repository]))
}
