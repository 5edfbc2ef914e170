//! Responses of registries and token servers, as far as they matter here.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use http::header::{LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, Response};
use http_auth::{ChallengeRef, parse_challenges};

use crate::bindings::Failure;

/// How a server wants to be shown credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) scheme: String,
    pub(crate) realm: Option<String>,
    pub(crate) service: Option<String>,
}

fn texts<'a>(
    response: &'a Response<Vec<u8>>,
    name: &HeaderName,
) -> impl Iterator<Item = &'a str> + use<'a> {
    response.headers().get_all(name).iter().filter_map(|value| value.to_str().ok())
}

/// Where the server redirects to.
pub(crate) fn redirect(response: &Response<Vec<u8>>) -> Option<&str> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    texts(response, &LOCATION).next().filter(|_| redirects)
}

/// The first challenge of a kind that we know, or else the first.
pub(crate) fn challenge(response: &Response<Vec<u8>>) -> Option<Challenge> {
    let all: Vec<Challenge> = texts(response, &WWW_AUTHENTICATE)
        .flat_map(|header| parse_challenges(header).unwrap_or_default())
        .map(|challenge| Challenge::of(&challenge))
        .collect();
    let known = |challenge: &&Challenge| challenge.is("Bearer") || challenge.is("Basic");
    all.iter().find(known).or(all.first()).cloned()
}

/// The failure for a status that is no success.
pub(crate) fn failure(response: &Response<Vec<u8>>) -> Failure {
    match response.status().as_u16() {
        401 | 403 => Failure::AuthenticationRefused,
        429 => Failure::RateLimited(retry_after(response, SystemTime::now().into())),
        200..=399 | 404 | 405 => Failure::NotARegistry,
        status => Failure::UpstreamError(status),
    }
}

/// `Retry-After`, in seconds: a number, or a date.
fn retry_after(response: &Response<Vec<u8>>, now: DateTime<Utc>) -> Option<u32> {
    let text = texts(response, &RETRY_AFTER).next()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    u32::try_from((until.to_utc() - now).num_seconds().max(0)).ok()
}

impl Challenge {
    fn of(challenge: &ChallengeRef<'_>) -> Self {
        let parameter = |name: &str| {
            let found = challenge.params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_unescaped())
        };
        Self {
            scheme: challenge.scheme.to_owned(),
            realm: parameter("realm"),
            service: parameter("service"),
        }
    }

    pub(crate) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response<Vec<u8>> {
        let response = Response::builder().status(status);
        let response =
            headers.iter().fold(response, |response, (name, value)| response.header(*name, *value));
        response.body(Vec::new()).expect("a response")
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let now = DateTime::from_timestamp(1_795_328_887, 0).unwrap();
        for (text, seconds) in [
            ("17", Some(17)),
            ("Sun, 22 Nov 2026 06:29:07 GMT", Some(60)),
            ("Sun, 22 Nov 2020 06:29:07 GMT", Some(0)),
            ("-5", None),
            ("soon", None),
        ] {
            let response = answer(429, &[("Retry-After", text)]);
            assert_eq!(retry_after(&response, now), seconds, "{text}");
        }
        assert_eq!(failure(&answer(429, &[])), Failure::RateLimited(None));
    }

    #[test]
    fn of_several_challenges_the_one_that_we_know() {
        let both = answer(
            401,
            &[
                ("WWW-Authenticate", "Negotiate"),
                ("www-authenticate", r#"Digest realm="x", Bearer realm="https://a/t",service="s""#),
            ],
        );
        let expected = Challenge {
            scheme: "Bearer".into(),
            realm: Some("https://a/t".into()),
            service: Some("s".into()),
        };
        assert_eq!(challenge(&both), Some(expected));
        assert_eq!(challenge(&answer(401, &[("www-authenticate", "\"")])), None);
        assert_eq!(challenge(&answer(401, &[])), None);
    }
}
