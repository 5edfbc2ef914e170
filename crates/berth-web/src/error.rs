//! Everything that can go wrong with a request, and the answers to it (`docs/contract/quay.md` 0.3).
//!
//! The public text is for the caller. Causes are for the log: they are written once, by the pipeline.

use std::borrow::Cow;

use berth_access::Denied;
use berth_domain::Invalid;
use berth_domain::limits::Limit;
use berth_domain::secret::Unsealable;
use berth_domain::settings::Unusable;
use berth_store::StoreError;
use berth_store::db::Temporary;
use http::{HeaderName, StatusCode, header};
use serde_json::{Map, Value, json};
use strum::VariantArray;

use crate::platform::PlatformError;
use crate::response::{self, Response, ResponseExt};
use crate::schema::Violation;

/// The types of typed errors: name on the wire, status, description (`docs/contract/quay.md` 0.3, 10.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum ErrorType {
    /// Something outside did not answer in time.
    ExternalServiceTimeout,
    /// The request cannot be fulfilled as it is.
    InvalidRequest,
    /// An answer could not be made.
    InvalidResponse,
    /// No credentials, or unknown ones.
    InvalidToken,
    /// Known to clients; never sent.
    ExpiredToken,
    /// The caller may not.
    InsufficientScope,
    /// The password must be given again.
    FreshLoginRequired,
    /// Billing.
    ExceedsLicense,
    /// Not there.
    NotFound,
    /// Something outside failed.
    DownstreamIssue,
    /// A tag may not be changed.
    TagImmutable,
    /// A token could not be exchanged for another.
    TokenRotationFailed,
}

impl ErrorType {
    /// Every type.
    pub const ALL: &[Self] = Self::VARIANTS;

    const fn row(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::ExternalServiceTimeout => (
                "external_service_timeout",
                520,
                "An external service timed out. Retrying the request may resolve the issue.",
            ),
            Self::InvalidRequest => (
                "invalid_request",
                400,
                "The request was invalid. It may have contained invalid values or was improperly formatted.",
            ),
            Self::InvalidResponse => ("invalid_response", 400, "The response was invalid."),
            Self::InvalidToken => ("invalid_token", 401, "The access token provided was invalid."),
            Self::ExpiredToken => ("expired_token", 401, "The access token provided has expired."),
            Self::InsufficientScope => (
                "insufficient_scope",
                403,
                "The access token did not have sufficient scope to access the requested resource.",
            ),
            Self::FreshLoginRequired => {
                ("fresh_login_required", 401, "The action requires a fresh login to succeed.")
            }
            Self::ExceedsLicense => (
                "exceeds_license",
                402,
                "The action was refused because the current license does not allow it.",
            ),
            Self::NotFound => ("not_found", 404, "The resource was not found."),
            Self::DownstreamIssue => {
                ("downstream_issue", 520, "An error occurred in a downstream service.")
            }
            Self::TagImmutable => {
                ("tag_immutable", 409, "The tag is immutable and cannot be modified or deleted.")
            }
            Self::TokenRotationFailed => ("token_rotation_failed", 500, "Token rotation failed."),
        }
    }

    /// The type's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().1
    }

    /// What `GET /api/v1/error/<type>` says of it.
    #[must_use]
    pub const fn description(self) -> &'static str {
        self.row().2
    }
}

/// A limit that is reached, as the headers of a 429 tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How many are heard before somebody has to wait.
    pub limit: i64,
    /// Seconds until the next one is heard.
    pub reset_s: i64,
}

impl RateLimit {
    /// As many as that, where that is a length.
    pub(crate) fn of(limit: usize, reset_s: i64) -> Self {
        Self { limit: i64::try_from(limit).unwrap_or(i64::MAX), reset_s }
    }

    /// The answer with `Retry-After`, and the headers of the IETF draft in the form that clients read (up to its version 07; the one
    /// field of later versions is read by few).
    #[must_use]
    pub fn told_by(self, response: Response) -> Response {
        response
            .with_header(header::RETRY_AFTER, self.reset_s.to_string())
            .with_header(HeaderName::from_static("ratelimit-limit"), self.limit.to_string())
            .with_header(HeaderName::from_static("ratelimit-remaining"), "0")
            .with_header(HeaderName::from_static("ratelimit-reset"), self.reset_s.to_string())
    }
}

/// An error, as the caller gets it.
#[derive(Debug, Clone)]
pub enum ApiError {
    /// F1: a typed error, with members that come before the usual ones.
    Typed {
        /// The type; it brings the status.
        kind: ErrorType,
        /// The message.
        message: Cow<'static, str>,
        /// Further members of the body.
        extra: Map<String, Value>,
    },
    /// F2: 400, a rule of the data was broken.
    Model(String),
    /// F3: a plain HTTP error.
    Plain(StatusCode, Cow<'static, str>),
    /// F3: 405, with the methods that the path knows.
    MethodNotAllowed(String),
    /// F4: an early abort, JSON in a `text/html` body.
    Abort(StatusCode, String),
    /// F6: too many attempts.
    TooManyAttempts(RateLimit),
    /// 429: a limit is reached.
    TooManyRequests {
        /// The message.
        message: Cow<'static, str>,
        /// The limit.
        limit: RateLimit,
    },
    /// F1 400: somebody would own more than they may.
    Limited {
        /// The limit.
        limit: &'static Limit,
        /// How many there may be. The pipeline knows what the settings say.
        most: i64,
    },
    /// F7: the registry takes no changes.
    ReadOnly,
    /// A body of an operation's own.
    Custom(StatusCode, Value),
    /// A whole answer of an operation's own: a page for people, an error as OAuth has it.
    Response(Box<Response>),
    /// Registries: a code of theirs and a message (`docs/contract/registry.md` A.5).
    Registry {
        /// The status.
        status: StatusCode,
        /// The code.
        code: &'static str,
        /// The message.
        message: String,
        /// After how many seconds to ask again, where that is known.
        retry_after_s: Option<u32>,
    },
    /// Registries: 401, a token does not count, and why (`docs/contract/registry.md` A.5).
    RegistryToken(&'static str),
    /// Concord: a plain text.
    Text(StatusCode, String),
    /// Concord: 400, rules of the data that were broken, each with where and what.
    Violations(Vec<(String, String)>),
    /// 503: the database is busy.
    Busy,
    /// 503: something that the host provides does not answer now. The text is for the log only.
    Unavailable(String),
    /// 500: a bug, or something that the host provides failed. The text is for the log only.
    Internal(String),
}

impl ApiError {
    /// F1 with any type.
    #[must_use]
    pub fn typed(kind: ErrorType, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Typed { kind, message: message.into(), extra: Map::new() }
    }

    /// F1 400.
    #[must_use]
    pub fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::typed(ErrorType::InvalidRequest, message)
    }

    /// F1 404.
    #[must_use]
    pub fn not_found() -> Self {
        Self::typed(ErrorType::NotFound, "Not Found")
    }

    /// F1 401: nobody known calls.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::typed(ErrorType::InvalidToken, "Requires authentication")
    }

    /// F1 403: the caller may not.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::typed(ErrorType::InsufficientScope, "Unauthorized")
    }

    /// F2.
    #[must_use]
    pub fn model(message: impl Into<String>) -> Self {
        Self::Model(message.into())
    }

    /// F3 404, for what has no typed form.
    #[must_use]
    pub fn plain_not_found() -> Self {
        Self::Plain(StatusCode::NOT_FOUND, "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.".into())
    }

    /// F3 400, for a request that cannot be read.
    #[must_use]
    pub fn unreadable() -> Self {
        Self::Plain(
            StatusCode::BAD_REQUEST,
            "The browser (or proxy) sent a request that this server could not understand.".into(),
        )
    }

    /// F3 403.
    #[must_use]
    pub fn plain_forbidden() -> Self {
        Self::Plain(StatusCode::FORBIDDEN, "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.".into())
    }

    /// F3 415, for a body that is not JSON.
    #[must_use]
    pub fn not_json() -> Self {
        Self::Plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.".into())
    }

    /// F3 413, for a body that is longer than `limit` bytes.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        Self::Plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body of this request can have {limit} bytes at most.").into(),
        )
    }

    /// The same typed error with a further member, before the others.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Self::Typed { extra, .. } = &mut self {
            extra.insert(name.to_owned(), value.into());
        }
        self
    }

    /// What must be logged, and never told.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Internal(cause) | Self::Unavailable(cause) => Some(cause),
            Self::Busy => Some("the database stayed busy"),
            _ => None,
        }
    }

    /// The answer. `base_url` begins the links in typed errors.
    #[must_use]
    pub fn into_response(self, base_url: &str) -> Response {
        match self {
            Self::Typed { kind, message, extra } => typed_response(kind, &message, extra, base_url),
            Self::Model(text) => message(StatusCode::BAD_REQUEST, &text),
            Self::Plain(status, text) => message(status, &text),
            Self::MethodNotAllowed(allow) => {
                let text = "The method is not allowed for the requested URL.";
                message(StatusCode::METHOD_NOT_ALLOWED, text).with_header(header::ALLOW, allow)
            }
            Self::Abort(status, text) => {
                let body = json!({ "error": text }).to_string();
                response::text(status, "text/html; charset=utf-8", body)
            }
            Self::TooManyAttempts(limit) => too_many(
                "Too many login attempts. \nPlease reset your Quay password and try again.",
                "too_many_attempts",
                limit,
            ),
            Self::TooManyRequests { message, limit } => {
                too_many(&message, "too_many_requests", limit)
            }
            Self::Limited { limit, most } => {
                let text = limit.sentence(most);
                typed_response(ErrorType::InvalidRequest, &text, Map::new(), base_url)
            }
            Self::ReadOnly => response::json(
                StatusCode::SERVICE_UNAVAILABLE,
                &json!({ "is_readonly": true, "message": READ_ONLY }),
            ),
            Self::Registry { status, message: text, retry_after_s, .. } => {
                with_retry(message(status, &text), retry_after_s)
            }
            Self::RegistryToken(text) => message(StatusCode::UNAUTHORIZED, text),
            Self::Text(status, text) => response::text(status, "text/plain;charset=UTF-8", text),
            Self::Violations(violations) => {
                let texts = violations.into_iter().map(|(_, text)| text);
                message(StatusCode::BAD_REQUEST, &texts.collect::<Vec<_>>().join("; "))
            }
            Self::Custom(status, body) => response::json(status, &body),
            Self::Response(response) => *response,
            Self::Busy | Self::Unavailable(_) => {
                let text = "The service is busy. Please try again in a moment.";
                message(StatusCode::SERVICE_UNAVAILABLE, text).with_header(header::RETRY_AFTER, "1")
            }
            Self::Internal(_) => message(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong on our side. It was logged under the request id.",
            ),
        }
    }
}

const READ_ONLY: &str = "System is currently read-only. Pulls will succeed but all write operations are \
    currently suspended.";

fn message(status: StatusCode, text: &str) -> Response {
    response::json(status, &json!({ "message": text }))
}

fn with_retry(response: Response, after_s: Option<u32>) -> Response {
    match after_s {
        Some(seconds) => response.with_header(header::RETRY_AFTER, seconds),
        None => response,
    }
}

fn too_many(text: &str, error_type: &str, limit: RateLimit) -> Response {
    let body = json!({ "message": text, "error_type": error_type });
    limit.told_by(response::json(StatusCode::TOO_MANY_REQUESTS, &body))
}

impl From<Response> for ApiError {
    fn from(response: Response) -> Self {
        Self::Response(Box::new(response))
    }
}

fn typed_response(
    kind: ErrorType,
    message: &str,
    mut body: Map<String, Value>,
    base_url: &str,
) -> Response {
    let (name, status, _) = kind.row();
    body.insert("detail".into(), message.into());
    body.insert("error_message".into(), message.into());
    body.insert("error_type".into(), name.into());
    body.insert("title".into(), name.into());
    body.insert("type".into(), format!("{base_url}/api/v1/error/{name}").into());
    body.insert("status".into(), status.into());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response::json(status, &body)
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthenticated => Self::unauthenticated(),
            Denied::Unauthorized | Denied::SuperusersOnly => Self::unauthorized(),
            Denied::Forbidden => Self::plain_forbidden(),
            Denied::NotFound => Self::not_found(),
        }
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Self::invalid_request(invalid.to_string())
    }
}

impl From<Violation> for ApiError {
    fn from(violation: Violation) -> Self {
        Self::invalid_request(violation.text())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            StoreError::NoOwnerLeft => Self::model(
                "An organization must keep at least one member in a team with role admin",
            ),
            StoreError::NotMember => Self::model("An owner must be a member of the organization"),
            StoreError::NotFound => Self::not_found(),
            error @ (StoreError::Unavailable(_)
            | StoreError::InDoubt(_)
            | StoreError::SchemaTooNew { .. }
            | StoreError::SchemaUnreleased) => Self::Unavailable(error.to_string()),
            StoreError::BeyondQuota => Self::Registry {
                status: StatusCode::FORBIDDEN,
                code: "DENIED",
                message: "Quota has been exceeded on namespace".into(),
                retry_after_s: None,
            },
            StoreError::Limited(limit) => Self::Limited { limit, most: limit.default() },
            error @ (StoreError::UniqueViolation(_) | StoreError::Database(_)) => {
                Self::Internal(error.to_string())
            }
        }
    }
}

impl From<PlatformError> for ApiError {
    fn from(error: PlatformError) -> Self {
        if Temporary::of(&error.0).is_some() {
            Self::Unavailable(error.to_string())
        } else {
            Self::Internal(error.to_string())
        }
    }
}

impl From<Unusable> for ApiError {
    fn from(error: Unusable) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<Unsealable> for ApiError {
    fn from(error: Unsealable) -> Self {
        Self::Internal(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: impl Into<ApiError>) -> (u16, bool) {
        let response = error.into().into_response("");
        let retries = response.headers().contains_key(header::RETRY_AFTER);
        (response.status().as_u16(), retries)
    }

    /// Security finding C4: a key-value store that was busy, and a database that did not answer in time, were a 500.
    #[test]
    fn what_passes_is_503_and_says_when_to_ask_again() {
        for text in [
            "key-value store: Error::Other: database is locked",
            "key-value store: Connection refused (os error 111)",
            "key-value store: timed out",
        ] {
            assert_eq!(told(PlatformError(text.into())), (503, true), "{text}");
        }
        assert_eq!(told(PlatformError("key-value store: access denied".into())), (500, false));
        assert_eq!(told(StoreError::Unavailable("interrupted".into())), (503, true));
        assert_eq!(told(StoreError::Busy), (503, true));
        let too_new = StoreError::SchemaTooNew { version: 9, oldest_reader: 9, known: 8 };
        assert_eq!(told(too_new), (503, true));
    }
}
