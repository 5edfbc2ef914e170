//! Notifications: the messages to users in the web console.
//!
//! [`crate::invitations`] makes the notification of an invitation, which is deleted with it; all others are made here and
//! stay until they are withdrawn.

use berth_access::{Grant, UserAdmin};
use berth_domain::Timestamp;
use berth_domain::limits::PAGE_ROWS;
use serde_json::{Map, Value as Json, json};

use crate::db::{Database, FromRow, Query, StoreError, Transaction};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationKind {
    /// Somebody assigned a token to the user, who must still accept it.
    AssignedAuthorization,
    /// A namespace that the user administers has reached a limit of its quota, behind which administrators are warned.
    QuotaWarning,
    /// It has reached a limit behind which nobody pushes.
    QuotaError,
}

impl NotificationKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::AssignedAuthorization => "assigned_authorization",
            Self::QuotaWarning => "quota_warning",
            Self::QuotaError => "quota_error",
        }
    }
}

/// A notification to be made.
#[derive(Debug)]
pub struct NewNotification<'a> {
    /// Stable id.
    pub uuid: &'a str,
    /// Who gets it.
    pub account_id: i64,
    /// What it is about.
    pub kind: NotificationKind,
    /// The stable id of what it is about, by which it is withdrawn.
    pub subject: &'a str,
    /// The metadata. No secrets.
    pub metadata: &'a Map<String, Json>,
    /// When.
    pub at: Timestamp,
}

/// Makes a notification. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn create(tx: &Transaction<'_>, new: &NewNotification<'_>) -> Result<(), StoreError> {
    tx.defer(
        "INSERT INTO notification (uuid, account_id, kind, subject, metadata, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            new.uuid,
            new.account_id,
            new.kind.as_str(),
            new.subject,
            Json::Object(new.metadata.clone()).to_string(),
            new.at
        ],
    )
}

/// How many administrators are told at most, of all namespaces together.
const TOLD: i64 = 1_000;

/// Tells the administrators of namespaces, by their row ids, what it is about. Whoever has not dismissed the last one gets no
/// other. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn tell_administrators(
    tx: &Transaction<'_>,
    namespaces: &[(i64, NotificationKind)],
    at: Timestamp,
) -> Result<(), StoreError> {
    let told: Vec<_> = namespaces.iter().map(|(id, kind)| json!([id, kind.as_str()])).collect();
    tx.defer(
        "INSERT INTO notification (uuid, account_id, kind, subject, metadata, created_at)
        SELECT lower(printf('%s-%s-4%s-a%s-%s', hex(randomblob(4)), hex(randomblob(2)),
                substr(hex(randomblob(2)), 2), substr(hex(randomblob(2)), 2), hex(randomblob(6)))),
            admin.account_id, told.value ->> 1, n.uuid, json_object('namespace', n.name), ?2
        FROM json_each(?1) told CROSS JOIN account n ON n.id = told.value ->> 0
        CROSS JOIN (
            SELECT DISTINCT m.organization_id AS namespace_id, m.account_id FROM json_each(?1) asked
            CROSS JOIN team ON team.organization_id = asked.value ->> 0 AND team.role = 'admin'
            CROSS JOIN team_member m ON m.team_id = team.id AND m.account_kind = 'user'
            UNION
            SELECT account.id, account.id FROM json_each(?1) asked
            CROSS JOIN account ON account.id = asked.value ->> 0 AND account.kind = 'user'
        ) admin ON admin.namespace_id = n.id
        WHERE NOT EXISTS (
            SELECT 1 FROM notification
            WHERE subject = n.uuid AND kind = told.value ->> 1 AND account_id = admin.account_id AND dismissed = 0)
        LIMIT ?3",
        params![Json::from(told).to_string(), at, TOLD],
    )
}

/// Withdraws the notifications about `subject`. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn withdraw(
    tx: &Transaction<'_>,
    kind: NotificationKind,
    subject: &str,
) -> Result<(), StoreError> {
    tx.defer(
        "DELETE FROM notification WHERE subject = ?2 AND kind = ?1",
        params![kind.as_str(), subject],
    )
}

/// A notification.
#[derive(Debug, FromRow)]
pub struct Notification {
    /// Stable id.
    pub uuid: String,
    /// What it is about, by its name on the wire.
    pub kind: String,
    /// The metadata.
    #[row(with = object)]
    pub metadata: Map<String, Json>,
    /// The sealed code of the invitation that it is about.
    pub sealed_code: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether the user has dismissed it.
    pub dismissed: bool,
}

macro_rules! select {
    ($position:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $position,
            "n.uuid, n.kind, CASE WHEN i.id IS NULL THEN n.metadata ELSE json_object(
                    'inviter', inviter.name, 'org', o.name, 'team', t.name) END AS metadata,
                i.sealed_code, n.created_at, n.dismissed
            FROM notification n
            LEFT JOIN team_invitation i ON i.id = n.invitation_id
            LEFT JOIN team t ON t.id = i.team_id
            LEFT JOIN account o ON o.id = i.organization_id
            LEFT JOIN account inviter ON inviter.id = i.inviter_id
            WHERE n.account_id = ?1 AND coalesce(i.expires_at > ?2, 1) ",
            $rest
        )
    };
}

/// A user's notifications that they have not dismissed.
pub struct Notifications;

impl Listed for Notifications {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("n.created_at", "n.id")] }],
        default: "-created",
        searched: "the kind and the names that it mentions",
        texts: &[&["n.kind", "n.metadata", "coalesce(o.name, '')", "coalesce(t.name, '')"]],
        long: &["metadata"],
        original: Original::Numbered { usual: 5, most: PAGE_ROWS },
    };
}

/// A user's notifications that they have not dismissed. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    db: &dyn Database,
    grant: &Grant<UserAdmin>,
    now: Timestamp,
    window: &Window,
) -> Result<Slice<Notification>, StoreError> {
    window.read(
        db,
        select!("{position}, ", "AND n.dismissed = 0{window}"),
        params![grant.caller_id(), now],
    )
}

/// One notification of a user. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn get(
    db: &dyn Database,
    grant: &Grant<UserAdmin>,
    uuid: &str,
    now: Timestamp,
) -> Result<Option<Notification>, StoreError> {
    db.optional(select!("", "AND n.uuid = ?3"), params![grant.caller_id(), now, uuid])
}

/// Stores whether a user has dismissed one of their notifications. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn set_dismissed(
    tx: &Transaction<'_>,
    grant: &Grant<UserAdmin>,
    uuid: &str,
    dismissed: bool,
) -> Result<(), StoreError> {
    tx.defer(
        "UPDATE notification SET dismissed = ?3 WHERE account_id = ?1 AND uuid = ?2",
        params![grant.caller_id(), uuid, dismissed],
    )
}

#[expect(clippy::needless_pass_by_value, reason = "what a column gives")]
fn object(json: String) -> Map<String, Json> {
    serde_json::from_str(&json).unwrap_or_default()
}
