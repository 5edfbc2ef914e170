//! Messages of the superusers to everybody.

use berth_domain::Timestamp;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
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

/// The messages to everybody.
pub struct Messages;

impl Listed for Messages {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("id", "id")] }],
        default: "created",
        searched: "the text",
        texts: &[&["content"]],
        long: &["content"],
        original: Original::Whole,
    };
}

/// The messages. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(db: &dyn Database, window: &Window) -> Result<Slice<Message>, StoreError> {
    let list =
        "SELECT {position}, uuid, content, severity, media_type FROM message WHERE TRUE{window}";
    window.read(db, list, &[])
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
