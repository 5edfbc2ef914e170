//! The keys that sign tokens for registries. At most one of them has no follower, which the schema holds.

use berth_domain::Timestamp;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::params;

/// The public part of a key.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PublishedKey {
    /// The id that tokens name it by.
    pub kid: String,
    /// A point, in the form of SEC 1.
    pub public_key: Vec<u8>,
    /// DER.
    pub certificate: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs, until the next one does.
    pub signs_from: Timestamp,
    /// Until when it is published; `None` while no other follows it.
    pub published_until: Option<Timestamp>,
}

/// A key with its private part.
#[derive(Debug, FromRow)]
pub struct KeyPair {
    /// The public part.
    #[row(nested)]
    pub published: PublishedKey,
    /// The private key, sealed.
    pub sealed_private_key: Vec<u8>,
}

/// The columns of [`PublishedKey`].
macro_rules! published_columns {
    () => {
        "kid, public_key, certificate, created_at, signs_from, published_until"
    };
}

/// The newest key of those that sign already, first; the clock of whoever made the first one may be ahead.
macro_rules! signing_first {
    ($now:literal) => {
        concat!(" ORDER BY signs_from <= ", $now, " DESC, id DESC")
    };
}

/// The key that signs now; none before the first one is made. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn signer(db: &dyn Database, now: Timestamp) -> Result<Option<KeyPair>, StoreError> {
    db.optional(
        concat!(
            "SELECT ",
            published_columns!(),
            ", sealed_private_key FROM signing_key",
            signing_first!("?1"),
            " LIMIT 1"
        ),
        params![now],
    )
}

/// The keys that are published, the one that signs first. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn published(db: &dyn Database, now: Timestamp) -> Result<Vec<PublishedKey>, StoreError> {
    db.all(
        concat!(
            "SELECT ",
            published_columns!(),
            " FROM signing_key WHERE published_until IS NULL OR published_until > ?1",
            signing_first!("?1")
        ),
        params![now],
    )
}

/// The point of a key that is published. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn public_key(
    db: &dyn Database,
    kid: &str,
    now: Timestamp,
) -> Result<Option<Vec<u8>>, StoreError> {
    db.optional(
        "SELECT public_key FROM signing_key
        WHERE kid = ?1 AND (published_until IS NULL OR published_until > ?2)",
        params![kid, now],
    )
}

/// Stores the first key, unless somebody has just stored one; returns the one that is there then. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn create_first(db: &dyn Database, new: &KeyPair) -> Result<KeyPair, StoreError> {
    db.one(
        concat!(
            "INSERT INTO signing_key (kid, sealed_private_key, public_key, certificate, created_at,
                signs_from)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (published_until IS NULL) WHERE published_until IS NULL DO UPDATE SET kid = kid
            RETURNING ",
            published_columns!(),
            ", sealed_private_key"
        ),
        &values(new),
    )
}

/// Stores the key that follows those that there are; the last of those is published until `former_until`. Two statements.
///
/// # Errors
/// [`StoreError`].
pub fn create_next(
    tx: &Transaction<'_>,
    new: &KeyPair,
    former_until: Timestamp,
) -> Result<(), StoreError> {
    tx.defer(
        "UPDATE signing_key SET published_until = ?1 WHERE published_until IS NULL",
        params![former_until],
    )?;
    tx.defer(
        "INSERT INTO signing_key (kid, sealed_private_key, public_key, certificate, created_at,
            signs_from)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &values(new),
    )
}

fn values(new: &KeyPair) -> [crate::Value; 6] {
    let KeyPair { published, sealed_private_key } = new;
    [
        published.kid.as_str().into(),
        sealed_private_key.clone().into(),
        published.public_key.clone().into(),
        published.certificate.clone().into(),
        published.created_at.into(),
        published.signs_from.into(),
    ]
}

/// Every private key, sealed, with the id of its key. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn sealed(db: &dyn Database) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    db.all("SELECT kid, sealed_private_key FROM signing_key ORDER BY id", &[])
}

/// Replaces a sealed private key by the same one under another secret, unless somebody did meanwhile. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn reseal(
    db: &dyn Database,
    kid: &str,
    before: &[u8],
    sealed: &[u8],
) -> Result<(), StoreError> {
    db.run(
        "UPDATE signing_key SET sealed_private_key = ?3 WHERE kid = ?1 AND sealed_private_key = ?2",
        params![kid, before.to_vec(), sealed.to_vec()],
    )
}
