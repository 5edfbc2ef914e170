//! Members and collaborators of an organization: people in teams, people with repository permissions.

use berth_access::{Grant, OrganizationAdmin, OrganizationAdminView, SuperuserNamespace};
use berth_domain::NamespaceKind;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::params;

/// One line of a list of members: an account, and a team that it is in or a repository that it has a permission on.
#[derive(Debug, Clone, FromRow)]
pub struct MemberLine {
    /// The account's row id.
    pub account_id: i64,
    /// The account's name.
    pub name: String,
    /// The account's e-mail address, or the UUID in its place.
    pub email: String,
    /// Whether the account is a robot.
    pub is_robot: bool,
    /// A team that it is in.
    pub team: Option<String>,
    /// A repository on which the account itself has a permission.
    pub repository: Option<String>,
}

/// The people in teams of the organization: a line for each membership, in order, then one for each repository permission
/// of the account itself, which repeats neither name nor address. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
) -> Result<Vec<MemberLine>, StoreError> {
    db.all(
        "SELECT account_id, name, email, is_robot, team, repository FROM (
        SELECT a.id AS account_id, a.name, a.email, 0 AS is_robot, t.name AS team, NULL AS repository,
            1 AS part, m.id AS position
        FROM team_member m
        JOIN account a ON a.id = m.account_id
        JOIN team t ON t.id = m.team_id
        WHERE m.organization_id = ?1 AND m.account_kind = 'user'
        UNION ALL
        SELECT a.id, '', '', 0, NULL, r.name, 2, p.id
        FROM repository_permission p
        JOIN account a ON a.id = p.account_id AND a.kind = 'user'
        JOIN repository r ON r.id = p.repository_id
        WHERE p.namespace_id = ?1 AND p.account_id IS NOT NULL
            AND EXISTS (SELECT 1 FROM team_member m
                WHERE m.account_id = p.account_id AND m.organization_id = ?1))
        ORDER BY part, position",
        params![grant.organization().id],
    )
}

/// One account of the organization: as [`list`], for the account of that name; robots of the organization count without a
/// team. Empty when it is none. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn get(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
    name: &str,
) -> Result<Vec<MemberLine>, StoreError> {
    db.all(
        "WITH member AS (
            SELECT id, name, email, kind = 'robot' AS is_robot FROM account
            WHERE name = ?2 AND name = ?2 COLLATE BINARY AND kind <> 'organization'
                AND (namespace_id = ?1 OR EXISTS (SELECT 1 FROM team_member m
                    WHERE m.account_id = account.id AND m.organization_id = ?1)))
        SELECT account_id, name, email, is_robot, team, repository FROM (
        SELECT member.id AS account_id, member.name, email, is_robot, NULL AS team, NULL AS repository,
            0 AS part, 0 AS position
        FROM member
        UNION ALL
        SELECT member.id, member.name, email, is_robot, t.name, NULL, 1, m.id
        FROM member JOIN team_member m ON m.account_id = member.id AND m.organization_id = ?1
        JOIN team t ON t.id = m.team_id
        UNION ALL
        SELECT member.id, member.name, email, is_robot, NULL, r.name, 2, p.id
        FROM member JOIN repository_permission p
            ON p.account_id = member.id AND p.namespace_id = ?1
        JOIN repository r ON r.id = p.repository_id)
        ORDER BY part, position",
        params![grant.organization().id, name],
    )
}

/// Accounts that have a repository permission themselves and are in no team: a line for each permission, in order. Robots
/// are left out, organizations are not. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn collaborators(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
) -> Result<Vec<MemberLine>, StoreError> {
    db.all(
        "SELECT a.id AS account_id, a.name, a.email, 0 AS is_robot, NULL AS team, r.name AS repository
        FROM repository_permission p
        JOIN account a ON a.id = p.account_id AND a.kind <> 'robot'
        JOIN repository r ON r.id = p.repository_id
        WHERE p.namespace_id = ?1 AND p.account_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM team_member m
                WHERE m.account_id = p.account_id AND m.organization_id = ?1)
        ORDER BY p.id",
        params![grant.organization().id],
    )
}

/// Removes a person from the organization: their repository permissions in it, their ownership by Concord's API, and all
/// their memberships. Returns whether they lost anything; `None` when there is no such person. Four statements, of which
/// the first finds them.
///
/// # Errors
/// [`StoreError::NoOwnerLeft`] when they are the last person in a team with role admin.
pub fn remove(
    tx: &Transaction<'_>,
    grant: &Grant<OrganizationAdmin>,
    name: &str,
) -> Result<Option<bool>, StoreError> {
    let organization_id = grant.organization().id;
    let found: Option<i64> = tx.optional(
        "SELECT id FROM account WHERE name = ?1 AND name = ?1 COLLATE BINARY AND kind = 'user'",
        params![name],
    )?;
    let Some(account_id) = found else { return Ok(None) };
    let permissions = tx.any(
        "DELETE FROM repository_permission WHERE namespace_id = ?1 AND account_id = ?2 RETURNING 1",
        params![organization_id, account_id],
    )?;
    let ownership = tx.any(
        "UPDATE account SET owner_id = NULL WHERE id = ?1 AND owner_id = ?2 RETURNING 1",
        params![organization_id, account_id],
    )?;
    let memberships = tx.any(
        "DELETE FROM team_member WHERE account_id = ?2 AND organization_id = ?1 RETURNING 1",
        params![organization_id, account_id],
    )?;
    Ok(Some(permissions || ownership || memberships))
}

/// Puts the caller into the oldest team with role admin of a namespace, unless they are in one; a person's account becomes
/// an organization of the caller's making first, with what it owns. Returns whether it exists. Two statements.
///
/// # Errors
/// [`StoreError::NoOwnerLeft`] when the person is the last in a team with role admin of another organization.
pub fn take_ownership(
    tx: &Transaction<'_>,
    grant: &Grant<SuperuserNamespace>,
) -> Result<bool, StoreError> {
    let Some(namespace) = grant.namespace() else { return Ok(false) };
    let is_there = match namespace.kind {
        NamespaceKind::User => tx.any(
            "UPDATE account SET kind = 'organization', creator_id = ?2 WHERE id = ?1 RETURNING 1",
            params![namespace.id, grant.caller_id()],
        ),
        NamespaceKind::Organization => {
            tx.any("SELECT 1 FROM account WHERE id = ?1", params![namespace.id])
        }
    };
    if !is_there? {
        return Ok(false);
    }
    tx.defer(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT id, organization_id, ?2, 'user' FROM team
        WHERE organization_id = ?1 AND role = 'admin' AND NOT EXISTS (
            SELECT 1 FROM team_member m JOIN team t ON t.id = m.team_id
            WHERE m.account_id = ?2 AND m.organization_id = ?1 AND t.role = 'admin')
        ORDER BY id LIMIT 1",
        params![namespace.id, grant.caller_id()],
    )?;
    Ok(true)
}

/// The names of the people in teams with role admin of an organization, in the order of their ids. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn administrators(db: &dyn Database, organization_id: i64) -> Result<Vec<String>, StoreError> {
    db.all(
        "SELECT DISTINCT account.name FROM team_member
        JOIN team ON team.id = team_member.team_id AND team.role = 'admin'
        JOIN account ON account.id = team_member.account_id AND account.kind = 'user'
        WHERE team_member.organization_id = ?1 ORDER BY account.id LIMIT 100",
        params![organization_id],
    )
}
