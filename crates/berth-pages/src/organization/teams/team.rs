//! A team, its role, and where it has its pages.

use serde::Deserialize;

use crate::api::{Listed, address};
use crate::list::List;
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::Texts;
use crate::visit::Visit;

/// A team, as everybody in the organization sees it.
#[derive(Deserialize)]
pub(crate) struct Team {
    pub(crate) name: String,
    pub(super) description: String,
    pub(crate) role: String,
    pub(crate) avatar: parts::Avatar,
    /// Whether the visitor may see who is in it.
    pub(super) can_view: bool,
    pub(super) repo_count: i64,
    pub(super) member_count: i64,
}

impl Team {
    /// The one that the path names.
    pub(super) fn load(visit: &Visit<'_>) -> Result<Self, Refusal> {
        visit.get(&target(visit))
    }

    /// A page of the teams of an organization.
    pub(crate) fn list(
        visit: &Visit<'_>,
        organization: &str,
        list: &List<'_>,
    ) -> Result<Listed<Self>, Refusal> {
        let target = address!("/api/v1/organization/{}/teams", organization);
        visit.list(&list.target(&target), "teams")
    }
}

/// The API's address of the team that the path names.
pub(super) fn target(visit: &Visit<'_>) -> String {
    target_of(&visit.named("orgname"), &visit.named("team"))
}

/// The API's address of a team.
pub(crate) fn target_of(organization: &str, team: &str) -> String {
    address!("/api/v1/organization/{}/team/{}", organization, team)
}

/// The address of a team's page.
pub(crate) fn team_address(organization: &str, team: &str) -> String {
    address!("/organization/{}/teams/{}", organization, team)
}

/// The address of the page of the team that the path names.
pub(super) fn here(visit: &Visit<'_>) -> String {
    team_address(&visit.named("orgname"), &visit.named("team"))
}

/// What a role of a team is called; the API's word where there is none of ours.
pub(crate) fn role_title(t: &'static Texts, role: &str) -> String {
    match role {
        "member" => t.team_role_member.into(),
        "creator" => t.team_role_creator.into(),
        "admin" => t.team_role_admin.into(),
        other => other.to_owned(),
    }
}

/// What it means.
pub(super) fn role_meaning(t: &'static Texts, role: &str) -> &'static str {
    match role {
        "member" => t.team_role_member_text,
        "creator" => t.team_role_creator_text,
        "admin" => t.team_role_admin_text,
        _ => "",
    }
}

/// The orders of the list of teams.
pub(crate) fn orders(t: &'static Texts) -> [(&'static str, &'static str); 3] {
    [("name", t.by_name), ("-name", t.by_name_from_end), ("-created", t.by_newest)]
}
