//! Finding the row of a request. A linear scan over a const table: an instance lives for one request, so nothing is worth
//! building.

use berth_access::PathParameters;
use berth_domain::limits::PATH_BYTES;
use http::Method;
use percent_encoding::percent_decode_str;

use crate::error::ApiError;
use crate::quay_paths::is_below_a_repository;
use crate::request::{Request, says_nothing};
use crate::route::Route;

/// The routes that know the path, whatever their method, each with the parameters that it finds there. The path is decoded
/// before it is divided: an encoded slash separates as a plain one does, and what is no UTF-8 names nothing.
pub(crate) fn matches<'a>(tables: &[&'a [Route]], path: &str) -> Vec<(&'a Route, PathParameters)> {
    if path.len() > PATH_BYTES {
        return Vec::new();
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    let path = percent_decode_str(path).decode_utf8_lossy();
    let segments: Vec<&str> = path.split('/').collect();
    let mut matches: Vec<_> = tables
        .iter()
        .flat_map(|table| table.iter())
        .filter(|route| route.shape.may_fit(path.as_bytes(), segments.len()))
        .filter_map(|route| Some((route, parameters(route.path, &segments)?)))
        .collect();
    // What some row, or a route of the original, knows below a repository is not the name of another repository.
    let is_below =
        matches.iter().any(|(route, _)| !takes_all(route) && route.path.starts_with(REPOSITORY))
            || path.strip_prefix("/api/v1/repository/").is_some_and(is_below_a_repository);
    if is_below {
        matches.retain(|(route, _)| !takes_all(route));
    }
    matches
}

/// How the paths of repositories begin.
const REPOSITORY: &str = "/api/v1/repository/*repository";

/// Whether the row takes all that follows for the name of a repository.
fn takes_all(route: &Route) -> bool {
    route.path == REPOSITORY
}

/// Picks the row with the request's method.
///
/// # Errors
/// 404 when no row knows the path, 405 with the methods when none of those that do knows the method.
pub(crate) fn pick<'a>(
    mut matches: Vec<(&'a Route, PathParameters)>,
    request: &Request,
) -> Result<(&'a Route, PathParameters), ApiError> {
    if matches.is_empty() {
        return Err(ApiError::plain_not_found());
    }
    let knows = |(route, _): &(&Route, PathParameters)| {
        let method =
            if *request.method() == Method::HEAD { &Method::GET } else { request.method() };
        route.method == *method && !(route.extension && says_nothing(request))
    };
    match matches.iter().position(knows) {
        Some(position) => Ok(matches.swap_remove(position)),
        None => Err(ApiError::MethodNotAllowed(allowed(&matches))),
    }
}

/// The row that answers a request, whether or not its features are on.
#[must_use]
pub fn find<'a>(tables: &[&'a [Route]], request: &Request) -> Option<&'a Route> {
    pick(matches(tables, request.uri().path()), request).ok().map(|(route, _)| route)
}

/// What a row finds in a path, if it knows it, for tests.
#[must_use]
pub fn parameters_of(route: &Route, path: &str) -> Option<PathParameters> {
    matches(&[std::slice::from_ref(route)], path).pop().map(|(_, found)| found)
}

/// Whether any row knows the path.
#[must_use]
pub fn find_any(tables: &[&[Route]], path: &str) -> bool {
    !matches(tables, path).is_empty()
}

/// What a pattern finds in a path, if it fits: for tables of other things than rows.
#[must_use]
pub fn path_parameters(pattern: &'static str, path: &str) -> Option<PathParameters> {
    if path.len() > PATH_BYTES {
        return None;
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    let path = percent_decode_str(path).decode_utf8_lossy();
    parameters(pattern, &path.split('/').collect::<Vec<_>>())
}

/// The methods of these rows, for `Allow`.
pub(crate) fn allowed(matches: &[(&Route, PathParameters)]) -> String {
    let mut names = vec!["OPTIONS"];
    for (route, _) in matches {
        if route.method == Method::GET {
            names.push("HEAD");
        }
        names.push(route.method.as_str());
    }
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

/// Holds a path against a pattern. A trailing slash of either counts as absent.
fn parameters(pattern: &'static str, segments: &[&str]) -> Option<PathParameters> {
    let mut found = Vec::new();
    let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
    let Some((before, from_star)) = pattern.split_once('*') else {
        return follow(pattern, segments, &mut found).then_some(PathParameters::new(found));
    };
    // What follows a star has a length: the star takes all that is left between the two.
    let before = before.trim_end_matches('/');
    let (name, behind) = from_star.split_once('/').unwrap_or((from_star, ""));
    let (head, rest) = segments.split_at_checked(length(before))?;
    let (middle, tail) = rest.split_at_checked(rest.len().checked_sub(length(behind))?)?;
    if middle.len() < fewest(name) || !follow(before, head, &mut found) {
        return None;
    }
    found.push((name, middle.join("/")));
    (behind.is_empty() || follow(behind, tail, &mut found)).then_some(PathParameters::new(found))
}

/// How many segments a parameter that takes several takes at least: a repository is named with its namespace.
fn fewest(name: &str) -> usize {
    if name == "repository" { 2 } else { 1 }
}

/// How many segments a pattern without a star has.
fn length(pattern: &str) -> usize {
    if pattern.is_empty() { 0 } else { 1 + pattern.bytes().filter(|byte| *byte == b'/').count() }
}

/// Holds segments against a pattern without a star, one by one.
fn follow(
    pattern: &'static str,
    segments: &[&str],
    found: &mut Vec<(&'static str, String)>,
) -> bool {
    let mut pattern = pattern.split('/');
    let fits = |segment: &&str| match pattern.next() {
        Some(known) if known.starts_with(':') => {
            found.push((&known[1..], (*segment).to_owned()));
            !segment.is_empty()
        }
        known => known == Some(*segment),
    };
    segments.iter().all(fits) && pattern.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &'static str, path: &str) -> Option<PathParameters> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<&str> = path.split('/').collect();
        let found = parameters(pattern, &segments);
        let may_fit = crate::shape::Shape::of(pattern).may_fit(path.as_bytes(), segments.len());
        assert!(may_fit || found.is_none(), "{pattern} is left out for {path}");
        found
    }

    fn some(found: &[(&'static str, &str)]) -> Option<PathParameters> {
        let found = found.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Some(PathParameters::new(found.collect()))
    }

    #[test]
    fn patterns() {
        assert_eq!(found("/a/", "/a"), some(&[]));
        assert_eq!(found("/a", "/a/"), some(&[]));
        assert_eq!(found("/a/:o", "/a//"), None);
        assert_eq!(
            found("/r/*repository/permissions/user/:u", "/r/ns/a/permissions/permissions/user/me"),
            some(&[("repository", "ns/a/permissions"), ("u", "me")])
        );
        assert_eq!(found("/r/*repository", "/r"), None);
        assert_eq!(found("/r/*repository/logs", "/r/ns/logs"), None);
        assert_eq!(found("/r/*repository", "/r/ns/logs"), some(&[("repository", "ns/logs")]));
        assert_eq!(
            found("/o/:o/t/:t/*reponame", "/o/x/t/y/a"),
            some(&[("o", "x"), ("t", "y"), ("reponame", "a")])
        );
        assert_eq!(found("/o/:o/t/:t/*reponame", "/o/x/t/y"), None);
        assert_eq!(found("/o/:o/t/:t/*reponame", "/o/x/t//a"), None);
    }
}
