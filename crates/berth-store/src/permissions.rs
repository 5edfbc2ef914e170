//! Permissions on one repository: roles of accounts and of teams.

use berth_access::{Grant, RepositoryAdmin, RepositoryAdminView};
use berth_domain::RepositoryRole;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::grantees::{Account, account_columns};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;
use crate::repositories::row_id;

/// The role of an account.
#[derive(Debug, Clone, FromRow)]
pub struct AccountPermission {
    /// The account.
    #[row(nested)]
    pub account: Account,
    /// Its role.
    pub role: RepositoryRole,
}

/// The role of a team.
#[derive(Debug, Clone, FromRow)]
pub struct TeamPermission {
    /// The team's name.
    pub team: String,
    /// Its role.
    pub role: RepositoryRole,
}

/// What a team or a robot may do on a repository.
#[derive(Debug, FromRow)]
pub struct RepositoryPermission {
    /// The repository's name.
    pub repository: String,
    /// Whether everybody may pull it.
    pub is_public: bool,
    /// What they may do.
    pub role: RepositoryRole,
}

/// The roles that a team or a robot has on repositories.
pub struct OnRepositories;

impl Listed for OnRepositories {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("p.id", "p.id")] },
            Order { name: "name", keys: &[Key("p.repository", "p.id")] },
        ],
        default: "created",
        searched: "the repository's name",
        texts: &[&["p.repository"]],
        long: &[],
        original: Original::Whole,
    };
}

/// Those who have roles on a repository: its accounts, or its teams.
pub struct Grantees;

impl Listed for Grantees {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("p.id", "p.id")] },
            Order { name: "name", keys: &[Key("p.grantee", "p.id")] },
        ],
        default: "created",
        searched: "the name",
        texts: &[&["p.grantee"]],
        long: &[],
        original: Original::Whole,
    };
}

macro_rules! account_permissions {
    ($position:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $position,
            account_columns!("a", "?1"),
            ", p.role FROM repository_permission p CROSS JOIN account a ON a.id = p.account_id
            WHERE p.repository_id = ?2",
            $rest
        )
    };
}

/// The accounts that have a permission themselves. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn accounts(
    db: &dyn Database,
    grant: &Grant<RepositoryAdminView>,
    window: &Window,
) -> Result<Slice<AccountPermission>, StoreError> {
    let list = account_permissions!("{position}, ", " AND p.account_id IS NOT NULL{window}");
    window.read(db, list, params![namespace_id(grant), row_id(grant)])
}

/// The permission of the account of that name; `None` when it has none itself. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn account(
    db: &dyn Database,
    grant: &Grant<RepositoryAdminView>,
    name: &str,
) -> Result<Option<AccountPermission>, StoreError> {
    db.optional(
        account_permissions!("", " AND p.account_id IS NOT NULL AND p.grantee = ?3"),
        params![namespace_id(grant), row_id(grant), name],
    )
}

/// The teams with a permission. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn teams(
    db: &dyn Database,
    grant: &Grant<RepositoryAdminView>,
    window: &Window,
) -> Result<Slice<TeamPermission>, StoreError> {
    window.read(
        db,
        "SELECT {position}, p.grantee AS team, p.role FROM repository_permission p
        WHERE p.repository_id = ?1 AND p.team_id IS NOT NULL{window}",
        params![row_id(grant)],
    )
}

/// The role of the team of that name; `None` when it has none. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn team(
    db: &dyn Database,
    grant: &Grant<RepositoryAdminView>,
    name: &str,
) -> Result<Option<RepositoryRole>, StoreError> {
    db.optional(
        "SELECT p.role FROM repository_permission p
        WHERE p.repository_id = ?1 AND p.team_id IS NOT NULL AND p.grantee = ?2",
        params![row_id(grant), name],
    )
}

fn namespace_id(grant: &Grant<RepositoryAdminView>) -> Option<i64> {
    grant.target().namespace.as_ref().map(|namespace| namespace.id)
}

/// The roles that an account has by itself and by its teams, in the order of the permissions. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn transitive(
    db: &dyn Database,
    grant: &Grant<RepositoryAdminView>,
    name: &str,
) -> Result<Vec<RepositoryRole>, StoreError> {
    db.all(
        "WITH named (id) AS (
            SELECT id FROM account WHERE name = ?2 AND name = ?2 COLLATE BINARY)
        SELECT role FROM (SELECT p.role, p.id AS position FROM named
        JOIN repository_permission p ON p.repository_id = ?1 AND p.account_id = named.id
        UNION ALL
        SELECT p.role, p.id FROM named JOIN team_member m ON m.account_id = named.id
        JOIN repository_permission p ON p.repository_id = ?1 AND p.team_id = m.team_id)
        ORDER BY position",
        params![row_id(grant), name],
    )
}

/// Gives an account a role, in place of the one that it has. Returns whether the repository still exists. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn set_account(
    tx: &Transaction<'_>,
    grant: &Grant<RepositoryAdmin>,
    account_id: i64,
    role: RepositoryRole,
) -> Result<bool, StoreError> {
    tx.any(
        "INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
        SELECT id, namespace_id, ?2, ?3 FROM repository WHERE id = ?1
        ON CONFLICT (repository_id, account_id) DO UPDATE SET role = excluded.role
        RETURNING id",
        params![row_id(grant), account_id, role],
    )
}

/// Gives a team of the namespace a role, in place of the one that it has. Returns whether there is such a team. One
/// statement.
///
/// # Errors
/// [`StoreError`].
pub fn set_team(
    tx: &Transaction<'_>,
    grant: &Grant<RepositoryAdmin>,
    team: &str,
    role: RepositoryRole,
) -> Result<bool, StoreError> {
    tx.any(
        "INSERT INTO repository_permission (repository_id, namespace_id, team_id, role)
        SELECT r.id, r.namespace_id, t.id, ?3 FROM repository r
        JOIN team t ON t.organization_id = r.namespace_id AND t.name = ?2 WHERE r.id = ?1
        ON CONFLICT (repository_id, team_id) DO UPDATE SET role = excluded.role
        RETURNING id",
        params![row_id(grant), team, role],
    )
}

/// Removes an account's role. Returns whether it had one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn remove_account(
    tx: &Transaction<'_>,
    grant: &Grant<RepositoryAdmin>,
    name: &str,
) -> Result<bool, StoreError> {
    tx.any(
        "DELETE FROM repository_permission WHERE repository_id = ?1 AND account_id = (
            SELECT id FROM account WHERE name = ?2 AND name = ?2 COLLATE BINARY)
        RETURNING id",
        params![row_id(grant), name],
    )
}

/// Takes a team's role away. Returns whether it had one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn remove_team(
    tx: &Transaction<'_>,
    grant: &Grant<RepositoryAdmin>,
    team: &str,
) -> Result<bool, StoreError> {
    tx.any(
        "DELETE FROM repository_permission WHERE repository_id = ?1 AND team_id = (
            SELECT t.id FROM team t JOIN repository r ON r.namespace_id = t.organization_id
            WHERE r.id = ?1 AND t.name = ?2)
        RETURNING id",
        params![row_id(grant), team],
    )
}
