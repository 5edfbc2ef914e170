//! How much somebody may own, as the database has it. The schema counts and refuses; here are the numbers.
//!
//! Triggers know no settings, so the numbers are a table too, `owned_limit`. A request that could exceed a limit learns with the
//! statement of [`crate::access`] whether the table says what the settings say. Only where it does not, after a change of a
//! setting, the request writes it down, once for all that follow.

use std::borrow::Cow;
use std::fmt::Write as _;

use berth_domain::limits::Limit;

use crate::db::{Database, StoreError, transaction};
use crate::params;

/// A limit, and how many there may be by its setting.
pub type LimitInForce = (&'static Limit, i64);

/// Writes down how many there may be. Three statements, at most one more for each further limit.
///
/// # Errors
/// [`StoreError`].
pub fn set(db: &dyn Database, limits: &[LimitInForce]) -> Result<(), StoreError> {
    transaction(db, |tx| {
        limits.iter().try_for_each(|(limit, most)| {
            tx.defer(
                "UPDATE owned_limit SET most = ?2 WHERE kind = ?1 AND most <> ?2",
                params![limit.name, *most],
            )
        })
    })
}

/// The statement with a first column that says whether the database has other numbers; the same statement where no limit is
/// given.
pub(crate) fn with_difference<'a>(select: &'a str, limits: &[LimitInForce]) -> Cow<'a, str> {
    let mut condition = String::new();
    for (limit, most) in limits {
        let or = if condition.is_empty() { "" } else { " OR " };
        let _ = write!(condition, "{or}kind = '{}' AND most <> {most}", limit.name);
    }
    match select.strip_prefix("SELECT ") {
        Some(columns) if !limits.is_empty() => Cow::Owned(format!(
            "SELECT EXISTS (SELECT 1 FROM owned_limit WHERE {condition}) AS limits_differ, {columns}"
        )),
        _ => Cow::Borrowed(select),
    }
}
