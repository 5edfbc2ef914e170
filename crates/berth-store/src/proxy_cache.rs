//! Which upstream registry an organization caches. User name and password are stored sealed.

use berth_access::{Grant, MaybeOrganizationRef, Permit, ProxyCacheAdmin};

use berth_domain::Timestamp;

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

/// How a proxy cache does.
#[derive(Debug, FromRow)]
pub struct UsageRow {
    /// What was served without fetching it.
    pub hits: i64,
    /// What was fetched.
    pub misses: i64,
    /// How much was fetched, in bytes.
    pub fetched_bytes: i64,
    /// When the upstream last gave what it was asked for.
    pub succeeded_at: Option<Timestamp>,
    /// When it last did not.
    pub failed_at: Option<Timestamp>,
    /// Why it did not.
    pub failure: Option<String>,
}

/// How an organization's proxy cache does; none where it has none. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn usage(
    db: &dyn Database,
    grant: &Grant<berth_access::ProxyCacheView>,
) -> Result<Option<UsageRow>, StoreError> {
    db.optional(
        "SELECT coalesce(hits, 0) AS hits, coalesce(misses, 0) AS misses,
            coalesce(fetched_bytes, 0) AS fetched_bytes, succeeded_at, failed_at, failure
        FROM proxy_cache_config p LEFT JOIN proxy_cache_use u USING (organization_id)
        WHERE p.organization_id = ?1",
        params![organization_id(grant)],
    )
}

/// How many manifests one [`purge`] forgets, at most.
pub const PURGED_AT_ONCE: i64 = 500;

/// Forgets manifests of a proxy cache, and so their tags; returns how many, or none where there is no proxy cache. Two statements.
///
/// # Errors
/// [`StoreError`].
pub fn purge(
    tx: &Transaction<'_>,
    grant: &Grant<ProxyCacheAdmin>,
) -> Result<Option<i64>, StoreError> {
    let is_there = tx.any(
        "SELECT 1 FROM proxy_cache_config WHERE organization_id = ?1",
        params![organization_id(grant)],
    )?;
    if !is_there {
        return Ok(None);
    }
    let forgotten: Vec<i64> = tx.all(
        "DELETE FROM manifest WHERE id IN (
            SELECT m.id FROM repository r
            CROSS JOIN manifest m ON m.repository_id = r.id
            CROSS JOIN cached_manifest c ON c.manifest_id = m.id
            WHERE r.namespace_id = ?1 LIMIT ?2)
        RETURNING 1",
        params![organization_id(grant), PURGED_AT_ONCE],
    )?;
    Ok(Some(i64::try_from(forgotten.len()).unwrap_or(i64::MAX)))
}

fn organization_id<P: Permit<Target = MaybeOrganizationRef>>(grant: &Grant<P>) -> Option<i64> {
    grant.organization_if_any().map(|organization| organization.id)
}
