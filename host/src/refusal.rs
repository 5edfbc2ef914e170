//! Why no component answers a request, and the response that it gets instead.

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::response::ResponseBody;

/// Why no component answers a request.
pub(crate) enum Refusal {
    NoHost,
    NoRoute,
    /// The component is still being compiled.
    NotLoaded,
    /// The body is larger than one may be,
    BodyTooLarge,
    /// the client sends it too slowly,
    BodyTooSlow,
    /// it breaks off,
    BodyBroken,
    /// or the quota for bodies is used up.
    TooManyBodies,
    /// No permit to run, or no memory.
    TooBusy,
    /// The quota for responses that are not read yet is used up.
    TooManyResponses,
    /// Too many requests to components that stream.
    TooManyStreams,
    TooManyConnections,
    Deadline,
    /// The component broke off, for this cause.
    Failed {
        component: String,
        cause: String,
    },
}

impl Refusal {
    /// The response to the request `id`.
    pub(crate) fn into_response(self, id: &HeaderValue) -> Response<ResponseBody> {
        let (status, message) = match &self {
            Self::NoHost => (StatusCode::BAD_REQUEST, "The request has no valid Host"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "Not Found"),
            Self::NotLoaded => (StatusCode::SERVICE_UNAVAILABLE, "The service is starting"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large"),
            Self::BodyTooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "The request body did not come in time")
            }
            Self::BodyBroken => (StatusCode::BAD_REQUEST, "The request body is broken"),
            Self::TooManyBodies => {
                (StatusCode::SERVICE_UNAVAILABLE, "Too many large requests at a time")
            }
            Self::TooBusy => (StatusCode::SERVICE_UNAVAILABLE, "Too many requests at a time"),
            Self::TooManyResponses => {
                (StatusCode::SERVICE_UNAVAILABLE, "Too many large answers at a time")
            }
            Self::TooManyStreams => (StatusCode::SERVICE_UNAVAILABLE, "Too many streams at a time"),
            Self::TooManyConnections => {
                (StatusCode::SERVICE_UNAVAILABLE, "Too many connections at a time")
            }
            Self::Deadline => (StatusCode::GATEWAY_TIMEOUT, "The request took too long"),
            Self::Failed { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        };
        if let Self::Failed { component, cause } = &self {
            tracing::error!(
                "component {component:?} failed: {cause} (request {})",
                id.to_str().unwrap_or("-")
            );
        }
        let mut response =
            Response::new(ResponseBody::from(format!("{{\"message\":\"{message}\"}}")));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
