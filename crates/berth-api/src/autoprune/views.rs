//! Auto-prune policies as answers show them.

use berth_store::autoprune::AutoprunePolicy;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// An auto-prune policy (`docs/contract/quay.md` 7.2).
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AutoprunePolicyView {
    uuid: String,
    method: String,
    /// A number of tags, or an age such as `2d`, by the method.
    value: Value,
    /// Which tags; null is every tag.
    tag_pattern: Option<String>,
    tag_pattern_matches: bool,
}

impl From<AutoprunePolicy> for AutoprunePolicyView {
    fn from(policy: AutoprunePolicy) -> Self {
        let AutoprunePolicy { uuid, method, value, tag_pattern, tag_pattern_matches } = policy;
        // The schema lets nothing in that is no JSON.
        let value = serde_json::from_str(&value).unwrap_or_default();
        let tag_pattern = Some(tag_pattern).filter(|pattern| !pattern.is_empty());
        Self { uuid, method, value, tag_pattern, tag_pattern_matches }
    }
}

berth_web::lists! {
    /// The auto-prune policies of a namespace or repository.
    pub(crate) struct AutoprunePolicies { policies: Vec<AutoprunePolicyView> }
}

/// The policy that was made or deleted.
#[derive(JsonSchema, Serialize)]
pub(crate) struct AutoprunePolicyId {
    pub(super) uuid: String,
}
