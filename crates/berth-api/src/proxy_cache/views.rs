//! Configurations as answers show them: never with user name and password.

use berth_store::proxy_cache::ProxyCacheRow;
use serde_json::{Value, json};

/// A configuration, or that there is none: then every member is an empty string (`docs/contract/quay.md` 3.2).
pub(crate) fn configuration(row: Option<&ProxyCacheRow>) -> Value {
    match row {
        Some(row) => json!({
            "upstream_registry": row.upstream_registry,
            "expiration_s": row.expiration_s,
            "insecure": row.insecure,
        }),
        None => json!({ "upstream_registry": "", "expiration_s": "", "insecure": "" }),
    }
}
