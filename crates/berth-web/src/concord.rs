//! Concord's dialect of HTTP: how callers prove who they are, what errors look like, which headers every answer has
//! (`docs/contract/concord.md` 1 to 3). The routes below `/api/v1/org` speak it; everything else speaks Quay's.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use berth_access::Principal;
use http::header::{self, HeaderValue};
use http::{HeaderName, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::credentials::Credentials;
use crate::error::{ApiError, ErrorType};
use crate::request::{Request, RequestExt};
use crate::response::{self, Response, ResponseExt, empty, set_headers};

/// The type of validation errors.
const VALIDATION_TYPE: &str = "application/vnd.concord-validation-errors-v1+json";

/// The methods that every path of Concord's says it knows.
pub(crate) const METHODS: &str = "OPTIONS, GET, POST, PUT, DELETE";

/// Base64 as clients write it, with its padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether a path is Concord's, decoded as the routes decode it.
pub(crate) fn speaks(path: &str) -> bool {
    let path = percent_decode_str(path).decode_utf8_lossy();
    path.strip_prefix("/api/v1/org").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Reads the credentials: a key by itself, `Bearer <key>`, or `Basic` with user name and password. Session cookies are
/// not asked for here, so a change needs no CSRF token.
///
/// # Errors
/// 401 with a message when the user name and the password cannot be read (2.1).
pub(crate) fn credentials(request: &Request) -> Result<Credentials, ApiError> {
    let header = request.header(header::AUTHORIZATION).unwrap_or_default();
    if let Some(encoded) = header.strip_prefix("Basic ") {
        let (user, password) = user_and_password(encoded).ok_or_else(|| {
            ApiError::Custom(
                StatusCode::UNAUTHORIZED,
                json!({ "message": "Invalid basic auth header" }),
            )
        })?;
        return Ok(Credentials::password(user, password));
    }
    let key = header.strip_prefix("Bearer ").unwrap_or(header).trim_end_matches('=');
    Ok(if key.is_empty() { Credentials::none() } else { Credentials::token(key) })
}

fn user_and_password(encoded: &str) -> Option<(String, String)> {
    let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// What is asked of every request that a row answers: that the caller is known and takes JSON.
///
/// # Errors
/// 401 as [`unauthenticated`], 406.
pub(crate) fn admit(request: &Request, principal: &Principal) -> Result<(), ApiError> {
    principal.caller().ok_or_else(ApiError::unauthenticated)?;
    if accepts(request, "application/json") {
        Ok(())
    } else {
        Err(ApiError::Plain(StatusCode::NOT_ACCEPTABLE, "".into()))
    }
}

/// The answer to an error.
pub(crate) fn error_response(error: ApiError, request: &Request) -> Response {
    match error {
        ApiError::Typed { kind: ErrorType::InvalidToken, .. } => unauthenticated(request),
        ApiError::Violations(violations) => validation(&violations, request),
        ApiError::MethodNotAllowed(allow) => {
            empty(StatusCode::METHOD_NOT_ALLOWED).with_header(header::ALLOW, allow)
        }
        ApiError::Plain(status, _) => empty(status),
        // What every answer of ours has in common stays as it is: busy, broken, too many attempts, a plain text.
        other => other.into_response(""),
    }
}

/// The headers of every answer (1.2), but for the origin.
static HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate")),
    (header::PRAGMA, HeaderValue::from_static("no-cache")),
    (header::EXPIRES, HeaderValue::from_static("0")),
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("*")),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Authorization, Content-Type, Range, Cookie, Origin"),
    ),
    (
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "cache-control,content-language,expires,last-modified,content-range,content-length,accept-ranges",
        ),
    ),
];

/// The answer with the headers of every answer.
pub(crate) fn with_headers(mut response: Response, origin: &str) -> Response {
    set_headers(&mut response, &HEADERS);
    let origin = if origin.is_empty() { "*" } else { origin };
    response.with_header(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin)
}

/// The answer to OPTIONS (1.1).
pub(crate) fn options() -> Response {
    empty(StatusCode::NO_CONTENT).with_header(header::ALLOW, METHODS)
}

/// 401 (2.1): no body; the schemes are named to those who showed none or tried Basic, and never to the console.
fn unauthenticated(request: &Request) -> Response {
    let response = response::text(StatusCode::UNAUTHORIZED, "application/json", "");
    let from_console = request
        .header("x-concord-ui-request")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let header = request.header(header::AUTHORIZATION);
    if from_console || header.is_some_and(|header| !header.contains("Basic")) {
        return response;
    }
    response
        .with_header(header::WWW_AUTHENTICATE, "Basic")
        .with_header(header::WWW_AUTHENTICATE, "ConcordApiToken")
}

/// 400 (3.1): the body is written only for those who take its type.
fn validation(violations: &[(String, String)], request: &Request) -> Response {
    let list: Vec<_> =
        violations.iter().map(|(id, message)| json!({ "id": id, "message": message })).collect();
    let mut response =
        response::json(StatusCode::BAD_REQUEST, &list).with_header(header::VARY, "Accept");
    if accepts(request, VALIDATION_TYPE) {
        let kind = HeaderValue::from_static(VALIDATION_TYPE);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    } else {
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.body_mut().clear();
    }
    response
}

/// Whether `Accept`, on however many lines, admits a media type: the range that says most about it decides, unless its
/// quality is 0. Nothing named admits everything.
fn accepts(request: &Request, media_type: &str) -> bool {
    let lines = request.headers().get_all(header::ACCEPT).into_iter();
    let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    let ranges = lines.iter().flat_map(|line| line.split(',')).map(media_range);
    let ranges: Vec<_> = ranges.filter(|(range, _)| !range.is_empty()).collect();
    let group = media_type.split('/').next().unwrap_or_default();
    let covering = [media_type, &format!("{group}/*"), "*/*"];
    let deciding =
        covering.iter().find_map(|covering| ranges.iter().find(|(range, _)| range == covering));
    ranges.is_empty() || deciding.is_some_and(|(_, admits)| *admits)
}

/// A range of `Accept`, and whether its quality is more than 0.
fn media_range(text: &str) -> (String, bool) {
    let mut parts = text.split(';').map(|part| part.trim().to_ascii_lowercase());
    let range = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
    (range, quality.is_none_or(|quality| quality > 0.0))
}
