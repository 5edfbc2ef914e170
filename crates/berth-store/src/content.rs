//! What proxy caches have of their upstreams: manifests and tags with their bytes, and whether the registry behind has the blobs.

use berth_access::{Grant, RegistryCachedCreate, RegistryRead};
use berth_domain::manifest::Content;
use berth_domain::{RepositoryName, RepositoryRole, Timestamp};
use serde_json::json;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::params;
use crate::repositories::{self, NewRepository};

/// Which registry is cached, and how it is called.
#[derive(Debug, FromRow)]
pub struct CacheConfig {
    /// `host[:port][/namespace]`.
    pub upstream_registry: String,
    /// How long a tag is served while the upstream fails, in seconds; 0 or less: for ever.
    pub expiration_s: i64,
    /// Plain HTTP.
    pub insecure: bool,
    /// The user name, sealed.
    pub sealed_username: Option<Vec<u8>>,
    /// The password, sealed.
    pub sealed_password: Option<Vec<u8>>,
}

/// A manifest that was fetched.
#[derive(Debug, Clone, FromRow)]
pub struct CachedManifest {
    /// Its digest.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// The tag by which it was found.
    pub tag_id: Option<i64>,
    /// When the upstream last said that the tag names it.
    pub checked_at: Option<Timestamp>,
    /// Until when it is served while the upstream fails; `None`: for ever.
    pub expires_at: Option<Timestamp>,
}

/// A proxy cache, and the manifest that a client asks for.
#[derive(Debug, FromRow)]
pub struct ManifestState {
    /// The cache.
    #[row(nested)]
    pub config: CacheConfig,
    /// The manifest, if it was fetched.
    #[row(nested)]
    pub manifest: Option<CachedManifest>,
}

/// A blob that a manifest of the repository names.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct CachedBlob {
    /// Row id.
    pub id: i64,
    /// How large it is, by the manifest.
    pub size_bytes: i64,
    /// When it was seen in the registry behind.
    pub stored_at: Option<Timestamp>,
}

/// A proxy cache, and the blob that a client asks for.
#[derive(Debug, FromRow)]
pub struct BlobState {
    /// The cache.
    #[row(nested)]
    pub config: CacheConfig,
    /// The blob, if it is known.
    #[row(nested)]
    pub blob: Option<CachedBlob>,
}

macro_rules! config_columns {
    () => {
        "p.upstream_registry, p.expiration_s, p.insecure, p.sealed_username, p.sealed_password"
    };
}

/// The cache of the repository's organization, and the manifest that a tag names; none where nothing is cached there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn manifest_by_tag(
    db: &dyn Database,
    grant: &Grant<RegistryRead>,
    tag: &str,
) -> Result<Option<ManifestState>, StoreError> {
    db.optional(
        concat!(
            "SELECT ",
            config_columns!(),
            ", m.digest, m.media_type, c.content, t.tag_id, t.checked_at, t.expires_at
            FROM proxy_cache_config p
            LEFT JOIN tag ON tag.repository_id = ?2 AND tag.name = ?3 AND tag.ended_at IS NULL
            LEFT JOIN cached_tag t ON t.tag_id = tag.id
            LEFT JOIN cached_manifest c ON c.manifest_id = tag.manifest_id AND t.tag_id IS NOT NULL
            LEFT JOIN manifest m ON m.id = c.manifest_id
            WHERE p.organization_id = ?1"
        ),
        params![namespace_id(grant), repositories::row_id(grant), tag],
    )
}

/// The same of the manifest with a digest. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn manifest_by_digest(
    db: &dyn Database,
    grant: &Grant<RegistryRead>,
    digest: &str,
) -> Result<Option<ManifestState>, StoreError> {
    db.optional(
        concat!(
            "SELECT ",
            config_columns!(),
            ", m.digest, m.media_type, c.content, NULL AS tag_id, NULL AS checked_at,
                NULL AS expires_at
            FROM proxy_cache_config p
            LEFT JOIN manifest m ON m.repository_id = ?2 AND m.digest = ?3
                AND EXISTS (SELECT 1 FROM cached_manifest WHERE manifest_id = m.id)
            LEFT JOIN cached_manifest c ON c.manifest_id = m.id
            WHERE p.organization_id = ?1"
        ),
        params![namespace_id(grant), repositories::row_id(grant), digest],
    )
}

/// The cache of the repository's organization, and a blob; none where nothing is cached there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn blob(
    db: &dyn Database,
    grant: &Grant<RegistryRead>,
    digest: &str,
) -> Result<Option<BlobState>, StoreError> {
    db.optional(
        concat!(
            "SELECT ",
            config_columns!(),
            ", b.id, b.size_bytes, s.stored_at
            FROM proxy_cache_config p
            LEFT JOIN blob b ON b.repository_id = ?2 AND b.digest = ?3
            LEFT JOIN cached_blob s ON s.blob_id = b.id
            WHERE p.organization_id = ?1"
        ),
        params![namespace_id(grant), repositories::row_id(grant), digest],
    )
}

/// The row id of the repository of that name; none where there is none. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn repository_id(
    db: &dyn Database,
    grant: &Grant<RegistryRead>,
    name: Option<&str>,
) -> Result<Option<i64>, StoreError> {
    db.optional(
        "SELECT id FROM repository WHERE namespace_id = ?1 AND name = ?2",
        params![namespace_id(grant), name],
    )
}

/// A page of the tags that were fetched, in the order of the alphabet, behind `last`; none where nothing is cached there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn tags(
    db: &dyn Database,
    grant: &Grant<RegistryRead>,
    last: &str,
    rows: i64,
) -> Result<Vec<String>, StoreError> {
    db.all(
        "SELECT name FROM tag WHERE repository_id = ?1 AND name > ?2 AND ended_at IS NULL
        ORDER BY name LIMIT ?3",
        params![repositories::row_id(grant), last, rows],
    )
}

/// Makes the repository of a first pull; the one who pulls may read it, and the organization's default permissions apply. Two statements.
///
/// # Errors
/// [`StoreError::UniqueViolation`] when it was made meanwhile; [`StoreError::Limited`].
pub fn create_repository(
    tx: &Transaction<'_>,
    grant: &Grant<RegistryCachedCreate>,
    new: &NewRepository<'_>,
) -> Result<i64, StoreError> {
    repositories::create_for(tx, grant, new, RepositoryRole::Read)
}

/// A manifest that was fetched.
#[derive(Debug)]
pub struct FetchedManifest<'a> {
    /// Its digest.
    pub digest: &'a str,
    /// Its media type.
    pub media_type: &'a str,
    /// Its bytes.
    pub content: &'a [u8],
    /// What it names.
    pub contents: &'a [Content],
    /// The tag by which it was asked for.
    pub tag: Option<&'a str>,
    /// When.
    pub at: Timestamp,
    /// Until when the tag is served while the upstream fails.
    pub expires_at: Option<Timestamp>,
    /// How much the namespace may hold then, in bytes.
    pub most_bytes: Option<i64>,
}

/// Writes down a manifest that was fetched, and that it was. One statement.
///
/// # Errors
/// [`StoreError::BeyondQuota`].
pub fn store_manifest(
    tx: &Transaction<'_>,
    grant: &Grant<RegistryRead>,
    repository_id: i64,
    fetched: &FetchedManifest<'_>,
) -> Result<(), StoreError> {
    tx.run(
        "INSERT INTO fetched_manifest (namespace_id, repository_id, digest, media_type, content,
            contents, tag, fetched_at, expires_at, most_bytes)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            namespace_id(grant),
            repository_id,
            fetched.digest,
            fetched.media_type,
            fetched.content,
            json!(fetched.contents).to_string(),
            fetched.tag,
            fetched.at,
            fetched.expires_at,
            fetched.most_bytes
        ],
    )
}

/// Notes that the upstream still says what a tag names. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn renew_tag(
    tx: &Transaction<'_>,
    grant: &Grant<RegistryRead>,
    tag_id: i64,
    at: Timestamp,
    expires_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.defer(
        "UPDATE cached_tag SET checked_at = max(checked_at, ?2), expires_at = ?3
        WHERE tag_id = (SELECT id FROM tag WHERE id = ?1 AND repository_id = ?4)",
        params![tag_id, at, expires_at, repositories::row_id(grant)],
    )
}

/// What was done for a pull.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Use {
    /// How many were served without the upstream's bytes.
    pub hits: i64,
    /// How many were fetched.
    pub misses: i64,
    /// How much was fetched, in bytes.
    pub fetched_bytes: i64,
    /// Whether the upstream gave what it was asked for.
    pub succeeded: bool,
    /// Why the upstream did not.
    pub failure: Option<String>,
}

const NOTE: &str = "INSERT INTO proxy_cache_use (organization_id, hits, misses, fetched_bytes,
        succeeded_at, failed_at, failure)
    SELECT organization_id, ?2, ?3, ?4, ?5, ?6, ?7 FROM proxy_cache_config
    WHERE organization_id = ?1
    ON CONFLICT DO UPDATE SET hits = hits + excluded.hits, misses = misses + excluded.misses,
        fetched_bytes = fetched_bytes + excluded.fetched_bytes,
        succeeded_at = coalesce(excluded.succeeded_at, succeeded_at),
        failed_at = coalesce(excluded.failed_at, failed_at),
        failure = coalesce(excluded.failure, failure)";

fn noted(organization_id: i64, done: &Use, at: Timestamp) -> [crate::Value; 7] {
    [
        organization_id.into(),
        done.hits.into(),
        done.misses.into(),
        done.fetched_bytes.into(),
        done.succeeded.then_some(at).into(),
        done.failure.as_ref().map(|_| at).into(),
        done.failure.as_deref().into(),
    ]
}

/// Notes what was done for a pull. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn note_use(
    tx: &Transaction<'_>,
    organization_id: i64,
    done: &Use,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.defer(NOTE, &noted(organization_id, done, at))
}

/// The same outside of a transaction. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn note_use_alone(
    db: &dyn Database,
    organization_id: i64,
    done: &Use,
    at: Timestamp,
) -> Result<(), StoreError> {
    db.run(NOTE, &noted(organization_id, done, at))
}

/// Begins to write a blob into the registry behind, unless somebody does who was heard of since `silent_since`; returns whether it did. One
/// statement.
///
/// # Errors
/// [`StoreError`].
pub fn begin_fill(
    db: &dyn Database,
    blob_id: i64,
    at: Timestamp,
    silent_since: Timestamp,
) -> Result<bool, StoreError> {
    db.any(
        "INSERT INTO cached_blob (blob_id, filling_since) SELECT id, ?2 FROM blob WHERE id = ?1
        ON CONFLICT DO UPDATE SET filling_since = excluded.filling_since
            WHERE filling_since IS NULL OR filling_since <= ?3
        RETURNING 1",
        params![blob_id, at, silent_since],
    )
}

/// Says that a blob is still being written. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn go_on_filling(db: &dyn Database, blob_id: i64, at: Timestamp) -> Result<(), StoreError> {
    db.run("UPDATE cached_blob SET filling_since = ?2 WHERE blob_id = ?1", params![blob_id, at])
}

/// Ends writing a blob that is not whole. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn give_up_fill(db: &dyn Database, blob_id: i64) -> Result<(), StoreError> {
    db.run("UPDATE cached_blob SET filling_since = NULL WHERE blob_id = ?1", params![blob_id])
}

/// Notes that the registry behind has a blob. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn note_stored(db: &dyn Database, blob_id: i64, at: Timestamp) -> Result<(), StoreError> {
    db.run(
        "INSERT INTO cached_blob (blob_id, stored_at) SELECT id, ?2 FROM blob WHERE id = ?1
        ON CONFLICT DO UPDATE SET stored_at = excluded.stored_at, filling_since = NULL",
        params![blob_id, at],
    )
}

/// A manifest that the registry behind can take: it has all blobs.
#[derive(Debug, FromRow)]
pub struct CompleteManifest {
    /// Row id.
    pub id: i64,
    /// Its digest.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// The manifests with a blob whose other blobs the registry behind has too, and which it does not have: ten at most, which is more than one
/// image has. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn complete_manifests(
    db: &dyn Database,
    blob_id: i64,
) -> Result<Vec<CompleteManifest>, StoreError> {
    db.all(
        "SELECT m.id, m.digest, m.media_type, c.content FROM manifest_blob b
        CROSS JOIN cached_manifest c ON c.manifest_id = b.manifest_id AND c.stored_at IS NULL
        CROSS JOIN manifest m ON m.id = c.manifest_id
        WHERE b.blob_id = ?1 AND NOT EXISTS (
            SELECT 1 FROM manifest_blob other LEFT JOIN cached_blob s ON s.blob_id = other.blob_id
            WHERE other.manifest_id = m.id AND s.stored_at IS NULL)
        LIMIT 10",
        params![blob_id],
    )
}

/// Notes that the registry behind has a manifest. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn note_manifest_stored(
    db: &dyn Database,
    manifest_id: i64,
    at: Timestamp,
) -> Result<(), StoreError> {
    db.run(
        "UPDATE cached_manifest SET stored_at = ?2 WHERE manifest_id = ?1",
        params![manifest_id, at],
    )
}

fn namespace_id(grant: &Grant<RegistryRead>) -> Option<i64> {
    grant.target().namespace.as_ref().map(|namespace| namespace.id)
}

/// The name of a repository that a pull makes.
#[must_use]
pub fn repository_name(text: &str) -> Option<RepositoryName> {
    RepositoryName::try_from(text).ok()
}
