//! Which component serves a path, with Spin's precedence: exact before `:parameter` before trailing
//! `/...`, the longer prefix first, `/...` last of all; a trailing slash makes no difference. The
//! matching itself is `routefinder`'s, which Spin uses too; this module knows Spin's spelling of
//! routes and the headers that tell a component how it was reached.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail, ensure};
use http::{HeaderName, HeaderValue};

/// The routes of an application, each leading to a `T`.
pub(crate) struct Router<T> {
    router: routefinder::Router<Arc<Route<T>>>,
}

/// One route of the manifest and what it leads to.
pub(crate) struct Route<T> {
    /// As written in the manifest: `/teams/...`.
    pattern: HeaderValue,
    /// Without the `/...` of a wildcard route.
    prefix: HeaderValue,
    /// The header that carries each `:parameter`.
    parameters: Vec<(String, HeaderName)>,
    pub(crate) target: T,
}

/// A route that matches a path.
pub(crate) struct Match<'a, T> {
    pub(crate) route: &'a Route<T>,
    path_info: String,
    parameters: Vec<(&'a HeaderName, String)>,
}

impl<T> Router<T> {
    /// Makes a router of the manifest's `(route, target)` pairs.
    pub(crate) fn new(routes: impl IntoIterator<Item = (String, T)>) -> Result<Self> {
        let mut router = routefinder::Router::new();
        let mut seen = HashMap::new();
        for (pattern, target) in routes {
            let found_pattern = to_routefinder(&pattern)?;
            let key = found_pattern.trim_matches('/').to_owned();
            if let Some(earlier) = seen.insert(key, pattern.clone()) {
                bail!("routes {earlier:?} and {pattern:?} are the same");
            }
            let route = Arc::new(Route::new(&pattern, target)?);
            router
                .add(found_pattern, route)
                .map_err(|error| anyhow!("route {pattern:?}: {error}"))?;
        }
        Ok(Self { router })
    }

    /// The best route for `path`, if any.
    pub(crate) fn find(&self, path: &str) -> Option<Match<'_, T>> {
        let found = self.router.best_match(path)?;
        let route: &Route<T> = found.handler();
        let captures = found.captures();
        let path_info = match captures.wildcard() {
            None | Some("") => String::new(),
            Some(rest) => format!("/{}", rest.trim_start_matches('/')),
        };
        let parameters = route
            .parameters
            .iter()
            .filter_map(|(name, header)| Some((header, captures.get(name)?.to_owned())))
            .collect();
        Some(Match { route, path_info, parameters })
    }
}

impl<T> Route<T> {
    fn new(pattern: &str, target: T) -> Result<Self> {
        let parameters = pattern
            .split('/')
            .filter_map(|segment| segment.strip_prefix(':'))
            .map(|name| {
                Ok((name.to_owned(), HeaderName::try_from(format!("spin-path-match-{name}"))?))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            pattern: HeaderValue::try_from(pattern)?,
            prefix: HeaderValue::try_from(pattern.strip_suffix("/...").unwrap_or(pattern))?,
            parameters,
            target,
        })
    }
}

impl<T> Match<'_, T> {
    /// Sets Spin's headers about the route of the request, in place of any that the client sent.
    pub(crate) fn set_headers(&self, headers: &mut http::HeaderMap, full_url: &str, client: &str) {
        let sent_by_client: Vec<_> =
            headers.keys().filter(|name| name.as_str().starts_with("spin-")).cloned().collect();
        for name in sent_by_client {
            headers.remove(name);
        }
        headers.insert("spin-matched-route", self.route.pattern.clone());
        headers.insert("spin-raw-component-route", self.route.pattern.clone());
        headers.insert("spin-component-route", self.route.prefix.clone());
        headers.insert("spin-base-path", HeaderValue::from_static("/"));
        let values = [
            ("spin-path-info", self.path_info.as_str()),
            ("spin-full-url", full_url),
            ("spin-client-addr", client),
        ];
        for (name, value) in values {
            // A path can hold bytes that no header may; then the header stays away and the
            // component has the path itself.
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        for (name, value) in &self.parameters {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(*name, value);
            }
        }
    }
}

/// Spin's `/teams/...` in the spelling of routefinder: `/teams/*`.
fn to_routefinder(pattern: &str) -> Result<String> {
    ensure!(pattern.starts_with('/'), "route {pattern:?} must begin with /");
    let (prefix, wildcard) = match pattern.strip_suffix("/...") {
        Some(prefix) => (prefix, "/*"),
        None => (pattern, ""),
    };
    ensure!(!prefix.contains("..."), "route {pattern:?} may have ... only at its end, as /...");
    ensure!(!prefix.contains('*'), "route {pattern:?} may not contain *");
    Ok(format!("{prefix}{wildcard}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn router(patterns: &[&str]) -> Router<String> {
        Router::new(patterns.iter().map(|&pattern| (pattern.to_owned(), pattern.to_owned())))
            .unwrap()
    }

    /// Asserts which route serves each path, in whatever order the routes are declared.
    fn assert_routes(patterns: &[&str], expected: &[(&str, Option<&str>)]) {
        let reversed: Vec<_> = patterns.iter().rev().copied().collect();
        for router in [router(patterns), router(&reversed)] {
            for (path, route) in expected {
                let found = router.find(path).map(|found| found.route.target.as_str());
                assert_eq!(found, *route, "{path}");
            }
        }
    }

    #[test]
    fn exact_comes_before_parameter_before_wildcard() {
        assert_routes(
            &["/...", "/a/...", "/a/:x", "/a/b", "/a/:x/c", "/a/b/..."],
            &[
                ("/a/b", Some("/a/b")),
                ("/a/z", Some("/a/:x")),
                ("/a/z/c", Some("/a/:x/c")),
                ("/a/b/c", Some("/a/b/...")),
                ("/a/z/d", Some("/a/...")),
                ("/a", Some("/a/...")),
                ("/", Some("/...")),
                ("/z/a/b", Some("/...")),
            ],
        );
    }

    #[test]
    fn a_trailing_slash_makes_no_difference() {
        assert_routes(
            &["/a", "/b/", "/c/:x", "/d/..."],
            &[
                ("/a/", Some("/a")),
                ("/b", Some("/b/")),
                ("/c/1/", Some("/c/:x")),
                ("/c/", None),
                ("/d", Some("/d/...")),
                ("/d/", Some("/d/...")),
                ("/dd", None),
                ("/a/b", None),
                ("/", None),
            ],
        );
    }

    #[test]
    fn names_with_dots_are_one_segment() {
        assert_routes(
            &["/o/:name/members", "/o/:name", "/.well-known/app"],
            &[
                ("/o/my.org", Some("/o/:name")),
                ("/o/my.org/members", Some("/o/:name/members")),
                ("/.well-known/app", Some("/.well-known/app")),
            ],
        );
    }

    #[test]
    fn headers_tell_the_route_and_its_parts() {
        let router = router(&["/o/:name/..."]);
        let mut headers = http::HeaderMap::new();
        router.find("/o/a%20b/x/y").unwrap().set_headers(
            &mut headers,
            "http://h/o/a%20b/x/y",
            "1.2.3.4:5",
        );
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("spin-path-info"), "/x/y");
        assert_eq!(header("spin-path-match-name"), "a%20b");
        assert_eq!(header("spin-matched-route"), "/o/:name/...");
        assert_eq!(header("spin-component-route"), "/o/:name");
        assert_eq!(header("spin-client-addr"), "1.2.3.4:5");
    }

    #[test]
    fn what_spin_does_not_take_is_refused() {
        for (patterns, said) in [
            (vec!["a"], "must begin with /"),
            (vec!["/a/.../b"], "only at its end"),
            (vec!["/a/*"], "may not contain *"),
            (vec!["/a", "/a/"], "are the same"),
        ] {
            let routes = patterns.iter().map(|&pattern| (pattern.to_owned(), ()));
            let error = Router::new(routes).err().unwrap().to_string();
            assert!(error.contains(said), "{patterns:?}: {error}");
        }
    }
}
