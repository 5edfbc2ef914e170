//! Bringing the schema up to date.
//!
//! No statement of its own on the usual path: the statement of [`crate::access`] reads the version along the way, and only
//! when the table is missing or the version is old is [`migrate`] called. Concurrent first requests meet in one write
//! transaction: the first migrates, the others find it done.
//!
//! A schema says how old its readers may be, so that instances of the release before go on serving while newer ones start: a
//! change that they cannot live with comes a release later than the one that they need no more.

use crate::db::{Database, DatabaseError, Row, StoreError, transaction};

/// What a migration leaves to code that knows the schema from before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// That code reads and writes the schema as it is afterwards: tables and columns came, with defaults. Instances of the
    /// release before go on while those of the next one start.
    Expands,
    /// That code does not: what it names went, or means something else.
    Contracts,
}

use Reach::{Contracts, Expands};

macro_rules! migrations {
    ($($file:literal: $reach:expr,)+) => {
        /// The migrations, in order; the version of a schema is how many of them it has seen.
        const MIGRATIONS: &[(&str, Reach)] =
            &[$((include_str!(concat!("../migrations/", $file)), $reach)),+];
    };
}

migrations! {
    "0001_accounts.sql": Expands,
    "0002_teams.sql": Expands,
    "0003_organization_keeps_an_owner.sql": Expands,
    "0004_repositories.sql": Expands,
    "0005_applications.sql": Expands,
    "0006_log.sql": Expands,
    "0007_mail.sql": Expands,
    "0008_invitations.sql": Expands,
    "0009_notifications.sql": Expands,
    "0010_authorization_codes.sql": Expands,
    "0011_assigned_authorizations.sql": Expands,
    "0012_default_permissions.sql": Expands,
    "0013_stars.sql": Expands,
    "0014_robots.sql": Expands,
    "0015_repository_logs.sql": Expands,
    "0016_quotas.sql": Expands,
    "0017_autoprune.sql": Expands,
    "0018_email_codes.sql": Expands,
    "0019_user_becomes_organization.sql": Expands,
    "0020_robots_follow.sql": Expands,
    "0021_proxy_cache.sql": Expands,
    "0022_messages.sql": Expands,
    "0023_concord.sql": Expands,
    "0024_proven_addresses.sql": Expands,
    // Code from before it takes no schema but its own.
    "0025_oldest_reader.sql": Contracts,
    "0026_owner_is_a_member.sql": Expands,
    "0027_robots_follow_once.sql": Expands,
    "0028_automation_follows.sql": Expands,
    "0029_held_mail.sql": Expands,
    "0030_upstream_checks.sql": Expands,
    "0031_limits.sql": Expands,
    "0032_sent_mail.sql": Expands,
}

/// The version that this code wants.
#[expect(clippy::cast_possible_wrap, reason = "a handful of migrations")]
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// The oldest code that reads the schema of this code, by the version of its own: that of the last migration which
/// contracts.
const OLDEST_READER: i64 = oldest_reader();

const fn oldest_reader() -> i64 {
    let (mut version, mut oldest) = (0, 0);
    while version < MIGRATIONS.len() {
        if matches!(MIGRATIONS[version].1, Contracts) {
            oldest = version + 1;
        }
        version += 1;
    }
    #[expect(clippy::cast_possible_wrap, reason = "a handful of migrations")]
    {
        oldest as i64
    }
}

/// How the schema of a database stands to this code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// It is not there, or misses migrations.
    Old,
    /// This code can work with it.
    Fits,
}

impl SchemaState {
    /// By what the database says of itself.
    ///
    /// # Errors
    /// [`StoreError::SchemaTooNew`].
    pub(crate) fn of(version: i64, oldest_reader: i64) -> Result<Self, StoreError> {
        if version < SCHEMA_VERSION {
            Ok(Self::Old)
        } else if oldest_reader <= SCHEMA_VERSION {
            Ok(Self::Fits)
        } else {
            Err(StoreError::SchemaTooNew { version, oldest_reader })
        }
    }
}

/// How the schema stands, by statements that read nothing else. Changes nothing.
///
/// # Errors
/// [`StoreError::SchemaTooNew`], or the database does not answer.
pub fn schema_state(db: &dyn Database) -> Result<SchemaState, StoreError> {
    match db.execute("SELECT version, oldest_reader FROM schema_version", &[]) {
        Ok(mut rows) => {
            let mut row = rows.pop().ok_or_else(|| failure("schema_version is empty".into()))?;
            SchemaState::of(row.read()?, row.read()?)
        }
        Err(error) if says_that_nothing_is_there(&error) => Ok(SchemaState::Old),
        // From before schemas named their oldest reader, if the version says so too.
        Err(error) if error.0.contains("no such column: oldest_reader") => {
            let version = version_of(db.execute("SELECT version FROM schema_version", &[])?)?;
            if version < SCHEMA_VERSION { Ok(SchemaState::Old) } else { Err(error.into()) }
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the one table that every schema has is missing; of any other, "no such table" is a mistake of ours.
fn says_that_nothing_is_there(error: &DatabaseError) -> bool {
    let after = error.0.split_once("no such table: schema_version").map(|(_, after)| after);
    after
        .is_some_and(|after| !after.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

/// Applies the migrations that the schema has not seen, all or none. A newer schema that this code can work with stays.
///
/// # Errors
/// [`StoreError::Busy`]; [`StoreError::SchemaTooNew`]; [`StoreError::Database`] when a statement fails, or when the database
/// does not enforce foreign keys, on which half of the invariants rest.
pub fn migrate(db: &dyn Database) -> Result<(), StoreError> {
    transaction(db, |tx| {
        tx.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (
                only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL)",
            &[],
        )?;
        tx.execute("INSERT OR IGNORE INTO schema_version (only, version) VALUES (1, 0)", &[])?;
        if schema_state(tx)? == SchemaState::Fits {
            return Ok(());
        }
        let done = version_of(tx.execute("SELECT version FROM schema_version", &[])?)?;
        let done = usize::try_from(done)
            .map_err(|_| failure(format!("the database has schema version {done}")))?;
        require_foreign_keys(tx)?;
        for (migration, _) in &MIGRATIONS[done..] {
            for statement in statements(migration) {
                tx.execute(statement, &[])?;
            }
        }
        tx.execute(
            "UPDATE schema_version SET version = ?1, oldest_reader = ?2",
            crate::params![SCHEMA_VERSION, OLDEST_READER],
        )?;
        Ok(())
    })
}

fn version_of(mut rows: Vec<Row>) -> Result<i64, StoreError> {
    rows.pop().ok_or_else(|| failure("schema_version is empty".into()))?.read()
}

/// The text of every migration.
#[cfg(test)]
pub(crate) fn sources() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().map(|(sql, _)| *sql)
}

fn require_foreign_keys(db: &dyn Database) -> Result<(), StoreError> {
    let enforced = match db.execute("PRAGMA foreign_keys", &[])?.first_mut() {
        Some(row) => row.read()?,
        None => false,
    };
    if enforced {
        Ok(())
    } else {
        Err(failure("the database does not enforce foreign keys".into()))
    }
}

fn failure(message: String) -> StoreError {
    StoreError::Database(DatabaseError(message))
}

/// The statements of a migration file: each ends with a semicolon before an empty line or the end.
fn statements(migration: &str) -> impl Iterator<Item = &str> {
    migration.split(";\n\n").map(str::trim).filter(|statement| !statement.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_once() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files = Vec::new();
        for entry in std::fs::read_dir(directory).expect("the directory") {
            let path = entry.expect("an entry").path();
            files.push(std::fs::read_to_string(path).expect("a text"));
        }
        assert_eq!(files.len(), MIGRATIONS.len());
        for file in files {
            assert_eq!(sources().filter(|sql| **sql == *file).count(), 1, "{file}");
        }
    }

    /// What takes something away is nothing that code from before it can work with.
    #[test]
    fn what_expands_takes_nothing_away() {
        for (sql, _) in MIGRATIONS.iter().filter(|(_, reach)| *reach == Expands) {
            for statement in statements(sql) {
                let code = statement.lines().filter(|line| !line.starts_with("--"));
                let words = code.collect::<Vec<_>>().join("\n").to_ascii_uppercase();
                let drops = ["DROP TABLE", "DROP COLUMN", "RENAME "];
                assert!(!drops.iter().any(|word| words.contains(word)), "{statement}");
            }
        }
    }

    #[test]
    fn who_may_read_which_schema() {
        assert!((1..=SCHEMA_VERSION).contains(&OLDEST_READER));
        assert_eq!(SchemaState::of(SCHEMA_VERSION - 1, 1), Ok(SchemaState::Old));
        assert_eq!(SchemaState::of(SCHEMA_VERSION, OLDEST_READER), Ok(SchemaState::Fits));
        assert_eq!(SchemaState::of(SCHEMA_VERSION + 5, SCHEMA_VERSION), Ok(SchemaState::Fits));
        assert!(SchemaState::of(SCHEMA_VERSION + 5, SCHEMA_VERSION + 1).is_err());
    }

    #[test]
    fn only_the_missing_table_is_an_empty_database() {
        let says = |text: &str| says_that_nothing_is_there(&DatabaseError(text.into()));
        assert!(says("no such table: schema_version"));
        assert!(says("no such table: schema_version in SELECT version at offset 20"));
        assert!(says("Hrana: `cursor error: `SQLite error: no such table: schema_version``"));
        for other in ["no such table: schema_versions", "no such table: mail", "no such column: x"]
        {
            assert!(!says(other), "{other}");
        }
    }
}
