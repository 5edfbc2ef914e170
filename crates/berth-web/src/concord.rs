//! Concord's dialect of HTTP: how callers prove who they are, what errors look like, which headers every answer has
//! (`contract/concord.md` 1 to 3). The routes below `/api/v1/org` speak it; everything else speaks Quay's.

use serde_json::json;

use crate::credentials::Credentials;
use crate::error::{ApiError, ErrorType};
use crate::message::{Request, Response};

/// The type of validation errors.
const VALIDATION_TYPE: &str = "application/vnd.concord-validation-errors-v1+json";

/// Whether a path is Concord's.
pub(crate) fn speaks(path: &str) -> bool {
    path.strip_prefix("/api/v1/org").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Reads the credentials: a key by itself, `Bearer <key>`, or `Basic` with user name and password. Session cookies are
/// not asked for here, so a change needs no CSRF token.
pub(crate) fn credentials(request: &Request) -> Credentials {
    let header = request.header("authorization").unwrap_or_default();
    if header.starts_with("Basic ") {
        let named = request.basic_credentials();
        return named.map_or_else(Credentials::none, |(user, password)| {
            Credentials::password(user, password)
        });
    }
    let key = header.strip_prefix("Bearer ").unwrap_or(header).trim_end_matches('=');
    if key.is_empty() { Credentials::none() } else { Credentials::token(key) }
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
    empty(204).with_header("allow", "OPTIONS, GET, POST, PUT, DELETE")
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

/// Whether `Accept`, on however many lines, admits a media type.
#[must_use]
pub fn accepts(request: &Request, media_type: &str) -> bool {
    let lines = request.headers.iter().filter(|(name, _)| name == "accept");
    let ranges: Vec<String> = lines
        .flat_map(|(_, value)| {
            let line = String::from_utf8_lossy(value).into_owned();
            line.split(',').map(media_range).collect::<Vec<_>>()
        })
        .collect();
    let group = media_type.split('/').next().unwrap_or_default();
    ranges.is_empty()
        || ranges.iter().any(|range| {
            range == "*/*" || range == media_type || range.strip_suffix("/*") == Some(group)
        })
}

fn media_range(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn empty(status: u16) -> Response {
    Response { status, headers: Vec::new(), body: Vec::new() }
}
