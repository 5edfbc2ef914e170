//! Going where we may: every place is held against the rules of `berth_domain::destination` before it is called, the
//! upstream, its token server and whatever they redirect to.

use std::net::IpAddr;

use berth_domain::destination::{self, Destinations, Refused};
use url::{Origin, Url};

use crate::reply::Reply;
use crate::{Failure, LookUpError};

/// How often one request is redirected.
const REDIRECTS: usize = 3;

/// The longest token that is read, in bytes.
pub const TOKEN_LIMIT: usize = 64 * 1024;

/// What the host offers: one request at a time, and name look-up. All of it ends in time.
pub trait Web {
    /// The addresses of a name.
    ///
    /// # Errors
    /// Why there are none.
    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError>;

    /// Sends a GET and reads as much of the body.
    ///
    /// # Errors
    /// [`Failure::AnswerTooLarge`] when the body is longer than `limit`, unless that is 0; whatever hinders the request.
    fn get(&self, url: &Url, authorization: Option<&str>, limit: usize) -> Result<Reply, Failure>;
}

/// Goes where it may.
pub(crate) struct Browser<'a, W> {
    pub(crate) web: &'a W,
    pub(crate) destinations: Destinations,
    /// Whether plain HTTP will do.
    pub(crate) insecure: bool,
}

impl<W: Web> Browser<'_, W> {
    /// GET, following redirects. What authorizes is shown to nobody but the place it is meant for.
    pub(crate) fn get(
        &self,
        start: &Url,
        authorization: Option<&str>,
        limit: usize,
    ) -> Result<Reply, Failure> {
        let origin: Origin = start.origin();
        let mut url = start.clone();
        for _ in 0..=REDIRECTS {
            self.admit(&url)?;
            let shown = authorization.filter(|_| url.origin() == origin);
            let reply = self.web.get(&url, shown, limit)?;
            let Some(location) = reply.redirect() else { return Ok(reply) };
            url = url.join(location).map_err(|_| Failure::NotARegistry)?;
        }
        Err(Failure::TooManyRedirects)
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
        let look_up = |name: &str| self.web.look_up(name).map_err(in_domain);
        match self.destinations.admit(&host, look_up) {
            Ok(_) => Ok(()),
            Err(Refused::NotResolved) => Err(Failure::NameNotResolved(host.to_string())),
            Err(Refused::Private) => Err(Failure::AddressNotAllowed(host.to_string())),
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
