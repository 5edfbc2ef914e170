//! Which host a request is for (RFC 9112, 3.2). A request with no valid `Host`, or with several, is refused, so that a proxy and
//! a component never understand different hosts.

use http::header::{HOST, HeaderMap, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{Request, Uri, Version};

/// The request has no valid `Host`, or several.
#[derive(Debug, PartialEq)]
pub(crate) struct NoHost;

/// Adds scheme and host to the request's URI. A host in the URI itself (as in a request to a proxy) takes precedence over the
/// header `Host`, which is set to the same.
pub(crate) fn complete_uri<B>(request: &mut Request<B>) -> Result<(), NoHost> {
    let header = of_headers(request.headers(), request.version())?;
    let authority = match request.uri().authority() {
        Some(own) if is_host(own) => own.clone(),
        Some(_) => return Err(NoHost),
        None => header,
    };
    let value = HeaderValue::from_str(authority.as_str()).map_err(|_| NoHost)?;
    request.headers_mut().insert(HOST, value);
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(parts.scheme.unwrap_or(Scheme::HTTP));
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| NoHost)?;
    Ok(())
}

/// The host of the header. Only HTTP/1.0 may omit it.
fn of_headers(headers: &HeaderMap, version: Version) -> Result<Authority, NoHost> {
    let mut hosts = headers.get_all(HOST).iter();
    let Some(host) = hosts.next() else {
        let may_lack = version == Version::HTTP_10;
        return may_lack.then(|| Authority::from_static("localhost")).ok_or(NoHost);
    };
    if hosts.next().is_some() {
        return Err(NoHost);
    }
    let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    host.filter(is_host).ok_or(NoHost)
}

/// A name or an address, with a port or without: no user before it, and no list.
fn is_host(authority: &Authority) -> bool {
    let text = authority.as_str();
    let port = text.strip_prefix(authority.host()).unwrap_or(text);
    let is_port = match port.strip_prefix(':') {
        Some(digits) => digits.is_empty() || authority.port_u16().is_some(),
        None => port.is_empty(),
    };
    !authority.host().is_empty() && !text.contains(['@', ',']) && is_port
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// The URI that a component sees of a request for `target`, and its `Host`.
    fn completed(
        target: &str,
        hosts: &[&str],
        version: Version,
    ) -> Result<(String, String), NoHost> {
        let mut request = Request::get(target).version(version);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let mut request = request.body(()).unwrap();
        complete_uri(&mut request)?;
        let seen: Vec<_> = request.headers().get_all(HOST).iter().collect();
        assert_eq!(seen.len(), 1);
        Ok((request.uri().to_string(), seen[0].to_str().unwrap().to_owned()))
    }

    #[test]
    fn a_request_is_for_the_host_that_it_names() {
        for (target, host, seen, seen_host) in [
            ("/x?y", "a.example", "http://a.example/x?y", "a.example"),
            ("/x", "a.example:8080", "http://a.example:8080/x", "a.example:8080"),
            ("/x", "[::1]:80", "http://[::1]:80/x", "[::1]:80"),
            ("//evil.example/x", "a.example", "http://a.example//evil.example/x", "a.example"),
            // The URI takes precedence over the header.
            ("http://b.example:80/x", "a.example", "http://b.example:80/x", "b.example:80"),
            ("https://b.example/x", "b.example", "https://b.example/x", "b.example"),
        ] {
            let completed = completed(target, &[host], Version::HTTP_11);
            assert_eq!(completed, Ok((seen.to_owned(), seen_host.to_owned())), "{target} {host}");
        }
    }

    #[test]
    fn what_names_no_host_or_two_is_refused() {
        for (target, hosts) in [
            ("/", &[][..]),
            ("/", &["a.example", "a.example"]),
            ("/", &["a.example", "b.example"]),
            ("http://a.example/", &["a.example", "b.example"]),
            ("http://a.example/", &[]),
            ("/", &[""]),
            ("/", &["a b"]),
            ("/", &["a.example,b.example"]),
            ("/", &["user@a.example"]),
            ("/", &["user:password@a.example:80"]),
            ("/", &["a.example/x"]),
            ("/", &["http://a.example"]),
            ("/", &[":80"]),
            ("/", &["a.example:x"]),
            ("/", &["a.example:65536"]),
            ("http://user@a.example/", &["a.example"]),
        ] {
            assert_eq!(
                completed(target, hosts, Version::HTTP_11),
                Err(NoHost),
                "{target} {hosts:?}"
            );
        }
        let older = completed("/", &[], Version::HTTP_10);
        assert_eq!(older, Ok(("http://localhost/".into(), "localhost".into())));
        assert_eq!(completed("/", &["a", "a"], Version::HTTP_10), Err(NoHost));
    }
}
