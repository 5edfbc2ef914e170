//! Bodies about auto-prune policies (`docs/contract/quay.md` 7.2).

use berth_domain::limits::TAG_PATTERN_BYTES;
use berth_domain::settings;
use berth_store::autoprune::AutoprunePolicy;
use berth_web::{ApiError, IntegerOrString, Json};

/// How long an age is at most, in characters.
const LONGEST_AGE: usize = 32;

/// The policy configuration that is to be applied to the namespace or repository
///
/// `POST …/autoprunepolicy/` and `PUT …/autoprunepolicy/<uuid>`.
#[derive(Json)]
#[json(name = "AutoPrunePolicyConfig")]
pub(crate) struct PolicyConfig {
    /// The method to use for pruning tags (number_of_tags, creation_date)
    method: String,
    /// The value to use for the pruning method: a number of tags, or an age such as 7d
    pub(super) value: IntegerOrString,
    /// Tags only matching this pattern
    #[json(name = "tagPattern")]
    tag_pattern: Option<String>,
    /// Whether the tags that match are pruned, or those that do not
    #[json(name = "tagPatternMatches")]
    tag_pattern_matches: Option<bool>,
}

impl PolicyConfig {
    /// The policy, if it makes sense.
    pub(super) fn checked(self, uuid: String) -> Result<AutoprunePolicy, ApiError> {
        let makes_sense = match self.method.as_str() {
            "number_of_tags" => self.value.0.as_i64().is_some_and(|number| number > 0),
            "creation_date" => {
                let age = self.value.0.as_str().filter(|age| age.len() <= LONGEST_AGE);
                age.is_some_and(|age| settings::parse_duration(age).is_some())
            }
            _ => return Err(ApiError::invalid_request("Invalid method provided")),
        };
        if !makes_sense {
            return Err(ApiError::invalid_request("Invalid value given for method type"));
        }
        let tag_pattern = self.tag_pattern.as_deref().map(str::trim);
        if tag_pattern == Some("") {
            return Err(ApiError::invalid_request("tag_pattern cannot be empty"));
        }
        if tag_pattern.is_some_and(|pattern| pattern.len() > TAG_PATTERN_BYTES) {
            let text = format!("tag_pattern is longer than {TAG_PATTERN_BYTES} bytes");
            return Err(ApiError::invalid_request(text));
        }
        Ok(AutoprunePolicy {
            uuid,
            method: self.method,
            value: self.value.0.to_string(),
            tag_pattern: tag_pattern.unwrap_or_default().to_owned(),
            tag_pattern_matches: self.tag_pattern_matches.unwrap_or(true),
        })
    }
}
