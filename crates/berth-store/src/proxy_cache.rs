//! Which upstream registry an organization caches. User name and password are stored sealed.

use berth_access::{Grant, NamespaceAdmin, NamespaceRef, Permit};

use crate::db::{Database, StoreError, Transaction};
use crate::params;

/// The configuration of an organization, as far as it is ever shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyCacheRow {
    /// `host[:port][/namespace]`.
    pub upstream_registry: String,
    /// How long cached tags are kept, in seconds.
    pub expiration_s: i64,
    /// Plain HTTP.
    pub insecure: bool,
}

/// A configuration to be made.
#[derive(Debug)]
pub struct NewProxyCache<'a> {
    /// What is shown of it.
    pub row: &'a ProxyCacheRow,
    /// The user name, sealed.
    pub sealed_username: Option<Vec<u8>>,
    /// The password, sealed.
    pub sealed_password: Option<Vec<u8>>,
}

/// A configuration as it shall become. Credentials: `None` leaves what is stored, `Some(None)` removes it.
#[derive(Debug)]
pub struct ProxyCacheState<'a> {
    /// What is shown of it.
    pub row: &'a ProxyCacheRow,
    /// The user name, sealed.
    pub sealed_username: Option<Option<Vec<u8>>>,
    /// The password, sealed.
    pub sealed_password: Option<Option<Vec<u8>>>,
}

/// The configuration of a namespace; only organizations have one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn get<P: Permit<Target = NamespaceRef>>(
    db: &dyn Database,
    grant: &Grant<P>,
) -> Result<Option<ProxyCacheRow>, StoreError> {
    let rows = db.execute(
        "SELECT upstream_registry, expiration_s, insecure FROM proxy_cache_config
        WHERE organization_id = ?1",
        params![namespace_id(grant)],
    )?;
    let row = rows.into_iter().next().map(|mut row| {
        Ok(ProxyCacheRow {
            upstream_registry: row.read()?,
            expiration_s: row.read()?,
            insecure: row.read()?,
        })
    });
    row.transpose()
}

/// The user name and the password of a configuration, sealed. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn credentials(
    db: &dyn Database,
    grant: &Grant<NamespaceAdmin>,
) -> Result<[Option<Vec<u8>>; 2], StoreError> {
    let rows = db.execute(
        "SELECT sealed_username, sealed_password FROM proxy_cache_config
        WHERE organization_id = ?1",
        params![namespace_id(grant)],
    )?;
    match rows.into_iter().next() {
        Some(mut row) => Ok([row.read()?, row.read()?]),
        None => Ok([None, None]),
    }
}

/// Makes a configuration. One statement.
///
/// # Errors
/// [`StoreError::Taken`] of `proxy_cache_config.organization_id` when there is one.
pub fn create(
    tx: &Transaction<'_>,
    grant: &Grant<NamespaceAdmin>,
    new: NewProxyCache<'_>,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO proxy_cache_config (organization_id, upstream_registry, sealed_username,
            sealed_password, expiration_s, insecure)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            namespace_id(grant),
            &new.row.upstream_registry,
            new.sealed_username,
            new.sealed_password,
            new.row.expiration_s,
            new.row.insecure
        ],
    )?;
    Ok(())
}

/// Changes a configuration; returns whether there was one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn update(
    tx: &Transaction<'_>,
    grant: &Grant<NamespaceAdmin>,
    state: ProxyCacheState<'_>,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE proxy_cache_config SET upstream_registry = ?2, expiration_s = ?3, insecure = ?4,
            sealed_username = CASE WHEN ?5 THEN ?6 ELSE sealed_username END,
            sealed_password = CASE WHEN ?7 THEN ?8 ELSE sealed_password END
        WHERE organization_id = ?1 RETURNING organization_id",
        params![
            namespace_id(grant),
            &state.row.upstream_registry,
            state.row.expiration_s,
            state.row.insecure,
            state.sealed_username.is_some(),
            state.sealed_username.flatten(),
            state.sealed_password.is_some(),
            state.sealed_password.flatten()
        ],
    )?;
    Ok(!rows.is_empty())
}

/// Removes a configuration; returns whether there was one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete(tx: &Transaction<'_>, grant: &Grant<NamespaceAdmin>) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "DELETE FROM proxy_cache_config WHERE organization_id = ?1 RETURNING organization_id",
        params![namespace_id(grant)],
    )?;
    Ok(!rows.is_empty())
}

fn namespace_id<P: Permit<Target = NamespaceRef>>(grant: &Grant<P>) -> Option<i64> {
    grant.target().0.as_ref().map(|namespace| namespace.id)
}
