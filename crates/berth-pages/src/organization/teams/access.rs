//! What a team may do on repositories.

use berth_html::hidden;
use maud::{Markup, html};
use serde::Deserialize;

use super::part::{Part, Seen, part_address};
use super::team::target;
use crate::api::Listed;
use crate::form::button_form;
use crate::list::List;
use crate::parts;
use crate::permission::{RepositoryRole, role_select};
use crate::refusal::Refusal;
use crate::repository::address_of;
use crate::visit::Visit;

/// A role of the team on a repository.
#[derive(Deserialize)]
struct Permission {
    repository: NamedRepository,
    role: String,
}

#[derive(Deserialize)]
struct NamedRepository {
    name: String,
    is_public: bool,
}

/// The part about repositories.
pub(super) fn repositories(visit: &Visit<'_>, seen: &Seen) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let address = part_address(&seen.page, Part::Repositories.name());
    let orders = [("name", t.by_name), ("-name", t.by_name_from_end), ("-created", t.by_newest)];
    let list = List::new(visit, &address, t.search_repositories_of_team, &orders);
    let found: Listed<Permission> =
        visit.list(&list.target(&format!("{}/permissions", target(visit))), "permissions")?;
    let add = html! {
        @if seen.organization.may_change(visit) {
            (parts::first_link(&format!("{}/repositories/add", seen.page), t.give_access))
        }
    };
    let is_admin_team = seen.team.role == "admin";
    let about = if is_admin_team { t.admin_team_access } else { t.team_access_about };
    let is_empty = list.has_none(&found);
    Ok(html! {
        @if is_empty {
            div.card { (parts::empty(t.team_without_access, about, &add)) }
        } @else {
            div.row { p.grow.soft { (about) } (add) }
            (list.card(visit, "repositories", &found, &html! { ul.entries {
                        @for (index, entry) in found.entries.iter().enumerate() {
                            li { (row(visit, seen, index, entry)) }
                        }
                    } }))
        }
    })
}

fn row(visit: &Visit<'_>, seen: &Seen, index: usize, entry: &Permission) -> Markup {
    let t = visit.texts;
    let name = &entry.repository.name;
    let action = format!("{}/repositories", seen.page);
    html! {
        div.grow {
            a href=(address_of(&seen.organization.name, name)) { (name) }
            @if entry.repository.is_public { " " span.badge { (t.is_public) } }
        }
        @if seen.organization.may_change(visit) {
            form.inline method="post" action=(action) {
                (visit.csrf_field())
                (hidden("repository", name))
                (role_select(visit, &format!("role-{index}"), name, &entry.role))
                button.small type="submit" { (t.change_role) span.visually-hidden { " " (name) } }
            }
            (button_form(visit, &format!("{action}/remove"), &html! {
                (hidden("repository", name))
                button.small type="submit" { (t.remove) span.visually-hidden { " " (name) } }
            }))
        } @else {
            span.badge { (RepositoryRole::title(t, &entry.role)) }
        }
    }
}
