//! Which upstream registry an organization caches. User name and password are stored sealed.

use berth_access::{Grant, MaybeOrganizationRef, Permit, ProxyCacheAdmin};

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::params;

/// The configuration of an organization, as far as it is ever shown.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
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
    /// The public part.
    pub row: &'a ProxyCacheRow,
    /// The user name, sealed.
    pub sealed_username: Option<Vec<u8>>,
    /// The password, sealed.
    pub sealed_password: Option<Vec<u8>>,
}

/// A change of a configuration: `None` changes nothing. `Some(None)` removes a credential.
#[derive(Debug)]
pub struct ProxyCacheChange<'a> {
    /// `host[:port][/namespace]`.
    pub upstream_registry: Option<&'a str>,
    /// How long cached tags are kept, in seconds.
    pub expiration_s: Option<i64>,
    /// Plain HTTP.
    pub insecure: Option<bool>,
    /// The user name, sealed.
    pub sealed_username: Option<Option<Vec<u8>>>,
    /// The password, sealed.
    pub sealed_password: Option<Option<Vec<u8>>>,
}

/// All of a configuration.
#[derive(Debug, FromRow)]
pub struct StoredProxyCache {
    /// The public part of a configuration.
    #[row(nested)]
    pub row: ProxyCacheRow,
    /// The user name, sealed.
    pub sealed_username: Option<Vec<u8>>,
    /// The password, sealed.
    pub sealed_password: Option<Vec<u8>>,
}

/// The configuration of an organization. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn get<P: Permit<Target = MaybeOrganizationRef>>(
    db: &dyn Database,
    grant: &Grant<P>,
) -> Result<Option<ProxyCacheRow>, StoreError> {
    db.optional(
        "SELECT upstream_registry, expiration_s, insecure FROM proxy_cache_config
        WHERE organization_id = ?1",
        params![organization_id(grant)],
    )
}

/// A configuration with its credentials, for a change of it. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn stored(
    tx: &Transaction<'_>,
    grant: &Grant<ProxyCacheAdmin>,
) -> Result<Option<StoredProxyCache>, StoreError> {
    tx.optional(
        "SELECT upstream_registry, expiration_s, insecure, sealed_username, sealed_password
        FROM proxy_cache_config WHERE organization_id = ?1",
        params![organization_id(grant)],
    )
}

/// Makes a configuration. One statement.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `proxy_cache_config.organization_id` when there is one.
pub fn create(
    tx: &Transaction<'_>,
    grant: &Grant<ProxyCacheAdmin>,
    new: &NewProxyCache<'_>,
) -> Result<(), StoreError> {
    tx.run(
        "INSERT INTO proxy_cache_config (organization_id, upstream_registry, sealed_username,
            sealed_password, expiration_s, insecure)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            organization_id(grant),
            &new.row.upstream_registry,
            new.sealed_username.clone(),
            new.sealed_password.clone(),
            new.row.expiration_s,
            new.row.insecure
        ],
    )
}

/// Changes the given fields of a configuration; returns the result, if there is one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn update(
    tx: &Transaction<'_>,
    grant: &Grant<ProxyCacheAdmin>,
    change: ProxyCacheChange<'_>,
) -> Result<Option<ProxyCacheRow>, StoreError> {
    tx.optional(
        "UPDATE proxy_cache_config SET upstream_registry = coalesce(?2, upstream_registry),
            expiration_s = coalesce(?3, expiration_s), insecure = coalesce(?4, insecure),
            sealed_username = CASE WHEN ?5 THEN ?6 ELSE sealed_username END,
            sealed_password = CASE WHEN ?7 THEN ?8 ELSE sealed_password END
        WHERE organization_id = ?1 RETURNING upstream_registry, expiration_s, insecure",
        params![
            organization_id(grant),
            change.upstream_registry,
            change.expiration_s,
            change.insecure,
            change.sealed_username.is_some(),
            change.sealed_username.flatten(),
            change.sealed_password.is_some(),
            change.sealed_password.flatten()
        ],
    )
}

/// Removes a configuration; returns whether there was one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete(tx: &Transaction<'_>, grant: &Grant<ProxyCacheAdmin>) -> Result<bool, StoreError> {
    tx.any(
        "DELETE FROM proxy_cache_config WHERE organization_id = ?1 RETURNING organization_id",
        params![organization_id(grant)],
    )
}

fn organization_id<P: Permit<Target = MaybeOrganizationRef>>(grant: &Grant<P>) -> Option<i64> {
    grant.organization_if_any().map(|organization| organization.id)
}
