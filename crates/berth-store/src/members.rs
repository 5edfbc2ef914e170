//! Members and collaborators of an organization: people in teams, people with repository permissions.

use berth_access::{Grant, OrganizationAdmin, OrganizationAdminView, SuperuserNamespace};
use berth_domain::NamespaceKind;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window, people_found};
use crate::params;

/// An account of an organization.
#[derive(Debug, Clone, FromRow)]
pub struct Member {
    /// The account's name.
    pub name: String,
    /// The account's e-mail address, or the UUID in its place.
    pub email: String,
    /// Whether the account is a robot.
    pub is_robot: bool,
    /// The names of its teams in the organization, in the order of its memberships.
    #[row(with = names)]
    pub teams: Vec<String>,
    /// The names of the organization's repositories on which it has a role itself, in the order of the permissions.
    #[row(with = names)]
    pub repositories: Vec<String>,
}

/// The names in a JSON array.
#[expect(clippy::needless_pass_by_value, reason = "what a column gives")]
fn names(json: String) -> Vec<String> {
    serde_json::from_str(&json).unwrap_or_default()
}

/// The columns of the account `a`, in the organization `?1`.
macro_rules! member_columns {
    () => {
        "a.name, a.email, a.kind = 'robot' AS is_robot,
            (SELECT json_group_array(name) FROM (
                SELECT t.name FROM team_member m JOIN team t ON t.id = m.team_id
                WHERE m.account_id = a.id AND m.organization_id = ?1 ORDER BY m.id)) AS teams,
            (SELECT json_group_array(repository) FROM (
                SELECT p.repository FROM repository_permission p
                WHERE p.account_id = a.id AND p.namespace_id = ?1 ORDER BY p.id)) AS repositories"
    };
}

/// The people who have that to do with the organization `?1`.
macro_rules! member_list {
    ($affiliation:literal) => {
        concat!(
            "SELECT {position}, ",
            member_columns!(),
            " FROM affiliation f CROSS JOIN account a ON a.id = f.account_id
            WHERE f.namespace_id = ?1 AND ",
            $affiliation,
            "{window}"
        )
    };
}

/// The same, of those whose name has a text in it.
macro_rules! searched_member_list {
    ($affiliation:literal) => {
        concat!(
            people_found!(
                "is_address = 0",
                ", page AS (
                SELECT * FROM (SELECT {position}, f.account_id FROM found
                    CROSS JOIN affiliation f ON f.account_id = found.id AND f.namespace_id = ?1
                    WHERE "
            ),
            $affiliation,
            "{window} * (SELECT count(*) <= 1000 FROM found))
                UNION ALL
                SELECT * FROM (SELECT {position}, f.account_id FROM affiliation f
                    WHERE f.namespace_id = ?1 AND ",
            $affiliation,
            "{window} * (SELECT count(*) > 1000 FROM found))
                {order})
            SELECT page.position_key, page.position_tie, ",
            member_columns!(),
            " FROM page CROSS JOIN account a ON a.id = page.account_id {ordered}"
        )
    };
}

/// The people who have to do with an organization: its members, or its collaborators.
pub struct Affiliated;

impl Listed for Affiliated {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("f.id", "f.id")] },
            Order { name: "name", keys: &[Key("f.account_name", "f.id")] },
        ],
        default: "created",
        searched: "the name",
        texts: &[&["f.account_name"]],
        long: &["teams", "repositories"],
        original: Original::Whole,
    };
}

/// The people in teams of the organization. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
    window: &Window,
) -> Result<Slice<Member>, StoreError> {
    let list = match window.text {
        None => member_list!("f.teams > 0"),
        Some(_) => searched_member_list!("f.teams > 0"),
    };
    window.read(db, list, params![grant.organization().id])
}

/// One account of the organization: a person in a team, or one of its robots; `None` when it is none. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn get(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
    name: &str,
) -> Result<Option<Member>, StoreError> {
    db.optional(
        concat!(
            "SELECT ",
            member_columns!(),
            " FROM account a
            WHERE a.name = ?2 AND a.name = ?2 COLLATE BINARY AND a.kind <> 'organization'
                AND (a.namespace_id = ?1 OR EXISTS (SELECT 1 FROM team_member m
                    WHERE m.account_id = a.id AND m.organization_id = ?1))"
        ),
        params![grant.organization().id, name],
    )
}

/// Accounts that have a role on a repository themselves and are in no team. Robots are left out, organizations are not. One
/// statement.
///
/// # Errors
/// [`StoreError`].
pub fn collaborators(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
    window: &Window,
) -> Result<Slice<Member>, StoreError> {
    let list = match window.text {
        None => member_list!("f.teams = 0"),
        Some(_) => searched_member_list!("f.teams = 0"),
    };
    window.read(db, list, params![grant.organization().id])
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
