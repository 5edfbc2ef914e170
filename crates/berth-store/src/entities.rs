//! Searching for people, robots and teams by the beginning of their names.

use berth_access::{AuthenticatedNamespace, Grant};

use crate::db::{Database, FromRow, Query, StoreError};
use crate::params;

/// How many teams and how many people are found at most.
const MOST: i64 = 10;

/// The terms of a search.
#[derive(Debug)]
pub struct Search<'a> {
    /// How names begin.
    pub prefix: &'a str,
    /// Whether teams of the namespace are found.
    pub teams: bool,
    /// Whether robots of the namespace are found; their short names count.
    pub robots: bool,
}

/// A team, a person or a robot.
#[derive(Debug, Clone, FromRow)]
pub struct Entity {
    /// Whether it is a team.
    pub is_team: bool,
    /// Name.
    pub name: String,
    /// The address, or the UUID in its place.
    pub email: String,
    /// Whether it is a robot.
    pub is_robot: bool,
    /// Whether it is in a team of the namespace.
    pub is_member: bool,
}

/// Teams, then people and robots: the one with exactly that name first, then in the order of their ids. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn search(
    db: &dyn Database,
    grant: &Grant<AuthenticatedNamespace>,
    search: &Search<'_>,
) -> Result<Vec<Entity>, StoreError> {
    let namespace = grant.namespace();
    // Names are ASCII, and no character of a name sorts after the tilde.
    db.all(
        "SELECT * FROM (
            SELECT 1 AS is_team, name, name AS email, 0 AS is_robot, 1 AS is_member FROM team
            WHERE ?4 AND organization_id = ?1 AND name >= ?2 AND name < ?2 || '~'
            ORDER BY name = ?2 DESC, id LIMIT ?6)
        UNION ALL
        SELECT * FROM (
            SELECT 0, name, email, kind = 'robot', EXISTS (SELECT 1 FROM team_member m
                WHERE m.organization_id = ?1 AND m.account_id = account.id)
            FROM account
            WHERE (kind = 'user' AND name >= ?2 AND name < ?2 || '~')
                OR (?5 AND kind = 'robot' AND namespace_id = ?1
                    AND name >= ?3 || ?2 AND name < ?3 || ?2 || '~')
            ORDER BY name = ?2 DESC, id LIMIT ?6)",
        params![
            namespace.map(|namespace| namespace.id),
            search.prefix,
            namespace.map(|namespace| format!("{}+", namespace.name)).unwrap_or_default(),
            search.teams,
            search.robots,
            MOST
        ],
    )
}
