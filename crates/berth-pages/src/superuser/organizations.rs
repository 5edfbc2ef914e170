//! All organizations of the installation.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Tab, above, require_view, tab_of};
use crate::Answered;
use crate::api::address;
use crate::confirm::{self, Confirm};
use crate::form::{form, submit_or_cancel};
use crate::layout::Crumb;
use crate::list::List;
use crate::organization;
use crate::page::{Page, get, post};
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    get("/superuser/organizations/:orgname", show),
    get("/superuser/organizations/:orgname/rename", show_rename),
    post("/superuser/organizations/:orgname/rename", rename),
    get("/superuser/organizations/:orgname/takeownership", ask_taking),
    post("/superuser/organizations/:orgname/takeownership", take),
    get("/superuser/organizations/:orgname/delete", ask_deletion),
    post("/superuser/organizations/:orgname/delete", delete),
];

/// An organization.
#[derive(Deserialize)]
struct Organization {
    name: String,
    email: String,
    avatar: parts::Avatar,
}

/// The tab.
pub(super) fn tab(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let orders = [("name", t.by_name), ("-created", t.by_newest), ("created", t.by_oldest)];
    let list = List::new(visit, &tab_of(Tab::Organizations), t.search_all_organizations, &orders);
    let found = visit
        .list::<Organization>(&list.target("/api/v1/superuser/organizations/"), "organizations")?;
    let is_empty = list.has_none(&found);
    Ok(html! {
        @if is_empty {
            div.card {
                (parts::empty(t.no_organizations_at_all, t.no_organizations_at_all_text, &html! {}))
            }
        } @else {
            (list.card(visit, "organizations", &found, &table(visit, &found.entries)))
        }
    })
}

fn table(visit: &Visit<'_>, organizations: &[Organization]) -> Markup {
    let t = visit.texts;
    html! {
        table.stack {
            thead { tr { th scope="col" { (t.organization) } th scope="col" { (t.address) } } }
            tbody {
                @for entry in organizations {
                    tr {
                        th scope="row" {
                            span.with-avatar {
                                (parts::avatar(&entry.name, &entry.avatar.color))
                                a href=(page_of(&entry.name)) { (entry.name) }
                            }
                        }
                        td data-label=(t.address) {
                            @if entry.email.contains('@') { (entry.email) } @else { span.soft { (t.no_address) } }
                        }
                    }
                }
            }
        }
    }
}

/// `GET /superuser/organizations/<name>`: what superusers may do with it.
fn show(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    require_view(visit)?;
    let found = organization::Organization::load(visit)?;
    let page = page_of(&found.name);
    let go = html! { a.button.first href=(found.address()) { (t.to_organization) } };
    let content = html! {
        (parts::heading(&found.name, &found.avatar.color, &html! {}, &go))
        @if !visit.only_reads() {
            section.card aria-labelledby="changes" {
                h2 #changes { (t.changes_by_superusers) }
                p.soft { (t.changes_by_superusers_text) }
                div.actions {
                    (parts::dialog_link(&format!("{page}/rename"), t.rename))
                    (parts::dialog_link(&format!("{page}/takeownership"), t.take_over))
                    (parts::alarm_link(&format!("{page}/delete"), t.delete, &found.name))
                }
            }
        }
    };
    Ok(visit.page_below(&found.name, &above(visit, Tab::Organizations), content))
}

/// The address of an organization's page here.
fn page_of(name: &str) -> String {
    address!("/superuser/organizations/{}", name)
}

/// The places above a page that asks something about an organization.
fn above_page<'a>(visit: &Visit<'_>, name: &'a str) -> [Crumb<'a>; 3] {
    let [first, second] = above(visit, Tab::Organizations);
    [first, second, (name, page_of(name))]
}

/// The API's address of the organization that the path names.
fn target(visit: &Visit<'_>) -> String {
    address!("/api/v1/superuser/organizations/{}", visit.named("orgname"))
}

/// The organization that the path names, where there is one.
fn existing(visit: &Visit<'_>) -> Result<String, Refusal> {
    require_view(visit)?;
    Ok(organization::Organization::load(visit)?.name)
}

/// `GET …/rename`.
fn show_rename(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let name = existing(visit)?;
    let field = visit.text_field("new_name", t.new_name).hint(t.organization_name_hint).required();
    let fields = html! {
        p { (t.rename_organization_text) }
        (field.value(visit, &name).focus())
    };
    let buttons = submit_or_cancel(visit, t.rename, &page_of(&name));
    let content = form(visit, &visit.here(), &fields, &buttons);
    Ok(visit.form_page(&fill(t.rename_of, &[&name]), &above_page(visit, &name), content))
}

/// `POST …/rename`.
fn rename(visit: &Visit<'_>) -> Answered {
    let name = visit.field("new_name");
    if let Err(refusal) = visit.put(&target(visit), &json!({ "name": name })) {
        return visit.again(refusal, "new_name", show_rename);
    }
    let text = fill(visit.texts.organization_renamed, &[&visit.named("orgname"), name]);
    visit.done(&page_of(name), text)
}

/// `GET …/takeownership`.
fn ask_taking(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let name = existing(visit)?;
    let confirm = Confirm {
        title: &fill(t.take_over_question, &[&name]),
        text: html! { p { (t.take_over_text) } },
        button: t.take_over,
        back: &page_of(&name),
        typed: None,
    };
    confirm::ask(visit, &above_page(visit, &name), &confirm)
}

/// `POST …/takeownership`.
fn take(visit: &Visit<'_>) -> Answered {
    let name = visit.named("orgname");
    visit.post(&address!("/api/v1/superuser/takeownership/{}", name), &Value::Null)?;
    visit.done(&organization::of(&name), fill(visit.texts.taken_over, &[&name]))
}

/// `GET …/delete`.
fn ask_deletion(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let name = existing(visit)?;
    let confirm = Confirm {
        title: &fill(t.delete_any_organization_question, &[&name]),
        text: html! { p { (t.delete_any_organization_text) } },
        button: t.delete,
        back: &page_of(&name),
        typed: Some(&name),
    };
    confirm::ask(visit, &above_page(visit, &name), &confirm)
}

/// `POST …/delete`.
fn delete(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let name = visit.named("orgname");
    if let Err(refusal) = confirm::require_typed(visit, &name) {
        return visit.again(refusal, confirm::TYPED, ask_deletion);
    }
    if let Err(refusal) = visit.delete(&target(visit)) {
        return visit.again(refusal, "", ask_deletion);
    }
    visit.done(&tab_of(Tab::Organizations), fill(t.any_organization_deleted, &[&name]))
}
