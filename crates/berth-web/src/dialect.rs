//! The dialects of HTTP that are spoken here: Quay's, Concord's below `/api/v1/org`, and that of registries below `/v2`. The way of a
//! request is the same in all; they differ in what is in this file.

use berth_access::{PathParameters, Principal};
use berth_domain::settings;
use http::header::{self, HeaderValue};
use http::{HeaderName, Method, StatusCode};

use crate::concord;
use crate::credentials::{self, Credentials};
use crate::error::ApiError;
use crate::registry;
use crate::request::Request;
use crate::response::{self, Response, ResponseExt, set_headers};
use crate::route::Route;
use crate::routing;
use crate::services::{BASE_URL, Services};

/// A dialect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Quay,
    Concord,
    Registry,
}

impl Dialect {
    /// The dialect that is spoken at a path, whether or not a route knows it.
    pub(crate) fn of(path: &str) -> Self {
        if concord::speaks(path) {
            Self::Concord
        } else if registry::speaks(path) {
            Self::Registry
        } else {
            Self::Quay
        }
    }

    /// What a request shows to prove who calls.
    pub(crate) fn credentials(
        self,
        services: &Services<'_>,
        request: &Request,
        route: &Route,
    ) -> Result<Credentials, ApiError> {
        match self {
            Self::Quay => Ok(credentials::read(request, route)),
            Self::Concord => concord::credentials(request),
            Self::Registry => registry::credentials(services, request, route),
        }
    }

    /// The answer to what is answered before anybody asks who calls: OPTIONS, on the paths that a row knows or on all of
    /// Concord's, and Concord's refusal of TRACE.
    pub(crate) fn answer_at_once(
        self,
        request: &Request,
        matches: &[(&Route, PathParameters)],
    ) -> Result<Option<Response>, ApiError> {
        match (self, request.method()) {
            (Self::Quay | Self::Registry, &Method::OPTIONS) if !matches.is_empty() => {
                let response = response::text(StatusCode::OK, "text/html; charset=utf-8", "");
                Ok(Some(response.with_header(header::ALLOW, routing::allowed(matches))))
            }
            (Self::Concord, &Method::OPTIONS) => Ok(Some(concord::options())),
            (Self::Concord, &Method::TRACE) => {
                Err(ApiError::MethodNotAllowed(concord::METHODS.into()))
            }
            _ => Ok(None),
        }
    }

    /// What is asked of every request that a row answers, whatever the row.
    pub(crate) fn admit(self, request: &Request, principal: &Principal) -> Result<(), ApiError> {
        match self {
            Self::Quay | Self::Registry => Ok(()),
            Self::Concord => concord::admit(request, principal),
        }
    }

    /// The answer to an error.
    pub(crate) fn explain(
        self,
        error: ApiError,
        request: &Request,
        services: &Services<'_>,
    ) -> Result<Response, ApiError> {
        Ok(match self {
            Self::Quay => {
                services.load_settings(BASE_URL)?;
                error.into_response(&services.base_url())
            }
            Self::Concord => concord::error_response(error, request),
            Self::Registry => registry::error_response(services, request, error)?,
        })
    }

    /// An answer with the headers that all have.
    pub(crate) fn with_headers(self, services: &Services<'_>, response: Response) -> Response {
        let origin = services.read_setting(&settings::CORS_ORIGIN).unwrap_or_default();
        let response = with_defaults(response);
        match self {
            Self::Quay => with_cors(&origin, with_challenge(response)),
            Self::Concord => concord::with_headers(response, &origin),
            Self::Registry => registry::with_headers(response),
        }
    }
}

/// Nothing is kept by browsers and proxies, since nearly every answer carries somebody's data and many carry secrets; and
/// nobody guesses at types.
fn with_defaults(mut response: Response) -> Response {
    let defaults =
        [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    for (name, value) in defaults {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Every 401 says which credentials are wanted.
fn with_challenge(mut response: Response) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = response.headers_mut().entry(header::WWW_AUTHENTICATE);
        challenge.or_insert(HeaderValue::from_static("Bearer"));
    }
    response
}

/// What CORS says of every answer (`docs/contract/quay.md` 0.5).
static CORS: [(HeaderName, HeaderValue); 3] = [
    (
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, POST, PUT"),
    ),
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("21600")),
    (header::VARY, HeaderValue::from_static("Cookie")),
];

/// The headers that a web console may read: the original's, and what is said of pages and of limits.
const EXPOSED: &str = "X-Next-CSRF-Token, Link, X-Total-Count, Retry-After";

/// To any origin, without cookies.
static CORS_OF_ANY_ORIGIN: [(HeaderName, HeaderValue); 2] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("AUTHORIZATION, CONTENT-TYPE, X-REQUESTED-WITH"),
    ),
];

/// To the origin of the setting, with cookies.
static CORS_OF_ONE_ORIGIN: [(HeaderName, HeaderValue); 3] = [
    (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED)),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "AUTHORIZATION, CONTENT-TYPE, X-REQUESTED-WITH, COOKIE, X-CSRF-TOKEN",
        ),
    ),
];

/// CORS headers: any origin without cookies, or the one of the setting with them.
fn with_cors(origin: &str, mut response: Response) -> Response {
    set_headers(&mut response, &CORS);
    if origin.is_empty() {
        set_headers(&mut response, &CORS_OF_ANY_ORIGIN);
        return response;
    }
    set_headers(&mut response, &CORS_OF_ONE_ORIGIN);
    response.with_header(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin)
}
