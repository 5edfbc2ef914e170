//! Organizations as Concord's API shows them (`docs/contract/concord.md` 4). What is not set is left out.

use berth_store::concord::Entry;
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Serialize)]
struct EntryView {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<OwnerView>,
    visibility: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cfg: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnerView {
    id: String,
    username: String,
    user_type: &'static str,
}

#[derive(Serialize)]
struct OperationResult<'a> {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    result: &'static str,
}

/// One organization.
pub(super) fn entry(entry: Entry) -> impl Serialize {
    // As it is kept, so that numbers come back as they were given.
    let json = |text: Option<String>| text.and_then(|text| RawValue::from_string(text).ok());
    let owner = entry.owner.map(|owner| OwnerView {
        id: owner.uuid,
        username: owner.name,
        user_type: "LOCAL",
    });
    EntryView {
        id: entry.uuid,
        name: entry.name,
        owner,
        visibility: entry.visibility,
        meta: json(entry.meta),
        cfg: json(entry.cfg),
    }
}

/// A list.
pub(super) fn entries(entries: Vec<Entry>) -> impl Serialize {
    entries.into_iter().map(entry).collect::<Vec<_>>()
}

/// What came of a change (4.4).
pub(super) fn result<'a>(result: &'static str, id: Option<&'a str>) -> impl Serialize + use<'a> {
    OperationResult { ok: true, id, result }
}
