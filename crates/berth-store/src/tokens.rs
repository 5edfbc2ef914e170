//! Access tokens of OAuth applications.

use berth_access::{ApplicationAdmin, ApplicationAdminView, Grant, UserAdmin};
use berth_domain::Timestamp;
use berth_domain::limits::listed_text;
use berth_domain::secret::hash_token;

use crate::applications;
use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;

/// A token to be made.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// Stable id.
    pub uuid: &'a str,
    /// SHA-256 of the token.
    pub hash: &'a [u8],
    /// Its application.
    pub application_id: i64,
    /// The account whose rights it carries.
    pub account_id: i64,
    /// Who made it.
    pub created_by: Option<i64>,
    /// A name for people; tokens of the OAuth flows have none.
    pub name: Option<&'a str>,
    /// Its scopes, separated by spaces.
    pub scope: &'a str,
    /// When it was made.
    pub at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Makes a token; returns its row id. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn create(tx: &Transaction<'_>, new: &NewToken<'_>) -> Result<i64, StoreError> {
    tx.one(
        "INSERT INTO access_token (uuid, token_hash, application_id, account_id, created_by, name,
            scope, created_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING id",
        params![
            new.uuid,
            new.hash,
            new.application_id,
            new.account_id,
            new.created_by,
            new.name,
            new.scope,
            new.at,
            new.expires_at
        ],
    )
}

/// A token that a user gets without an OAuth flow, for automation.
#[derive(Debug)]
pub struct AutomationToken<'a> {
    /// Stable id.
    pub uuid: &'a str,
    /// The token itself. Only its hash is stored.
    pub token: &'a str,
    /// The row id of the user whose rights it carries,
    pub user_id: i64,
    /// and their name.
    pub user_name: &'a str,
    /// The row id of the user who made it. `None`: made by no account of the database.
    pub created_by: Option<i64>,
    /// A name for people.
    pub name: Option<&'a str>,
    /// Its scopes, separated by spaces.
    pub scope: &'a str,
    /// When it is made.
    pub at: Timestamp,
    /// How long it is valid, in seconds.
    pub lifetime_s: i64,
}

/// Makes a token of the application `automation` in the user's namespace. At most 3 statements.
///
/// # Errors
/// [`StoreError`].
pub fn create_for_automation(
    tx: &Transaction<'_>,
    new: &AutomationToken<'_>,
) -> Result<(), StoreError> {
    let token = NewToken {
        uuid: new.uuid,
        hash: &hash_token(new.token),
        application_id: applications::automation(tx, new.user_id, new.user_name, new.at)?,
        account_id: new.user_id,
        created_by: new.created_by,
        name: new.name,
        scope: new.scope,
        at: new.at,
        expires_at: new.at.plus_seconds(new.lifetime_s),
    };
    create(tx, &token).map(|_| ())
}

/// A token as the list of an application's tokens shows it.
#[derive(Debug, Clone, FromRow)]
pub struct TokenLine {
    /// Stable id.
    pub uuid: String,
    /// A name for people.
    pub name: Option<String>,
    /// Its scopes, as stored.
    pub scope: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The name of the user who made it.
    pub created_by: Option<String>,
    /// When it was last used, to the minute.
    pub accessed_at: Option<Timestamp>,
}

/// The living tokens of an application.
pub struct ApplicationTokens;

impl Listed for ApplicationTokens {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("t.id", "t.id")] },
            Order { name: "expires", keys: &[Key("t.expires_at", "t.id")] },
        ],
        default: "-created",
        searched: "the name",
        texts: &[&["coalesce(t.name, '')"]],
        long: &[],
        original: Original::Pages(50),
    };
}

/// The tokens of an application that have not expired. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<ApplicationAdminView>,
    now: Timestamp,
    window: &Window,
) -> Result<Slice<TokenLine>, StoreError> {
    window.read(
        db,
        "SELECT {position}, t.uuid, t.name, substr(t.scope, 1, 4096) AS scope, t.created_at, t.expires_at,
            maker.name AS created_by, t.accessed_at
        FROM access_token t LEFT JOIN account maker ON maker.id = t.created_by
        WHERE t.application_id = ?1 AND {lower t.expires_at} > ?2{window}",
        params![grant.target().application.id, now],
    )
}

/// How many living tokens an application has, counted up to `most`. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn count(
    tx: &Transaction<'_>,
    grant: &Grant<ApplicationAdmin>,
    most: i64,
    now: Timestamp,
) -> Result<i64, StoreError> {
    tx.one(
        "SELECT count(*) FROM (SELECT 1 FROM access_token
            WHERE application_id = ?1 AND expires_at > ?2 LIMIT ?3)",
        params![grant.target().application.id, now, most],
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
        "UPDATE access_token SET accessed_at = ?2
        WHERE id = ?1 AND (accessed_at IS NULL OR accessed_at <= ?3)",
        params![id, now, since],
    )
}

/// Ends a token of an application; returns whether there was one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn revoke(
    tx: &Transaction<'_>,
    grant: &Grant<ApplicationAdmin>,
    uuid: &str,
) -> Result<bool, StoreError> {
    tx.any(
        "DELETE FROM access_token WHERE application_id = ?1 AND uuid = ?2 RETURNING id",
        params![grant.target().application.id, uuid],
    )
}

/// The application of a token or an assignment, as the user who granted it sees it.
#[derive(Debug, Clone, FromRow)]
pub struct GrantedTo {
    /// The client id.
    pub client_id: String,
    /// The name.
    pub name: String,
    /// The beginning of its description in Markdown; may be empty.
    #[row(with = listed_text)]
    pub description: String,
    /// Its home page; may be empty.
    pub application_uri: String,
    /// The address that its avatar is made from, if not the namespace's.
    pub avatar_email: Option<String>,
    /// Row id of its namespace.
    pub namespace_id: i64,
    /// The name of its namespace.
    pub namespace: String,
    /// The address of its namespace, or the UUID in its place.
    pub namespace_email: String,
}

/// What [`GrantedTo::read`] reads, of the application `app` of the account `n`.
macro_rules! granted_to_columns {
    () => {
        "app.client_id, substr(app.name, 1, 255) AS name,
            substr(app.description, 1, 1025) AS description,
            substr(app.application_uri, 1, 2048) AS application_uri,
            substr(app.avatar_email, 1, 255) AS avatar_email, n.id AS namespace_id,
            n.name AS namespace, n.email AS namespace_email"
    };
}

pub(crate) use granted_to_columns;

/// A token as the user who granted it sees it.
#[derive(Debug, Clone, FromRow)]
pub struct Authorization {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// Its scopes, as stored.
    pub scope: String,
    /// The application.
    #[row(nested)]
    pub application: GrantedTo,
}

macro_rules! authorizations {
    ($position:literal, $condition:literal) => {
        concat!(
            "SELECT ",
            $position,
            "t.id, t.uuid, substr(t.scope, 1, 4096) AS scope, ",
            granted_to_columns!(),
            " FROM access_token t
            CROSS JOIN oauth_application app ON app.id = t.application_id
            CROSS JOIN account n ON n.id = app.namespace_id
            WHERE t.account_id = ?1 AND ",
            $condition
        )
    };
}

/// A user's tokens, which they granted to applications.
pub struct Authorizations;

impl Listed for Authorizations {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("t.id", "t.id")] }],
        default: "created",
        searched: "the application's name",
        texts: &[&["app.name"]],
        long: &["scope", "description", "application_uri"],
        original: Original::Whole,
    };
}

/// A user's tokens. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn authorizations(
    db: &dyn Database,
    grant: &Grant<UserAdmin>,
    window: &Window,
) -> Result<Slice<Authorization>, StoreError> {
    window.read(db, authorizations!("{position}, ", "TRUE{window}"), params![grant.caller_id()])
}

/// The token with that id that acts in a user's name. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn authorization(
    db: &dyn Database,
    grant: &Grant<UserAdmin>,
    uuid: &str,
) -> Result<Option<Authorization>, StoreError> {
    db.optional(authorizations!("", "t.uuid = ?2"), params![grant.caller_id(), uuid])
}

/// A living token, as its application may look it up.
#[derive(Debug, Clone, FromRow)]
pub struct Inspected {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// Its scopes, as stored.
    pub scope: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Row id of the account that it acts for.
    pub account_id: i64,
    /// The stable id of that account.
    pub account_uuid: String,
    /// Its name.
    pub account: String,
}

/// The token with that hash, if it is one of that application and works. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn inspect(
    db: &dyn Database,
    hash: &[u8],
    application_id: i64,
    now: Timestamp,
) -> Result<Option<Inspected>, StoreError> {
    db.optional(
        "SELECT t.id, t.uuid, t.scope, t.created_at, t.expires_at, c.id AS account_id,
            c.uuid AS account_uuid, c.name AS account
        FROM access_token t JOIN account c ON c.id = t.account_id AND c.enabled = 1
        WHERE t.token_hash = ?1 AND t.application_id = ?2 AND t.expires_at > ?3",
        params![hash, application_id, now],
    )
}

/// Deletes a token. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete(tx: &Transaction<'_>, id: i64) -> Result<(), StoreError> {
    tx.defer("DELETE FROM access_token WHERE id = ?1", params![id])
}

/// Ends a token now; its user still sees that there was one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &Transaction<'_>, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.defer(
        "UPDATE access_token SET expires_at = ?2 WHERE id = ?1 AND expires_at > ?2",
        params![id, now],
    )
}
