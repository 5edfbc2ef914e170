//! Organizations as Concord's API shows them (`docs/contract/concord.md` 4). What is not set is left out.

use berth_store::concord::{Entry, Owner};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// An organization in Concord's API.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ConcordOrganization {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<ConcordOwner>,
    /// `PUBLIC` or `PRIVATE`.
    visibility: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    meta: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    cfg: Option<Box<RawValue>>,
}

/// Who owns an organization.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConcordOwner {
    id: String,
    username: String,
    user_type: &'static str,
}

impl From<Owner> for ConcordOwner {
    fn from(owner: Owner) -> Self {
        Self { id: owner.uuid, username: owner.name, user_type: "LOCAL" }
    }
}

impl From<Entry> for ConcordOrganization {
    fn from(entry: Entry) -> Self {
        // As it is kept, so that numbers come back as they were given.
        let json = |text: Option<String>| text.and_then(|text| RawValue::from_string(text).ok());
        Self {
            id: entry.uuid,
            name: entry.name,
            owner: entry.owner.map(ConcordOwner::from),
            visibility: entry.visibility,
            meta: json(entry.meta),
            cfg: json(entry.cfg),
        }
    }
}

/// What came of a change (`docs/contract/concord.md` 4.4).
#[derive(JsonSchema, Serialize)]
pub(crate) struct ConcordResult {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    result: ConcordChange,
}

#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum ConcordChange {
    Created,
    Updated,
    Deleted,
}

impl ConcordResult {
    /// An organization was made, of that id.
    pub(super) fn created(id: &str) -> Self {
        Self { ok: true, id: Some(id.to_owned()), result: ConcordChange::Created }
    }

    /// The organization of that id was changed.
    pub(super) fn updated(id: &str) -> Self {
        Self { ok: true, id: Some(id.to_owned()), result: ConcordChange::Updated }
    }

    /// An organization was deleted.
    pub(super) const DELETED: Self = Self { ok: true, id: None, result: ConcordChange::Deleted };
}
