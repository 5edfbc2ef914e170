//! Access tokens of OAuth applications.

use berth_access::{ApplicationAdmin, ApplicationAdminView, Grant, UserAdmin};
use berth_domain::Timestamp;
use berth_domain::limits::listed_text;
use berth_domain::secret::hash_token;

use crate::applications;
use crate::db::{Database, Row, StoreError, Transaction, returned};
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
    returned(tx.execute(
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
    )?)
}

/// A token that a user gets without an OAuth flow, for automation.
#[derive(Debug)]
pub struct AutomationToken<'a> {
    /// Stable id.
    pub uuid: &'a str,
    /// What its bearer sends. Only its hash is stored.
    pub token: &'a str,
    /// The row id of the user whose rights it carries,
    pub user_id: i64,
    /// and their name.
    pub user_name: &'a str,
    /// The row id of the user who made it. `None`: nobody whom the database knows.
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

/// Makes a token of the application `automation` in the user's own namespace. At most 3 statements.
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
#[derive(Debug, Clone)]
pub struct TokenLine {
    /// Row id.
    pub id: i64,
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
    /// The name of who made it.
    pub created_by: Option<String>,
    /// When it was last used, to the minute.
    pub accessed_at: Option<Timestamp>,
}

/// The living tokens of an application, newest first, at most `limit`, those before `before` where it is given. One
/// statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<ApplicationAdminView>,
    before: Option<i64>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<TokenLine>, StoreError> {
    let rows = db.execute(
        "SELECT t.id, t.uuid, t.name, substr(t.scope, 1, 4096), t.created_at, t.expires_at, maker.name,
            t.accessed_at
        FROM access_token t LEFT JOIN account maker ON maker.id = t.created_by
        WHERE t.application_id = ?1 AND t.expires_at > ?2 AND (?3 IS NULL OR t.id < ?3)
        ORDER BY t.id DESC LIMIT ?4",
        params![grant.target().application.id, now, before, limit],
    )?;
    rows.into_iter().map(read_line).collect()
}

fn read_line(mut row: Row) -> Result<TokenLine, StoreError> {
    Ok(TokenLine {
        id: row.read()?,
        uuid: row.read()?,
        name: row.read()?,
        scope: row.read()?,
        created_at: row.read()?,
        expires_at: row.read()?,
        created_by: row.read()?,
        accessed_at: row.read()?,
    })
}

/// How many living tokens an application has. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn count(
    tx: &Transaction<'_>,
    grant: &Grant<ApplicationAdmin>,
    now: Timestamp,
) -> Result<i64, StoreError> {
    returned(tx.execute(
        "SELECT count(*) FROM access_token WHERE application_id = ?1 AND expires_at > ?2",
        params![grant.target().application.id, now],
    )?)
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
    db.execute(
        "UPDATE access_token SET accessed_at = ?2
        WHERE id = ?1 AND (accessed_at IS NULL OR accessed_at <= ?3)",
        params![id, now, since],
    )?;
    Ok(())
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
    let rows = tx.execute(
        "DELETE FROM access_token WHERE application_id = ?1 AND uuid = ?2 RETURNING id",
        params![grant.target().application.id, uuid],
    )?;
    Ok(!rows.is_empty())
}

/// The application that a token or an assignment is for, as the user sees it who granted it.
#[derive(Debug, Clone)]
pub struct GrantedTo {
    /// The client id.
    pub client_id: String,
    /// The name.
    pub name: String,
    /// The beginning of its description in Markdown; may be empty.
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
        "app.client_id, substr(app.name, 1, 255), substr(app.description, 1, 1025),
            substr(app.application_uri, 1, 2048), substr(app.avatar_email, 1, 255), n.id, n.name,
            n.email"
    };
}

pub(crate) use granted_to_columns;

impl GrantedTo {
    pub(crate) fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            client_id: row.read()?,
            name: row.read()?,
            description: listed_text(row.read()?),
            application_uri: row.read()?,
            avatar_email: row.read()?,
            namespace_id: row.read()?,
            namespace: row.read()?,
            namespace_email: row.read()?,
        })
    }
}

/// A token as the user sees it who granted it.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// Its scopes, as stored.
    pub scope: String,
    /// The application.
    pub application: GrantedTo,
}

macro_rules! authorizations {
    ($condition:literal) => {
        concat!(
            "SELECT t.id, t.uuid, substr(t.scope, 1, 4096), ",
            granted_to_columns!(),
            " FROM access_token t
            JOIN oauth_application app ON app.id = t.application_id
            JOIN account n ON n.id = app.namespace_id
            WHERE t.account_id = ?1 AND ",
            $condition
        )
    };
}

fn read_authorization(mut row: Row) -> Result<Authorization, StoreError> {
    Ok(Authorization {
        id: row.read()?,
        uuid: row.read()?,
        scope: row.read()?,
        application: GrantedTo::read(&mut row)?,
    })
}

/// The tokens that act in a user's name, ended ones too, in order: `limit` of them behind the first `offset`. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn authorizations(
    db: &dyn Database,
    grant: &Grant<UserAdmin>,
    offset: i64,
    limit: i64,
) -> Result<Vec<Authorization>, StoreError> {
    let rows = db.execute(
        authorizations!("TRUE ORDER BY t.id LIMIT ?3 OFFSET ?2"),
        params![grant.caller_id(), offset, limit],
    )?;
    rows.into_iter().map(read_authorization).collect()
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
    let rows = db.execute(authorizations!("t.uuid = ?2"), params![grant.caller_id(), uuid])?;
    rows.into_iter().next().map(read_authorization).transpose()
}

/// A living token, as its application may look it up.
#[derive(Debug, Clone)]
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
    let rows = db.execute(
        "SELECT t.id, t.uuid, t.scope, t.created_at, t.expires_at, c.id, c.uuid, c.name
        FROM access_token t JOIN account c ON c.id = t.account_id AND c.enabled = 1
        WHERE t.token_hash = ?1 AND t.application_id = ?2 AND t.expires_at > ?3",
        params![hash, application_id, now],
    )?;
    rows.into_iter().next().map(read_inspected).transpose()
}

fn read_inspected(mut row: Row) -> Result<Inspected, StoreError> {
    Ok(Inspected {
        id: row.read()?,
        uuid: row.read()?,
        scope: row.read()?,
        created_at: row.read()?,
        expires_at: row.read()?,
        account_id: row.read()?,
        account_uuid: row.read()?,
        account: row.read()?,
    })
}

/// Deletes a token. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete(tx: &Transaction<'_>, id: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM access_token WHERE id = ?1", params![id])?;
    Ok(())
}

/// Ends a token now; its user still sees that there was one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &Transaction<'_>, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE access_token SET expires_at = ?2 WHERE id = ?1 AND expires_at > ?2",
        params![id, now],
    )?;
    Ok(())
}
