//! What is normalized before anything is looked for, on every host: one spelling of the path, and where the request came from.

use std::fmt::Write as _;
use std::net::IpAddr;

use berth_domain::forwarded::TrustedProxies;
use berth_domain::limits::PATH_BYTES;
use berth_domain::settings;
use http::StatusCode;
use http::header::{self, HeaderValue};
use http::uri::PathAndQuery;

use crate::error::ApiError;
use crate::request::{CLIENT_ADDRESS, Request, RequestExt};
use crate::response::{self, Response};
use crate::services::Services;

/// Brings `request` into the form that everything after it sees, or gives the redirect to that form.
pub(crate) fn normalize(
    services: &Services<'_>,
    request: &mut Request,
) -> Result<Option<Response>, ApiError> {
    normalize_client(services, request)?;
    Ok(normalize_path(request))
}

/// Puts the client that trusted proxies tell of in the place of the proxy.
fn normalize_client(services: &Services<'_>, request: &mut Request) -> Result<(), ApiError> {
    let headers = request.headers();
    if !headers.contains_key(header::FORWARDED) && !headers.contains_key("x-forwarded-for") {
        return Ok(());
    }
    let Some(peer) = request.client_address().and_then(|peer| peer.parse::<IpAddr>().ok()) else {
        return Ok(());
    };
    let proxies = TrustedProxies::new(&services.read_setting(&settings::TRUSTED_PROXIES)?);
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let client = proxies.client(peer, headers.collect::<Vec<_>>().into_iter());
    if let Ok(address) = HeaderValue::try_from(client.to_string()) {
        request.headers_mut().insert(CLIENT_ADDRESS, address);
    }
    Ok(())
}

/// Slashes that begin a path count as one. Doubled ones inside redirect to the path without them, as Quay does; an encoded
/// slash is none.
fn normalize_path(request: &mut Request) -> Option<Response> {
    if !request.uri().path().contains("//") || request.uri().path().len() > PATH_BYTES {
        return None;
    }
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    let path = format!("/{}", request.uri().path().trim_start_matches('/'));
    if !path.contains("//") {
        if let Ok(target) = PathAndQuery::try_from(format!("{path}{query}")) {
            *request.uri_mut() = target.into();
        }
        return None;
    }
    let mut location = String::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        location.push('/');
        push_encoded(&mut location, segment);
    }
    if path.ends_with('/') {
        location.push('/');
    }
    if query.len() > 1 {
        push_encoded(&mut location, &query);
    }
    Some(response::redirect(StatusCode::PERMANENT_REDIRECT, location))
}

/// A path or a query, without what a browser would take for something else (a backslash for a slash, and so
/// the path for the name of a host) and without what fits into no header.
fn push_encoded(location: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'\\' {
            location.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(location, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    /// The path as it goes on, or where it redirects to.
    fn normalized(target: &str) -> Result<String, String> {
        let request = http::Request::builder().uri(target).body(Vec::new());
        let mut request = request.unwrap_or_else(|error| panic!("{target}: {error}"));
        let Some(response) = normalize_path(&mut request) else {
            return Ok(request.uri().path().to_owned());
        };
        assert!(response.status() == 308 && response.body().is_empty(), "{response:?}");
        let location = response.headers().get(header::LOCATION).expect("a redirect says where to");
        Err(location.to_str().expect("nothing but ASCII").to_owned())
    }

    #[test]
    fn slashes_that_begin_a_path_are_one() {
        for (path, served) in [
            ("/", "/"),
            ("//", "/"),
            ("///api/v1/user/", "/api/v1/user/"),
            ("//evil.example/x", "/evil.example/x"),
            ("//\\evil.example", "/\\evil.example"),
            ("/api/v1/repository/a%2f%2fb", "/api/v1/repository/a%2f%2fb"),
            ("/%2fa", "/%2fa"),
            ("*", "*"),
        ] {
            assert_eq!(normalized(path).as_deref(), Ok(served), "{path}");
        }
    }

    #[test]
    fn doubled_slashes_inside_redirect() {
        for (target, location) in [
            ("/api//v1///user//", "/api/v1/user/"),
            ("//api//v1/user?x=//y&z=%2f", "/api/v1/user?x=//y&z=%2f"),
            ("/api/v1/repository//ns/deep//er/app", "/api/v1/repository/ns/deep/er/app"),
            ("/a//b%2f%2Fc", "/a/b%2f%2Fc"),
            ("//evil.example//x", "/evil.example/x"),
            ("/\\evil.example//x", "/%5Cevil.example/x"),
            ("/é//x", "/%C3%A9/x"),
            ("/a//?", "/a/"),
        ] {
            assert_eq!(normalized(target), Err(location.into()), "{target}");
        }
        let long = format!("/a//{}", "b".repeat(PATH_BYTES));
        assert!(normalized(&long).is_ok(), "it is 404");
    }

    proptest! {
        /// A browser stays on this host, and is redirected once.
        #[test]
        fn a_redirect_leads_to_this_host(path in "/[/\\\\.%a-z0-9:@é]{0,40}", query in "[/a?\\\\]{0,9}") {
            if let Err(location) = normalized(&format!("{path}?{query}")) {
                let here = Url::parse("https://registry.example/x").expect("an address");
                let there = here.join(&location).expect("a reference");
                prop_assert_eq!(there.host_str(), Some("registry.example"), "{}", location);
                prop_assert!(location.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(normalized(&location).is_ok(), "{}", location);
            }
        }
    }
}
