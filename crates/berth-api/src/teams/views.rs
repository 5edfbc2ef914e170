//! Teams as answers show them.

use berth_domain::{Avatar, Team, TeamRole};
use schemars::JsonSchema;
use serde::Serialize;

use crate::organizations::views::TeamView;

/// A team that was made or changed (`docs/contract/quay.md` 4.1).
#[derive(JsonSchema, Serialize)]
pub(crate) struct ChangedTeam {
    name: String,
    description: String,
    can_view: bool,
    role: TeamRole,
    avatar: Avatar,
    new_team: bool,
}

impl ChangedTeam {
    /// The caller may change the team, and so look into it.
    pub(crate) fn new(name: &str, description: &str, role: TeamRole, new_team: bool) -> Self {
        let (name, description, avatar) = (name.into(), description.into(), Avatar::team(name));
        Self { name, description, can_view: true, role, avatar, new_team }
    }

    /// A team that was there.
    pub(crate) fn of(team: &Team) -> Self {
        Self::new(&team.name, &team.description, team.role, false)
    }
}

berth_web::lists! {
    /// The teams of an organization.
    pub(crate) struct Teams { teams: Vec<TeamView> }
}
