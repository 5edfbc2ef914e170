//! What is normalized before anything is looked for, on every host: one spelling of the path, and where the request came from.

use std::fmt::Write as _;
use std::net::IpAddr;

use berth_domain::forwarded::TrustedProxies;
use berth_domain::settings;

use crate::error::ApiError;
use crate::message::{CLIENT_ADDRESS, Request, Response};
use crate::routing::LONGEST_PATH;
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
    let tells = |(name, _): &(String, Vec<u8>)| name == "forwarded" || name == "x-forwarded-for";
    if !request.headers.iter().any(tells) {
        return Ok(());
    }
    let Some(peer) = request.client_address().and_then(|peer| peer.parse::<IpAddr>().ok()) else {
        return Ok(());
    };
    let proxies = TrustedProxies::new(&services.setting(&settings::TRUSTED_PROXIES)?);
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    let client = proxies.client(peer, headers);
    if client != peer {
        request.headers.retain(|(name, _)| name != CLIENT_ADDRESS);
        request.headers.push((CLIENT_ADDRESS.to_owned(), client.to_string().into_bytes()));
    }
    Ok(())
}

/// Slashes that begin a path count as one. Doubled ones inside redirect to the path without them, as Quay does; an encoded
/// slash is none.
fn normalize_path(request: &mut Request) -> Option<Response> {
    if request.path.starts_with("//") {
        request.path = format!("/{}", request.path.trim_start_matches('/'));
    }
    if !request.path.contains("//") || request.path.len() > LONGEST_PATH {
        return None;
    }
    let mut location = String::new();
    for segment in request.path.split('/').filter(|segment| !segment.is_empty()) {
        location.push('/');
        push_encoded(&mut location, segment);
    }
    if request.path.ends_with('/') {
        location.push('/');
    }
    if !request.query.is_empty() {
        location.push('?');
        push_encoded(&mut location, &request.query);
    }
    Some(Response { status: 308, ..Response::redirect(location) })
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
    use crate::message::Method;

    /// The path as it goes on, or where it redirects to.
    fn normalized(target: &str) -> Result<String, String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Request {
            method: Method::Post,
            is_head: false,
            path: path.into(),
            query: query.into(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let Some(response) = normalize_path(&mut request) else { return Ok(request.path) };
        assert!(response.status == 308 && response.body.is_empty(), "{response:?}");
        let location = response.headers.iter().find(|(name, _)| *name == "location");
        Err(location.expect("a redirect says where to").1.to_string())
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
            ("", ""),
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
        let long = format!("/a//{}", "b".repeat(LONGEST_PATH));
        assert!(normalized(&long).is_ok(), "it is 404");
    }

    proptest! {
        /// A browser stays on this host, and is redirected once.
        #[test]
        fn a_redirect_leads_to_this_host(path in "/[/\\\\.%a-z0-9:@\\t é]{0,40}", query in "[/a?#\\\\ ]{0,9}") {
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
