//! Requests to allowed destinations only: each is checked by the rules of `berth_domain::destination` before it is called,
//! the upstream, its token server and whatever they redirect to.

use std::net::IpAddr;

use berth_domain::destination::{self, Destinations, Refused};
use berth_upstream::{REDIRECTS, redirect};
use http::Response;
use url::{Origin, Url};

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
    pub(crate) destinations: Destinations,
    /// Whether plain HTTP will do.
    pub(crate) insecure: bool,
}

impl<C: HttpClient> UpstreamClient<'_, C> {
    /// GET, following redirects. Credentials are sent only to the server that they are for.
    pub(crate) fn get(
        &self,
        start: &Url,
        authorization: Option<&str>,
        limit: usize,
    ) -> Result<Response<Vec<u8>>, Failure> {
        let origin: Origin = start.origin();
        let mut url = start.clone();
        for _ in 0..=REDIRECTS {
            self.admit(&url)?;
            let shown = authorization.filter(|_| url.origin() == origin);
            let response = self.http.get(&url, shown, limit)?;
            let Some(location) = redirect(&response) else { return Ok(response) };
            url = url.join(location).map_err(|_| Failure::NotARegistry)?;
        }
        Err(Failure::TooManyRedirects)
    }

    /// POST, following no redirect: it might lead elsewhere what was meant for one.
    pub(crate) fn post(&self, url: &Url, json: &str) -> Result<Response<Vec<u8>>, Failure> {
        self.admit(url)?;
        self.http.post(url, json)
    }

    fn admit(&self, url: &Url) -> Result<(), Failure> {
        match url.scheme() {
            "https" => {}
            "http" if self.insecure => {}
            // Credentials and tokens are not for everybody on the way.
            "http" => return Err(Failure::Tls),
            _ => return Err(Failure::NotARegistry),
        }
        let host = url.host().ok_or(Failure::NotARegistry)?.to_owned();
        let look_up = |name: &str| self.http.look_up(name).map_err(in_domain);
        self.destinations.admit(&host, look_up).map_err(|refused| match refused {
            Refused::NotResolved => Failure::NameNotResolved(host.to_string()),
            Refused::Private => Failure::AddressNotAllowed(host.to_string()),
            Refused::NotChecked => Failure::NotChecked(host.to_string()),
        })
    }
}

fn in_domain(error: LookUpError) -> destination::LookUpError {
    match error {
        LookUpError::NotFound => destination::LookUpError::NotFound,
        LookUpError::TimeOut => destination::LookUpError::TimeOut,
        LookUpError::Unavailable => destination::LookUpError::Unavailable,
    }
}
