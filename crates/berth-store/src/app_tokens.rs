//! App-specific tokens: what people give programs in the place of their password.

use berth_access::{Grant, UserAdmin};
use berth_domain::Timestamp;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;

/// A token, without itself.
#[derive(Debug, Clone, FromRow)]
pub struct AppToken {
    /// Stable id.
    pub uuid: String,
    /// A name for people; may be empty.
    pub title: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; none where it does not.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub accessed_at: Option<Timestamp>,
}

/// A token, with itself.
#[derive(Debug, Clone, FromRow)]
pub struct SealedAppToken {
    /// Row id.
    pub id: i64,
    /// All but the token itself.
    #[row(nested)]
    pub token: AppToken,
    /// The token itself, sealed.
    pub sealed_token: Vec<u8>,
}

/// The tokens of a user, or of all of them.
pub struct AppTokens;

impl Listed for AppTokens {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("id", "id")] }],
        default: "created",
        searched: "the title",
        texts: &[&["title"]],
        long: &[],
        original: Original::Whole,
    };
}

/// The time in which a token ends that is listed: after the first, and at the second at the latest.
pub type Ending = (Timestamp, Timestamp);

macro_rules! tokens {
    ($condition:literal) => {
        concat!(
            "SELECT {position}, uuid, title, created_at, expires_at, accessed_at FROM app_token
            WHERE ",
            $condition,
            "{window}"
        )
    };
}

/// The tokens of the caller, expired ones too; with `ending` those that end then. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<UserAdmin>,
    ending: Option<Ending>,
    window: &Window,
) -> Result<Slice<AppToken>, StoreError> {
    match ending {
        None => window.read(db, tokens!("account_id = ?1"), params![grant.caller_id()]),
        Some((after, until)) => window.read(
            db,
            tokens!("account_id = ?1 AND +expires_at > ?2 AND +expires_at <= ?3"),
            params![grant.caller_id(), after, until],
        ),
    }
}

/// The same of all users. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list_all(
    db: &dyn Database,
    ending: Option<Ending>,
    window: &Window,
) -> Result<Slice<AppToken>, StoreError> {
    match ending {
        None => window.read(db, tokens!("TRUE"), &[]),
        // Those that end soon are few among all: they are found by their end, and then ordered.
        Some((after, until)) => {
            window.read(db, tokens!("expires_at > ?1 AND expires_at <= ?2"), params![after, until])
        }
    }
}

/// The token of the caller with that id, unless it has expired. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn get(
    db: &dyn Database,
    grant: &Grant<UserAdmin>,
    uuid: &str,
    now: Timestamp,
) -> Result<Option<SealedAppToken>, StoreError> {
    db.optional(
        "SELECT id, uuid, title, created_at, expires_at, accessed_at, sealed_token FROM app_token
        WHERE account_id = ?1 AND uuid = ?2 AND (expires_at IS NULL OR expires_at > ?3)",
        params![grant.caller_id(), uuid, now],
    )
}

/// A token to be made.
#[derive(Debug)]
pub struct NewAppToken<'a> {
    /// All but the token itself.
    pub token: &'a AppToken,
    /// SHA-256 of the token.
    pub hash: &'a [u8],
    /// The token, sealed.
    pub sealed_token: &'a [u8],
}

/// Makes a token of the caller. One statement.
///
/// # Errors
/// [`StoreError::LimitReached`] of [`berth_domain::limits::APP_TOKENS`].
pub fn create(
    tx: &Transaction<'_>,
    grant: &Grant<UserAdmin>,
    new: &NewAppToken<'_>,
) -> Result<(), StoreError> {
    let AppToken { uuid, title, created_at, expires_at, accessed_at } = new.token;
    tx.defer(
        "INSERT INTO app_token (uuid, account_id, title, token_hash, sealed_token, created_at,
            expires_at, accessed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            uuid,
            grant.caller_id(),
            title,
            new.hash,
            new.sealed_token,
            *created_at,
            *expires_at,
            *accessed_at
        ],
    )
}

/// Deletes a token of the caller, also an expired one; returns its title, if there was one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn revoke(
    tx: &Transaction<'_>,
    grant: &Grant<UserAdmin>,
    uuid: &str,
) -> Result<Option<String>, StoreError> {
    tx.optional(
        "DELETE FROM app_token WHERE account_id = ?1 AND uuid = ?2 RETURNING title",
        params![grant.caller_id(), uuid],
    )
}

/// Seals a token anew: `before` is what it was. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn reseal(db: &dyn Database, id: i64, before: &[u8], after: &[u8]) -> Result<(), StoreError> {
    db.run(
        "UPDATE app_token SET sealed_token = ?3 WHERE id = ?1 AND sealed_token = ?2",
        params![id, before, after],
    )
}

/// Notes that a token was used at `now`, unless it was since `since`. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn note_use(
    db: &dyn Database,
    id: i64,
    now: Timestamp,
    since: Timestamp,
) -> Result<(), StoreError> {
    db.run(
        "UPDATE app_token SET accessed_at = ?2
        WHERE id = ?1 AND (accessed_at IS NULL OR accessed_at <= ?3)",
        params![id, now, since],
    )
}
