//! Repositories: creating, listing, changing, deleting.

use berth_access::{
    Grant, NewRepositoryRef, Permit, RepositoryAdmin, RepositoryRef, RepositoryView,
    RepositoryWrite,
};
use berth_domain::limits::{PAGE_ROWS, listed_text};
use berth_domain::{RepositoryName, RepositoryRole, Timestamp};

use serde::Deserialize;

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;

/// A repository to be made.
#[derive(Debug)]
pub struct NewRepository<'a> {
    /// Name, in the namespace of the grant.
    pub name: &'a RepositoryName,
    /// Description.
    pub description: &'a str,
    /// Whether everybody may pull.
    pub is_public: bool,
    /// An opaque value for badges.
    pub status_token: &'a str,
    /// The account that makes it, and becomes its administrator.
    pub creator_id: i64,
    /// When.
    pub at: Timestamp,
}

/// Makes a repository with the creator as administrator and the organization's default permissions; returns its row id.
/// Two statements.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `repository.namespace_id` when the namespace has a repository of that name.
pub fn create(
    tx: &Transaction<'_>,
    grant: &Grant<impl Permit<Target = NewRepositoryRef>>,
    new: &NewRepository<'_>,
) -> Result<i64, StoreError> {
    create_for(tx, grant, new, RepositoryRole::Admin)
}

/// As [`create`], with another role for the one who makes it.
pub(crate) fn create_for(
    tx: &Transaction<'_>,
    grant: &Grant<impl Permit<Target = NewRepositoryRef>>,
    new: &NewRepository<'_>,
    creator_role: RepositoryRole,
) -> Result<i64, StoreError> {
    let namespace_id = grant.target().namespace.id;
    let id: i64 = tx.one(
        "INSERT INTO repository (namespace_id, name, description, is_public, status_token, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
        params![
            namespace_id,
            new.name.as_str(),
            new.description,
            new.is_public,
            new.status_token,
            new.at
        ],
    )?;
    // For each account or team the rule of this creator counts, the latest of several; else the earliest for all creators.
    tx.execute(
        "INSERT INTO repository_permission (repository_id, namespace_id, account_id, team_id, role)
        SELECT ?1, ?2, account_id, team_id, role FROM (
            SELECT ?3 AS account_id, NULL AS team_id, ?4 AS role, 0 AS id, 1 AS rank
            UNION ALL
            SELECT account_id, team_id, role, id, row_number() OVER (
                PARTITION BY account_id, team_id
                ORDER BY creator_id IS NULL, CASE WHEN creator_id IS NULL THEN id ELSE -id END)
            FROM default_permission
            WHERE organization_id = ?2 AND (creator_id IS NULL OR creator_id = ?3)
                AND account_id IS NOT ?3)
        WHERE rank = 1 ORDER BY id",
        params![id, namespace_id, new.creator_id, creator_role],
    )?;
    Ok(id)
}

/// Which repositories a list is about; of these it holds what the caller sees.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Those of a namespace.
    Namespace(&'a str),
    /// Those that the caller has starred.
    Starred,
    /// All.
    All,
}

/// A repository as lists show it.
#[derive(Debug, Clone, FromRow)]
pub struct RepositoryLine {
    /// The name of its namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The beginning of its description.
    #[row(with = listed_text)]
    pub description: String,
    /// Whether everybody may pull.
    pub is_public: bool,
    /// Whether the caller has starred it.
    pub is_starred: bool,
    /// How many bytes its namespace may hold, where that is limited.
    pub quota_bytes: Option<i64>,
    /// How many it holds.
    pub stored_bytes: i64,
    /// When an image was last pushed.
    pub last_pushed_at: Option<Timestamp>,
}

/// Repositories.
pub struct Repositories;

impl Listed for Repositories {
    const LIST: List = List {
        orders: &[
            Order { name: "created", keys: &[Key("r.id", "r.id")] },
            Order { name: "name", keys: &[Key("r.name", "r.id")] },
        ],
        default: "created",
        searched: "the name",
        texts: &[&["r.name"]],
        long: &[],
        original: Original::Pages(PAGE_ROWS),
    };
}

/// The repositories that the caller sees, with the public ones on which they have no role where `include_public`. One
/// statement.
///
/// # Errors
/// [`StoreError`].
pub fn list<P: Permit>(
    db: &dyn Database,
    grant: &Grant<P>,
    scope: Scope<'_>,
    include_public: bool,
    window: &Window,
) -> Result<Slice<RepositoryLine>, StoreError> {
    let (caller_id, rights) = (grant.caller_id(), grant.rights());
    let mut parameters = vec![
        caller_id.into(),
        caller_id.filter(|_| rights.reads_own_repositories()).into(),
        rights.reads_every_repository().into(),
        include_public.into(),
    ];
    let list = match scope {
        Scope::All => visible_sql(""),
        Scope::Starred => starred_sql(),
        Scope::Namespace(name) => {
            parameters.push(name.into());
            visible_sql(
                " AND r.namespace_id = (SELECT id FROM account
                    WHERE name = ?5 AND name = ?5 COLLATE BINARY AND kind <> 'robot')",
            )
        }
    };
    window.read(db, &list, &parameters)
}

/// Up to how many repositories that somebody has rights on are looked up one by one. Of more, enough are met in the list's order.
const FEW: i64 = 1_000;

/// The repositories of a scope. Each way to see one is a part whose order an index has, so that a page costs what it shows and
/// not what the registry holds. What the caller has rights on has no such index: there are few, or they are met soon.
fn visible_sql(scope: &str) -> String {
    format!(
        "WITH own (id) AS MATERIALIZED (SELECT * FROM (
            SELECT r.id FROM repository r WHERE r.namespace_id = ?2{scope}
            UNION ALL
            SELECT r.id FROM repository_permission p CROSS JOIN repository r ON r.id = p.repository_id
            WHERE p.account_id = ?2{scope}
            UNION ALL
            SELECT r.id FROM team_member m
            CROSS JOIN repository_permission p ON p.team_id = m.team_id
            CROSS JOIN repository r ON r.id = p.repository_id
            WHERE m.account_id = ?2{scope}
            UNION ALL
            SELECT r.id FROM team_member m
            CROSS JOIN team ON team.id = m.team_id AND team.role = 'admin'
            CROSS JOIN repository r ON r.namespace_id = m.organization_id
            WHERE m.account_id = ?2{scope}) LIMIT {FEW} + 1),
        visible AS (
            SELECT * FROM (SELECT {{position}} FROM repository r WHERE ?3{scope}{{window}})
            UNION
            SELECT * FROM (SELECT {{position}} FROM repository r
                WHERE NOT ?3 AND ?4 AND r.is_public = 1{scope}{{window}})
            UNION
            SELECT * FROM (SELECT {{position}} FROM repository r WHERE r.id IN own
                AND NOT ?3{{window}} * (SELECT count(*) <= {FEW} FROM own))
            UNION
            SELECT * FROM (SELECT {{position}} FROM repository r
                WHERE NOT ?3 AND {HAS_RIGHTS}{scope}{{window}} * (SELECT count(*) > {FEW} FROM own))
            {{order}})
        {LISTED} {{ordered}}"
    )
}

/// The repositories that the caller has starred, and still sees.
fn starred_sql() -> String {
    format!(
        "WITH visible AS (
            SELECT {{position}} FROM star CROSS JOIN repository r ON r.id = star.repository_id
            WHERE star.account_id = ?1 AND (?3 OR (?4 AND r.is_public = 1) OR {HAS_RIGHTS}){{window}})
        {LISTED} {{ordered}}"
    )
}

/// Whether the caller has rights on the repository `r`: it is theirs, or they or a team of theirs have a role on it, or they
/// administer its namespace.
const HAS_RIGHTS: &str = "(r.namespace_id = ?2
    OR EXISTS (SELECT 1 FROM repository_permission p WHERE p.repository_id = r.id AND p.account_id = ?2)
    OR EXISTS (SELECT 1 FROM team_member m
        CROSS JOIN repository_permission p ON p.repository_id = r.id AND p.team_id = m.team_id
        WHERE m.account_id = ?2 AND m.organization_id = r.namespace_id)
    OR EXISTS (SELECT 1 FROM team_member m CROSS JOIN team ON team.id = m.team_id AND team.role = 'admin'
        WHERE m.account_id = ?2 AND m.organization_id = r.namespace_id))";

/// What is shown of the repositories of `visible`.
const LISTED: &str = "SELECT visible.position_key, visible.position_tie, n.name AS namespace, r.name,
        substr(r.description, 1, 1025) AS description, r.is_public,
        EXISTS (SELECT 1 FROM star s WHERE s.account_id = ?1 AND s.repository_id = r.id) AS is_starred,
        (SELECT limit_bytes FROM quota WHERE quota.namespace_id = r.namespace_id) AS quota_bytes,
        r.stored_bytes, r.last_pushed_at
    FROM visible CROSS JOIN repository r ON r.id = visible.position_tie
    CROSS JOIN account n ON n.id = r.namespace_id";

/// What the view of one repository needs besides what authorization read.
#[derive(Debug, Clone, FromRow)]
pub struct RepositoryDetails {
    /// An opaque value for badges.
    pub status_token: String,
    /// Whether the caller has starred it.
    pub is_starred: bool,
    /// Its newest tags, where they were asked for.
    #[row(with = newest_tags)]
    pub tags: Option<Vec<NewestTag>>,
}

/// A tag that there is.
#[derive(Debug, Clone, Deserialize)]
pub struct NewestTag {
    /// Name.
    pub name: String,
    /// The digest of its manifest.
    pub digest: String,
    /// The sizes of its layers together; none of an index.
    pub layers_bytes: Option<i64>,
    /// When it was last pushed, in microseconds since 1970.
    pub started_at: i64,
}

fn newest_tags(json: Option<String>) -> Option<Vec<NewestTag>> {
    json.map(|json| serde_json::from_str(&json).unwrap_or_default())
}

/// The details of a repository, with the newest 500 of its tags if they are asked for: as many as the original shows. None when there is no
/// such repository. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn details(
    db: &dyn Database,
    grant: &Grant<RepositoryView>,
    with_tags: bool,
) -> Result<Option<RepositoryDetails>, StoreError> {
    db.optional(
        "SELECT status_token,
            EXISTS (SELECT 1 FROM star WHERE account_id = ?2 AND repository_id = repository.id)
                AS is_starred,
            CASE WHEN ?3 THEN (
                SELECT json_group_array(json_object('name', name, 'digest', digest,
                    'layers_bytes', layers_bytes, 'started_at', started_at))
                FROM (SELECT tag.name, tag.digest, layers_bytes, started_at
                    FROM tag LEFT JOIN manifest ON manifest.id = tag.manifest_id
                    WHERE tag.repository_id = ?1 AND ended_at IS NULL
                    ORDER BY started_at DESC, tag.name LIMIT 500)) END AS tags
        FROM repository WHERE id = ?1",
        params![row_id(grant), grant.caller_id(), with_tags],
    )
}

/// Changes the description; returns whether there is such a repository. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn set_description(
    tx: &Transaction<'_>,
    grant: &Grant<RepositoryWrite>,
    description: &str,
) -> Result<bool, StoreError> {
    tx.any(
        "UPDATE repository SET description = ?2 WHERE id = ?1 RETURNING 1",
        params![row_id(grant), description],
    )
}

/// Makes it public or private; returns whether there is such a repository. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn set_visibility(
    tx: &Transaction<'_>,
    grant: &Grant<RepositoryAdmin>,
    is_public: bool,
) -> Result<bool, StoreError> {
    tx.any(
        "UPDATE repository SET is_public = ?2 WHERE id = ?1 RETURNING 1",
        params![row_id(grant), is_public],
    )
}

/// Deletes a repository with its permissions and stars; returns whether it was there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete(tx: &Transaction<'_>, grant: &Grant<RepositoryAdmin>) -> Result<bool, StoreError> {
    tx.any("DELETE FROM repository WHERE id = ?1 RETURNING 1", params![row_id(grant)])
}

/// Stars a repository, once. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn star(
    tx: &Transaction<'_>,
    grant: &Grant<berth_access::RepositoryStar>,
) -> Result<(), StoreError> {
    tx.defer(
        "INSERT INTO star (account_id, repository_id)
        SELECT ?2, id FROM repository WHERE id = ?1 ON CONFLICT DO NOTHING",
        params![row_id(grant), grant.caller_id()],
    )
}

/// Takes a star back, if there is one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn unstar(
    tx: &Transaction<'_>,
    account_id: i64,
    namespace: &str,
    name: &str,
) -> Result<(), StoreError> {
    tx.defer(
        "DELETE FROM star WHERE account_id = ?1 AND repository_id = (
            SELECT r.id FROM repository r JOIN account n ON n.id = r.namespace_id
            WHERE n.name = ?2 AND n.name = ?2 COLLATE BINARY AND r.name = ?3)",
        params![account_id, namespace, name],
    )
}

/// The repository's row id; none, which no row has, when there is no such repository.
pub(crate) fn row_id<P: Permit<Target = RepositoryRef>>(grant: &Grant<P>) -> Option<i64> {
    grant.target().repository.as_ref().map(|repository| repository.id)
}
