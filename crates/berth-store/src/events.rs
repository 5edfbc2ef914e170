//! What the registry behind tells of its images. Whoever calls has shown the secret of the registry, which is believed; it names
//! namespaces and repositories, and those that are unknown are passed over.

use std::collections::BTreeSet;

use berth_domain::log_event::LogEvent;
use berth_domain::manifest::Content;
use berth_domain::{Quota, Timestamp};
use serde::Serialize;

use crate::db::{FromRow, Query, StoreError, Transaction};
use crate::logs;
use crate::params;
use crate::quotas::quota_json;

/// What happened to a manifest or a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A manifest was written, with a tag or without.
    Push,
    /// It was read.
    Pull,
    /// It was deleted, with its tags, or a tag alone was.
    Delete,
}

/// Something that happened in the registry.
#[derive(Debug)]
pub struct RegistryEvent<'a> {
    /// The registry's id: the same each time that it tells of this.
    pub id: &'a str,
    /// When, by the registry's clock.
    pub at: Timestamp,
    /// What.
    pub action: Action,
    /// The namespace of the repository.
    pub namespace: &'a str,
    /// The repository.
    pub repository: &'a str,
    /// The manifest; of a deletion there may be none, if there is a tag.
    pub digest: Option<&'a str>,
    /// The tag.
    pub tag: Option<&'a str>,
    /// Of the manifest; empty where the registry does not tell.
    pub media_type: &'a str,
    /// Of the manifest itself.
    pub size_bytes: i64,
    /// What the manifest names.
    pub contents: Vec<Content>,
    /// The request to the registry: one that deletes is told of several times.
    pub request_id: Option<&'a str>,
    /// Whether Berth itself did it: then sizes change, and neither tags are made nor anything is logged.
    pub by_berth: bool,
    /// The user or robot who did it.
    pub actor: Option<&'a str>,
    /// From which address.
    pub ip: Option<String>,
    /// What is logged. Of a deletion the database adds the tags.
    pub logged: Option<LogEvent<'a>>,
}

/// An event as the statement takes it.
#[derive(Serialize)]
struct Notified<'a> {
    id: &'a str,
    at: i64,
    action: Action,
    namespace: &'a str,
    repository: &'a str,
    digest: Option<&'a str>,
    tag: Option<&'a str>,
    media_type: &'a str,
    size_bytes: i64,
    contents: &'a [Content],
    request_id: Option<&'a str>,
    by_berth: bool,
    actor: Option<&'a str>,
    ip: Option<&'a str>,
    log_kind: Option<&'static str>,
    metadata: Option<String>,
}

impl<'a> Notified<'a> {
    fn of(event: &'a RegistryEvent<'a>) -> Self {
        Self {
            id: event.id,
            at: event.at.as_micros(),
            action: event.action,
            namespace: event.namespace,
            repository: event.repository,
            digest: event.digest,
            tag: event.tag,
            media_type: event.media_type,
            size_bytes: event.size_bytes,
            contents: &event.contents,
            request_id: event.request_id,
            by_berth: event.by_berth,
            actor: event.actor,
            ip: event.ip.as_deref(),
            log_kind: event.logged.as_ref().map(|logged| logged.kind().as_str()),
            metadata: event.logged.as_ref().map(|logged| logs::bounded(&logged.metadata())),
        }
    }
}

/// Gives the events their effects, in their order: manifests, tags and sizes, and entries of the log. What is known already has
/// none. What each does is in the schema (`notified_event`). One statement.
///
/// # Errors
/// [`StoreError`].
pub fn apply(
    tx: &Transaction<'_>,
    events: &[RegistryEvent<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    let events: Vec<_> = events.iter().map(Notified::of).collect();
    tx.run(
        "INSERT INTO notified_event (id, seen_at, at, action, by_berth, namespace_id, repository_id, digest, tag,
            media_type, size_bytes, contents, request_id, log_kind, performer_id, ip, metadata)
        SELECT e.value ->> 'id', ?2, e.value ->> 'at', e.value ->> 'action', e.value ->> 'by_berth', n.id, r.id,
            e.value ->> 'digest', e.value ->> 'tag', e.value ->> 'media_type', e.value ->> 'size_bytes',
            e.value -> 'contents', e.value ->> 'request_id', e.value ->> 'log_kind',
            (SELECT id FROM account
                WHERE name = e.value ->> 'actor' AND name = (e.value ->> 'actor') COLLATE BINARY
                    AND kind <> 'organization'),
            e.value ->> 'ip', e.value ->> 'metadata'
        FROM json_each(?1) e
        CROSS JOIN account n ON n.name = e.value ->> 'namespace'
            AND n.name = (e.value ->> 'namespace') COLLATE BINARY AND n.kind <> 'robot'
        CROSS JOIN repository r ON r.namespace_id = n.id AND r.name = e.value ->> 'repository'
        ORDER BY e.key",
        params![json(&events), now],
    )
}

/// How much a namespace holds, and may.
#[derive(Debug, FromRow)]
pub struct Fill {
    /// Row id.
    pub id: i64,
    /// How much it holds.
    pub stored_bytes: i64,
    /// How many manifests and tags of the events are not known.
    pub left_out: i64,
    /// How much it may hold, where that is limited for it.
    pub quota: Option<Quota>,
}

/// How full the namespaces of the events are, by their ids, and how much of the events is not known: of a push there was no room. One
/// statement.
///
/// # Errors
/// [`StoreError`].
pub fn fill(tx: &Transaction<'_>, events: &[RegistryEvent<'_>]) -> Result<Vec<Fill>, StoreError> {
    let names: BTreeSet<_> = events.iter().map(|event| event.namespace).collect();
    let pushes = events.iter().filter(|event| event.action == Action::Push);
    let pushes: Vec<_> = pushes
        .map(|event| {
            let tag = event.tag.filter(|_| !event.by_berth);
            (event.namespace, event.repository, event.digest, tag)
        })
        .collect();
    tx.all(
        concat!(
            "SELECT n.id, n.stored_bytes, (
                SELECT count(*) FROM json_each(?2) p
                CROSS JOIN repository r ON r.namespace_id = n.id AND r.name = p.value ->> 1
                WHERE p.value ->> 0 = n.name AND (
                    NOT EXISTS (SELECT 1 FROM manifest WHERE repository_id = r.id AND digest = p.value ->> 2)
                    OR (p.value ->> 3 IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM tag WHERE repository_id = r.id AND name = p.value ->> 3)))) AS left_out, ",
            quota_json!("n.id"),
            " AS quota FROM account n
            WHERE n.kind <> 'robot' AND n.id IN (
                SELECT account.id FROM json_each(?1) asked CROSS JOIN account ON account.name = asked.value)
            ORDER BY n.id"
        ),
        params![json(&names), json(&pushes)],
    )
}

fn json(value: &impl Serialize) -> String {
    match serde_json::to_string(value) {
        Ok(text) => text,
        Err(error) => unreachable!("events are plain data: {error}"),
    }
}
