//! Auto-prune policies of organizations, users and repositories: configuration only, Berth stores no tags.

use berth_access::{
    AutopruneChange, Grant, NamespaceTarget, OrganizationNamespaceRef, OwnNamespaceRef, Permit,
    RepositoryRef,
};
use berth_domain::{Namespace, Repository};

use crate::db::{Constraint, Database, FromRow, Query, StoreError, Transaction, Value};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;

/// What policies belong to: a whole namespace, or one repository of it.
pub trait Prunable {
    /// The namespace, and the repository if it is one; `None` when it does not exist.
    fn owner(&self) -> Option<(&Namespace, Option<&Repository>)>;
}

impl Prunable for OrganizationNamespaceRef {
    fn owner(&self) -> Option<(&Namespace, Option<&Repository>)> {
        self.namespace().map(|namespace| (namespace, None))
    }
}

impl Prunable for OwnNamespaceRef {
    fn owner(&self) -> Option<(&Namespace, Option<&Repository>)> {
        self.namespace().map(|namespace| (namespace, None))
    }
}

impl Prunable for RepositoryRef {
    fn owner(&self) -> Option<(&Namespace, Option<&Repository>)> {
        let (namespace, repository) = self.namespace.as_ref().zip(self.repository.as_ref())?;
        Some((namespace, Some(repository)))
    }
}

/// The row ids of namespace and repository; no row has those of what does not exist.
fn owner_ids<P: Permit<Target: Prunable>>(grant: &Grant<P>) -> (Option<i64>, Option<i64>) {
    let owner = grant.target().owner();
    let repository = owner.and_then(|(_, repository)| repository);
    (owner.map(|(namespace, _)| namespace.id), repository.map(|repository| repository.id))
}

/// A policy.
#[derive(Debug, Clone, FromRow)]
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

/// The auto-prune policies of a namespace or repository.
pub struct Policies;

impl Listed for Policies {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("id", "id")] }],
        default: "created",
        searched: "the pattern of tags",
        texts: &[&["tag_pattern"]],
        long: &["tag_pattern"],
        original: Original::Whole,
    };
}

macro_rules! policies {
    ($position:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $position,
            "uuid, method, value, tag_pattern, tag_pattern_matches FROM autoprune_policy
            WHERE namespace_id = ?1 AND repository_id IS ?2",
            $rest
        )
    };
}

/// The policies of a namespace or repository. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list<P: Permit<Target: Prunable>>(
    db: &dyn Database,
    grant: &Grant<P>,
    window: &Window,
) -> Result<Slice<AutoprunePolicy>, StoreError> {
    let (namespace_id, repository_id) = owner_ids(grant);
    window.read(db, policies!("{position}, ", "{window}"), params![namespace_id, repository_id])
}

/// One of them; `None` when there is none of that id. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn get<P: Permit<Target: Prunable>>(
    db: &dyn Database,
    grant: &Grant<P>,
    uuid: &str,
) -> Result<Option<AutoprunePolicy>, StoreError> {
    let (namespace_id, repository_id) = owner_ids(grant);
    db.optional(policies!("", " AND uuid = ?3"), params![namespace_id, repository_id, uuid])
}

/// Makes a policy. One statement.
///
/// # Errors
/// [`StoreError::UniqueViolation`] when there is the same, see [`is_duplicate`].
pub fn create<P: AutopruneChange<Target: Prunable>>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    policy: &AutoprunePolicy,
) -> Result<(), StoreError> {
    tx.run(
        "INSERT INTO autoprune_policy
            (namespace_id, repository_id, uuid, method, value, tag_pattern, tag_pattern_matches)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &parameters(grant, policy),
    )
}

/// Replaces what a policy says; returns whether it exists. One statement.
///
/// # Errors
/// [`StoreError::UniqueViolation`] when another says the same, see [`is_duplicate`].
pub fn change<P: AutopruneChange<Target: Prunable>>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    policy: &AutoprunePolicy,
) -> Result<bool, StoreError> {
    tx.any(
        "UPDATE autoprune_policy
        SET method = ?4, value = ?5, tag_pattern = ?6, tag_pattern_matches = ?7
        WHERE namespace_id = ?1 AND repository_id IS ?2 AND uuid = ?3 RETURNING id",
        &parameters(grant, policy),
    )
}

fn parameters<P: Permit<Target: Prunable>>(
    grant: &Grant<P>,
    policy: &AutoprunePolicy,
) -> [Value; 7] {
    let (namespace_id, repository_id) = owner_ids(grant);
    [
        namespace_id.into(),
        repository_id.into(),
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
pub fn delete<P: AutopruneChange<Target: Prunable>>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    uuid: &str,
) -> Result<bool, StoreError> {
    let (namespace_id, repository_id) = owner_ids(grant);
    tx.any(
        "DELETE FROM autoprune_policy
        WHERE namespace_id = ?1 AND repository_id IS ?2 AND uuid = ?3 RETURNING id",
        params![namespace_id, repository_id, uuid],
    )
}

/// Whether a change failed because there is a policy of the same owner that says the same.
#[must_use]
pub fn is_duplicate(error: &StoreError) -> bool {
    error.violates(Constraint::AutoprunePolicyOfNamespace)
        || error.violates(Constraint::AutoprunePolicyOfRepository)
}
