//! What a server answered, as far as it matters here.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use http_auth::{ChallengeRef, parse_challenges};

use crate::Failure;

/// What a server answered.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body, if it was asked for.
    pub body: Vec<u8>,
}

/// How a server wants to be shown credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) scheme: String,
    pub(crate) realm: Option<String>,
    pub(crate) service: Option<String>,
}

impl Reply {
    fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.filter_map(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// Where the server sends us instead.
    pub(crate) fn redirect(&self) -> Option<&str> {
        let redirects = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        self.headers("location").next().filter(|_| redirects)
    }

    /// The first challenge of a kind that we understand, or else the first.
    pub(crate) fn challenge(&self) -> Option<Challenge> {
        let all: Vec<Challenge> = self
            .headers("www-authenticate")
            .flat_map(|header| parse_challenges(header).unwrap_or_default())
            .map(|challenge| Challenge::of(&challenge))
            .collect();
        let understood = |challenge: &&Challenge| challenge.is("Bearer") || challenge.is("Basic");
        all.iter().find(understood).or(all.first()).cloned()
    }

    /// What a status means that leads no further.
    pub(crate) fn failure(&self) -> Failure {
        match self.status {
            401 | 403 => Failure::AuthenticationRefused,
            429 => Failure::RateLimited(self.retry_after(SystemTime::now().into())),
            200..=399 | 404 | 405 => Failure::NotARegistry,
            status => Failure::UpstreamError(status),
        }
    }

    /// For how many seconds the server asks to be left alone: it says so as a number or as a date.
    fn retry_after(&self, now: DateTime<Utc>) -> Option<u32> {
        let text = self.headers("retry-after").next()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(seconds);
        }
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        u32::try_from((until.to_utc() - now).num_seconds().max(0)).ok()
    }
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

    fn reply(status: u16, headers: &[(&str, &str)]) -> Reply {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        Reply { status, headers: headers.collect(), body: Vec::new() }
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
            let reply = reply(429, &[("Retry-After", text)]);
            assert_eq!(reply.retry_after(now), seconds, "{text}");
        }
        assert_eq!(reply(429, &[]).failure(), Failure::RateLimited(None));
    }

    #[test]
    fn of_several_challenges_the_one_that_we_understand() {
        let both = reply(
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
        assert_eq!(both.challenge(), Some(expected));
        assert_eq!(reply(401, &[("www-authenticate", "\"")]).challenge(), None);
        assert_eq!(reply(401, &[]).challenge(), None);
    }
}
