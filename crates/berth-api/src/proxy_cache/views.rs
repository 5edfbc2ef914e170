//! Configurations as answers show them: never with user name and password.

use berth_domain::Timestamp;
use berth_store::proxy_cache::{ProxyCacheRow, UsageRow};
use schemars::JsonSchema;
use serde::Serialize;

/// The configuration of a proxy cache, or that there is none: then every member is an empty string (`docs/contract/quay.md`
/// 3.2).
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
pub(crate) enum ProxyCacheView {
    /// There is one.
    Configured { upstream_registry: String, expiration_s: i64, insecure: bool },
    /// There is none.
    None { upstream_registry: &'static str, expiration_s: &'static str, insecure: &'static str },
}

impl From<Option<ProxyCacheRow>> for ProxyCacheView {
    fn from(row: Option<ProxyCacheRow>) -> Self {
        match row {
            Some(ProxyCacheRow { upstream_registry, expiration_s, insecure, .. }) => {
                Self::Configured { upstream_registry, expiration_s, insecure }
            }
            None => Self::None { upstream_registry: "", expiration_s: "", insecure: "" },
        }
    }
}

/// How a proxy cache does.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ProxyCacheUse {
    /// How many manifests and blobs were served without fetching them.
    hits: i64,
    /// How many were fetched from the upstream registry.
    misses: i64,
    /// How much was fetched, in bytes.
    fetched_bytes: i64,
    /// When the upstream registry last gave what it was asked for: RFC 3339, or null.
    last_success: Option<String>,
    /// When it last did not: RFC 3339, or null.
    last_failure: Option<String>,
    /// Why it did not; null where it never failed.
    last_failure_reason: Option<String>,
}

impl From<UsageRow> for ProxyCacheUse {
    fn from(row: UsageRow) -> Self {
        Self {
            hits: row.hits,
            misses: row.misses,
            fetched_bytes: row.fetched_bytes,
            last_success: row.succeeded_at.map(Timestamp::to_iso8601),
            last_failure: row.failed_at.map(Timestamp::to_iso8601),
            last_failure_reason: row.failure,
        }
    }
}

/// What was forgotten of a proxy cache.
#[derive(JsonSchema, Serialize)]
pub(crate) struct PurgedProxyCache {
    /// How many manifests.
    pub(super) manifests: i64,
    /// Whether nothing is left: if not, the request is to be repeated.
    pub(super) is_complete: bool,
}
