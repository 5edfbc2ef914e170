//! Tags of images: those that there are, and for some time those that there were. What the registry tells writes them
//! (`schema.sql`, "Images"); here they are listed, deleted and compared with what the registry has.

use berth_access::{Grant, RepositoryAdmin, RepositoryView, RepositoryWrite};
use berth_domain::Timestamp;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::params;
use crate::repositories::row_id;

/// A tag.
#[derive(Debug, Clone, FromRow)]
pub struct TagLine {
    /// Name.
    pub name: String,
    /// The digest of its manifest.
    pub digest: String,
    /// Whether that is an index of several.
    pub is_index: bool,
    /// The sizes of its layers together; none of an index.
    pub layers_bytes: Option<i64>,
    /// When it was last pushed.
    pub started_at: Timestamp,
    /// When it was deleted, or moved to another manifest.
    pub ended_at: Option<Timestamp>,
}

/// Which tags of a repository are listed.
#[derive(Debug, Clone, Copy)]
pub struct TagFilter<'a> {
    /// Whether those are left out that there were.
    pub active_only: bool,
    /// The one with this name alone.
    pub name: Option<&'a str>,
    /// Those whose names have this in them, in whatever case.
    pub part: Option<&'a str>,
    /// For the tags that there were: until when they are shown.
    pub now: Timestamp,
}

/// The tags of a repository, the newest first: `limit` of them, behind so many others. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<RepositoryView>,
    filter: &TagFilter<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<TagLine>, StoreError> {
    let TagFilter { active_only, name, part, now } = *filter;
    db.all(
        "SELECT tag.name, tag.digest, manifest.id IS NOT NULL AND layers_bytes IS NULL AS is_index,
            layers_bytes, started_at, ended_at
        FROM tag LEFT JOIN manifest ON manifest.id = tag.manifest_id
        WHERE tag.repository_id = ?1 AND (ended_at IS NULL OR (NOT ?2 AND shown_until > ?3))
            AND (?4 IS NULL OR tag.name = ?4)
            AND (?5 IS NULL OR instr(lower(tag.name), lower(?5)) > 0)
        ORDER BY started_at DESC, tag.name LIMIT ?6 OFFSET ?7",
        params![row_id(grant), active_only, now, name, part, limit, offset],
    )
}

/// The row id of the tag of that name; none where there is no such tag now. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn find(
    db: &dyn Database,
    grant: &Grant<RepositoryWrite>,
    name: &str,
) -> Result<Option<i64>, StoreError> {
    db.optional(
        "SELECT id FROM tag WHERE repository_id = ?1 AND name = ?2 AND ended_at IS NULL",
        params![row_id(grant), name],
    )
}

/// Who ended a tag that was deleted through the API; the requests of a registry have other ids.
const BY_API: &str = "api";

/// Ends a tag that the registry no longer has; returns its digest, once: also where the registry told of it before, but not where another
/// request ended it. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn end(
    tx: &Transaction<'_>,
    grant: &Grant<RepositoryWrite>,
    id: i64,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    tx.optional(
        "UPDATE tag SET ended_at = coalesce(ended_at, max(started_at, ?3)), ended_by = ?4
        WHERE repository_id = ?1 AND id = ?2 AND ended_by IS NOT ?4 RETURNING digest",
        params![row_id(grant), id, now, BY_API],
    )
}

/// A tag, as a comparison with the registry needs it.
#[derive(Debug, Clone, FromRow)]
pub struct KnownTag {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// The digest of its manifest.
    pub digest: String,
    /// When it was last pushed.
    pub started_at: Timestamp,
}

/// The tags that there are behind a name, in the order of their names: `limit` of them. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn active_behind(
    db: &dyn Database,
    grant: &Grant<RepositoryAdmin>,
    last: &str,
    limit: i64,
) -> Result<Vec<KnownTag>, StoreError> {
    db.all(
        "SELECT id, name, digest, started_at FROM tag
        WHERE repository_id = ?1 AND ended_at IS NULL AND name > ?2 ORDER BY name LIMIT ?3",
        params![row_id(grant), last, limit],
    )
}

/// What a registry has and lacks, as JSON.
#[derive(Debug)]
pub struct Differences<'a> {
    /// Manifests that are not known: `[{"digest", "media_type", "size_bytes", "contents"}]`, with `contents` as the view
    /// `pushed_manifest` has them.
    pub manifests: &'a str,
    /// Tags that are not known, or lead elsewhere: `[{"name", "digest"}]`.
    pub tags: &'a str,
    /// Tags that are known and not there: `[{"id", "started_at"}]`, the time in microseconds.
    pub ended: &'a str,
}

/// How many tags a comparison changed.
#[derive(Debug, Clone, Copy)]
pub struct Reconciled {
    /// That began, or lead elsewhere now.
    pub changed: usize,
    /// That ended.
    pub ended: usize,
}

/// Writes down what a registry has and lacks, but for tags of which it told meanwhile. Three statements.
///
/// # Errors
/// [`StoreError`].
pub fn reconcile(
    tx: &Transaction<'_>,
    grant: &Grant<RepositoryAdmin>,
    differences: &Differences<'_>,
    now: Timestamp,
) -> Result<Reconciled, StoreError> {
    let Differences { manifests, tags, ended } = differences;
    tx.defer(
        "INSERT INTO pushed_manifest
            (namespace_id, repository_id, digest, media_type, size_bytes, contents, pushed_at)
        SELECT repository.namespace_id, repository.id, value ->> 'digest', value ->> 'media_type',
            value ->> 'size_bytes', value -> 'contents', ?3
        FROM json_each(?2) JOIN repository ON repository.id = ?1",
        params![row_id(grant), *manifests, now],
    )?;
    // What another comparison wrote down meanwhile is no change.
    let changed: Vec<String> = tx.all(
        "INSERT INTO pushed_tag (repository_id, name, digest, pushed_at)
        SELECT repository.id, value ->> 'name', value ->> 'digest', ?3
        FROM json_each(?2) JOIN repository ON repository.id = ?1
        WHERE NOT EXISTS (
            SELECT 1 FROM tag WHERE tag.repository_id = ?1 AND ended_at IS NULL
                AND tag.name = value ->> 'name' AND tag.digest = value ->> 'digest')
        RETURNING name",
        params![row_id(grant), *tags, now],
    )?;
    let ended: Vec<i64> = tx.all(
        "UPDATE tag SET ended_at = max(started_at, ?3)
        WHERE repository_id = ?1 AND ended_at IS NULL AND (id, started_at) IN (
            SELECT value ->> 'id', value ->> 'started_at' FROM json_each(?2))
        RETURNING id",
        params![row_id(grant), *ended, now],
    )?;
    Ok(Reconciled { changed: changed.len(), ended: ended.len() })
}
