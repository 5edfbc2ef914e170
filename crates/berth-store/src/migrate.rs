//! Making the schema, and bringing it up to date.
//!
//! `schema.sql` is the whole schema, and what a new database gets, in one transaction. A database of an earlier release gets
//! the migrations that it has not seen, which must make the same of it: a change of the schema changes `schema.sql` and adds
//! a migration, and a test says when the two disagree. Until the first release there are no earlier ones: a change of
//! `schema.sql` then raises [`FIRST_VERSION`], and databases of earlier builds are refused.
//!
//! The usual path needs no extra statement: the statement of [`crate::access`] also reads the version, and calls [`migrate`]
//! only when the table is missing or the version is old. Concurrent first requests wait for one write transaction: the first
//! migrates, the others find it done.
//!
//! A schema says how old its readers may be, so that instances of the release before go on serving while newer ones start: a
//! change that they cannot live with comes a release later than the one that they need no more.

use crate::db::{Database, DatabaseError, Query, StoreError, transaction};

/// Whether code that knows the schema from before a migration still works after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(test), expect(dead_code, reason = "there is no migration yet"))]
enum Compatibility {
    /// That code reads and writes the schema as it is afterwards: tables and columns came, with defaults. Instances of the
    /// release before go on while those of the next one start.
    Expands,
    /// It does not: what it names was removed, or means something else.
    Contracts,
}

macro_rules! migrations {
    ($($file:literal: $compatibility:ident,)*) => {
        &[$((include_str!(concat!("../migrations/", $file)), Compatibility::$compatibility)),*]
    };
}

/// A schema, and the way to it from earlier ones.
struct Schema {
    /// The whole of it, as a new database gets it.
    whole: &'static str,
    /// The version from which its migrations lead to it.
    first_version: i64,
    /// In order. Each leads to the version after that of the one before.
    migrations: &'static [(&'static str, Compatibility)],
}

/// The version of the schema of the first release. Those below are of builds from before, which had a migration for each change:
/// the highest was 33. Such a build finds this schema too new, and this code refuses theirs.
const FIRST_VERSION: i64 = 36;

/// The schema of this code. A migration is the file `migrations/<the version it leads to>_<what it does>.sql`. With the first
/// one, `schema.sql` as it was before goes to `migrations/first.sql`, for the tests.
const SCHEMA: Schema = Schema {
    whole: include_str!("../schema.sql"),
    first_version: FIRST_VERSION,
    migrations: migrations! {},
};

/// The version that this code wants.
pub const SCHEMA_VERSION: i64 = SCHEMA.version();

/// How the schema of a database relates to this code.
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
    /// [`StoreError::SchemaTooNew`], [`StoreError::SchemaUnreleased`].
    pub(crate) fn of(version: i64, oldest_reader: i64) -> Result<Self, StoreError> {
        SCHEMA.state(version, oldest_reader)
    }
}

/// The state of the schema, by statements that read nothing else. Changes nothing.
///
/// # Errors
/// [`StoreError::SchemaTooNew`], [`StoreError::SchemaUnreleased`], or the database does not answer.
pub fn schema_state(db: &dyn Database) -> Result<SchemaState, StoreError> {
    match versions(db) {
        Ok((version, oldest_reader)) => SchemaState::of(version, oldest_reader),
        Err(StoreError::Database(error)) if says_that_nothing_is_there(&error) => {
            Ok(SchemaState::Old)
        }
        Err(error) => Err(error),
    }
}

/// Makes the schema where there is none, or applies the missing migrations, in one transaction. A newer schema that this
/// code can work with stays.
///
/// # Errors
/// [`StoreError::Busy`]; [`StoreError::SchemaTooNew`]; [`StoreError::SchemaUnreleased`]; [`StoreError::Database`] when a
/// statement fails, or when the database does not enforce foreign keys, on which half of the invariants rest.
pub fn migrate(db: &dyn Database) -> Result<(), StoreError> {
    if !db.any(VERSION_TABLE, &[])? {
        // Once, for a new file, which keeps it: with a write-ahead log writers wait less for each other, and readers not at all.
        // Spin opens files as SQLite does, without. A remote database may refuse.
        let _ = db.execute("PRAGMA journal_mode = WAL", &[]);
    }
    SCHEMA.migrate(db)
}

/// Whether the table is there that every schema has. That is not found out by reading it: no remote database promises that a
/// transaction outlives a statement that fails.
const VERSION_TABLE: &str = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'";

impl Schema {
    #[expect(clippy::cast_possible_wrap, reason = "a handful of migrations")]
    const fn version(&self) -> i64 {
        self.first_version + self.migrations.len() as i64
    }

    /// The oldest code that reads this schema, by the version of that code's schema: that of the last migration that
    /// contracts.
    fn oldest_reader(&self) -> i64 {
        let versions = self.first_version + 1..;
        let contracts = versions
            .zip(self.migrations)
            .filter(|(_, (_, compatibility))| *compatibility == Compatibility::Contracts);
        contracts.last().map_or(self.first_version, |(version, _)| version)
    }

    fn state(&self, version: i64, oldest_reader: i64) -> Result<SchemaState, StoreError> {
        if version < self.first_version {
            Err(StoreError::SchemaUnreleased)
        } else if version < self.version() {
            Ok(SchemaState::Old)
        } else if oldest_reader <= self.version() {
            Ok(SchemaState::Fits)
        } else {
            Err(StoreError::SchemaTooNew { version, oldest_reader, known: self.version() })
        }
    }

    fn migrate(&self, db: &dyn Database) -> Result<(), StoreError> {
        transaction(db, |tx| {
            let missing = if !tx.any(VERSION_TABLE, &[])? {
                vec![self.whole]
            } else {
                let (version, oldest_reader) = versions(tx)?;
                if self.state(version, oldest_reader)? == SchemaState::Fits {
                    return Ok(());
                }
                self.after(version).collect()
            };
            require_foreign_keys(tx)?;
            for statement in missing.into_iter().flat_map(statements) {
                tx.defer(statement, &[])?;
            }
            tx.defer(
                "INSERT OR REPLACE INTO schema_version (only, version, oldest_reader)
                VALUES (1, ?1, ?2)",
                crate::params![self.version(), self.oldest_reader()],
            )
        })
    }

    /// The migrations that a schema of `version` has not seen.
    fn after(&self, version: i64) -> impl Iterator<Item = &'static str> {
        let versions = self.first_version + 1..;
        versions.zip(self.migrations).filter(move |(to, _)| *to > version).map(|(_, (sql, _))| *sql)
    }
}

/// The versions in the database: that of its schema, and that of the oldest code that reads it.
fn versions(db: &dyn Database) -> Result<(i64, i64), StoreError> {
    match db.execute("SELECT version, oldest_reader FROM schema_version", &[]) {
        Ok(mut rows) => match rows.pop() {
            Some(row) => row.whole(),
            None => Err(failure("schema_version is empty".into())),
        },
        // The earliest builds had no such column.
        Err(error) if error.0.contains("no such column: oldest_reader") => {
            Err(StoreError::SchemaUnreleased)
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

fn require_foreign_keys(db: &dyn Database) -> Result<(), StoreError> {
    if db.optional("PRAGMA foreign_keys", &[])?.unwrap_or(false) {
        Ok(())
    } else {
        Err(failure("the database does not enforce foreign keys".into()))
    }
}

fn failure(message: String) -> StoreError {
    StoreError::Database(DatabaseError(message))
}

/// The statements of a file: each ends with a semicolon before an empty line or the end.
fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(";\n\n").map(str::trim).filter(|statement| !statement.is_empty())
}

/// The text of the whole schema.
#[cfg(test)]
pub(crate) const WHOLE: &str = SCHEMA.whole;

#[cfg(test)]
mod tests;
