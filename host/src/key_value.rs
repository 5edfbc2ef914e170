//! The key-value store `default`: a SQLite file with Spin's table, so that a state directory moves between `spin up` and
//! `berth up`. There is no expiry and no other store.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};

use crate::database::Database;

/// Spin's statement, to the letter of its columns.
const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS spin_key_value (
    store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key))";

/// Opens or makes the store's file.
pub(crate) fn open(path: &Path) -> Result<Arc<Database>> {
    let connection = rusqlite::Connection::open(path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection
        .execute(CREATE_TABLE, [])
        .with_context(|| format!("cannot prepare {}", path.display()))?;
    Database::open(path)
}

/// The store behind a component's `store` resource.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct GuestStore {
    pub(crate) label: String,
}
