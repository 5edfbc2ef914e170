//! What the OAuth endpoints say to programs: JSON whose media type names its charset, and errors as RFC 6749 (5.2) has them.

use berth_web::{
    Answer, ApiError, IntoResponse, JsonResponse, Response, StatusCode, header, response,
};
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
        json_response(StatusCode::OK, &self.0)
    }
}

/// An error, by its code.
pub(super) fn error(status: StatusCode, code: &str) -> ApiError {
    error_response(status, code).into()
}

/// The answer of an error.
pub(super) fn error_response(status: StatusCode, code: &str) -> Response {
    json_response(status, &json!({ "error": code }))
}

fn json_response(status: StatusCode, body: &impl Serialize) -> Response {
    let mut response = response::json(status, body);
    let media_type = header::HeaderValue::from_static("application/json;charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response
}
