//! Robots of organizations and of users: accounts that belong to a namespace and whose names begin with its name.

use berth_access::{Grant, NamespaceChange, NamespaceTarget, Permit, RepositoryAdmin};
use berth_domain::{RepositoryRole, Timestamp};

use crate::db::{Database, FromRow, Query, StoreError, Transaction, Value};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;
use crate::permissions::RepositoryPermission;

/// A robot.
#[derive(Debug, Clone, FromRow)]
pub struct Robot {
    /// `namespace+short`.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its token was last used.
    pub last_accessed: Option<Timestamp>,
    /// Its purpose.
    pub description: String,
    /// Its token, sealed.
    pub sealed_token: Vec<u8>,
    /// The client's data, a JSON object as text.
    pub metadata: String,
    /// A JSON array as text: federated issuers and subjects.
    pub federation: String,
}

/// A robot in a list.
#[derive(Debug, Clone, FromRow)]
pub struct RobotLine {
    /// The robot.
    #[row(nested)]
    pub robot: Robot,
    /// Its teams and repositories, each a JSON array of names as text, where they were asked for.
    #[row(nested)]
    pub places: Option<(String, String)>,
}

/// The robots of a namespace.
pub struct Robots;

impl Listed for Robots {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("a.id", "a.id")] },
            Order { name: "name", keys: &[Key("a.name COLLATE BINARY", "a.id")] },
            Order {
                name: "idle",
                keys: &[Key("-coalesce(robot.last_accessed, 0)", "robot.account_id")],
            },
        ],
        default: "idle",
        searched: "the name",
        texts: &[&["a.name"]],
        long: &["teams", "repositories"],
        original: Original::First,
    };
}

/// The robots of a namespace without their metadata and federation; with their teams and repositories in it when `with_places`.
/// Where else a robot was let in is not its owner's to read. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list<P: Permit<Target: NamespaceTarget>>(
    db: &dyn Database,
    grant: &Grant<P>,
    with_places: bool,
    window: &Window,
) -> Result<Slice<RobotLine>, StoreError> {
    window.read(
        db,
        "SELECT {position}, a.name, a.created_at, robot.last_accessed, robot.description, robot.sealed_token,
            '{}' AS metadata, '[]' AS federation,
            CASE WHEN ?2 THEN (SELECT json_group_array(name) FROM (
                SELECT t.name FROM team_member m JOIN team t ON t.id = m.team_id
                WHERE m.account_id = a.id AND m.organization_id = a.namespace_id
                ORDER BY m.id)) END AS teams,
            CASE WHEN ?2 THEN (SELECT json_group_array(repository) FROM (
                SELECT p.repository FROM repository_permission p
                WHERE p.account_id = a.id AND p.namespace_id = a.namespace_id
                ORDER BY p.id)) END AS repositories
        FROM account a JOIN robot ON robot.account_id = a.id
        WHERE a.namespace_id = ?1 AND robot.namespace_id = ?1{window}",
        &[grant.namespace_id().into(), with_places.into()],
    )
}

/// A robot of a namespace, by its full name. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn get<P: Permit<Target: NamespaceTarget>>(
    db: &dyn Database,
    grant: &Grant<P>,
    name: &str,
) -> Result<Option<Robot>, StoreError> {
    db.optional(
        "SELECT a.name, a.created_at, robot.last_accessed, robot.description, robot.sealed_token,
            robot.metadata, robot.federation
        FROM account a JOIN robot ON robot.account_id = a.id
        WHERE a.namespace_id = ?1 AND a.name = ?2 COLLATE BINARY",
        &[grant.namespace_id().into(), name.into()],
    )
}

/// As [`get`], of a robot whose token is sealed anew, unless it was changed meanwhile: `before` is what it was.
///
/// # Errors
/// [`StoreError`].
pub fn reseal<P: Permit<Target: NamespaceTarget>>(
    db: &dyn Database,
    grant: &Grant<P>,
    name: &str,
    before: &[u8],
    after: &[u8],
) -> Result<Option<Robot>, StoreError> {
    db.optional(
        "UPDATE robot SET sealed_token = CASE sealed_token WHEN ?3 THEN ?4 ELSE sealed_token END
        WHERE account_id = (SELECT id FROM account
            WHERE namespace_id = ?1 AND name = ?2 COLLATE BINARY)
        RETURNING ?2 AS name,
            (SELECT created_at FROM account WHERE id = robot.account_id) AS created_at,
            last_accessed, description, sealed_token, metadata, federation",
        &[grant.namespace_id().into(), name.into(), before.into(), after.into()],
    )
}

/// A robot to be made.
#[derive(Debug)]
pub struct NewRobot<'a> {
    /// Stable id.
    pub uuid: &'a str,
    /// A random UUID: robots have no address.
    pub no_email: &'a str,
    /// The rest; the name of the granted namespace is part of its name.
    pub robot: &'a Robot,
}

/// Makes a robot. Two statements.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `account.name`.
pub fn create<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    new: &NewRobot<'_>,
) -> Result<(), StoreError> {
    let id: i64 = tx.one(
        "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
        VALUES (?1, 'robot', ?2, ?3, ?4, ?5) RETURNING id",
        &[
            new.uuid.into(),
            (&new.robot.name).into(),
            new.no_email.into(),
            grant.namespace_id().into(),
            new.robot.created_at.into(),
        ],
    )?;
    tx.defer(
        "INSERT INTO robot (account_id, description, metadata, sealed_token)
        VALUES (?1, ?2, ?3, ?4)",
        params![id, &new.robot.description, &new.robot.metadata, new.robot.sealed_token.as_slice()],
    )
}

/// Gives a robot another token; the former stops at once. Returns the robot as it is now, if it exists. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn change_token<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    name: &str,
    sealed_token: &[u8],
) -> Result<Option<Robot>, StoreError> {
    tx.optional(
        "UPDATE robot SET sealed_token = ?3
        WHERE account_id = (SELECT id FROM account
            WHERE namespace_id = ?1 AND name = ?2 COLLATE BINARY)
        RETURNING ?2 AS name,
            (SELECT created_at FROM account WHERE id = robot.account_id) AS created_at,
            last_accessed, description, sealed_token, metadata, federation",
        &[grant.namespace_id().into(), name.into(), sealed_token.into()],
    )
}

/// Deletes a robot with its memberships and permissions; returns whether it existed. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    name: &str,
) -> Result<bool, StoreError> {
    tx.any(
        "DELETE FROM account WHERE namespace_id = ?1 AND name = ?2 COLLATE BINARY RETURNING id",
        &[grant.namespace_id().into(), name.into()],
    )
}

/// Replaces a robot's federation; returns whether the robot exists. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn set_federation<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    name: &str,
    federation: &str,
) -> Result<bool, StoreError> {
    tx.any(
        "UPDATE robot SET federation = ?3
        WHERE account_id = (SELECT id FROM account
            WHERE namespace_id = ?1 AND name = ?2 COLLATE BINARY)
        RETURNING account_id",
        &[grant.namespace_id().into(), name.into(), federation.into()],
    )
}

/// The permissions of a robot on repositories of its namespace; none when there is no such robot. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn permissions<P: Permit<Target: NamespaceTarget>>(
    db: &dyn Database,
    grant: &Grant<P>,
    name: &str,
    window: &Window,
) -> Result<Option<Slice<RepositoryPermission>>, StoreError> {
    let Slice { rows, total, is_cut }: Slice<PermissionRow> = window.read(
        db,
        "WITH named (id) AS (SELECT id FROM account WHERE namespace_id = ?1 AND name = ?2 COLLATE BINARY)
        SELECT coalesce(position_key, 0) AS position_key, coalesce(position_tie, 0) AS position_tie,
            repository, is_public, role
        FROM named LEFT JOIN (
            SELECT {position}, p.repository, r.is_public, p.role
            FROM repository_permission p CROSS JOIN repository r ON r.id = p.repository_id
            WHERE p.account_id = (SELECT id FROM named) AND p.namespace_id = ?1{window})",
        &[grant.namespace_id().into(), name.into()],
    )?;
    if rows.is_empty() {
        return Ok(None);
    }
    let permission =
        |(position, row): (_, PermissionRow)| row.permission.map(|row| (position, row));
    Ok(Some(Slice { rows: rows.into_iter().filter_map(permission).collect(), total, is_cut }))
}

/// A row of a robot's permissions: one without a permission where it has none.
#[derive(FromRow)]
struct PermissionRow {
    #[row(nested)]
    permission: Option<RepositoryPermission>,
}

/// The result of a change of a robot's permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionChange {
    /// It is as wanted now.
    Done,
    /// There is no such robot in the repository's namespace.
    NoRobot,
    /// There was no permission to take away.
    NoPermission,
}

/// Gives a robot of the repository's namespace a role on the repository. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn set_permission(
    tx: &Transaction<'_>,
    grant: &Grant<RepositoryAdmin>,
    name: &str,
    role: RepositoryRole,
) -> Result<PermissionChange, StoreError> {
    let is_set = tx.any(
        "INSERT INTO repository_permission (repository_id, namespace_id, account_id, role)
        SELECT r.id, r.namespace_id, a.id, ?3
        FROM repository r JOIN account a ON a.namespace_id = r.namespace_id
        WHERE r.id = ?1 AND a.name = ?2 COLLATE BINARY
        ON CONFLICT (repository_id, account_id) DO UPDATE SET role = excluded.role
        RETURNING id",
        &[repository_id(grant), name.into(), role.into()],
    )?;
    Ok(if is_set { PermissionChange::Done } else { PermissionChange::NoRobot })
}

/// Takes a robot's role on the repository away. One statement; another when there was none.
///
/// # Errors
/// [`StoreError`].
pub fn delete_permission(
    tx: &Transaction<'_>,
    grant: &Grant<RepositoryAdmin>,
    name: &str,
) -> Result<PermissionChange, StoreError> {
    let parameters = [repository_id(grant), name.into()];
    let robot = "SELECT a.id FROM account a JOIN repository r ON r.namespace_id = a.namespace_id
        WHERE r.id = ?1 AND a.name = ?2 COLLATE BINARY";
    let deleted = tx.any(
        &format!(
            "DELETE FROM repository_permission
            WHERE repository_id = ?1 AND account_id = ({robot}) RETURNING id"
        ),
        &parameters,
    )?;
    if deleted {
        return Ok(PermissionChange::Done);
    }
    let found = tx.any(robot, &parameters)?;
    Ok(if found { PermissionChange::NoPermission } else { PermissionChange::NoRobot })
}

fn repository_id(grant: &Grant<RepositoryAdmin>) -> Value {
    grant.target().repository.as_ref().map(|repository| repository.id).into()
}

/// Notes that a robot used its token, unless a use is noted that is later than `since`. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn note_use(
    db: &dyn Database,
    robot_id: i64,
    now: Timestamp,
    since: Timestamp,
) -> Result<(), StoreError> {
    db.run(
        "UPDATE robot SET last_accessed = ?2
        WHERE account_id = ?1 AND (last_accessed IS NULL OR last_accessed <= ?3)",
        params![robot_id, now, since],
    )
}
