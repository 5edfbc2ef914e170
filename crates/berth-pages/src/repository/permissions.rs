//! Who may do what with a repository: people, robots and teams.

use berth_web::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::{Repository, Tab, page_of, target};
use crate::Answered;
use crate::api::{address, segment, with_query};
use crate::form::{form, submit_or_cancel};
use crate::list::List;
use crate::parts;
use crate::permission::{RepositoryRole, role_field};
use crate::refusal::Refusal;
use crate::texts::{Texts, fill};
use crate::visit::Visit;

/// Whom a permission is given to, as the API's addresses name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A person or a robot.
    User,
    Team,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Team => "team",
        }
    }

    fn named(name: &str) -> Self {
        if name == "team" { Self::Team } else { Self::User }
    }

    const fn title(self, t: &'static Texts) -> &'static str {
        match self {
            Self::User => t.repo_accounts,
            Self::Team => t.teams,
        }
    }

    const fn all(self, t: &'static Texts) -> &'static str {
        match self {
            Self::User => t.repo_all_accounts,
            Self::Team => t.repo_all_teams,
        }
    }

    /// What leads to the form that gives one access.
    const fn act(self, t: &'static Texts) -> (&'static str, &'static str) {
        match self {
            Self::User => ("permit", t.repo_permit_account),
            Self::Team => ("permit-team", t.repo_permit_team),
        }
    }

    /// The API's address of the permissions.
    fn target(self, visit: &Visit<'_>) -> String {
        format!("{}/permissions/{}/", target(visit), self.name())
    }
}

/// A permission.
#[derive(Deserialize)]
struct Permission {
    name: String,
    role: String,
    avatar: parts::Avatar,
    #[serde(default)]
    is_robot: bool,
    #[serde(default)]
    is_org_member: Option<bool>,
}

/// How many of each kind the tab shows; all are on a page of their own, so that none is too long.
const SHOWN: &str = "10";

/// The tab: the first of each kind, or a list of all of a kind. Four statements besides those of the repository.
pub(super) fn tab(visit: &Visit<'_>, repository: &Repository) -> Result<Markup, Refusal> {
    match visit.asked("of") {
        "" => both(visit, repository),
        of => one(visit, repository, Kind::named(of)),
    }
}

fn both(visit: &Visit<'_>, repository: &Repository) -> Result<Markup, Refusal> {
    let kinds: &[Kind] =
        if repository.is_organization { &[Kind::User, Kind::Team] } else { &[Kind::User] };
    let mut sections = Vec::new();
    for kind in kinds {
        sections.push(first(visit, repository, *kind)?);
    }
    Ok(html! {
        p.soft { (visit.texts.repo_permissions_about) }
        @for section in sections { (section) }
    })
}

/// The first few of a kind.
fn first(visit: &Visit<'_>, repository: &Repository, kind: Kind) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let target = with_query(&kind.target(visit), &[("limit", SHOWN), ("sort", "name")]);
    let found = visit.list_by_name::<Permission>(&target, "permissions")?;
    let id = format!("of-{}", kind.name());
    Ok(html! {
        section.card aria-labelledby=(id) {
            div.row { h2.grow id=(id) { (kind.title(t)) } (give_link(visit, repository, kind)) }
            @if found.entries.is_empty() { p.soft { (t.repo_nobody) } }
            @else { (table(visit, repository, kind, &found.entries)) }
            @if found.next.is_some() {
                p { a href={ (repository.tab(Tab::Permissions)) "&of=" (kind.name()) } { (kind.all(t)) } }
            }
        }
    })
}

/// All of a kind, page by page.
fn one(visit: &Visit<'_>, repository: &Repository, kind: Kind) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let address = format!("{}&of={}", repository.tab(Tab::Permissions), kind.name());
    let orders = [("name", t.by_name), ("-created", t.by_newest)];
    let list = List::new(visit, &address, t.repo_search_accounts, &orders);
    let target = list.target(&kind.target(visit));
    let found = visit.list_by_name::<Permission>(&target, "permissions")?;
    Ok(html! {
        div.row { h2.grow { (kind.title(t)) } (give_link(visit, repository, kind)) }
        (list.card(visit, "permissions", &found, &table(visit, repository, kind, &found.entries)))
    })
}

fn give_link(visit: &Visit<'_>, repository: &Repository, kind: Kind) -> Markup {
    let (act, text) = kind.act(visit.texts);
    match repository.may_change(visit) {
        true => parts::dialog_link(&repository.act(act), text),
        false => html! {},
    }
}

fn table(visit: &Visit<'_>, repository: &Repository, kind: Kind, found: &[Permission]) -> Markup {
    let t = visit.texts;
    let may_change = repository.may_change(visit);
    html! {
        table.stack {
            thead { tr { th scope="col" { (t.log_who) } th scope="col" { (t.role) } } }
            tbody {
                @for permission in found {
                    tr {
                        th scope="row" { (grantee(t, permission)) }
                        td data-label=(t.role) {
                            @if may_change { (role_form(visit, repository, kind, permission)) }
                            @else { (RepositoryRole::title(t, &permission.role)) }
                        }
                    }
                }
            }
        }
    }
}

fn grantee(t: &'static Texts, permission: &Permission) -> Markup {
    html! {
        span.row {
            (parts::named(&permission.name, &permission.avatar.color))
            @if permission.is_robot { span.badge { (t.robot) } }
            @if permission.is_org_member == Some(false) { span.badge.warn { (t.repo_no_member) } }
        }
    }
}

/// Another role, or none: one form, so that a page has room for many.
fn role_form(
    visit: &Visit<'_>,
    repository: &Repository,
    kind: Kind,
    permission: &Permission,
) -> Markup {
    let t = visit.texts;
    let name = &permission.name;
    let roles = ["read", "write", "admin"];
    html! {
        form.row method="post" action=(repository.act("role")) {
            (visit.csrf_field())
            input type="hidden" name="kind" value=(kind.name());
            input type="hidden" name="who" value=(name);
            div.grow {
                select name="role" aria-label=(fill(t.repo_role_of, &[name])) {
                    @for role in roles {
                        option value=(role) selected[role == permission.role] { (RepositoryRole::title(t, role)) }
                    }
                }
            }
            button.small type="submit" name="do" value="give" {
                (t.change) span.visually-hidden { " " (name) }
            }
            button.small type="submit" name="do" value="take" {
                (t.remove) span.visually-hidden { " " (name) }
            }
        }
    }
}

/// `POST ?act=role`.
pub(super) fn change(visit: &Visit<'_>) -> Answered {
    let (kind, who) = (Kind::named(visit.field("kind")), visit.field("who"));
    let target = format!("{}{}", kind.target(visit), segment(who));
    let text = match visit.field("do") {
        "take" => {
            visit.delete(&target)?;
            visit.texts.repo_role_taken
        }
        _ => {
            visit.put(&target, &json!({ "role": visit.field("role") }))?;
            visit.texts.repo_role_given
        }
    };
    visit.done(&format!("{}?tab=permissions", page_of(visit)), fill(text, &[who]))
}

/// `GET ?act=permit`.
pub(super) fn show_account(visit: &Visit<'_>) -> Answered {
    let t = visit.texts;
    let repository = Repository::load_to_change(visit)?;
    let robots = match repository.is_organization {
        true => robots(visit, &repository.namespace),
        false => Vec::new(),
    };
    let field = visit.text_field("who", t.repo_account).hint(t.repo_account_hint);
    give_page(
        visit,
        &repository,
        t.repo_permit_account,
        &html! { (field.suggestions(robots).required().focus()) },
    )
}

/// `GET ?act=permit-team`.
pub(super) fn show_team(visit: &Visit<'_>) -> Answered {
    #[derive(Deserialize)]
    struct Teams {
        #[serde(default)]
        ordered_teams: Vec<String>,
    }
    let t = visit.texts;
    let repository = Repository::load_to_change(visit)?;
    let teams: Teams = visit.get(&address!("/api/v1/organization/{}", repository.namespace))?;
    let field = visit.text_field("who", t.repo_team).hint(t.repo_team_hint);
    let teams = teams.ordered_teams.into_iter().take(50).collect();
    give_page(
        visit,
        &repository,
        t.repo_permit_team,
        &html! { (field.suggestions(teams).required().focus()) },
    )
}

/// The names of the first robots, to choose from; none where the visitor may not see them.
fn robots(visit: &Visit<'_>, organization: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let target = address!("/api/v1/organization/{}/robots", organization);
    let asked = [("limit", "50"), ("sort", "name"), ("token", "false"), ("permissions", "false")];
    let found = visit.list::<Named>(&with_query(&target, &asked), "robots");
    found
        .map(|found| found.entries)
        .unwrap_or_default()
        .into_iter()
        .map(|robot| robot.name)
        .collect()
}

fn give_page(visit: &Visit<'_>, repository: &Repository, title: &str, who: &Markup) -> Answered {
    let t = visit.texts;
    let fields = html! { (who) (role_field(visit, "role")) };
    let back = repository.tab(Tab::Permissions);
    let content =
        form(visit, &visit.here(), &fields, &submit_or_cancel(visit, t.give_access, &back));
    let name = repository.full_name();
    Ok(visit.form_page(title, &repository.above_act(visit, &name, Tab::Permissions), content))
}

/// `POST ?act=permit`.
pub(super) fn permit_account(visit: &Visit<'_>) -> Answered {
    permit(visit, Kind::User, show_account)
}

/// `POST ?act=permit-team`.
pub(super) fn permit_team(visit: &Visit<'_>) -> Answered {
    permit(visit, Kind::Team, show_team)
}

fn permit(visit: &Visit<'_>, kind: Kind, show: fn(&Visit<'_>) -> Answered) -> Answered {
    let who = visit.field("who");
    if who.is_empty() {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, visit.texts.repo_who);
        return visit.again(refusal, "who", show);
    }
    let target = format!("{}{}", kind.target(visit), segment(who));
    if let Err(refusal) = visit.put(&target, &json!({ "role": visit.field("role") })) {
        return visit.again(refusal, "who", show);
    }
    let text = fill(visit.texts.repo_role_given, &[who]);
    visit.done(&format!("{}?tab=permissions", page_of(visit)), text)
}
