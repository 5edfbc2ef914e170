//! Accounts and teams that get a role in a namespace.

use crate::db::{Database, FromRow, Query, StoreError};
use crate::params;

/// An account, as seen from a namespace.
#[derive(Debug, Clone, FromRow)]
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

/// The columns of an [`Account`]: of the account with that alias, seen from the namespace with that id.
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
            ".kind = 'robot' AS is_robot, ",
            $alias,
            ".kind = 'organization' AS is_organization, ",
            $alias,
            ".namespace_id, ",
            $alias,
            ".kind = 'robot' OR EXISTS (SELECT 1 FROM team_member membership
                WHERE membership.account_id = ",
            $alias,
            ".id AND membership.organization_id = ",
            $namespace_id,
            ") AS is_member"
        )
    };
}
pub(crate) use account_columns;

/// The accounts of these names, as seen from a namespace. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn accounts(
    db: &dyn Database,
    namespace_id: i64,
    names: [Option<&str>; 2],
) -> Result<Vec<Account>, StoreError> {
    db.all(
        concat!(
            "SELECT ",
            account_columns!("a", "?1"),
            " FROM account a WHERE a.name IN (?2, ?3) AND a.name COLLATE BINARY IN (?2, ?3)"
        ),
        params![namespace_id, names[0], names[1]],
    )
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
    db.optional(
        "SELECT id FROM team WHERE organization_id = ?1 AND name = ?2",
        params![organization_id, name],
    )
}
