//! Auto-prune policies of organizations and users: configuration only, Berth stores no tags.

use berth_access::{Grant, NamespaceChange, NamespaceRef, Permit};

use crate::db::{Database, Row, StoreError, Transaction, Value};

/// A policy.
#[derive(Debug, Clone)]
pub struct AutoprunePolicy {
    /// Stable id.
    pub uuid: String,
    /// `number_of_tags` or `creation_date`.
    pub method: String,
    /// A number or a text, as JSON text.
    pub value: String,
    /// Which tags; empty is every tag.
    pub tag_pattern: String,
    /// Whether those tags that match count, or those that do not.
    pub tag_pattern_matches: bool,
}

/// The policies of a namespace in the order in which they were made; only the one with `uuid`, if given. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list<P: Permit<Target = NamespaceRef>>(
    db: &dyn Database,
    grant: &Grant<P>,
    uuid: Option<&str>,
) -> Result<Vec<AutoprunePolicy>, StoreError> {
    let rows = db.execute(
        "SELECT uuid, method, value, tag_pattern, tag_pattern_matches FROM autoprune_policy
        WHERE namespace_id = ?1 AND (?2 IS NULL OR uuid = ?2) ORDER BY id",
        &[grant.namespace_id().into(), uuid.into()],
    )?;
    rows.into_iter().map(read_policy).collect()
}

fn read_policy(mut row: Row) -> Result<AutoprunePolicy, StoreError> {
    Ok(AutoprunePolicy {
        uuid: row.read()?,
        method: row.read()?,
        value: row.read()?,
        tag_pattern: row.read()?,
        tag_pattern_matches: row.read()?,
    })
}

/// Makes a policy. One statement.
///
/// # Errors
/// [`StoreError::Taken`] of `autoprune_policy.namespace_id` when there is the same.
pub fn create<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    policy: &AutoprunePolicy,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO autoprune_policy
            (namespace_id, uuid, method, value, tag_pattern, tag_pattern_matches)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &parameters(grant, policy),
    )?;
    Ok(())
}

/// Replaces what a policy says; returns whether it exists. One statement.
///
/// # Errors
/// [`StoreError::Taken`] of `autoprune_policy.namespace_id` when another says the same.
pub fn change<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    policy: &AutoprunePolicy,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE autoprune_policy
        SET method = ?3, value = ?4, tag_pattern = ?5, tag_pattern_matches = ?6
        WHERE namespace_id = ?1 AND uuid = ?2 RETURNING id",
        &parameters(grant, policy),
    )?;
    Ok(!rows.is_empty())
}

fn parameters<P: NamespaceChange>(grant: &Grant<P>, policy: &AutoprunePolicy) -> [Value; 6] {
    [
        grant.namespace_id().into(),
        (&policy.uuid).into(),
        (&policy.method).into(),
        (&policy.value).into(),
        (&policy.tag_pattern).into(),
        policy.tag_pattern_matches.into(),
    ]
}

/// Deletes a policy; returns whether it existed. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    uuid: &str,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "DELETE FROM autoprune_policy WHERE namespace_id = ?1 AND uuid = ?2 RETURNING id",
        &[grant.namespace_id().into(), uuid.into()],
    )?;
    Ok(!rows.is_empty())
}
