//! Roles on repositories, in words.

use maud::{Markup, html};

use crate::form::Field;
use crate::texts::Texts;
use crate::visit::Visit;

/// The roles on a repository.
pub(crate) struct RepositoryRole;

impl RepositoryRole {
    /// What a role is called; the API's word where there is none of ours.
    pub(crate) fn title(t: &'static Texts, role: &str) -> String {
        match role {
            "read" => t.role_read.into(),
            "write" => t.role_write.into(),
            "admin" => t.role_repository_admin.into(),
            other => other.to_owned(),
        }
    }
}

/// A field for a role on a repository; the least is chosen at first.
pub(crate) fn role_field<'a>(visit: &Visit<'_>, name: &'static str) -> Field<'a> {
    let t = visit.texts;
    let options =
        vec![("read", t.role_read), ("write", t.role_write), ("admin", t.role_repository_admin)];
    visit.select_field(name, t.role, options).value(visit, "read")
}

/// The same in a row, where another role may be chosen. `about` is read to people who do not see the row.
pub(crate) fn role_select(visit: &Visit<'_>, id: &str, about: &str, chosen: &str) -> Markup {
    let t = visit.texts;
    let roles = ["read", "write", "admin"];
    html! {
        label.visually-hidden for=(id) { (t.role) " " (about) }
        select id=(id) name="role" {
            @for role in roles {
                option value=(role) selected[role == chosen] { (RepositoryRole::title(t, role)) }
            }
        }
    }
}
