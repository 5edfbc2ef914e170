//! Finding the row of a request. A linear scan over a const table: an instance lives for one request, so nothing is worth
//! building.

use percent_encoding::percent_decode_str;

use crate::error::ApiError;
use crate::message::{Method, Request};
use crate::route::Route;

/// The parameters of a path, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PathParameters(Vec<(&'static str, String)>);

impl PathParameters {
    /// The parameter of that name.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

/// The routes that know the path, whatever their method, each with the parameters that it finds there. The path is decoded
/// before it is divided: an encoded slash separates as a plain one does, and what is no UTF-8 names nothing.
pub(crate) fn matches<'a>(routes: &'a [Route], path: &str) -> Vec<(&'a Route, PathParameters)> {
    let path = percent_decode_str(path).decode_utf8_lossy();
    let path = path.strip_suffix('/').unwrap_or(&path);
    let segments: Vec<&str> = path.split('/').collect();
    routes.iter().filter_map(|route| Some((route, parameters(route.path, &segments)?))).collect()
}

/// Picks the row with the request's method.
///
/// # Errors
/// 404 when no row knows the path, 405 with the methods when none of those that do knows the method.
pub(crate) fn pick<'a>(
    matches: Vec<(&'a Route, PathParameters)>,
    request: &Request,
) -> Result<(&'a Route, PathParameters), ApiError> {
    if matches.is_empty() {
        return Err(ApiError::plain_not_found());
    }
    let allow = allowed(&matches);
    matches
        .into_iter()
        .find(|(route, _)| route.method == request.method)
        .ok_or(ApiError::MethodNotAllowed(allow))
}

/// The row that answers a request, for tests and documentation.
#[must_use]
pub fn find<'a>(routes: &'a [Route], request: &Request) -> Option<&'a Route> {
    pick(matches(routes, &request.path), request).ok().map(|(route, _)| route)
}

/// Whether any row knows the path.
#[must_use]
pub fn find_any(routes: &[Route], path: &str) -> bool {
    !matches(routes, path).is_empty()
}

/// The methods of these rows, for `Allow`.
pub(crate) fn allowed(matches: &[(&Route, PathParameters)]) -> String {
    let mut names = vec!["OPTIONS"];
    for (route, _) in matches {
        if route.method == Method::Get {
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
    let pattern: Vec<&'static str> =
        pattern.strip_suffix('/').unwrap_or(pattern).split('/').collect();
    let mut found = Vec::new();
    follow(&pattern, segments, &mut found).then_some(PathParameters(found))
}

fn follow(
    pattern: &[&'static str],
    segments: &[&str],
    found: &mut Vec<(&'static str, String)>,
) -> bool {
    let Some((first, pattern)) = pattern.split_first() else { return segments.is_empty() };
    if let Some(name) = first.strip_prefix('*') {
        // The longest run that still lets the rest of the pattern match.
        return (1..=segments.len()).rev().any(|length| {
            let depth = found.len();
            found.push((name, segments[..length].join("/")));
            let matched = follow(pattern, &segments[length..], found);
            if !matched {
                found.truncate(depth);
            }
            matched
        });
    }
    let Some((segment, segments)) = segments.split_first() else { return false };
    match first.strip_prefix(':') {
        Some(name) => {
            found.push((name, (*segment).to_owned()));
            !segment.is_empty() && follow(pattern, segments, found)
        }
        None => first == segment && follow(pattern, segments, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
        let path = path.strip_suffix('/').unwrap_or(path);
        parameters(pattern, &path.split('/').collect::<Vec<_>>()).map(|found| found.0)
    }

    #[test]
    fn patterns() {
        assert_eq!(found("/a/", "/a"), Some(vec![]));
        assert_eq!(found("/a", "/a/"), Some(vec![]));
        assert_eq!(found("/a/:o", "/a//"), None);
        assert_eq!(
            found("/r/*repository/permissions/user/:u", "/r/ns/a/permissions/permissions/user/me"),
            Some(vec![("repository", "ns/a/permissions".into()), ("u", "me".into())])
        );
        assert_eq!(found("/r/*repository", "/r"), None);
    }
}
