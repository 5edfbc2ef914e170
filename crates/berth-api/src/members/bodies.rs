//! Bodies and queries about members of an organization.

use berth_store::teams::TeamMembers;
use berth_web::{Json, ListQuery, Query};

/// Description of a new member
///
/// `PUT …/members/<membername>`: into which team.
#[derive(Json)]
pub(crate) struct NewMember {
    /// The team to be in
    #[json(team)]
    team: String,
}

/// The query of the list of a team's members.
#[derive(Query)]
pub(crate) struct TeamMembersQuery {
    /// With those who are invited
    #[query(name = "includePending")]
    pub(super) with_invited: bool,
    #[query(flatten)]
    pub(super) page: ListQuery<TeamMembers>,
}
