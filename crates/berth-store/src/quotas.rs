//! Quotas of organizations and users. They are read along with their namespace, by [`quota_json`].

use berth_access::{Grant, NamespaceChange};
use berth_domain::{Quota, QuotaLimit, QuotaLimitKind};

use crate::db::{FromValue, Query, StoreError, Transaction, Value, row_of};
use crate::listing::{Key, List, Listed, Order, Original};
use crate::params;

/// The quota of a namespace: a list of one or none.
pub struct Quotas;

impl Listed for Quotas {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("id", "id")] }],
        default: "created",
        searched: "its size",
        texts: &[&["limit_bytes"]],
        long: &[],
        original: Original::Whole,
    };
}

/// The limits of a quota.
pub struct Limits;

impl Listed for Limits {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("id", "id")] }],
        default: "created",
        searched: "the kind",
        texts: &[&["kind"]],
        long: &[],
        original: Original::Whole,
    };
}

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

/// The quota of the namespace as it is now, for a change of it or after one; `None` when that quota is gone. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn current<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    id: i64,
) -> Result<Option<Quota>, StoreError> {
    let sql = concat!("SELECT ", quota_json!("?1"));
    let quota: Option<Quota> = tx.one(sql, params![grant.namespace_id()])?;
    Ok(quota.filter(|quota| quota.id == id))
}

/// Gives a namespace a quota. One statement.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `quota.namespace_id` when it has one; [`StoreError::NotFound`] when the namespace went.
pub fn create<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    limit_bytes: i64,
) -> Result<(), StoreError> {
    tx.run(
        "INSERT INTO quota (namespace_id, limit_bytes) VALUES (?1, ?2)",
        params![grant.namespace_id(), limit_bytes],
    )
}

/// Changes a quota of the namespace; returns whether it is there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn change<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    id: i64,
    limit_bytes: i64,
) -> Result<bool, StoreError> {
    tx.any(
        "UPDATE quota SET limit_bytes = ?3 WHERE namespace_id = ?1 AND id = ?2 RETURNING 1",
        params![grant.namespace_id(), id, limit_bytes],
    )
}

/// Deletes a quota of the namespace with its limits; returns whether it was there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    id: i64,
) -> Result<bool, StoreError> {
    tx.any(
        "DELETE FROM quota WHERE namespace_id = ?1 AND id = ?2 RETURNING 1",
        params![grant.namespace_id(), id],
    )
}

/// Adds a limit to a quota of the namespace; returns whether the quota is there. One statement.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `quota_limit.quota_id` when there is the same.
pub fn create_limit<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    quota_id: i64,
    kind: QuotaLimitKind,
    percent: i64,
) -> Result<bool, StoreError> {
    tx.any(
        "INSERT INTO quota_limit (quota_id, kind, percent)
        SELECT id, ?3, ?4 FROM quota WHERE namespace_id = ?1 AND id = ?2 RETURNING 1",
        params![grant.namespace_id(), quota_id, kind.as_str(), percent],
    )
}

/// Changes the given fields of a limit of a quota of the namespace; returns the result, if it exists. One statement.
///
/// # Errors
/// [`StoreError::UniqueViolation`] of `quota_limit.quota_id` when there is the same.
pub fn change_limit<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    id: i64,
    kind: Option<QuotaLimitKind>,
    percent: Option<i64>,
) -> Result<Option<QuotaLimit>, StoreError> {
    tx.optional(
        "UPDATE quota_limit SET kind = coalesce(?3, kind), percent = coalesce(?4, percent)
        WHERE id = ?2 AND quota_id = (SELECT id FROM quota WHERE namespace_id = ?1)
        RETURNING id, kind, percent",
        params![grant.namespace_id(), id, kind.map(|kind| kind.as_str()), percent],
    )
}

/// Deletes a limit of a quota of the namespace; returns what it was, if it was there. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delete_limit<P: NamespaceChange>(
    tx: &Transaction<'_>,
    grant: &Grant<P>,
    id: i64,
) -> Result<Option<QuotaLimit>, StoreError> {
    tx.optional(
        "DELETE FROM quota_limit
        WHERE id = ?2 AND quota_id = (SELECT id FROM quota WHERE namespace_id = ?1)
        RETURNING id, kind, percent",
        params![grant.namespace_id(), id],
    )
}

row_of!(QuotaLimit { id, kind, percent });
