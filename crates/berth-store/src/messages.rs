//! Messages of the superusers to everybody.

use berth_domain::Timestamp;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::params;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Message {
    /// Stable id.
    pub uuid: String,
    /// The text.
    pub content: String,
    /// `info`, `warning` or `error`.
    pub severity: String,
    /// `text/plain` or `text/markdown`.
    pub media_type: String,
}

/// All of them, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(db: &dyn Database) -> Result<Vec<Message>, StoreError> {
    db.all("SELECT uuid, content, severity, media_type FROM message ORDER BY id", &[])
}

/// Stores a message. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn create(tx: &Transaction<'_>, message: &Message, at: Timestamp) -> Result<(), StoreError> {
    tx.defer(
        "INSERT INTO message (uuid, content, severity, media_type, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5)",
        params![&message.uuid, &message.content, &message.severity, &message.media_type, at],
    )
}

/// Removes a message; says whether it was there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete(tx: &Transaction<'_>, uuid: &str) -> Result<bool, StoreError> {
    tx.any("DELETE FROM message WHERE uuid = ?1 RETURNING id", params![uuid])
}
