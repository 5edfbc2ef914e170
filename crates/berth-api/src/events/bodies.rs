//! What the registry sends (Distribution's `notifications/event.go`; `docs/contract/registry.md` C.1).

use berth_domain::limits::{REGISTRY_EVENTS, REGISTRY_EVENTS_BYTES};
use berth_web::{ApiError, Body, Request, Schema};
use serde::Deserialize;
use serde_json::Value;

/// The notifications of one request. Reading them never fails: the registry would send what is refused for ever, and nothing
/// behind it.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(super) events: Vec<Event>,
    /// How many were left out, since they cannot be read.
    pub(super) unreadable: usize,
}

impl Body for Envelope {
    const SCHEMA: Option<&'static Schema> = None;

    fn read(request: &Request) -> Result<Self, ApiError> {
        let body = request.body();
        if body.len() > REGISTRY_EVENTS_BYTES {
            return Ok(Self { unreadable: 1, ..Self::default() });
        }
        Ok(Self::parse(body))
    }
}

impl Envelope {
    fn parse(body: &[u8]) -> Self {
        if let Ok(mut whole) = serde_json::from_slice::<Events>(body) {
            let unreadable = whole.events.len().saturating_sub(REGISTRY_EVENTS);
            whole.events.truncate(REGISTRY_EVENTS);
            return Self { events: whole.events, unreadable };
        }
        let parsed = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let Some(all) = parsed.get("events").and_then(Value::as_array) else {
            return Self { unreadable: 1, ..Self::default() };
        };
        let events: Vec<_> = all
            .iter()
            .take(REGISTRY_EVENTS)
            .filter_map(|event| Event::deserialize(event).ok())
            .collect();
        Self { unreadable: all.len() - events.len(), events }
    }
}

#[derive(Deserialize)]
struct Events {
    events: Vec<Event>,
}

/// A notification. What it has besides is passed over.
#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) timestamp: String,
    pub(super) action: String,
    pub(super) target: EventTarget,
    #[serde(default)]
    pub(super) request: EventRequest,
    #[serde(default)]
    pub(super) actor: EventActor,
}

/// What it is about.
#[derive(Deserialize)]
pub(super) struct EventTarget {
    #[serde(default, rename = "mediaType")]
    pub(super) media_type: String,
    #[serde(default)]
    pub(super) digest: String,
    #[serde(default)]
    pub(super) size: i64,
    pub(super) repository: String,
    #[serde(default)]
    pub(super) tag: String,
    #[serde(default)]
    pub(super) references: Vec<Reference>,
}

/// What a manifest names.
#[derive(Deserialize)]
pub(super) struct Reference {
    #[serde(default, rename = "mediaType")]
    pub(super) media_type: String,
    pub(super) digest: String,
    #[serde(default)]
    pub(super) size: i64,
}

/// The request to the registry.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct EventRequest {
    pub(super) id: String,
    pub(super) addr: String,
    pub(super) method: String,
    pub(super) useragent: String,
}

/// Who sent it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct EventActor {
    pub(super) name: String,
}
