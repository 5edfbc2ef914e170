//! What answers of registries and token servers say, as far as it matters here.

use chrono::{DateTime, Utc};
use http::header::{LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, Response};
use http_auth::{ChallengeRef, parse_challenges};
use serde_json::Value;

/// How a server wants to be shown credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// `Bearer`, `Basic`, or another word.
    pub scheme: String,
    /// Where tokens are handed out.
    pub realm: Option<String>,
    /// For which service a token is to be.
    pub service: Option<String>,
}

fn texts<'a, B>(
    response: &'a Response<B>,
    name: &HeaderName,
) -> impl Iterator<Item = &'a str> + use<'a, B> {
    response.headers().get_all(name).iter().filter_map(|value| value.to_str().ok())
}

/// Where the server redirects to.
pub(crate) fn redirect<B>(response: &Response<B>) -> Option<&str> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    texts(response, &LOCATION).next().filter(|_| redirects)
}

/// The first challenge of a kind that we know, or else the first.
#[must_use]
pub fn challenge<B>(response: &Response<B>) -> Option<Challenge> {
    let all: Vec<Challenge> = texts(response, &WWW_AUTHENTICATE)
        .flat_map(|header| parse_challenges(header).unwrap_or_default())
        .map(|challenge| Challenge::of(&challenge))
        .collect();
    let known = |challenge: &&Challenge| challenge.is("Bearer") || challenge.is("Basic");
    all.iter().find(known).or(all.first()).cloned()
}

/// `Retry-After`, in seconds: a number, or a date.
#[must_use]
pub fn retry_after<B>(response: &Response<B>, now: DateTime<Utc>) -> Option<u32> {
    let text = texts(response, &RETRY_AFTER).next()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    u32::try_from((until.to_utc() - now).num_seconds().max(0)).ok()
}

/// The token in the answer of a token server.
#[must_use]
pub fn token_in(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let member = |name: &str| answer.get(name)?.as_str().filter(|token| !token.is_empty());
    Some(member("token").or_else(|| member("access_token"))?.to_owned())
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

    /// Whether it is of that scheme, in whatever case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response<()> {
        let response = Response::builder().status(status);
        let response =
            headers.iter().fold(response, |response, (name, value)| response.header(*name, *value));
        response.body(()).expect("a response")
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let now = DateTime::from_timestamp(1_795_328_887, 0).expect("a time");
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
