//! Searching for people, robots and teams by the beginning of their names.

use berth_access::{AuthenticatedNamespace, Grant};

use crate::db::{Database, FromRow, FromValue, StoreError, Value};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window, replace_marks};

/// How many teams and how many people are found at most.
const MOST: usize = 10;

/// The terms of a search.
#[derive(Debug)]
pub struct Search<'a> {
    /// How names begin.
    pub prefix: &'a str,
    /// Whether teams of the namespace are found.
    pub teams: bool,
    /// Whether robots of the namespace are found; their short names count.
    pub robots: bool,
    /// Whether the namespace itself is found, an organization.
    pub organization: bool,
}

/// What may be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityKind {
    /// A team of the namespace.
    Team,
    /// A person.
    Person,
    /// A robot of the namespace.
    Robot,
    /// The namespace itself, an organization.
    Organization,
}

impl FromValue for EntityKind {
    fn from_value(value: Value) -> Result<Self, Value> {
        match i64::from_value(value)? {
            1 => Ok(Self::Team),
            2 => Ok(Self::Person),
            3 => Ok(Self::Robot),
            4 => Ok(Self::Organization),
            other => Err(other.into()),
        }
    }
}

/// A team, a person, a robot or an organization.
#[derive(Debug, Clone, FromRow)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Name.
    pub name: String,
    /// The address, or the UUID in its place.
    pub email: String,
    /// Whether it is in a team of the namespace.
    pub is_member: bool,
}

/// What a search finds: teams, people, robots and the organization itself, by name.
pub struct Found;

impl Listed for Found {
    const LIST: List = List {
        orders: &[Order {
            name: "name",
            keys: &[
                Key("team.name", "-team.id"),
                Key("person.name", "person.id"),
                Key("robot.name COLLATE BINARY", "robot.id"),
                Key("itself.name", "itself.id"),
            ],
        }],
        default: "name",
        searched: "the name",
        texts: &[&["team.name"], &["person.name"], &["robot.name"], &["itself.name"]],
        long: &[],
        original: Original::Whole,
    };
}

// Names are ASCII, and no character of a name sorts after the tilde.
const TEAMS: &str = "1 AS kind, name, name AS email, 1 AS is_member FROM team
    WHERE ?4 AND organization_id = ?1 AND {lower team.name} >= ?2 AND {upper team.name} < ?2 || '~'";

const PEOPLE: &str = "2 AS kind, name, email, EXISTS (SELECT 1 FROM affiliation f
        WHERE f.account_id = person.id AND f.namespace_id = ?1 AND f.teams > 0) AS is_member
    FROM account person WHERE kind = 'user' AND {lower person.name} >= ?2 AND {upper person.name} < ?2 || '~'";

const ROBOTS: &str = "3 AS kind, name, email, 1 AS is_member
    FROM account robot WHERE ?5 AND kind = 'robot' AND namespace_id = ?1
        AND {lower robot.name COLLATE BINARY} >= ?3 || ?2 AND {upper robot.name COLLATE BINARY} < ?3 || ?2 || '~'";

const ITSELF: &str = "4 AS kind, name, email, 1 AS is_member FROM account itself
    WHERE ?6 AND id = ?1 AND {lower itself.name} >= ?2 AND {upper itself.name} < ?2 || '~'";

/// What the original finds: teams, then people and robots, a few of each, the one with exactly that name first, then in the order
/// of their ids; last the organization itself. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn search(
    db: &dyn Database,
    grant: &Grant<AuthenticatedNamespace>,
    search: &Search<'_>,
) -> Result<Slice<Entity>, StoreError> {
    let sql = format!(
        "SELECT 0 AS position_key, id AS position_tie, kind, name, email, is_member FROM (
            SELECT * FROM (SELECT 1 AS part, id, {TEAMS} ORDER BY name LIMIT {MOST})
            UNION ALL
            SELECT * FROM (SELECT * FROM (
                SELECT * FROM (SELECT 2, id, {PEOPLE} ORDER BY name LIMIT {MOST})
                UNION ALL
                SELECT * FROM (SELECT 2, id, {ROBOTS} ORDER BY name LIMIT {MOST}))
                ORDER BY name = ?2 DESC, id LIMIT {MOST})
            UNION ALL
            SELECT * FROM (SELECT 3, id, {ITSELF}))
        ORDER BY part, name = ?2 DESC, id"
    );
    let column = |mark: &str| mark.split_once(' ').map(|(_, column)| column.to_owned().into());
    let sql = replace_marks(&sql, column);
    Slice::of(db.execute(&sql, &parameters(grant, search))?)
}

/// A page of what a search finds. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<AuthenticatedNamespace>,
    search: &Search<'_>,
    window: &Window,
) -> Result<Slice<Entity>, StoreError> {
    let sql = format!(
        "SELECT * FROM (SELECT {{position}}, {TEAMS}{{window}})
        UNION ALL
        SELECT * FROM (SELECT {{position2}}, {PEOPLE}{{window2}})
        UNION ALL
        SELECT * FROM (SELECT {{position3}}, {ROBOTS}{{window3}})
        UNION ALL
        SELECT * FROM (SELECT {{position4}}, {ITSELF}{{window4}})
        {{order}}"
    );
    window.read(db, &sql, &parameters(grant, search))
}

fn parameters(grant: &Grant<AuthenticatedNamespace>, search: &Search<'_>) -> [Value; 6] {
    let namespace = grant.namespace();
    [
        namespace.map(|namespace| namespace.id).into(),
        search.prefix.into(),
        namespace.map(|namespace| format!("{}+", namespace.name)).unwrap_or_default().into(),
        search.teams.into(),
        search.robots.into(),
        search.organization.into(),
    ]
}
