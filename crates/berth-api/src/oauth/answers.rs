//! What the OAuth endpoints say to programs: JSON whose media type names its charset, and errors as RFC 6749 (5.2) has them.

use berth_web::{Answer, ApiError, IntoResponse, JsonResponse, Response};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::json;

/// 200 with JSON.
pub(crate) struct OAuthJson<T>(pub(super) T);

impl<T: Serialize + JsonSchema> IntoResponse for OAuthJson<T> {
    fn answers(generator: &mut SchemaGenerator) -> Vec<Answer> {
        JsonResponse::<T>::answers(generator)
    }

    fn into_response(self) -> Response {
        json_response(200, &self.0)
    }
}

/// An error, by its code.
pub(super) fn error(status: u16, code: &str) -> ApiError {
    error_response(status, code).into()
}

/// The answer of an error.
pub(super) fn error_response(status: u16, code: &str) -> Response {
    json_response(status, &json!({ "error": code }))
}

fn json_response(status: u16, body: &impl Serialize) -> Response {
    let Response { body, .. } = Response::json(status, body);
    let headers = vec![("content-type", "application/json;charset=UTF-8".into())];
    Response { status, headers, body }
}
