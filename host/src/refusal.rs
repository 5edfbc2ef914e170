//! Why a request gets no answer of a component, and what it gets instead.

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::response::Answer;

/// Why a request gets no answer of a component.
pub(crate) enum Refusal {
    NoHost,
    NoRoute,
    /// Of the body, as are the next three.
    TooLarge,
    TooSlow,
    Broken,
    NoRoom,
    TooBusy,
    /// The client leaves too much unread already, or all clients together do.
    UnreadAnswers,
    TooManyConnections,
    Deadline,
    Failed {
        component: String,
        cause: String,
    },
}

impl Refusal {
    /// The answer to the request `id`.
    pub(crate) fn into_response(self, id: &HeaderValue) -> Response<Answer> {
        let (status, message) = match &self {
            Self::NoHost => (StatusCode::BAD_REQUEST, "The request has no valid Host"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "Not Found"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The request body did not come in time"),
            Self::Broken => (StatusCode::BAD_REQUEST, "The request body is broken"),
            Self::NoRoom => (StatusCode::SERVICE_UNAVAILABLE, "Too many large requests at a time"),
            Self::TooBusy => (StatusCode::SERVICE_UNAVAILABLE, "Too many requests at a time"),
            Self::UnreadAnswers => {
                (StatusCode::SERVICE_UNAVAILABLE, "Too many large answers at a time")
            }
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
        let mut response = Response::new(Answer::from(format!("{{\"message\":\"{message}\"}}")));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
