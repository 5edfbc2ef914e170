//! The tokens of pages: opaque to clients, and good for the same list alone (`docs/contract/quay.md` 10.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use berth_domain::secret::{Purpose, hash_token};
use berth_store::Value;
use berth_store::listing::Position;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::ApiError;
use crate::query::Parameters;
use crate::services::Services;

/// How long a token is good for, in seconds: two days.
const LIFETIME_S: i64 = 2 * 86_400;

/// What a token says: key and tie of the position, the binding, and until when it is good, in seconds.
#[derive(Serialize, Deserialize)]
struct Content(Key, i64, String, i64);

/// What lists are ordered by.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Integer(i64),
    Text(String),
}

/// What stands for the caller, the list, its filter and its order: all that the request says but the size of the page.
pub(super) fn binding(caller_id: Option<i64>, path: &str, parameters: &Parameters) -> String {
    let mut filter: Vec<_> =
        parameters.0.iter().filter(|(name, _)| name != "limit" && name != "count").collect();
    filter.sort();
    let hash = hash_token(&json!([caller_id, path, filter]).to_string());
    URL_SAFE_NO_PAD.encode(&hash[..16])
}

/// The token of the page behind a position, in the list that `binding` stands for.
///
/// # Errors
/// [`ApiError`] when the secret keys cannot be had.
pub(super) fn seal(
    services: &Services<'_>,
    position: &Position,
    binding: &str,
) -> Result<String, ApiError> {
    let key = match &position.key {
        Value::Integer(key) => Key::Integer(*key),
        Value::Text(key) => Key::Text(key.clone()),
        other => return Err(ApiError::Internal(format!("a list is ordered by {other:?}"))),
    };
    let expires_at_s = services.now().plus_seconds(LIFETIME_S).as_seconds();
    let content = Content(key, position.tie, binding.to_owned(), expires_at_s);
    services.seal_token(Purpose::PageToken, &content)
}

/// The position of a token. None: it is no living one of that list's.
///
/// # Errors
/// [`ApiError`] when the secret keys cannot be had.
pub(super) fn open(
    services: &Services<'_>,
    token: &str,
    binding: &str,
) -> Result<Option<Position>, ApiError> {
    let content: Option<Content> = services.open_token(Purpose::PageToken, token)?;
    let now_s = services.now().as_seconds();
    let living = content.filter(|Content(_, _, bound, until)| bound == binding && *until > now_s);
    Ok(living.map(|Content(key, tie, ..)| Position {
        key: match key {
            Key::Integer(key) => key.into(),
            Key::Text(key) => key.into(),
        },
        tie,
    }))
}
