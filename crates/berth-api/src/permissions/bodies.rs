//! Bodies about permissions on a repository (`docs/contract/quay.md` 6.2, 6.3).

use berth_domain::RepositoryRole;
use berth_web::Json;

/// Description of a permission.
#[derive(Json)]
#[json(name = "RepositoryPermission")]
pub(crate) struct RoleChange {
    /// Role to give
    pub(super) role: RepositoryRole,
}

/// What a robot may do on a repository
///
/// Go clients send it, by the robot's path; Quay lacks that.
#[derive(Json)]
#[json(name = "RobotPermission")]
pub(crate) struct RobotRole {
    /// Role to use for the robot
    pub(super) role: RepositoryRole,
}
