//! Tokens that an administrator assigned to a user, who must still accept them.

use berth_access::{Grant, UserAdmin};
use berth_domain::Timestamp;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;
use crate::tokens::GrantedTo;

/// An assignment to be made.
#[derive(Debug)]
pub struct NewAssignment<'a> {
    /// Stable id.
    pub uuid: &'a str,
    /// The application.
    pub application_id: i64,
    /// The name of the user who may accept it.
    pub username: &'a str,
    /// Where the token goes.
    pub redirect_uri: &'a str,
    /// Its scopes.
    pub scope: &'a str,
    /// The flow: `token`.
    pub response_type: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Makes an assignment; returns the row id of the user, none when there is no such user. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn create(tx: &Transaction<'_>, new: &NewAssignment<'_>) -> Result<Option<i64>, StoreError> {
    tx.optional(
        "INSERT INTO assigned_authorization (uuid, application_id, account_id, redirect_uri, scope,
            response_type, created_at)
        SELECT ?1, ?2, id, ?4, ?5, ?6, ?7 FROM account
        WHERE name = ?3 AND name = ?3 COLLATE BINARY AND kind = 'user'
        RETURNING account_id",
        params![
            new.uuid,
            new.application_id,
            new.username,
            new.redirect_uri,
            new.scope,
            new.response_type,
            new.at
        ],
    )
}

/// The scopes of an assignment of that application to that account. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn scope(
    db: &dyn Database,
    uuid: &str,
    application_id: i64,
    account_id: i64,
) -> Result<Option<String>, StoreError> {
    db.optional(
        "SELECT scope FROM assigned_authorization
        WHERE uuid = ?1 AND application_id = ?2 AND account_id = ?3",
        params![uuid, application_id, account_id],
    )
}

/// Ends an assignment that was accepted, if it is still there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn accept(tx: &Transaction<'_>, uuid: &str, account_id: i64) -> Result<(), StoreError> {
    tx.defer(
        "DELETE FROM assigned_authorization WHERE uuid = ?1 AND account_id = ?2",
        params![uuid, account_id],
    )
}

/// An assignment as its user sees it.
#[derive(Debug, FromRow)]
pub struct Assignment {
    /// Stable id.
    pub uuid: String,
    /// Where the token goes.
    pub redirect_uri: String,
    /// Its scopes.
    pub scope: String,
    /// The flow.
    pub response_type: String,
    /// The application.
    #[row(nested)]
    pub application: GrantedTo,
}

/// The tokens that a user may accept.
pub struct Assignments;

impl Listed for Assignments {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("d.id", "d.id")] }],
        default: "created",
        searched: "the application's name",
        texts: &[&["app.name"]],
        long: &["redirect_uri", "scope", "description", "application_uri"],
        original: Original::Whole,
    };
}

/// The tokens that a user may accept. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<UserAdmin>,
    window: &Window,
) -> Result<Slice<Assignment>, StoreError> {
    window.read(
        db,
        concat!(
            "SELECT {position}, d.uuid, substr(d.redirect_uri, 1, 4096) AS redirect_uri,
                substr(d.scope, 1, 4096) AS scope, d.response_type, ",
            crate::tokens::granted_to_columns!(),
            " FROM assigned_authorization d
            CROSS JOIN oauth_application app ON app.id = d.application_id
            CROSS JOIN account n ON n.id = app.namespace_id
            WHERE d.account_id = ?1{window}"
        ),
        params![grant.caller_id()],
    )
}

/// Declines an assignment of a user; returns whether there was one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn decline(
    tx: &Transaction<'_>,
    grant: &Grant<UserAdmin>,
    uuid: &str,
) -> Result<bool, StoreError> {
    tx.any(
        "DELETE FROM assigned_authorization WHERE uuid = ?1 AND account_id = ?2 RETURNING id",
        params![uuid, grant.caller_id()],
    )
}
