//! Auto-prune policies as answers show them.

use berth_store::autoprune::AutoprunePolicy;
use berth_web::ApiError;
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

impl TryFrom<AutoprunePolicy> for AutoprunePolicyView {
    type Error = ApiError;

    fn try_from(policy: AutoprunePolicy) -> Result<Self, ApiError> {
        let value = serde_json::from_str(&policy.value).map_err(|error| {
            ApiError::Internal(format!("auto-prune policy {}: no JSON: {error}", policy.uuid))
        })?;
        let AutoprunePolicy { uuid, method, tag_pattern, tag_pattern_matches, .. } = policy;
        let tag_pattern = Some(tag_pattern).filter(|pattern| !pattern.is_empty());
        Ok(Self { uuid, method, value, tag_pattern, tag_pattern_matches })
    }
}

/// The auto-prune policies of a namespace or repository.
#[derive(JsonSchema, Serialize)]
pub(crate) struct AutoprunePolicies {
    pub(super) policies: Vec<AutoprunePolicyView>,
}

/// The policy that was made or deleted.
#[derive(JsonSchema, Serialize)]
pub(crate) struct AutoprunePolicyId {
    pub(super) uuid: String,
}
