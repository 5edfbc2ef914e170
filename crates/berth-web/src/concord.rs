//! Concord's dialect of HTTP: how callers prove who they are, what errors look like, which headers every answer has
//! (`docs/contract/concord.md` 1 to 3). The routes below `/api/v1/org` speak it; everything else speaks Quay's.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use berth_access::Principal;
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::credentials::Credentials;
use crate::error::{ApiError, ErrorType};
use crate::message::{Request, Response};

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
    let header = request.header("authorization").unwrap_or_default();
    if let Some(encoded) = header.strip_prefix("Basic ") {
        let (user, password) = user_and_password(encoded).ok_or_else(|| {
            ApiError::Custom(401, json!({ "message": "Invalid basic auth header" }))
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
    if accepts(request, "application/json") { Ok(()) } else { Err(ApiError::Plain(406, "".into())) }
}

/// The answer to an error.
pub(crate) fn error_response(error: ApiError, request: &Request) -> Response {
    match error {
        ApiError::Typed { kind: ErrorType::InvalidToken, .. } => unauthenticated(request),
        ApiError::Violations(violations) => validation(&violations, request),
        ApiError::Text(status, text) => Response::text(status, "text/plain;charset=UTF-8", text),
        ApiError::MethodNotAllowed(allow) => empty(405).with_header("allow", allow),
        ApiError::Plain(status, _) => empty(status),
        // What every answer of ours has in common stays as it is: busy, broken, too many attempts.
        other => other.into_response(""),
    }
}

/// The headers of every answer (1.2).
pub(crate) fn with_headers(response: Response, origin: &str) -> Response {
    let origin = if origin.is_empty() { "*" } else { origin };
    let mut response = response;
    response.headers.retain(|(name, _)| *name != "cache-control");
    response
        .with_header("cache-control", "no-cache, no-store, must-revalidate")
        .with_header("pragma", "no-cache")
        .with_header("expires", "0")
        .with_header("access-control-allow-origin", origin.to_owned())
        .with_header("access-control-allow-methods", "*")
        .with_header(
            "access-control-allow-headers",
            "Authorization, Content-Type, Range, Cookie, Origin",
        )
        .with_header(
            "access-control-expose-headers",
            "cache-control,content-language,expires,last-modified,content-range,content-length,accept-ranges",
        )
}

/// The answer to OPTIONS (1.1).
pub(crate) fn options() -> Response {
    empty(204).with_header("allow", METHODS)
}

/// 401 (2.1): no body; the schemes are named to those who showed none or tried Basic, and never to the console.
fn unauthenticated(request: &Request) -> Response {
    let response = Response {
        status: 401,
        headers: vec![("content-type", "application/json".into())],
        body: Vec::new(),
    };
    let from_console = request
        .header("x-concord-ui-request")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let header = request.header("authorization");
    if from_console || header.is_some_and(|header| !header.contains("Basic")) {
        return response;
    }
    response
        .with_header("www-authenticate", "Basic")
        .with_header("www-authenticate", "ConcordApiToken")
}

/// 400 (3.1): the body is written only for those who take its type.
fn validation(violations: &[(String, String)], request: &Request) -> Response {
    let list: Vec<_> =
        violations.iter().map(|(id, message)| json!({ "id": id, "message": message })).collect();
    let mut response = Response::json(400, &list).with_header("vary", "Accept");
    if accepts(request, VALIDATION_TYPE) {
        response.headers[0] = ("content-type", VALIDATION_TYPE.into());
    } else {
        response.headers.remove(0);
        response.body.clear();
    }
    response
}

/// Whether `Accept`, on however many lines, admits a media type: the range that says most about it decides, unless its
/// quality is 0. Nothing named admits everything.
fn accepts(request: &Request, media_type: &str) -> bool {
    let lines = request.headers.iter().filter(|(name, _)| name == "accept");
    let lines: Vec<_> = lines.map(|(_, value)| String::from_utf8_lossy(value)).collect();
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

fn empty(status: u16) -> Response {
    Response { status, headers: Vec::new(), body: Vec::new() }
}
