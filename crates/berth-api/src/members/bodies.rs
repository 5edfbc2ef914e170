//! Bodies about members of an organization.

use berth_web::Json;

/// Description of a new member
///
/// `PUT …/members/<membername>`: into which team.
#[derive(Json)]
pub(crate) struct NewMember {
    /// The team to be in
    #[json(team)]
    team: String,
}
