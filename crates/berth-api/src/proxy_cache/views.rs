//! Configurations as answers show them: never with user name and password.

use berth_store::proxy_cache::ProxyCacheRow;
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
