//! Bodies about teams (`docs/contract/quay.md` 4.1).

use berth_domain::TeamRole;
use berth_web::Json;

/// Description of a team
///
/// `PUT …/organization/<orgname>/team/<teamname>` (`docs/contract/quay.md` 4.1).
#[derive(Json)]
pub(crate) struct TeamDescription {
    /// What members of the team may do in the whole organization
    pub(super) role: TeamRole,
    /// Markdown description of the team
    pub(super) description: Option<String>,
}
