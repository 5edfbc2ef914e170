//! Teams as answers show them.

use berth_domain::{Avatar, Team, TeamRole};
use serde::Serialize;

/// A team that was made or changed (`docs/contract/quay.md` 4.1).
#[derive(Serialize)]
pub(crate) struct ChangedTeam<'a> {
    name: &'a str,
    description: &'a str,
    can_view: bool,
    role: &'static str,
    avatar: Avatar,
    new_team: bool,
}

impl<'a> ChangedTeam<'a> {
    /// Who may change a team may look into it.
    pub(crate) fn new(name: &'a str, description: &'a str, role: TeamRole, new_team: bool) -> Self {
        let (role, avatar) = (role.as_str(), Avatar::team(name));
        Self { name, description, can_view: true, role, avatar, new_team }
    }

    /// A team that was there.
    pub(crate) fn of(team: &'a Team) -> Self {
        Self::new(&team.name, &team.description, team.role, false)
    }
}
