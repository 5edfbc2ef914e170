//! What is told once, on the page after a redirect: that something was done, and what is shown this once (a new token). It is in a cookie,
//! sealed, for a minute.

use berth_domain::secret::Purpose;
use berth_web::session::set_cookie;
use berth_web::{ApiError, Services};
use serde::{Deserialize, Serialize};

/// The name of the cookie.
pub(crate) const COOKIE: &str = "berth_flash";

/// What is told once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Flash {
    /// What was done.
    pub(crate) text: String,
    /// What is shown this once: label and value.
    #[serde(default)]
    pub(crate) secrets: Vec<(String, String)>,
    /// When it was written, in seconds since 1970, for what the browser keeps too long.
    #[serde(default)]
    at: i64,
}

/// How long it is told, in seconds.
const LIFETIME_S: i64 = 60;

impl Flash {
    /// Something was done.
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self { text: text.into(), secrets: Vec::new(), at: 0 }
    }

    /// The same with something that is shown this once.
    pub(crate) fn with_secret(mut self, label: &str, value: &str) -> Self {
        self.secrets.push((label.to_owned(), value.to_owned()));
        self
    }
}

/// The cookie, as `Set-Cookie` says it.
pub(crate) fn cookie(services: &Services<'_>, flash: &Flash) -> Result<String, ApiError> {
    let flash = Flash { at: services.now().as_seconds(), ..flash.clone() };
    let sealed = services.seal_token(Purpose::Flash, &flash)?;
    Ok(set_cookie(services, COOKIE, &sealed, LIFETIME_S))
}

/// What takes it away.
pub(crate) fn cleared(services: &Services<'_>) -> String {
    set_cookie(services, COOKIE, "", 0)
}

/// What a cookie tells; none of one that was altered, or is old.
pub(crate) fn open(services: &Services<'_>, cookie: &str) -> Option<Flash> {
    let flash: Flash = services.open_token(Purpose::Flash, cookie).ok().flatten()?;
    (services.now().as_seconds() - flash.at <= LIFETIME_S).then_some(flash)
}
