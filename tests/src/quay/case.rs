//! The recorded cases, and Berth's answers where they differ.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::repository_root;

/// One recorded request and its answer. `tests/quay/README.md` explains each member.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Name, unique.
    pub id: String,
    /// The subject.
    pub group: String,
    /// The configuration that it was recorded on.
    pub variant: String,
    /// What it shows.
    pub note: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) auth: String,
    #[serde(default)]
    pub(crate) request_headers: BTreeMap<String, String>,
    pub(crate) request_body: Option<Value>,
    pub(crate) request_raw: Option<String>,
    pub(crate) request_raw_encoding: Option<String>,
    pub(crate) request_content_type: Option<String>,
    pub(crate) request_cookie_of_session: Option<String>,
    pub(crate) wait_before_s: Option<f64>,
    #[serde(flatten)]
    pub(crate) recorded: Recorded,
    /// What Quay answers on PostgreSQL, where that differs.
    pub(crate) on_postgresql: Option<Recorded>,
    #[serde(default)]
    pub(crate) capture: BTreeMap<String, String>,
    pub(crate) setup_only: Option<String>,
}

/// A recorded answer.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) status: u16,
    pub(crate) response_body: Value,
    pub(crate) response_content_type: Option<String>,
    pub(crate) response_location: Option<String>,
    #[serde(default)]
    pub(crate) volatile: Vec<String>,
}

/// Berth's answer to a recorded case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The case.
    pub id: String,
    /// The letter of the row in `docs/compatibility.md`.
    pub why: String,
    /// Status.
    pub status: u16,
    /// Body, with random values and dates replaced by their kind.
    pub body: Value,
    /// `Location`, normalized the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// Every recorded case, in recorded order.
#[must_use]
pub fn cases() -> Vec<Case> {
    read_lines("cases.jsonl")
}

/// What Quay answered to the first recorded request for `path`, query included.
///
/// # Panics
/// When none was recorded.
#[must_use]
pub fn recorded_body(path: &str) -> Value {
    let case = cases().into_iter().find(|case| case.path == path);
    case.unwrap_or_else(|| panic!("{path} was not recorded")).recorded.response_body
}

/// Berth's answers, by case.
#[must_use]
pub fn differences() -> BTreeMap<String, Difference> {
    let lines: Vec<Difference> = read_lines("differences.jsonl");
    lines.into_iter().map(|difference| (difference.id.clone(), difference)).collect()
}

/// Writes Berth's answers anew, in the order of the cases.
pub(super) fn write_differences(differences: &BTreeMap<String, Difference>) {
    let lines: String = cases()
        .iter()
        .filter_map(|case| differences.get(&case.id))
        .map(|difference| serde_json::to_string(difference).expect("plain data") + "\n")
        .collect();
    fs::write(file("differences.jsonl"), lines).expect("the repository can be written to");
}

fn read_lines<T: for<'de> Deserialize<'de>>(name: &str) -> Vec<T> {
    let text = fs::read_to_string(file(name)).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}\n{line}"))
        })
        .collect()
}

pub(crate) fn file(name: &str) -> PathBuf {
    repository_root().join("tests/quay").join(name)
}
