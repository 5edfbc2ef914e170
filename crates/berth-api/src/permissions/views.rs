//! Permissions as answers show them.

use std::collections::BTreeMap;

use berth_domain::{Avatar, RepositoryRole};
use berth_store::grantees::Account;
use berth_store::permissions::RepositoryPermission;
use schemars::JsonSchema;
use serde::Serialize;

/// A role alone.
#[derive(JsonSchema, Serialize)]
pub(crate) struct RoleView {
    pub(super) role: RepositoryRole,
}

/// The role of an account on a repository (`docs/contract/quay.md` 6.2).
#[derive(JsonSchema, Serialize)]
pub(crate) struct UserPermission {
    role: RepositoryRole,
    name: String,
    is_robot: bool,
    avatar: Avatar,
    /// Only where the repository is an organization's.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_org_member: Option<bool>,
}

impl UserPermission {
    /// The role of that account.
    pub(super) fn new(account: &Account, role: RepositoryRole, in_organization: bool) -> Self {
        Self {
            role,
            name: account.name.clone(),
            is_robot: account.is_robot,
            avatar: Avatar::account(account.is_robot, &account.name, &account.email),
            is_org_member: in_organization.then_some(account.is_member),
        }
    }
}

berth_web::lists! {
    /// The accounts that have a role on a repository, by their names.
    pub(crate) struct UserPermissions { permissions: BTreeMap<String, UserPermission> }
}

/// The roles that an account has on a repository, its own and those of its teams.
#[derive(JsonSchema, Serialize)]
pub(crate) struct TransitivePermissions {
    pub(super) permissions: Vec<RoleView>,
}

/// The role of a team on a repository (`docs/contract/quay.md` 6.2).
#[derive(JsonSchema, Serialize)]
pub(crate) struct TeamPermission {
    role: RepositoryRole,
    name: String,
    avatar: Avatar,
}

impl TeamPermission {
    /// The role of the team of that name.
    pub(super) fn new(team: &str, role: RepositoryRole) -> Self {
        Self { role, name: team.to_owned(), avatar: Avatar::team(team) }
    }
}

berth_web::lists! {
    /// The teams that have a role on a repository, by their names.
    pub(crate) struct TeamPermissions { permissions: BTreeMap<String, TeamPermission> }
}

/// What a team or a robot may do on a repository (`docs/contract/quay.md` 4.8, 6.3).
#[derive(JsonSchema, Serialize)]
pub(crate) struct PermissionOnRepository {
    repository: NamedRepository,
    role: RepositoryRole,
}

/// A repository by its name.
#[derive(JsonSchema, Serialize)]
struct NamedRepository {
    name: String,
    is_public: bool,
}

impl From<RepositoryPermission> for PermissionOnRepository {
    fn from(permission: RepositoryPermission) -> Self {
        let RepositoryPermission { repository: name, is_public, role } = permission;
        Self { repository: NamedRepository { name, is_public }, role }
    }
}

berth_web::lists! {
    /// The repositories on which a team or a robot has a role.
    pub(crate) struct PermissionsOnRepositories { permissions: Vec<PermissionOnRepository> }
}
