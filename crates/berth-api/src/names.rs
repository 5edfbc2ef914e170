//! What is wrong with names, in the contract's words.

use berth_domain::Invalid;
use berth_web::ApiError;

/// Renaming has its own word for what is wrong with a name.
pub(crate) fn invalid_name(invalid: Invalid) -> ApiError {
    ApiError::model(invalid.to_string().replacen("namespace", "username", 1))
}
