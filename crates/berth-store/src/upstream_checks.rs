//! Upstream registries that are being tried right now. Each check waits for another server, so only few run at a time: for
//! one organization, for one person, and in all. They are counted in the database, which all instances share.

use berth_access::{Grant, ProxyCacheAdmin};
use berth_domain::Timestamp;

use crate::db::{Database, Query, StoreError};
use crate::params;

/// How many may run at a time.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// For one organization.
    pub of_organization: i64,
    /// Begun by one person.
    pub of_caller: i64,
    /// Of everybody.
    pub in_all: i64,
}

/// One that is running.
#[derive(Debug)]
#[must_use = "it counts until it is ended"]
pub struct RunningCheck(i64);

/// Begins one for the organization of the grant, unless too many run; returns none then. It counts until it is ended, or until
/// `expires_at`. Two statements.
///
/// # Errors
/// [`StoreError`].
pub fn begin(
    db: &dyn Database,
    grant: &Grant<ProxyCacheAdmin>,
    caller_id: i64,
    most: Most,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Option<RunningCheck>, StoreError> {
    let Some(organization) = grant.organization_if_any() else { return Ok(None) };
    db.run("DELETE FROM upstream_check WHERE expires_at <= ?1", params![now])?;
    let id = db.optional(
        "INSERT INTO upstream_check (organization_id, caller_id, expires_at)
        SELECT ?1, ?2, ?3
        WHERE (SELECT count(*) FROM upstream_check WHERE organization_id = ?1) < ?4
            AND (SELECT count(*) FROM upstream_check WHERE caller_id = ?2) < ?5
            AND (SELECT count(*) FROM upstream_check) < ?6
        RETURNING id",
        params![
            organization.id,
            caller_id,
            expires_at,
            most.of_organization,
            most.of_caller,
            most.in_all
        ],
    )?;
    Ok(id.map(RunningCheck))
}

/// Ends one. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn end(db: &dyn Database, check: &RunningCheck) -> Result<(), StoreError> {
    db.run("DELETE FROM upstream_check WHERE id = ?1", params![check.0])
}
