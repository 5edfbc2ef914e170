//! The log as answers show it.

use std::collections::BTreeMap;

use berth_domain::{Avatar, AvatarKind};
use berth_store::logs::{LogAccount, LogCount, LogLine};
use berth_web::listing::Entries;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// A page of the log (`docs/contract/quay.md` 8.1).
#[derive(JsonSchema, Serialize)]
pub(crate) struct LogPage {
    pub(super) start_time: String,
    pub(super) end_time: String,
    pub(super) logs: Entries<Vec<LogView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_page: Option<String>,
}

/// An entry of the log.
#[derive(JsonSchema, Serialize)]
pub(crate) struct LogView {
    kind: String,
    /// What more there is to say, by the kind.
    #[schemars(with = "Map<String, Value>")]
    metadata: Box<RawValue>,
    ip: Option<String>,
    datetime: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    performer: Option<Performer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<LoggedNamespace>,
}

/// An export that was asked for.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ExportStarted {
    pub(super) export_id: String,
}

/// What an address is told of an export, as the original tells it.
#[derive(Serialize)]
pub(crate) struct ExportNotice<'a> {
    pub(super) export_id: &'a str,
    pub(super) start_time: String,
    pub(super) end_time: String,
    pub(super) namespace: &'a str,
    pub(super) repository: Option<&'a str>,
    pub(super) exported_data_url: &'a str,
    pub(super) status: &'static str,
}

/// How far an export is, after each page: a line of its own.
#[derive(Serialize)]
pub(crate) struct ExportProgress {
    /// With this an export goes on behind the lines before.
    pub(super) cursor: String,
    /// Whether that was all.
    pub(super) complete: bool,
}

impl LogView {
    pub(super) fn new(line: &LogLine, with_namespace: bool) -> Self {
        let namespace = line.namespace.as_ref().filter(|_| with_namespace);
        Self {
            kind: line.kind.clone(),
            metadata: stored(&line.metadata),
            ip: line.ip.clone(),
            datetime: line.at.to_rfc2822(),
            performer: line.performer.as_ref().map(Performer::from),
            namespace: namespace.map(LoggedNamespace::from),
        }
    }
}

/// Metadata as it is stored, as text and not as a tree. What is no JSON hides nothing else: an object shows it as a text.
fn stored(metadata: &str) -> Box<RawValue> {
    let stored = RawValue::from_string(metadata.to_owned());
    let shown = stored.or_else(|_| to_raw_value(&BTreeMap::from([("unreadable", metadata)])));
    shown.unwrap_or_else(|error| unreachable!("a text is JSON: {error}"))
}

/// Who did it.
#[derive(JsonSchema, Serialize)]
struct Performer {
    /// `user`, for robots too.
    kind: &'static str,
    name: String,
    is_robot: bool,
    avatar: Avatar,
}

impl From<&LogAccount> for Performer {
    fn from(account: &LogAccount) -> Self {
        let is_robot = account.kind == "robot";
        let avatar = Avatar::account(is_robot, &account.name, &account.email);
        Self { kind: "user", name: account.name.clone(), is_robot, avatar }
    }
}

/// The organization or user that it happened to.
#[derive(JsonSchema, Serialize)]
struct LoggedNamespace {
    /// `org` or `user`.
    kind: &'static str,
    name: String,
    avatar: Avatar,
}

impl From<&LogAccount> for LoggedNamespace {
    fn from(account: &LogAccount) -> Self {
        let (kind, avatar) = match account.kind == "organization" {
            true => ("org", AvatarKind::Org),
            false => ("user", AvatarKind::User),
        };
        let avatar = Avatar::new(avatar, &account.name, &account.email);
        Self { kind, name: account.name.clone(), avatar }
    }
}

/// How many entries there are, by day and kind.
#[derive(JsonSchema, Serialize)]
pub(crate) struct LogCounts {
    pub(super) aggregated: Vec<LogCountView>,
}

/// How many entries of a kind a day has.
#[derive(JsonSchema, Serialize)]
pub(crate) struct LogCountView {
    kind: String,
    count: i64,
    /// Midnight (UTC) of the day.
    datetime: String,
}

impl From<LogCount> for LogCountView {
    fn from(count: LogCount) -> Self {
        Self { kind: count.kind, count: count.count, datetime: count.day.to_rfc2822() }
    }
}
