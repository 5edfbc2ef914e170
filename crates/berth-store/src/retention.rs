//! Retention: rows that have had their time are removed, a few at a time.
//!
//! Requests that change anything call [`sweep`] once they are answered, and `berth maintenance` calls it until nothing is left.
//! Each statement is a transaction of its own and takes [`ROWS`] rows at most, so that nobody waits long for the write lock.
//! [`KINDS`] is all there is: no trigger removes anything because of its age.

use berth_domain::Timestamp;

use crate::db::{Database, Query, Statement, StoreError, Value};

/// How many rows of each kind one sweep removes at most. Rows that go with them are few: none of the kinds has many of
/// them.
pub const ROWS: i64 = 100;

/// How long mails, dismissed notifications and expired access tokens are kept, in seconds: a month, to look into what happened.
const MONTH_S: i64 = 30 * 86_400;

/// How long expired app-specific tokens are kept, in seconds, as the original does: their users see that there were some.
/// So long a manifest waits for its tag or its index, and a tag that ended is known after lists have shown it: notifications of a
/// registry come late.
const DAY_S: i64 = 86_400;

/// How long notifications of the registry are known again, in seconds: it repeats one until it hears that it was taken.
const FORTNIGHT_S: i64 = 14 * 86_400;

/// How long mails count that are gone, in seconds: the limits of mails are those of an hour.
const HOUR_S: i64 = 3_600;

/// Rows that are removed some time after the time in one of their columns.
#[derive(Debug)]
pub struct Kind {
    /// What they are, for people.
    pub name: &'static str,
    /// `DELETE FROM` the table, or the `UPDATE` of it that empties them.
    change: &'static str,
    table: &'static str,
    id: &'static str,
    /// The column with the time. An index is in its order.
    time: &'static str,
    /// What else must hold, of which that index is a partial one.
    condition: &'static str,
    kept: Kept,
}

#[derive(Debug, Clone, Copy)]
enum Kept {
    /// So many seconds after their time.
    For(i64),
    /// As long as the setting `log_retention` says.
    AsLog,
}

/// All kinds, in the order in which they are removed: what goes with a row comes after it.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "log entries",
        change: "DELETE FROM log_entry",
        table: "log_entry",
        id: "id",
        time: "created_at",
        condition: "1",
        kept: Kept::AsLog,
    },
    Kind {
        name: "expired sessions",
        change: "DELETE FROM session",
        table: "session",
        id: "id",
        time: "expires_at",
        condition: "1",
        kept: Kept::For(0),
    },
    Kind {
        name: "expired authorization codes",
        change: "DELETE FROM authorization_code",
        table: "authorization_code",
        id: "id",
        time: "expires_at",
        condition: "1",
        kept: Kept::For(0),
    },
    Kind {
        name: "expired access tokens",
        change: "DELETE FROM access_token",
        table: "access_token",
        id: "id",
        time: "expires_at",
        condition: "1",
        kept: Kept::For(MONTH_S),
    },
    Kind {
        name: "expired app-specific tokens",
        change: "DELETE FROM app_token",
        table: "app_token",
        id: "id",
        time: "expires_at",
        condition: "expires_at IS NOT NULL",
        kept: Kept::For(DAY_S),
    },
    Kind {
        name: "expired codes to confirm an address",
        change: "UPDATE user_profile SET new_email = NULL, email_code_hash = NULL, email_code_expires_at = NULL",
        table: "user_profile",
        id: "account_id",
        time: "email_code_expires_at",
        condition: "email_code_expires_at IS NOT NULL",
        kept: Kept::For(0),
    },
    Kind {
        name: "expired codes to replace a password",
        change: "UPDATE user_profile SET recovery_code_hash = NULL, recovery_code_expires_at = NULL",
        table: "user_profile",
        id: "account_id",
        time: "recovery_code_expires_at",
        condition: "recovery_code_expires_at IS NOT NULL",
        kept: Kept::For(0),
    },
    Kind {
        name: "expired invitations",
        change: "DELETE FROM team_invitation",
        table: "team_invitation",
        id: "id",
        time: "expires_at",
        condition: "1",
        kept: Kept::For(0),
    },
    Kind {
        name: "dismissed notifications",
        change: "DELETE FROM notification",
        table: "notification",
        id: "id",
        time: "created_at",
        condition: "dismissed = 1",
        kept: Kept::For(MONTH_S),
    },
    Kind {
        name: "mails",
        change: "DELETE FROM mail",
        table: "mail",
        id: "id",
        time: "created_at",
        condition: "1",
        kept: Kept::For(MONTH_S),
    },
    Kind {
        name: "counts of deleted mails",
        change: "DELETE FROM gone_mail",
        table: "gone_mail",
        id: "id",
        time: "created_at",
        condition: "1",
        kept: Kept::For(HOUR_S),
    },
    Kind {
        name: "keys that signed tokens for registries",
        change: "DELETE FROM signing_key",
        table: "signing_key",
        id: "id",
        time: "published_until",
        condition: "published_until IS NOT NULL",
        kept: Kept::For(0),
    },
    Kind {
        name: "tags of proxy caches that have had their time",
        change: "DELETE FROM cached_tag",
        table: "cached_tag",
        id: "tag_id",
        time: "expires_at",
        condition: "expires_at IS NOT NULL",
        kept: Kept::For(DAY_S),
    },
    Kind {
        name: "tags that ended",
        change: "DELETE FROM tag",
        table: "tag",
        id: "id",
        time: "shown_until",
        condition: "shown_until IS NOT NULL",
        kept: Kept::For(DAY_S),
    },
    Kind {
        name: "manifests that nothing names",
        change: "DELETE FROM manifest",
        table: "manifest",
        id: "id",
        time: "untagged_at",
        condition: "untagged_at IS NOT NULL",
        kept: Kept::For(DAY_S),
    },
    Kind {
        name: "notifications of the registry",
        change: "DELETE FROM registry_event",
        table: "registry_event",
        id: "id",
        time: "seen_at",
        condition: "1",
        kept: Kept::For(FORTNIGHT_S),
    },
];

impl Kind {
    /// Finds those whose time is over by `parameter`.
    fn due(&self, parameter: usize) -> String {
        let Self { table, id, time, condition, .. } = self;
        format!("SELECT {id} FROM {table} WHERE {condition} AND {time} <= ?{parameter}")
    }

    /// Removes the oldest of them, and returns a row for each.
    fn removal(&self) -> String {
        let Self { change, id, time, .. } = self;
        let due = self.due(1);
        format!("{change} WHERE {id} IN ({due} ORDER BY {time} LIMIT {ROWS}) RETURNING 1")
    }

    /// The latest time that is over. NULL, which no time is before, where they are kept for ever.
    fn over(&self, now: Timestamp, log_retention_s: Option<i64>) -> Value {
        let kept_s = match self.kept {
            Kept::For(seconds) => Some(seconds),
            Kept::AsLog => log_retention_s,
        };
        kept_s.map(|seconds| now.plus_seconds(-seconds)).into()
    }
}

/// How many rows of a kind were removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// The name of the kind.
    pub name: &'static str,
    /// How many.
    pub rows: usize,
}

/// Removes some of what has had its time, of each kind [`ROWS`] rows at most; entries of the log after `log_retention_s`
/// seconds, or never. Returns what was removed: nothing when nothing is left. One statement, and one more for each kind that
/// has any; outside of a transaction.
///
/// # Errors
/// [`StoreError`]. What was removed before stays so.
pub fn sweep(
    db: &dyn Database,
    now: Timestamp,
    log_retention_s: Option<i64>,
) -> Result<Vec<Removed>, StoreError> {
    let over: Vec<Value> = KINDS.iter().map(|kind| kind.over(now, log_retention_s)).collect();
    let with_due: Vec<i64> = db.all(&with_due(), &over)?;
    let due = || with_due.iter().filter_map(|index| usize::try_from(*index).ok());
    let statements: Vec<Statement> = due()
        .map(|index| Statement {
            sql: KINDS[index].removal().into(),
            parameters: vec![over[index].clone()],
        })
        .collect();
    if statements.is_empty() {
        return Ok(Vec::new());
    }
    let rows = db.execute_all(&statements).map_err(|failed| failed.error)?;
    let removed =
        due().zip(rows).map(|(index, rows)| Removed { name: KINDS[index].name, rows: rows.len() });
    Ok(removed.filter(|removed| removed.rows > 0).collect())
}

/// Finds the kinds of which something is due, by their places in [`KINDS`]; the parameters are the times that are over. It
/// takes no write lock: mostly there is nothing.
fn with_due() -> String {
    let exists = |(index, kind): (usize, &Kind)| {
        format!("SELECT {index} AS kind WHERE EXISTS ({})", kind.due(index + 1))
    };
    KINDS.iter().enumerate().map(exists).collect::<Vec<_>>().join(" UNION ALL ")
}
