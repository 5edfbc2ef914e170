//! The audit log: written in the transaction of the change, read by the administrators of the namespace or repository.

use berth_access::{
    Grant, NamespaceOrOwnAdminView, OrganizationAdminView, OwnNamespaceView, Permit,
    RepositoryAdminView, SuperuserView,
};
use berth_domain::limits::{
    LOG_MEMBER_BYTES, LOG_METADATA_BYTES, LOG_METADATA_READ_BYTES, LOG_PAGE_BYTES,
};
use berth_domain::{LogKind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::db::{Database, FromRow, Query, StoreError, Transaction, Value};
use crate::listing::{Key, List, Listed, Order, Original, Position, Slice, Window};
use berth_domain::log_event::LogEvent;

/// An entry to be written.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// What happened.
    pub kind: LogKind,
    /// The organization or user that it happened to.
    pub namespace_id: Option<i64>,
    /// The name by which that was found, where it was found by name.
    pub found_as: Option<String>,
    /// Who did it.
    pub performer_id: Option<i64>,
    /// The client's address.
    pub ip: Option<String>,
    /// The metadata, by kind (`docs/contract/quay.md` 8.2).
    pub metadata: Map<String, Json>,
    /// When.
    pub at: Timestamp,
}

impl LogEntry {
    /// An entry about an event, without performer and address.
    #[must_use]
    pub fn new(namespace_id: Option<i64>, event: &LogEvent<'_>, at: Timestamp) -> Self {
        let (kind, metadata) = (event.kind(), event.metadata());
        Self { kind, namespace_id, found_as: None, performer_id: None, ip: None, metadata, at }
    }
}

/// Writes the entries, in order, with one statement. What is longer than an entry may be is shortened, see [`bounded`].
///
/// Every change that is logged writes one, in its transaction. So here is held for all of them that what was found by its name before BEGIN
/// did not get another one meanwhile: who changes acme does not mean acme-2. The entry then has no kind, which the schema
/// refuses. Whoever gives another name writes the entry first.
///
/// # Errors
/// [`StoreError::NotFound`] when an organization or user has another name than that by which it was found.
pub fn append(tx: &Transaction<'_>, entries: &[LogEntry]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows = vec!["(?, ?, ?, ?, ?, ?, ?)"; entries.len()].join(", ");
    let sql = format!(
        "INSERT INTO log_entry (kind, namespace_id, performer_id, ip, metadata, created_at)
        SELECT iif(EXISTS (SELECT 1 FROM account
                WHERE id = column2 AND name <> column7 COLLATE BINARY), NULL, column1),
            column2, column3, column4, column5, column6 FROM (VALUES {rows})"
    );
    let parameters: Vec<Value> = entries
        .iter()
        .flat_map(|entry| {
            [
                entry.kind.as_str().into(),
                entry.namespace_id.into(),
                entry.performer_id.into(),
                entry.ip.clone().into(),
                bounded(&entry.metadata).into(),
                entry.at.into(),
                entry.found_as.clone().into(),
            ]
        })
        .collect();
    tx.defer(sql, &parameters)
}

/// The mark in an entry where something was left out.
pub const LEFT_OUT: &str = "…";

/// The metadata as JSON text of at most [`LOG_METADATA_BYTES`]: every entry is written through here, so that none is too
/// large to be read. Of metadata that is longer, members of more than [`LOG_MEMBER_BYTES`] are cut: texts at their end, with
/// the mark; of all else only the mark remains. If that is not enough, members are cut shorter, and finally those that do
/// not fit are dropped.
pub(crate) fn bounded(metadata: &Map<String, Json>) -> String {
    let text = json_text(metadata);
    if text.len() <= LOG_METADATA_BYTES {
        return text;
    }
    let lengths = [LOG_MEMBER_BYTES, LOG_MEMBER_BYTES / 4, LOG_MEMBER_BYTES / 16];
    let shortened = lengths.map(|longest| shortened(metadata, longest));
    let fitting = shortened.iter().map(json_text).find(|text| text.len() <= LOG_METADATA_BYTES);
    fitting.unwrap_or_else(|| {
        let mut room = LOG_METADATA_BYTES - 2;
        let members = shortened[2].iter().take_while(|(name, value)| {
            let length = json_text(name).len() + json_text(value).len() + 2;
            let fits = length <= room;
            room = room.saturating_sub(length);
            fits
        });
        let members = members.map(|(name, value)| (name.clone(), value.clone()));
        json_text(&members.collect::<Map<_, _>>())
    })
}

/// The members, none of them longer than `longest` bytes of JSON text.
fn shortened(metadata: &Map<String, Json>, longest: usize) -> Map<String, Json> {
    let shorten = |value: &Json| match value {
        value if json_text(value).len() <= longest => value.clone(),
        Json::String(text) => cut(text, longest).into(),
        _ => LEFT_OUT.into(),
    };
    metadata.iter().map(|(name, value)| (name.clone(), shorten(value))).collect()
}

/// The beginning of a text with the mark behind it, at most `longest` bytes as JSON text.
fn cut(text: &str, longest: usize) -> String {
    let mut room = longest.saturating_sub(LEFT_OUT.len() + 2);
    let fitting = text.chars().take_while(|character| {
        // As JSON, control characters have up to six bytes.
        let length = if character.is_control() { 6 } else { character.len_utf8() };
        let length = if matches!(character, '"' | '\\') { 2 } else { length };
        let fits = length <= room;
        room = room.saturating_sub(length);
        fits
    });
    fitting.chain(LEFT_OUT.chars()).collect()
}

fn json_text(value: &impl serde::Serialize) -> String {
    match serde_json::to_string(value) {
        Ok(text) => text,
        Err(error) => unreachable!("metadata is plain data with string keys: {error}"),
    }
}

/// Which entries somebody may read: made of a grant ([`ReadsLog`]), so that nobody reads another tenant's, or read from what
/// was sealed of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFilter(Reach);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Reach {
    /// What happened to a namespace.
    Namespace(i64),
    /// What happened to a repository since it was made: another may have had its name before.
    Repository { namespace_id: i64, id: i64 },
    /// Everything.
    All,
}

/// A permission to read the log.
pub trait ReadsLog: Permit {
    /// What a grant lets its holder read; `None` when what it is about does not exist.
    fn filter(grant: &Grant<Self>) -> Option<LogFilter>;
}

/// What happened to an organization, or to the caller in a session.
impl ReadsLog for NamespaceOrOwnAdminView {
    fn filter(grant: &Grant<Self>) -> Option<LogFilter> {
        grant.namespace().map(|namespace| LogFilter(Reach::Namespace(namespace.id)))
    }
}

/// What happened to the caller.
impl ReadsLog for OwnNamespaceView {
    fn filter(grant: &Grant<Self>) -> Option<LogFilter> {
        grant.namespace().map(|namespace| LogFilter(Reach::Namespace(namespace.id)))
    }
}

/// What happened to an organization.
impl ReadsLog for OrganizationAdminView {
    fn filter(grant: &Grant<Self>) -> Option<LogFilter> {
        Some(LogFilter(Reach::Namespace(grant.organization().id)))
    }
}

impl ReadsLog for RepositoryAdminView {
    fn filter(grant: &Grant<Self>) -> Option<LogFilter> {
        let (namespace, repository) = (&grant.target().namespace, &grant.target().repository);
        let (namespace_id, id) = (namespace.as_ref()?.id, repository.as_ref()?.id);
        Some(LogFilter(Reach::Repository { namespace_id, id }))
    }
}

impl ReadsLog for SuperuserView {
    fn filter(_: &Grant<Self>) -> Option<LogFilter> {
        Some(LogFilter(Reach::All))
    }
}

impl LogFilter {
    /// Whether it holds back nothing: then entries say whom they happened to.
    #[must_use]
    pub const fn is_everything(self) -> bool {
        matches!(self.0, Reach::All)
    }

    /// The condition on `log_entry l`, from `start` on. Its parameters `?2` and `?3` are those of [`Self::ids`].
    fn condition(self, start: &str) -> String {
        match self.0 {
            Reach::Namespace(_) => format!("l.namespace_id = ?2 AND l.created_at >= {start}"),
            Reach::Repository { .. } => format!(
                "l.namespace_id = ?2 AND l.repository = (SELECT name FROM repository WHERE id = ?3)
                AND l.created_at >= max({start}, (SELECT created_at FROM repository WHERE id = ?3))"
            ),
            Reach::All => format!("l.created_at >= {start}"),
        }
    }

    /// `log_entry l`, where a performer is asked for. Without statistics SQLite takes the index of all that they did.
    const fn by_performer(self) -> &'static str {
        match self.0 {
            Reach::Namespace(_) => "log_entry l INDEXED BY log_entry_by_performer_in_namespace",
            Reach::Repository { .. } | Reach::All => "log_entry l",
        }
    }

    const fn ids(self) -> (Value, Value) {
        match self.0 {
            Reach::Namespace(id) => (Value::Integer(id), Value::Null),
            Reach::Repository { namespace_id, id } => {
                (Value::Integer(namespace_id), Value::Integer(id))
            }
            Reach::All => (Value::Null, Value::Null),
        }
    }
}

/// Whether that is still there whose entries these are. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn is_there(tx: &Transaction<'_>, reach: LogFilter) -> Result<bool, StoreError> {
    match reach.0 {
        Reach::Namespace(id) => tx.any("SELECT 1 FROM account WHERE id = ?1", &[id.into()]),
        Reach::Repository { id, .. } => {
            tx.any("SELECT 1 FROM repository WHERE id = ?1", &[id.into()])
        }
        Reach::All => Ok(true),
    }
}

/// Which entries are asked for.
#[derive(Debug, Clone, Copy)]
pub struct LogQuery<'a> {
    /// From then on.
    pub start: Timestamp,
    /// Before then.
    pub end: Timestamp,
    /// Only what this user or robot did.
    pub performer: Option<&'a str>,
}

impl LogQuery<'_> {
    /// When the first whole day in it begins, and when the last one ends. Where there is none, both are the end.
    fn whole_days(&self) -> (i64, i64) {
        let (start, end) = (self.start.as_micros(), self.end.as_micros());
        let first = (start + DAY_US - 1).div_euclid(DAY_US) * DAY_US;
        let last = end.div_euclid(DAY_US) * DAY_US;
        if first < last { (first, last) } else { (end, end) }
    }

    /// From when, and before when, the entries of the window are. SQLite enters an index by the first condition on its column: by
    /// the bounds of the query alone, each page would read those before it again. Where entries are counted, all are read anyway.
    fn part(&self, window: &Window) -> (i64, i64) {
        let (start, end) = (self.start.as_micros(), self.end.as_micros());
        match window.after {
            _ if window.counted => (start, end),
            Some(Position { key: Value::Integer(at), .. }) if window.descending => {
                (start, end.min(at.saturating_add(1)))
            }
            Some(Position { key: Value::Integer(at), .. }) => (start.max(at), end),
            _ => (start, end),
        }
    }
}

/// An account in an entry.
#[derive(Debug, Clone, FromRow)]
pub struct LogAccount {
    /// `user`, `organization` or `robot`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// The e-mail address, or the UUID in its place.
    pub email: String,
}

/// An entry as it is read.
#[derive(Debug, Clone, FromRow)]
pub struct LogLine {
    /// Row id.
    pub id: i64,
    /// What happened.
    pub kind: String,
    /// JSON object as text.
    pub metadata: String,
    /// The client's address.
    pub ip: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Who did it, if known and not deleted.
    #[row(nested)]
    pub performer: Option<LogAccount>,
    /// Whom it happened to, if not deleted.
    #[row(nested)]
    pub namespace: Option<LogAccount>,
}

/// A day in microseconds.
const DAY_US: i64 = 86_400_000_000;

/// The id of the performer in the query, if there is one: a person, or a robot of the namespace that is read. Which robots
/// other namespaces have stays hidden.
const PERFORMER: &str = "SELECT id FROM account WHERE name = ?5 AND name = ?5 COLLATE BINARY
    AND (kind = 'user' OR (kind = 'robot' AND (?2 IS NULL OR namespace_id = ?2)))";

/// The metadata of an entry of `page` as it is read: whole, but for what earlier versions wrote without a limit. Of that, members
/// that are long are replaced by the mark.
fn readable_metadata() -> String {
    format!(
        "CASE WHEN octet_length(page.metadata) <= {LOG_METADATA_READ_BYTES} THEN page.metadata
            WHEN json_valid(page.metadata) THEN (SELECT json_group_object(key, CASE
                    WHEN type IN ('array', 'object') OR octet_length(value) > {LOG_MEMBER_BYTES}
                    THEN '{LEFT_OUT}' ELSE value END)
                FROM json_each(page.metadata) LIMIT 1)
            ELSE '{{}}' END"
    )
}

/// The entries of a log.
pub struct Entries;

impl Listed for Entries {
    const LIST: List = List {
        orders: &[Order { name: "created", keys: &[Key("l.created_at", "l.id")] }],
        default: "-created",
        searched: "the kind",
        texts: &[&["l.kind"]],
        long: &[],
        original: Original::Pages(20),
    };
}

/// A page of entries: no more than [`LOG_PAGE_BYTES`] of metadata, unless the first alone is longer. None when there is no such
/// performer. One statement.
///
/// # Errors
/// [`StoreError`].
pub fn page(
    db: &dyn Database,
    reach: LogFilter,
    query: LogQuery<'_>,
    window: &Window,
) -> Result<Option<Slice<LogLine>>, StoreError> {
    let (namespace_id, repository_id) = reach.ids();
    let (entries, by_performer) = match query.performer {
        Some(_) => (reach.by_performer(), format!(" AND l.performer_id = ({PERFORMER})")),
        None => ("log_entry l", String::new()),
    };
    // The page is cut where the index gives it in order; the rest is joined to that.
    let list = format!(
        "SELECT coalesce(page.position_key, 0) AS position_key, coalesce(page.position_tie, 0) AS position_tie,
            ?5 IS NULL OR EXISTS ({PERFORMER}) AS performer_exists, coalesce(page.found, 0) AS found,
            page.id, page.kind, {} AS metadata, page.ip, page.created_at AS at,
            p.kind, p.name, p.email, n.kind, n.name, n.email
        FROM (SELECT 1) LEFT JOIN (
            SELECT *, row_number() OVER ({{ordered}}) AS place, count(*) OVER () AS found,
                sum(min(octet_length(metadata), {LOG_METADATA_READ_BYTES})) OVER (
                    {{ordered}} ROWS UNBOUNDED PRECEDING) AS bytes
            FROM (
                SELECT {{position}}, l.* FROM {entries}
                WHERE {} AND l.created_at < ?4{by_performer}{{window}})
            ) page ON page.place = 1 OR page.bytes <= {LOG_PAGE_BYTES}
        LEFT JOIN account p ON p.id = page.performer_id
        LEFT JOIN account n ON n.id = page.namespace_id
        {{ordered}}",
        readable_metadata(),
        reach.condition("?1")
    );
    let (start, end) = query.part(window);
    let parameters =
        [start.into(), namespace_id, repository_id, end.into(), query.performer.into()];
    let Slice { rows, total, .. }: Slice<PageRow> = window.read(db, &list, &parameters)?;
    if rows.iter().any(|(_, row)| !row.performer_exists) {
        return Ok(None);
    }
    let read = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let is_cut = rows.iter().any(|(_, row)| row.found > read);
    let line = |(position, row): (_, PageRow)| row.line.map(|line| (position, line));
    let rows = rows.into_iter().filter_map(line).collect();
    Ok(Some(Slice { rows, total, is_cut }))
}

/// As [`page`], the oldest first: `limit` of them at most, behind the entry at `after` (time and row id).
///
/// # Errors
/// [`StoreError`].
pub fn page_from_oldest(
    db: &dyn Database,
    reach: LogFilter,
    query: LogQuery<'_>,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Option<Vec<LogLine>>, StoreError> {
    let window = Window {
        list: &Entries::LIST,
        order: &Entries::LIST.orders[0],
        descending: false,
        after: after.map(|(at, tie)| Position { key: at.into(), tie }),
        skipped: 0,
        rows: limit,
        text: None,
        counted: false,
    };
    let page = page(db, reach, query, &window)?;
    Ok(page.map(|page| page.rows.into_iter().map(|(_, line)| line).collect()))
}

/// A row of a page, with the number of rows that it would have: one without an entry where there is none at all.
#[derive(FromRow)]
struct PageRow {
    performer_exists: bool,
    found: i64,
    #[row(nested)]
    line: Option<LogLine>,
}

/// How often something happened on a day.
#[derive(Debug, Clone, FromRow)]
pub struct LogCount {
    /// What happened.
    pub kind: String,
    /// How often.
    pub count: i64,
    /// Midnight (UTC) of the day.
    pub day: Timestamp,
}

/// How often each kind of thing happened on each day, by day and kind. A performer who does not exist counts as none.
/// One statement.
///
/// Of whole days, the database keeps the numbers; entries are read of days that count in part, of repositories, and of a performer.
///
/// # Errors
/// [`StoreError`].
pub fn counts(
    db: &dyn Database,
    reach: LogFilter,
    query: LogQuery<'_>,
) -> Result<Vec<LogCount>, StoreError> {
    let (namespace_id, repository_id) = reach.ids();
    let (counted_as, (first, last)) = match reach.0 {
        Reach::Namespace(id) => (Value::Integer(id), query.whole_days()),
        Reach::All => (Value::Integer(0), query.whole_days()),
        Reach::Repository { .. } => (Value::Null, (query.end.as_micros(), query.end.as_micros())),
    };
    db.all(
        &format!(
            "SELECT kind, sum(number) AS count, day * {DAY_US} AS day FROM (
                SELECT c.kind, c.number, c.day FROM log_count c
                WHERE c.namespace_id = ?6 AND c.day >= ?7 / {DAY_US} AND c.day < ?8 / {DAY_US}
                    AND NOT EXISTS ({PERFORMER})
                UNION ALL
                SELECT l.kind, 1, l.created_at / {DAY_US} FROM (
                    SELECT * FROM (VALUES (?1, ?7), (?8, ?4)) WHERE NOT EXISTS ({PERFORMER})) rest
                CROSS JOIN log_entry l WHERE {} AND l.created_at < rest.column2
                UNION ALL
                SELECT l.kind, 1, l.created_at / {DAY_US} FROM {}
                WHERE {} AND l.created_at < ?4 AND l.performer_id = ({PERFORMER}))
            GROUP BY day, kind ORDER BY day, kind",
            reach.condition("rest.column1"),
            reach.by_performer(),
            reach.condition("?1")
        ),
        &[
            query.start.into(),
            namespace_id,
            repository_id,
            query.end.into(),
            query.performer.into(),
            counted_as,
            first.into(),
            last.into(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bounded_json(metadata: &Json) -> Json {
        let text = bounded(metadata.as_object().expect("an object"));
        assert!(text.len() <= LOG_METADATA_BYTES, "{} bytes", text.len());
        serde_json::from_str(&text).expect("JSON")
    }

    #[test]
    fn what_is_short_is_kept_as_it_is() {
        let metadata = json!({ "robot": "r", "description": "x".repeat(7_000), "config": [{}] });
        assert_eq!(bounded_json(&metadata), metadata);
    }

    #[test]
    fn what_is_long_is_cut_and_what_is_short_beside_it_stays() {
        let bounded = bounded_json(&json!({
            "robot": "r",
            "description": "ü".repeat(70_000),
            "unstructured_metadata": { "a": vec![json!({ "": 0 }); 100_000] },
        }));
        assert_eq!(bounded["robot"], "r");
        assert_eq!(bounded["unstructured_metadata"], LEFT_OUT);
        let description = bounded["description"].as_str().expect("a text");
        assert!(description.starts_with("üüü") && description.ends_with("ü…"));
        assert!((900..LOG_MEMBER_BYTES).contains(&description.len()), "{}", description.len());
    }

    proptest::proptest! {
        #[test]
        fn nothing_gets_past_the_limit(
            members in proptest::collection::btree_map(".{0,40}", (".{0,9}", 0_usize..9_000), 0..60)
        ) {
            let members = members.into_iter().map(|(name, (text, times))| (name, text.repeat(times).into()));
            bounded_json(&Json::Object(members.collect()));
        }
    }
}
