//! Requests to allowed destinations only, by the rules of `berth_upstream`.

use std::net::IpAddr;

use berth_domain::destination;
use berth_upstream::{Allowed, NotCalled};
use http::Response;
use url::Url;

use crate::bindings::{Failure, LookUpError};

/// The capabilities of the host: one request at a time, and name look-up. Both have a time-out.
pub trait HttpClient {
    /// The addresses of a name.
    ///
    /// # Errors
    /// Why there are none.
    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError>;

    /// Sends a GET and reads as much of the body.
    ///
    /// # Errors
    /// [`Failure::AnswerTooLarge`] when the body is longer than `limit`, unless that is 0; whatever hinders the request.
    fn get(
        &self,
        url: &Url,
        authorization: Option<&str>,
        limit: usize,
    ) -> Result<Response<Vec<u8>>, Failure>;

    /// Sends a POST with JSON, and reads nothing of the body.
    ///
    /// # Errors
    /// Whatever hinders the request.
    fn post(&self, url: &Url, json: &str) -> Result<Response<Vec<u8>>, Failure>;
}

/// Sends requests to allowed destinations.
pub(crate) struct UpstreamClient<'a, C> {
    pub(crate) http: &'a C,
    pub(crate) allowed: Allowed,
}

impl<C: HttpClient> UpstreamClient<'_, C> {
    /// GET, following redirects. Credentials are sent only to the server that they are for.
    pub(crate) fn get(
        &self,
        start: &Url,
        authorization: Option<&str>,
        limit: usize,
    ) -> Result<Response<Vec<u8>>, Failure> {
        self.allowed.follow(
            start,
            |name| self.look_up(name),
            |url, is_first| self.http.get(url, authorization.filter(|_| is_first), limit),
        )
    }

    /// POST, following no redirect: it might lead elsewhere what was meant for one.
    pub(crate) fn post(&self, url: &Url, json: &str) -> Result<Response<Vec<u8>>, Failure> {
        self.allowed.admit(url, |name| self.look_up(name))?;
        self.http.post(url, json)
    }

    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, destination::LookUpError> {
        self.http.look_up(name).map_err(in_domain)
    }
}

impl From<NotCalled> for Failure {
    fn from(why: NotCalled) -> Self {
        match why {
            NotCalled::PlainHttp(_) => Self::Tls,
            NotCalled::NoHttp(_) | NotCalled::NoHost | NotCalled::NoAddress => Self::NotARegistry,
            NotCalled::NotResolved(host) => Self::NameNotResolved(host),
            NotCalled::Private(host) => Self::AddressNotAllowed(host),
            NotCalled::NotChecked(host) => Self::NotChecked(host),
            NotCalled::TooManyRedirects => Self::TooManyRedirects,
        }
    }
}

fn in_domain(error: LookUpError) -> destination::LookUpError {
    match error {
        LookUpError::NotFound => destination::LookUpError::NotFound,
        LookUpError::TimeOut => destination::LookUpError::TimeOut,
        LookUpError::Unavailable => destination::LookUpError::Unavailable,
    }
}
