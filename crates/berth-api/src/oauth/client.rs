//! Which application calls, and whether it proves it with its secret (RFC 6749, 2.3).

use berth_access::Client as ClientPermit;
use berth_domain::Application;
use berth_domain::secret::equal_in_constant_time;
use berth_web::{ApiError, Context, RequestExt, ResponseExt, StatusCode, header};

use super::answers::{error, error_response};
use crate::applications::client_secret;

/// The application that calls.
pub(crate) enum Client<'a> {
    /// It showed its secret.
    Confidential(&'a Application),
    /// It showed none: a program in its user's hands, which cannot keep one.
    Public(&'a Application),
}

impl<'a> Client<'a> {
    /// The application.
    pub(crate) const fn application(&self) -> &'a Application {
        match self {
            Self::Confidential(application) | Self::Public(application) => application,
        }
    }
}

/// The client that calls; none when there is no such application or the secret is wrong.
///
/// # Errors
/// [`ApiError`] when the secret keys cannot be had.
pub(crate) fn identify<'a>(
    cx: &'a Context<'_, ClientPermit>,
) -> Result<Option<Client<'a>>, ApiError> {
    let Some(application) = &cx.grant.target().application else { return Ok(None) };
    let secret = match cx.request().basic_credentials() {
        Some((client_id, _)) if client_id != application.client_id => return Ok(None),
        Some((_, secret)) => Some(secret),
        None => cx.request().values().get("client_secret").map(str::to_owned),
    };
    let Some(secret) = secret.filter(|secret| !secret.is_empty()) else {
        return Ok(Some(Client::Public(application)));
    };
    let kept = client_secret::take(cx.services(), application)?;
    let right = kept.is_some_and(|kept| equal_in_constant_time(kept.as_bytes(), secret.as_bytes()));
    Ok(right.then_some(Client::Confidential(application)))
}

/// The answer to a client that is not who it says it is. A client that used the header gets the answer of RFC 6749 (5.2).
pub(crate) fn refuse(cx: &Context<'_, ClientPermit>) -> ApiError {
    if cx.request().basic_credentials().is_none() {
        return error(StatusCode::BAD_REQUEST, "invalid_client");
    }
    let response = error_response(StatusCode::UNAUTHORIZED, "invalid_client");
    response.with_header(header::WWW_AUTHENTICATE, "Basic realm=\"client\"").into()
}
