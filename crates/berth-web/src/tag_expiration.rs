//! How long deleted tags can be restored: one of the options of the settings (`docs/contract/quay.md` 1.3).

use berth_domain::settings;
use serde_json::Number;

use crate::error::ApiError;
use crate::services::Services;

/// The option that `number` equals, as whole seconds (`86400.0` equals `86400`).
///
/// # Errors
/// F2 400 when it is none.
pub fn tag_expiration_option(services: &Services<'_>, number: &Number) -> Result<i64, ApiError> {
    let options = services.setting(&settings::TAG_EXPIRATION_OPTIONS);
    #[expect(clippy::cast_precision_loss, reason = "options are far below 2^53 seconds")]
    let equals = |option: &i64| number.as_f64() == Some(*option as f64);
    let option = options.into_iter().find(equals);
    option.ok_or_else(|| ApiError::model("Invalid tag expiration option"))
}
