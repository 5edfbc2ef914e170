//! Bodies about keys that sign.

use berth_domain::settings::parse_duration;
use berth_web::{ApiError, IntegerOrString, Json};

/// After how long a new key signs where nothing is said, in seconds: a day, in which registries get its certificate.
const OVERLAP_S: i64 = 86_400;

/// After how long it may sign at most, in seconds: 90 days.
const LONGEST_OVERLAP_S: i64 = 7_776_000;

/// When the next key begins to sign
///
/// `POST /registry/keys`.
#[derive(Json)]
#[json(name = "NewSigningKey")]
pub(crate) struct NewSigningKey {
    /// In how many seconds, or a duration such as `12h`: until then its certificate must be in every registry. 24 hours where it
    /// is left out
    signs_in: Option<IntegerOrString>,
}

impl NewSigningKey {
    /// The time in seconds.
    pub(super) fn signs_in_s(&self) -> Result<i64, ApiError> {
        let Some(IntegerOrString(given)) = &self.signs_in else { return Ok(OVERLAP_S) };
        let seconds = given.as_i64().or_else(|| parse_duration(given.as_str()?));
        seconds.filter(|seconds| (0..=LONGEST_OVERLAP_S).contains(seconds)).ok_or_else(|| {
            ApiError::invalid_request(
                "signs_in must be a number of seconds, or a duration such as 30s, 10m, 12h or 7d, of 90 days at most",
            )
        })
    }
}
