//! What only this component shows of organizations.

use serde_json::{Value, json};

/// What billing says of private repositories (`docs/contract/quay.md` 1.5); their number is for administrators.
pub(crate) fn private(count: Option<i64>) -> Value {
    match count {
        Some(count) => json!({ "privateAllowed": false, "privateCount": count }),
        None => json!({ "privateAllowed": false }),
    }
}
