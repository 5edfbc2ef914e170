//! Calls of allowed destinations only: each is checked by the rules of `berth_domain::destination` before it is called, and so is whatever
//! it redirects to.

use std::net::IpAddr;

use berth_domain::destination::{Destinations, LookUpError, Refused};
use http::Response;
use url::Url;

use crate::challenge::redirect;
use crate::limits::REDIRECTS;

/// Why an address is not called; most with its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCalled {
    /// It is plain HTTP, which is not allowed.
    PlainHttp(String),
    /// It is neither HTTP nor HTTPS.
    NoHttp(String),
    /// It has no host.
    NoHost,
    /// Its name has no address.
    NotResolved(String),
    /// It is private, and not allowed.
    Private(String),
    /// Where it leads cannot be known.
    NotChecked(String),
    /// A redirect leads to what is no address.
    NoAddress,
    /// There are more redirects than [`REDIRECTS`].
    TooManyRedirects,
}

/// What may be called.
pub struct Allowed {
    /// Where.
    pub destinations: Destinations,
    /// Whether plain HTTP will do.
    pub insecure: bool,
}

impl Allowed {
    /// Checks an address. `look_up` gives the addresses of a name.
    ///
    /// # Errors
    /// [`NotCalled`].
    pub fn admit(
        &self,
        url: &Url,
        look_up: impl Fn(&str) -> Result<Vec<IpAddr>, LookUpError>,
    ) -> Result<(), NotCalled> {
        let named = || url.host_str().unwrap_or_default().to_owned();
        match url.scheme() {
            "https" => {}
            "http" if self.insecure => {}
            // Credentials and tokens are not for everybody on the way.
            "http" => return Err(NotCalled::PlainHttp(named())),
            _ => return Err(NotCalled::NoHttp(named())),
        }
        let host = url.host().ok_or(NotCalled::NoHost)?.to_owned();
        self.destinations.admit(&host, look_up).map_err(|refused| match refused {
            Refused::NotResolved => NotCalled::NotResolved(named()),
            Refused::Private => NotCalled::Private(named()),
            Refused::NotChecked => NotCalled::NotChecked(named()),
        })
    }

    /// The answer of an address, after redirects. `send` learns whether it is about the server that is asked first: what is shown is for
    /// that one, and for no other.
    ///
    /// # Errors
    /// [`NotCalled`], and those of `send`.
    pub fn follow<B, E: From<NotCalled>>(
        &self,
        start: &Url,
        look_up: impl Fn(&str) -> Result<Vec<IpAddr>, LookUpError>,
        send: impl Fn(&Url, bool) -> Result<Response<B>, E>,
    ) -> Result<Response<B>, E> {
        let mut url = start.clone();
        for _ in 0..=REDIRECTS {
            self.admit(&url, &look_up)?;
            let answer = send(&url, url.origin() == start.origin())?;
            let Some(location) = redirect(&answer) else { return Ok(answer) };
            url = url.join(location).map_err(|_| NotCalled::NoAddress)?;
        }
        Err(NotCalled::TooManyRedirects.into())
    }
}
