//! The two dialects of HTTP that are spoken here: Quay's, and Concord's below `/api/v1/org`. The way of a request is the
//! same in both; they differ in what is in this file.

use berth_access::{PathParameters, Principal};
use berth_domain::settings;

use crate::concord;
use crate::credentials::{self, Credentials};
use crate::error::ApiError;
use crate::message::{Method, Request, Response};
use crate::route::Route;
use crate::routing;
use crate::services::Services;

/// A dialect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Quay,
    Concord,
}

impl Dialect {
    /// The dialect that is spoken at a path, whether or not a route knows it.
    pub(crate) fn of(path: &str) -> Self {
        if concord::speaks(path) { Self::Concord } else { Self::Quay }
    }

    /// What a request shows to prove who calls.
    pub(crate) fn credentials(
        self,
        request: &Request,
        services: &Services<'_>,
        route: &Route,
    ) -> Result<Credentials, ApiError> {
        match self {
            Self::Quay => credentials::read(request, services, route),
            Self::Concord => concord::credentials(request),
        }
    }

    /// The answer to what is answered before anybody asks who calls: OPTIONS, on the paths that a row knows or on all of
    /// Concord's, and Concord's refusal of TRACE.
    pub(crate) fn answer_at_once(
        self,
        request: &Request,
        matches: &[(&Route, PathParameters)],
    ) -> Result<Option<Response>, ApiError> {
        match (self, request.method) {
            (Self::Quay, Method::Options) if !matches.is_empty() => {
                let response = Response::text(200, "text/html; charset=utf-8", "");
                Ok(Some(response.with_header("allow", routing::allowed(matches))))
            }
            (Self::Concord, Method::Options) => Ok(Some(concord::options())),
            (Self::Concord, Method::Trace) => {
                Err(ApiError::MethodNotAllowed(concord::METHODS.into()))
            }
            _ => Ok(None),
        }
    }

    /// What is asked of every request that a row answers, whatever the row.
    pub(crate) fn admit(self, request: &Request, principal: &Principal) -> Result<(), ApiError> {
        match self {
            Self::Quay => Ok(()),
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
            Self::Quay => error.into_response(&services.base_url()?),
            Self::Concord => concord::error_response(error, request),
        })
    }

    /// An answer with the headers that all have.
    pub(crate) fn with_headers(self, services: &Services<'_>, response: Response) -> Response {
        let origin = services.setting(&settings::CORS_ORIGIN).unwrap_or_default();
        let response = with_defaults(response);
        match self {
            Self::Quay => with_cors(&origin, with_challenge(response)),
            Self::Concord => concord::with_headers(response, &origin),
        }
    }
}

/// Nothing is kept by browsers and proxies, since nearly every answer carries somebody's data and many carry secrets; and
/// nobody guesses at types.
fn with_defaults(response: Response) -> Response {
    let defaults = [("cache-control", "no-store"), ("x-content-type-options", "nosniff")];
    defaults.into_iter().fold(response, |response, (name, value)| {
        match response.headers.iter().any(|(known, _)| *known == name) {
            true => response,
            false => response.with_header(name, value),
        }
    })
}

/// Every 401 says which credentials are wanted.
fn with_challenge(response: Response) -> Response {
    let says = response.headers.iter().any(|(name, _)| *name == "www-authenticate");
    match response.status {
        401 if !says => response.with_header("www-authenticate", "Bearer"),
        _ => response,
    }
}

/// CORS headers on every answer (`docs/contract/quay.md` 0.5): any origin without cookies, or the one of the setting with them.
fn with_cors(origin: &str, response: Response) -> Response {
    let response = response
        .with_header("access-control-allow-methods", "DELETE, GET, HEAD, OPTIONS, POST, PUT")
        .with_header("access-control-max-age", "21600")
        .with_header("vary", "Cookie");
    if origin.is_empty() {
        return response.with_header("access-control-allow-origin", "*").with_header(
            "access-control-allow-headers",
            "AUTHORIZATION, CONTENT-TYPE, X-REQUESTED-WITH",
        );
    }
    response
        .with_header("access-control-allow-origin", origin.to_owned())
        .with_header("access-control-allow-credentials", "true")
        .with_header("access-control-expose-headers", "X-Next-CSRF-Token")
        .with_header(
            "access-control-allow-headers",
            "AUTHORIZATION, CONTENT-TYPE, X-REQUESTED-WITH, COOKIE, X-CSRF-TOKEN",
        )
}
