//! Sessions of people who signed in. [`access::load`](crate::access::load) finds the one of a request.
//!
//! Raising the session epoch of an account deletes its sessions (`schema.sql`); one whose password was checked before that and that
//! begins after it has the former epoch, and does not count.

use berth_domain::Timestamp;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::params;

/// The living session of a request.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SessionRow {
    /// Row id; that of an expired session is given to a new one.
    pub id: i64,
    /// The account's session epoch when it began.
    pub epoch: i64,
    /// How often the password was given again.
    pub renewals: i64,
    /// When the password was last given.
    pub signed_in_at: Timestamp,
}

/// A session that begins.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The SHA-256 of its cookie.
    pub hash: &'a [u8],
    /// Whose it is.
    pub account_id: i64,
    /// Their session epoch, as it was when their password was checked.
    pub epoch: i64,
    /// Now.
    pub at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How many an account may have; 0 is no limit. Beyond that the oldest ends.
    pub most: i64,
}

/// Begins a session, in place of another one where `replaced` names it by row id and the hash of its cookie. It gets the row of a
/// session that is over, if there is one: of the oldest one beyond the limit, of the replaced one, of one that expired. So
/// there are never more rows than sessions that lived at the same time. One statement; two in the rare case that one
/// row is to go and another one is taken.
///
/// # Errors
/// [`StoreError`].
pub fn begin(
    tx: &Transaction<'_>,
    new: &NewSession<'_>,
    replaced: Option<(i64, &[u8])>,
) -> Result<(), StoreError> {
    let replaced_hash = replaced.map(|(_, hash)| hash);
    let id: i64 = tx.one(
        "INSERT INTO session (id, token_hash, account_id, epoch, signed_in_at, expires_at)
        SELECT CASE WHEN ?6 > 0 AND ?6 <= (SELECT count(*) FROM session WHERE account_id = ?2)
            THEN coalesce(
                (SELECT id FROM session WHERE token_hash = ?7 AND account_id = ?2),
                (SELECT id FROM session WHERE account_id = ?2 ORDER BY signed_in_at, id LIMIT 1))
            ELSE coalesce(
                (SELECT id FROM session WHERE token_hash = ?7),
                (SELECT id FROM session WHERE expires_at <= ?4 ORDER BY expires_at LIMIT 1))
            END, ?1, ?2, ?3, ?4, ?5
        WHERE true
        ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash,
            account_id = excluded.account_id, epoch = excluded.epoch, renewals = 0,
            signed_in_at = excluded.signed_in_at, expires_at = excluded.expires_at
        RETURNING id",
        params![
            new.hash,
            new.account_id,
            new.epoch,
            new.at,
            new.expires_at,
            new.most,
            replaced_hash
        ],
    )?;
    match replaced {
        Some((row, hash)) if row != id => {
            tx.defer("DELETE FROM session WHERE token_hash = ?1", params![hash])
        }
        _ => Ok(()),
    }
}

/// Notes that the password was given again; returns how often it was. None when the session has ended. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn renew(
    db: &dyn Database,
    hash: &[u8],
    epoch: i64,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<Option<i64>, StoreError> {
    db.optional(
        "UPDATE session SET renewals = renewals + 1, epoch = ?2, signed_in_at = ?3, expires_at = ?4
        WHERE token_hash = ?1 RETURNING renewals",
        params![hash, epoch, at, expires_at],
    )
}

/// Ends a session, if there is one with that hash. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn end(db: &dyn Database, hash: &[u8]) -> Result<(), StoreError> {
    db.run("DELETE FROM session WHERE token_hash = ?1", params![hash])
}
