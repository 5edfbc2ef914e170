//! What an organization holds, and how much it may.

use serde::Deserialize;

/// What an organization holds, where quotas are told.
#[derive(Deserialize)]
pub(super) struct Held {
    #[serde(default)]
    pub(super) quotas: Vec<Quota>,
    pub(super) quota_report: Option<Report>,
}

/// The quota of the organization.
#[derive(Deserialize)]
pub(super) struct Quota {
    pub(super) id: i64,
    pub(super) limit_bytes: i64,
    pub(super) limits: Vec<Limit>,
}

/// What happens when a part of the quota is used.
#[derive(Deserialize)]
pub(super) struct Limit {
    pub(super) id: i64,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(rename = "limit_percent")]
    pub(super) percent: i64,
}

#[derive(Deserialize)]
pub(super) struct Report {
    pub(super) quota_bytes: i64,
    pub(super) configured_quota: Option<i64>,
}
