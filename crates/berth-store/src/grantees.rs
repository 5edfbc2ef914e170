//! Accounts and teams to whom something is granted in a namespace.

use crate::db::{Database, DatabaseError, Row, StoreError};
use crate::params;

/// An account, as seen from a namespace.
#[derive(Debug, Clone)]
pub struct Account {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// E-mail address, or the UUID in its place.
    pub email: String,
    /// Whether it is a robot.
    pub is_robot: bool,
    /// Whether it is an organization.
    pub is_organization: bool,
    /// A robot's namespace.
    pub namespace_id: Option<i64>,
    /// Whether it counts as a member of the namespace: in one of its teams, or a robot.
    pub is_member: bool,
}

/// The columns of [`Account::read`]: of the account with that alias, seen from the namespace with that id.
macro_rules! account_columns {
    ($alias:literal, $namespace_id:literal) => {
        concat!(
            $alias,
            ".id, ",
            $alias,
            ".name, ",
            $alias,
            ".email, ",
            $alias,
            ".kind = 'robot', ",
            $alias,
            ".kind = 'organization', ",
            $alias,
            ".namespace_id, ",
            $alias,
            ".kind = 'robot' OR EXISTS (SELECT 1 FROM team_member membership
                WHERE membership.account_id = ",
            $alias,
            ".id AND membership.organization_id = ",
            $namespace_id,
            ")"
        )
    };
}
pub(crate) use account_columns;

impl Account {
    pub(crate) fn read(row: &mut Row) -> Result<Self, StoreError> {
        Self::read_joined(row)?.ok_or_else(|| {
            StoreError::Database(DatabaseError("a statement gave a row without account".into()))
        })
    }

    /// As [`Account::read`]; none where a LEFT JOIN found none.
    pub(crate) fn read_joined(row: &mut Row) -> Result<Option<Self>, StoreError> {
        let (id, name, email): (Option<_>, Option<_>, Option<_>) =
            (row.read()?, row.read()?, row.read()?);
        let (is_robot, is_organization): (Option<bool>, Option<bool>) = (row.read()?, row.read()?);
        let (namespace_id, is_member): (_, Option<bool>) = (row.read()?, row.read()?);
        let (Some(id), Some(name), Some(email)) = (id, name, email) else { return Ok(None) };
        Ok(Some(Self {
            id,
            name,
            email,
            is_robot: is_robot.unwrap_or(false),
            is_organization: is_organization.unwrap_or(false),
            namespace_id,
            is_member: is_member.unwrap_or(false),
        }))
    }
}

/// The accounts of these names, as seen from a namespace. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn accounts(
    db: &dyn Database,
    namespace_id: i64,
    names: [Option<&str>; 2],
) -> Result<Vec<Account>, StoreError> {
    let rows = db.execute(
        concat!(
            "SELECT ",
            account_columns!("a", "?1"),
            " FROM account a WHERE a.name IN (?2, ?3) AND a.name COLLATE BINARY IN (?2, ?3)"
        ),
        params![namespace_id, names[0], names[1]],
    )?;
    rows.into_iter().map(|mut row| Account::read(&mut row)).collect()
}

/// The row id of the team of that name. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn team(
    db: &dyn Database,
    organization_id: i64,
    name: &str,
) -> Result<Option<i64>, StoreError> {
    let rows = db.execute(
        "SELECT id FROM team WHERE organization_id = ?1 AND name = ?2",
        params![organization_id, name],
    )?;
    rows.into_iter().next().map(|mut row| row.read()).transpose()
}
