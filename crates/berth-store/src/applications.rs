//! OAuth applications.

use berth_access::{ApplicationAdmin, Grant, OrganizationAdmin, OrganizationAdminView};
use berth_domain::limits::{
    APPLICATION_NAME_BYTES, APPLICATION_URI_BYTES, LISTED_TEXT, listed_text,
};
use berth_domain::{Application, Timestamp};

use crate::db::{Database, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;

/// An application to be made.
#[derive(Debug)]
pub struct NewApplication<'a> {
    /// The public id that clients show.
    pub client_id: &'a str,
    /// The client secret, sealed.
    pub sealed_secret: &'a [u8],
    /// Its name, description and addresses.
    pub fields: &'a ApplicationFields<'a>,
    /// When.
    pub at: Timestamp,
}

/// The fields that an administrator sets.
#[derive(Debug)]
pub struct ApplicationFields<'a> {
    /// Any text.
    pub name: &'a str,
    /// Markdown.
    pub description: &'a str,
    /// Its home page.
    pub application_uri: &'a str,
    /// Where answers of the OAuth flows may go.
    pub redirect_uri: &'a str,
    /// The address that the avatar is made from.
    pub avatar_email: Option<&'a str>,
}

impl<'a> From<&'a Application> for ApplicationFields<'a> {
    fn from(application: &'a Application) -> Self {
        Self {
            name: &application.name,
            description: &application.description,
            application_uri: &application.application_uri,
            redirect_uri: &application.redirect_uri,
            avatar_email: application.avatar_email.as_deref(),
        }
    }
}

/// The applications of an organization.
pub struct Applications;

impl Listed for Applications {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("id", "id")] },
            Order { name: "name", keys: &[Key("oauth_application.name", "id")] },
        ],
        default: "created",
        searched: "the name",
        texts: &[&["oauth_application.name"]],
        long: &["name", "description", "application_uri", "redirect_uri"],
        original: Original::Whole,
    };
}

/// The applications of an organization; long texts are cut. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<OrganizationAdminView>,
    window: &Window,
) -> Result<Slice<Application>, StoreError> {
    let mut slice: Slice<Application> = window.read(
        db,
        "SELECT {position}, id, client_id, substr(name, 1, ?2) AS name,
            substr(description, 1, ?3) AS description,
            substr(application_uri, 1, ?4) AS application_uri,
            substr(redirect_uri, 1, ?4) AS redirect_uri,
            substr(avatar_email, 1, ?2) AS avatar_email, sealed_secret
        FROM oauth_application WHERE namespace_id = ?1{window}",
        params![
            grant.organization().id,
            APPLICATION_NAME_BYTES,
            LISTED_TEXT + 1,
            APPLICATION_URI_BYTES
        ],
    )?;
    for (_, application) in &mut slice.rows {
        application.description = listed_text(std::mem::take(&mut application.description));
    }
    Ok(slice)
}

/// Makes an application of the organization. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn create(
    tx: &Transaction<'_>,
    grant: &Grant<OrganizationAdmin>,
    new: &NewApplication<'_>,
) -> Result<(), StoreError> {
    let fields = new.fields;
    tx.defer(
        "INSERT INTO oauth_application (namespace_id, client_id, sealed_secret, name, description,
            application_uri, redirect_uri, avatar_email, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            grant.organization().id,
            new.client_id,
            new.sealed_secret,
            fields.name,
            fields.description,
            fields.application_uri,
            fields.redirect_uri,
            fields.avatar_email,
            new.at
        ],
    )
}

/// What the application is called at this moment, for the entry of who changes something of it. One statement.
///
/// # Errors
/// [`StoreError::NotFound`] when it is gone.
pub fn current_name(tx: &Transaction<'_>, application_id: i64) -> Result<String, StoreError> {
    tx.optional("SELECT name FROM oauth_application WHERE id = ?1", params![application_id])?
        .ok_or(StoreError::NotFound)
}

/// Writes everything that an administrator says of the application; returns whether it is there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn update(
    tx: &Transaction<'_>,
    grant: &Grant<ApplicationAdmin>,
    fields: &ApplicationFields<'_>,
) -> Result<bool, StoreError> {
    tx.any(
        "UPDATE oauth_application SET name = ?2, description = ?3, application_uri = ?4,
            redirect_uri = ?5, avatar_email = ?6 WHERE id = ?1 RETURNING 1",
        params![
            grant.target().application.id,
            fields.name,
            fields.description,
            fields.application_uri,
            fields.redirect_uri,
            fields.avatar_email
        ],
    )
}

/// Gives the application another secret; returns the application as it is then, if it is there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn set_secret(
    tx: &Transaction<'_>,
    grant: &Grant<ApplicationAdmin>,
    sealed_secret: &[u8],
) -> Result<Option<Application>, StoreError> {
    tx.optional(
        "UPDATE oauth_application SET sealed_secret = ?2 WHERE id = ?1
        RETURNING id, client_id, name, description, application_uri, redirect_uri, avatar_email,
            sealed_secret",
        params![grant.target().application.id, sealed_secret],
    )
}

/// Replaces a sealed secret by the same secret under another key, unless it was changed meanwhile. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn reseal(
    db: &dyn Database,
    application_id: i64,
    before: &[u8],
    after: &[u8],
) -> Result<(), StoreError> {
    db.run(
        "UPDATE oauth_application SET sealed_secret = ?3 WHERE id = ?1 AND sealed_secret = ?2",
        params![application_id, before, after],
    )
}

/// Deletes the application with its tokens, codes and assignments; returns what it was, if it was there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete(
    tx: &Transaction<'_>,
    grant: &Grant<ApplicationAdmin>,
) -> Result<Option<Application>, StoreError> {
    tx.optional(
        "DELETE FROM oauth_application WHERE id = ?1
        RETURNING id, client_id, name, description, application_uri, redirect_uri, avatar_email,
            sealed_secret",
        params![grant.target().application.id],
    )
}

/// The row id of the application `automation` in a user's namespace, which is made if it is missing. Its client id is the
/// user's name, or a random one where another application has that: a user was renamed, or an organization has the name. At
/// most 2 statements.
///
/// # Errors
/// [`StoreError`].
pub fn automation(
    tx: &Transaction<'_>,
    user_id: i64,
    user_name: &str,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let made = tx.optional(
        "INSERT INTO oauth_application (client_id, namespace_id, name, created_at)
        SELECT CASE WHEN EXISTS (SELECT 1 FROM oauth_application WHERE client_id = ?1)
                THEN hex(randomblob(10)) ELSE ?1 END,
            ?2, 'automation', ?3
        WHERE NOT EXISTS
            (SELECT 1 FROM oauth_application WHERE namespace_id = ?2 AND name = 'automation')
        RETURNING id",
        params![user_name, user_id, at],
    )?;
    if let Some(id) = made {
        return Ok(id);
    }
    tx.one(
        "SELECT id FROM oauth_application WHERE namespace_id = ?1 AND name = 'automation'
        ORDER BY id LIMIT 1",
        params![user_id],
    )
}
