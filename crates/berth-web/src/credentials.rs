//! What a request shows to prove who calls (`docs/contract/quay.md` 0.2, 5.5): a Bearer token first, then a session cookie. Some
//! routes also take a password.

use berth_domain::secret::hash_token;
use berth_store::access::Credential;
use http::header;

use crate::error::ApiError;
use crate::request::{Request, RequestExt};
use crate::route::Route;
use crate::services::Services;
use crate::session::{Record, SESSION_COOKIE, Session};

/// What a request shows.
pub(crate) struct Credentials {
    /// What the database is asked for.
    pub(crate) credential: Credential,
    /// The session cookie, known or not; not looked at beside a token.
    pub(crate) session: Option<Session>,
    /// The record of the session, where there is one.
    pub(crate) record: Option<Record>,
    /// The password that the request carries itself, in place of a session.
    pub(crate) password: Option<String>,
}

impl Credentials {
    /// None at all.
    pub(crate) const fn none() -> Self {
        Self { credential: Credential::None, session: None, record: None, password: None }
    }

    /// A token.
    pub(crate) fn token(token: &str) -> Self {
        Self { credential: Credential::Token(hash_token(token)), ..Self::none() }
    }

    /// A user name and a password, which nobody has checked yet.
    pub(crate) fn password(user: String, password: String) -> Self {
        let credential = Credential::Password(user);
        Self { credential, password: Some(password), ..Self::none() }
    }
}

/// Reads the credentials. A Bearer token hides the cookie, even a token that nobody knows; a header of another form counts
/// as absent.
pub(crate) fn read(
    request: &Request,
    services: &Services<'_>,
    route: &Route,
) -> Result<Credentials, ApiError> {
    if let Some(token) = bearer_token(request) {
        return Ok(Credentials::token(token));
    }
    let mut session = request.cookie(SESSION_COOKIE).and_then(Session::of_cookie);
    let record = match &session {
        Some(session) => session.record(services)?,
        None => None,
    };
    if let Some(record) = &record {
        session = session.map(|session| session.known_by(record));
    }
    let by_password = request.basic_credentials().filter(|_| route.takes_password);
    if let Some((user, password)) = by_password {
        return Ok(Credentials { session, ..Credentials::password(user, password) });
    }
    let credential = match &record {
        Some(record) => Credential::Session(record.account.clone()),
        None => Credential::None,
    };
    Ok(Credentials { credential, session, record, password: None })
}

/// The token of `Authorization: Bearer <token>`: the scheme in any case, any number of spaces, exactly two parts.
fn bearer_token(request: &Request) -> Option<&str> {
    let mut parts = request.header(header::AUTHORIZATION)?.split_ascii_whitespace();
    let scheme = parts.next()?;
    let token = parts.next()?;
    (scheme.eq_ignore_ascii_case("bearer") && parts.next().is_none()).then_some(token)
}
