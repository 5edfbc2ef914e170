//! Quotas of organizations and users. They are read along with their namespace, by [`quota_json`].

use berth_access::{Grant, NamespaceChange};
use berth_domain::{Quota, QuotaLimitKind};

use crate::db::{Database, FromValue, StoreError, Transaction, Value};
use crate::params;

/// The quota of the account whose id the expression gives, as JSON, or NULL: a column for any statement.
macro_rules! quota_json {
    ($account_id:literal) => {
        concat!(
            "(SELECT json_object('id', quota.id, 'limit_bytes', limit_bytes, 'limits', json((
                SELECT json_group_array(json_object('id', id, 'type', kind, 'limit_percent', percent))
                FROM (SELECT id, kind, percent FROM quota_limit
                    WHERE quota_limit.quota_id = quota.id ORDER BY id))))
            FROM quota WHERE quota.namespace_id = ",
            $account_id,
            ")"
        )
    };
}
pub(crate) use quota_json;

impl FromValue for Quota {
    fn from_value(value: Value) -> Result<Self, Value> {
        let text = String::from_value(value)?;
        serde_json::from_str(&text).map_err(|_| Value::Text(text))
    }
}

/// Gives a namespace a quota. One statement.
///
/// # Errors
/// [`StoreError::Taken`] of `quota.namespace_id` when it has one.
pub fn create<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    limit_bytes: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO quota (namespace_id, limit_bytes) VALUES (?1, ?2)",
        params![grant.namespace_id(), limit_bytes],
    )?;
    Ok(())
}

/// Changes a quota of the namespace. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn change<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    id: i64,
    limit_bytes: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE quota SET limit_bytes = ?3 WHERE namespace_id = ?1 AND id = ?2",
        params![grant.namespace_id(), id, limit_bytes],
    )?;
    Ok(())
}

/// Deletes a quota of the namespace with its limits. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    id: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM quota WHERE namespace_id = ?1 AND id = ?2",
        params![grant.namespace_id(), id],
    )?;
    Ok(())
}

/// Adds a limit to a quota of the namespace. One statement.
///
/// # Errors
/// [`StoreError::Taken`] of `quota_limit.quota_id` when there is the same.
pub fn create_limit<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    quota_id: i64,
    kind: QuotaLimitKind,
    percent: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO quota_limit (quota_id, kind, percent)
        SELECT id, ?3, ?4 FROM quota WHERE namespace_id = ?1 AND id = ?2",
        params![grant.namespace_id(), quota_id, kind.as_str(), percent],
    )?;
    Ok(())
}

/// Changes a limit of a quota of the namespace. One statement.
///
/// # Errors
/// [`StoreError::Taken`] of `quota_limit.quota_id` when there is the same.
pub fn change_limit<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    id: i64,
    kind: QuotaLimitKind,
    percent: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE quota_limit SET kind = ?3, percent = ?4
        WHERE id = ?2 AND quota_id = (SELECT id FROM quota WHERE namespace_id = ?1)",
        params![grant.namespace_id(), id, kind.as_str(), percent],
    )?;
    Ok(())
}

/// Deletes a limit of a quota of the namespace. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete_limit<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    id: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM quota_limit
        WHERE id = ?2 AND quota_id = (SELECT id FROM quota WHERE namespace_id = ?1)",
        params![grant.namespace_id(), id],
    )?;
    Ok(())
}
