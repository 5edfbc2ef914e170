//! The outbox: mails on their way, and their outcome.
//!
//! [`append`] writes a mail in the transaction of what causes it. Deliveries come after the commit: [`claim`] takes a mail
//! that is due, so that of several requests at the same moment one delivers it, and [`delivered`] or [`failed`] say how it
//! went. A claim that is not ended (the host died) is due again like a failure.

use berth_domain::Timestamp;
use berth_domain::limits::PAGE_ROWS;

use crate::db::{Database, FromRow, Query, StoreError, Transaction, Value};
use crate::listing::{Key, List, Listed, Order, Original, Slice, Window};
use crate::params;

/// How long after a failed attempt the next one is made, in seconds. After the last there is none: five in all.
const PAUSES_S: [i64; 4] = [10, 120, 1_200, 14_400];

/// How much is kept of what went wrong, in characters.
const ERROR_LENGTH: usize = 500;

/// A mail to be written.
#[derive(Debug)]
pub struct NewMail<'a> {
    /// Stable id.
    pub uuid: &'a str,
    /// The user or the organization that it is about; the mail is deleted with it.
    pub account_id: i64,
    /// The address that it is for.
    pub recipient: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// Text and HTML, sealed.
    pub sealed_content: &'a [u8],
    /// Whether it is to be delivered: not while there is no gateway.
    pub is_due: bool,
    /// How long it is worth delivering, should a gateway be set later.
    pub held_until: Timestamp,
    /// When.
    pub at: Timestamp,
}

/// Writes a mail; returns its row id. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn append(tx: &Transaction<'_>, mail: &NewMail<'_>) -> Result<i64, StoreError> {
    tx.one(
        "INSERT INTO mail (uuid, account_id, recipient, subject, sealed_content, due_at, created_at,
            held_until)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
        params![
            mail.uuid,
            mail.account_id,
            mail.recipient,
            mail.subject,
            mail.sealed_content,
            mail.is_due.then_some(mail.at),
            mail.at,
            (!mail.is_due).then_some(mail.held_until)
        ],
    )
}

/// Who causes a mail to somebody else, and how many they may.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The user, by UUID, or the address of an unknown client.
    pub id: &'a str,
    /// How many mails of theirs may leave in an hour.
    pub hourly_limit: i64,
    /// How many mails one address gets in an hour on behalf of others, in all.
    pub hourly_limit_of_address: i64,
}

/// How often the same mail goes to the same address at most, in seconds.
pub const REPETITION_PAUSE_S: i64 = 60;

/// How many mails one sender may have sent to one address in an hour.
const MOST_TO_ONE: i64 = 20;

const HOUR_S: i64 = 3_600;

/// As [`append`], on somebody's behalf and within the limits: the same mail to the same address once a minute, and numbers
/// per hour from one sender to one address, to one address, and from one sender. `None` where a limit is reached;
/// [`reached_limit`] says which. A mail that is only held is written anyway, for superusers to read, but does not leave later
/// when it exceeds a limit. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn append_limited(
    tx: &Transaction<'_>,
    mail: &NewMail<'_>,
    sender: Sender<'_>,
) -> Result<Option<i64>, StoreError> {
    let hour_ago = mail.at.plus_seconds(-HOUR_S);
    tx.optional(
        "INSERT INTO mail (uuid, account_id, recipient, subject, sealed_content, due_at, created_at,
            sender, held_until)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, CASE WHEN may_leave THEN ?14 END
        FROM (SELECT
            NOT EXISTS (SELECT 1 FROM limited_mail WHERE recipient = ?3 COLLATE NOCASE
                AND created_at > ?9 AND subject = ?4)
            AND (SELECT count(*) FROM limited_mail
                WHERE recipient = ?3 COLLATE NOCASE AND created_at > ?10 AND sender = ?8) < ?11
            AND (SELECT count(*) FROM limited_mail
                WHERE recipient = ?3 COLLATE NOCASE AND created_at > ?10) < ?12
            AND (SELECT count(*) FROM limited_mail WHERE sender = ?8 AND created_at > ?10) < ?13
            AS may_leave)
        WHERE ?6 IS NULL OR may_leave
        RETURNING id",
        params![
            mail.uuid,
            mail.account_id,
            mail.recipient,
            mail.subject,
            mail.sealed_content,
            mail.is_due.then_some(mail.at),
            mail.at,
            sender.id,
            mail.at.plus_seconds(-REPETITION_PAUSE_S),
            hour_ago,
            MOST_TO_ONE,
            sender.hourly_limit_of_address,
            sender.hourly_limit,
            (!mail.is_due).then_some(mail.held_until)
        ],
    )
}

/// A limit that keeps a mail back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct ReachedLimit {
    /// How many are sent in its time.
    pub limit: i64,
    /// How many seconds the mail must wait: until the pause of the same mail is over, or the oldest mail that counts is an
    /// hour old.
    pub wait_s: i64,
}

/// The limit that keeps a refused mail back for the longest time. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn reached_limit(
    tx: &Transaction<'_>,
    mail: &NewMail<'_>,
    sender: Sender<'_>,
) -> Result<ReachedLimit, StoreError> {
    let reached = tx.optional(
        "SELECT most AS \"limit\", max((until - ?4 + 999999) / 1000000, 1) AS wait_s FROM (
            SELECT 1 AS most, count(*) AS number, max(created_at) + ?5 AS until FROM limited_mail
            WHERE recipient = ?1 COLLATE NOCASE AND created_at > ?4 - ?5 AND subject = ?2
            UNION ALL SELECT ?7, count(*), min(created_at) + ?6 FROM limited_mail
            WHERE recipient = ?1 COLLATE NOCASE AND created_at > ?4 - ?6 AND sender = ?3
            UNION ALL SELECT ?8, count(*), min(created_at) + ?6 FROM limited_mail
            WHERE recipient = ?1 COLLATE NOCASE AND created_at > ?4 - ?6
            UNION ALL SELECT ?9, count(*), min(created_at) + ?6 FROM limited_mail
            WHERE sender = ?3 AND created_at > ?4 - ?6
        ) WHERE number >= most ORDER BY until DESC LIMIT 1",
        params![
            mail.recipient,
            mail.subject,
            sender.id,
            mail.at,
            REPETITION_PAUSE_S * 1_000_000,
            HOUR_S * 1_000_000,
            MOST_TO_ONE,
            sender.hourly_limit_of_address,
            sender.hourly_limit
        ],
    )?;
    Ok(reached.unwrap_or(ReachedLimit { limit: 1, wait_s: 1 }))
}

/// A mail that only the caller may deliver for now.
#[derive(Debug, FromRow)]
pub struct ClaimedMail {
    /// Row id.
    pub id: i64,
    /// Stable id.
    pub uuid: String,
    /// The address that it is for.
    pub recipient: String,
    /// Subject.
    pub subject: String,
    /// Text and HTML, sealed.
    pub sealed_content: Vec<u8>,
}

/// Takes the mail that has been due for the longest time, or else one that was held and is still worth delivering. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn claim(db: &dyn Database, now: Timestamp) -> Result<Option<ClaimedMail>, StoreError> {
    let mut parameters = vec![Value::from(now)];
    parameters.extend(PAUSES_S.map(|pause| Value::from(now.plus_seconds(pause))));
    db.optional(
        "UPDATE mail SET attempts = attempts + 1,
            due_at = CASE attempts WHEN 0 THEN ?2 WHEN 1 THEN ?3 WHEN 2 THEN ?4 WHEN 3 THEN ?5 END
        WHERE id = (SELECT id FROM mail WHERE due_at <= ?1 OR (held_until > ?1 AND attempts = 0)
            ORDER BY held_until IS NOT NULL, coalesce(due_at, created_at), id LIMIT 1)
        RETURNING id, uuid, recipient, subject, sealed_content",
        &parameters,
    )
}

/// Notes that a claimed mail was delivered, and forgets its content. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn delivered(db: &dyn Database, id: i64, at: Timestamp) -> Result<(), StoreError> {
    db.run(
        "UPDATE mail SET delivered_at = ?2, due_at = NULL, sealed_content = NULL, last_error = NULL
        WHERE id = ?1",
        params![id, at],
    )
}

/// Notes why a claimed mail was not delivered. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn failed(db: &dyn Database, id: i64, error: &str) -> Result<(), StoreError> {
    let error: String = error.chars().take(ERROR_LENGTH).collect();
    db.run("UPDATE mail SET last_error = ?2 WHERE id = ?1", params![id, error])
}

/// How far a mail is.
#[derive(Debug, Clone, FromRow)]
pub struct Delivery {
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub due_at: Option<Timestamp>,
    /// When it was delivered.
    pub delivered_at: Option<Timestamp>,
    /// What went wrong the last time.
    pub last_error: Option<String>,
}

impl Delivery {
    /// The state in one word: `delivered`; `waiting` for its next attempt; `failed` for good; `held`, since there was no
    /// gateway when it was written: it leaves when there is one, while its link works.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match (self.delivered_at, self.due_at, self.attempts) {
            (Some(_), _, _) => "delivered",
            (None, Some(_), _) => "waiting",
            (None, None, 0) => "held",
            (None, None, _) => "failed",
        }
    }
}

/// A mail of the outbox.
#[derive(Debug, FromRow)]
pub struct OutboxMail {
    /// Stable id.
    pub uuid: String,
    /// The address that it is for.
    pub recipient: String,
    /// Subject.
    pub subject: String,
    /// Text and HTML, sealed; none once it was delivered.
    pub sealed_content: Option<Vec<u8>>,
    /// When it was written.
    pub created_at: Timestamp,
    /// How far it is.
    #[row(nested)]
    pub delivery: Delivery,
    /// The user that it is about.
    #[row(nested)]
    pub about: Option<Person>,
    /// The user who has the address that it goes to.
    #[row(nested)]
    pub reader: Option<Person>,
}

/// A user that a mail concerns.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Person {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Whether this is the first user of the installation.
    pub is_first: bool,
}

/// The mails of the outbox.
pub struct Outbox;

impl Listed for Outbox {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("mail.id", "mail.id")] }],
        default: "-created",
        searched: "the recipient and the subject",
        texts: &[&["recipient", "subject"]],
        long: &[],
        original: Original::SizedPages(PAGE_ROWS),
    };
}

/// The mails of the outbox. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn list(db: &dyn Database, window: &Window) -> Result<Slice<OutboxMail>, StoreError> {
    window.read(
        db,
        "SELECT {position}, mail.uuid, recipient, subject, sealed_content, mail.created_at,
            attempts, due_at, delivered_at, last_error,
            about.id, about.name, about_profile.is_first, reader.id, reader.name,
            reader_profile.is_first
        FROM mail
        LEFT JOIN account about ON about.id = mail.account_id AND about.kind = 'user'
        LEFT JOIN user_profile about_profile ON about_profile.account_id = about.id
        LEFT JOIN account reader ON reader.id = (SELECT id FROM account
            WHERE kind = 'user' AND email = recipient COLLATE NOCASE)
        LEFT JOIN user_profile reader_profile ON reader_profile.account_id = reader.id
        WHERE TRUE{window}",
        &[],
    )
}
