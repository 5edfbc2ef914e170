//! Responses: small constructors for what handlers answer.

use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

/// A response with its body.
pub type Response = http::Response<Vec<u8>>;

/// How many headers most answers have, at most: with those that all have.
const USUAL_HEADERS: usize = 8;

/// Without headers and body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    *response.headers_mut() = HeaderMap::with_capacity(USUAL_HEADERS);
    response
}

/// JSON.
#[must_use]
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let mut text = match serde_json::to_vec(body) {
        Ok(text) => text,
        Err(error) => unreachable!("views are plain data with string keys: {error}"),
    };
    text.push(b'\n');
    bytes(status, "application/json", text)
}

/// 204, empty. It has a type all the same, as the original's.
#[must_use]
pub fn no_content() -> Response {
    bytes(StatusCode::NO_CONTENT, "application/json", Vec::new())
}

/// Text of any other type.
#[must_use]
pub fn text(status: StatusCode, content_type: &'static str, body: impl Into<String>) -> Response {
    bytes(status, content_type, body.into().into_bytes())
}

/// A redirect.
#[must_use]
pub fn redirect(status: StatusCode, location: String) -> Response {
    empty(status).with_header(header::LOCATION, location)
}

/// A body of any type.
pub(crate) fn bytes(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = empty(status);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    *response.body_mut() = body;
    response
}

/// The head of a body of so many bytes: all of an answer to HEAD, and of others what [`crate::Services::continue_body`] goes on with.
/// A body that ends before its length, or breaks off, breaks the connection, so that no client takes a part of it for the whole.
#[must_use]
pub fn with_length(status: StatusCode, content_type: &str, length: u64) -> Response {
    empty(status)
        .with_header(header::CONTENT_TYPE, content_type)
        .with_header(header::CONTENT_LENGTH, length)
}

/// Headers by name and value.
pub trait ResponseExt {
    /// The same with another header, beside those of its name. A value that no header can carry is a bug: it is 500.
    #[must_use]
    fn with_header<V>(self, name: HeaderName, value: V) -> Self
    where
        HeaderValue: TryFrom<V>;
}

impl ResponseExt for Response {
    fn with_header<V>(mut self, name: HeaderName, value: V) -> Self
    where
        HeaderValue: TryFrom<V>,
    {
        match HeaderValue::try_from(value) {
            Ok(value) => {
                self.headers_mut().append(name, value);
                self
            }
            Err(_) => {
                eprintln!("error: an answer has an impossible header: {name}");
                empty(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

/// Sets headers, in place of those of the same names.
pub(crate) fn set_headers(response: &mut Response, given: &[(HeaderName, HeaderValue)]) {
    for (name, value) in given {
        response.headers_mut().insert(name, value.clone());
    }
}
