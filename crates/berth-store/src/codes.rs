//! Codes of the OAuth code flow.

use berth_domain::Timestamp;

use crate::db::{FromRow, Query, StoreError, Transaction};
use crate::params;

/// A code to be made.
#[derive(Debug)]
pub struct NewCode<'a> {
    /// SHA-256 of the code.
    pub hash: &'a [u8],
    /// The application that it is for.
    pub application_id: i64,
    /// Who granted it.
    pub account_id: i64,
    /// The redirect URI that it was sent to.
    pub redirect_uri: &'a str,
    /// The scopes, as they were asked for.
    pub scope: &'a str,
    /// The PKCE challenge.
    pub code_challenge: Option<&'a str>,
    /// When.
    pub at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Makes a code. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn create(tx: &Transaction<'_>, new: &NewCode<'_>) -> Result<(), StoreError> {
    tx.defer(
        "INSERT INTO authorization_code (code_hash, application_id, account_id, redirect_uri, scope,
            code_challenge, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            new.hash,
            new.application_id,
            new.account_id,
            new.redirect_uri,
            new.scope,
            new.code_challenge,
            new.expires_at
        ],
    )
}

/// A code that lives, used or not.
#[derive(Debug, FromRow)]
pub struct Code {
    /// Row id.
    pub id: i64,
    /// Who granted it; an enabled account.
    pub account_id: i64,
    /// The redirect URI that it was sent to.
    pub redirect_uri: String,
    /// The scopes, as they were asked for.
    pub scope: String,
    /// The PKCE challenge.
    pub code_challenge: Option<String>,
    /// Whether it was used.
    pub used: bool,
    /// The token that it gave.
    pub token_id: Option<i64>,
}

/// The code with that hash, if it was made for that application and lives. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn find(
    tx: &Transaction<'_>,
    hash: &[u8],
    application_id: i64,
    now: Timestamp,
) -> Result<Option<Code>, StoreError> {
    tx.optional(
        "SELECT code.id, account_id, redirect_uri, scope, code_challenge, used, token_id
        FROM authorization_code code JOIN account ON account.id = account_id AND account.enabled = 1
        WHERE code_hash = ?1 AND application_id = ?2 AND expires_at > ?3",
        params![hash, application_id, now],
    )
}

/// Notes that a code was used, and the token that it gave. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn use_up(tx: &Transaction<'_>, id: i64, token_id: i64) -> Result<(), StoreError> {
    tx.defer(
        "UPDATE authorization_code SET used = 1, token_id = ?2 WHERE id = ?1",
        params![id, token_id],
    )
}
