//! Bringing the schema up to date.
//!
//! No statement of its own on the usual path: the statement of [`crate::access`] reads the version along the way, and only
//! when the table is missing or the version is old is [`migrate`] called. Concurrent first requests meet in one write
//! transaction: the first migrates, the others find it done.

use crate::db::{Database, DatabaseError, StoreError, transaction};

/// The migrations, in order; the version of a schema is how many of them it has seen.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_accounts.sql"),
    include_str!("../migrations/0002_teams.sql"),
    include_str!("../migrations/0003_organization_keeps_an_owner.sql"),
    include_str!("../migrations/0004_repositories.sql"),
    include_str!("../migrations/0005_applications.sql"),
    include_str!("../migrations/0006_log.sql"),
    include_str!("../migrations/0007_mail.sql"),
    include_str!("../migrations/0008_invitations.sql"),
    include_str!("../migrations/0009_notifications.sql"),
    include_str!("../migrations/0010_authorization_codes.sql"),
    include_str!("../migrations/0011_assigned_authorizations.sql"),
    include_str!("../migrations/0012_default_permissions.sql"),
    include_str!("../migrations/0013_stars.sql"),
    include_str!("../migrations/0014_robots.sql"),
    include_str!("../migrations/0015_repository_logs.sql"),
    include_str!("../migrations/0016_quotas.sql"),
    include_str!("../migrations/0017_autoprune.sql"),
    include_str!("../migrations/0018_email_codes.sql"),
    include_str!("../migrations/0019_user_becomes_organization.sql"),
    include_str!("../migrations/0020_robots_follow.sql"),
    include_str!("../migrations/0021_proxy_cache.sql"),
    include_str!("../migrations/0022_messages.sql"),
    include_str!("../migrations/0023_concord.sql"),
    include_str!("../migrations/0027_robots_follow_once.sql"),
    include_str!("../migrations/0028_automation_follows.sql"),
    include_str!("../migrations/0029_held_mail.sql"),
    include_str!("../migrations/0030_upstream_checks.sql"),
];

/// The version that this code wants.
#[expect(clippy::cast_possible_wrap, reason = "a handful of migrations")]
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Applies the migrations that the schema has not seen, all or none.
///
/// # Errors
/// [`StoreError::Busy`]; [`StoreError::Database`] when a statement fails, when the database is newer than this code, or
/// when it does not enforce foreign keys, on which half of the invariants rest.
pub fn migrate(db: &dyn Database) -> Result<(), StoreError> {
    transaction(db, |tx| {
        tx.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (
                only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL)",
            &[],
        )?;
        tx.execute("INSERT OR IGNORE INTO schema_version (only, version) VALUES (1, 0)", &[])?;
        let version = version(tx)?;
        if version > SCHEMA_VERSION {
            return Err(failure(format!(
                "the database has schema version {version}, newer than this build's {SCHEMA_VERSION}"
            )));
        }
        require_foreign_keys(tx)?;
        let done = usize::try_from(version).unwrap_or_default();
        for migration in &MIGRATIONS[done..] {
            for statement in statements(migration) {
                tx.execute(statement, &[])?;
            }
        }
        tx.execute("UPDATE schema_version SET version = ?1", crate::params![SCHEMA_VERSION])?;
        Ok(())
    })
}

fn version(db: &dyn Database) -> Result<i64, StoreError> {
    let mut rows = db.execute("SELECT version FROM schema_version", &[])?;
    rows.pop().ok_or_else(|| failure("schema_version is empty".into()))?.read()
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
