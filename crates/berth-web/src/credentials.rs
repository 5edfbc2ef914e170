//! What a request shows to prove who calls (`docs/contract/quay.md` 0.2, 5.5): a Bearer token first, then a session cookie. Some
//! routes also take a password.

use berth_domain::secret::hash_token;
use berth_store::access::Credential;
use berth_store::sessions::SessionRow;
use http::header;

use crate::registry_token::ReceivedToken;
use crate::request::{Request, RequestExt};
use crate::route::Route;
use crate::session::{SESSION_COOKIE, Session};

/// What a request shows.
pub(crate) struct Credentials {
    /// What the database is asked for.
    pub(crate) credential: Credential,
    /// The session cookie, known or not; not looked at beside a token.
    pub(crate) session: Option<Session>,
    /// The password that the request carries itself, in place of a session.
    pub(crate) password: Option<String>,
    /// The token for a registry, which nobody has verified yet.
    pub(crate) registry_token: Option<ReceivedToken>,
}

impl Credentials {
    /// None at all.
    pub(crate) const fn none() -> Self {
        Self { credential: Credential::None, session: None, password: None, registry_token: None }
    }

    /// A token.
    pub(crate) fn token(token: &str) -> Self {
        Self { credential: Credential::Token(hash_token(token)), ..Self::none() }
    }

    /// A user name and a password, which nobody has checked yet.
    pub(crate) fn password(name: String, password: String) -> Self {
        let credential = Credential::Password { name, session: None };
        Self { credential, password: Some(password), ..Self::none() }
    }

    /// A token for a registry, which nobody has verified yet.
    pub(crate) fn registry_token(received: ReceivedToken) -> Self {
        let (kid, subject) = (received.kid().to_owned(), received.subject().to_owned());
        let credential = Credential::RegistryToken { kid, subject };
        Self { credential, registry_token: Some(received), ..Self::none() }
    }

    /// Notes what the database knows of the session.
    pub(crate) fn know_session(&mut self, row: Option<SessionRow>) {
        if let (Some(session), Some(row)) = (&mut self.session, row) {
            session.know(row);
        }
    }
}

/// Reads the credentials. A Bearer token hides the cookie, even a token that nobody knows; a header of another form counts
/// as absent.
pub(crate) fn read(request: &Request, route: &Route) -> Credentials {
    if let Some(token) = bearer_token(request) {
        return Credentials::token(token);
    }
    let session = request.cookie(SESSION_COOKIE).and_then(Session::of_cookie);
    let hash = session.as_ref().map(Session::hash);
    let by_password = request.basic_credentials().filter(|_| route.takes_password);
    if let Some((name, password)) = by_password {
        let credential = Credential::Password { name, session: hash };
        return Credentials {
            credential,
            session,
            password: Some(password),
            ..Credentials::none()
        };
    }
    let credential = hash.map_or(Credential::None, Credential::Session);
    Credentials { credential, session, ..Credentials::none() }
}

/// The token of `Authorization: Bearer <token>`: the scheme in any case, any number of spaces, exactly two parts.
pub(crate) fn bearer_token(request: &Request) -> Option<&str> {
    let mut parts = request.header(header::AUTHORIZATION)?.split_ascii_whitespace();
    let scheme = parts.next()?;
    let token = parts.next()?;
    (scheme.eq_ignore_ascii_case("bearer") && parts.next().is_none()).then_some(token)
}
