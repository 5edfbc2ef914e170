//! Sessions of people who signed in with a password, and the CSRF tokens that go with them (`docs/contract/quay.md` 0.6).
//!
//! A session is a row in the database, found by the hash of the cookie by the statement that authenticates. The CSRF token of a
//! session is a keyed hash of its cookie and of how often the password was given again, so a visitor who has not signed in
//! costs no row at all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use berth_domain::Timestamp;
use berth_domain::secret::{Purpose, equal_in_constant_time, hash_token};
use berth_domain::settings::{self, Settings};
use berth_store::sessions::{self, NewSession, SessionRow};
use berth_store::{StoreError, Transaction};
use http::header::{self, HeaderName};

use crate::device::{self, DEVICE_COOKIE, Device};
use crate::error::ApiError;
use crate::into_response::{IntoResponse, WithHeaders};
use crate::request::Request;
use crate::response::{Response, ResponseExt};
use crate::services::Services;

/// What rows declare that begin or hand out sessions.
pub const SETTINGS: Settings = &[
    &settings::ACTION_LOG_AUDIT_LOGINS,
    &settings::PREFERRED_URL_SCHEME,
    &settings::SESSION_TIMEOUT,
    &settings::SESSIONS_PER_ACCOUNT,
];

/// The name of the session cookie.
pub const SESSION_COOKIE: &str = "_csrf_token";

/// The header that names the CSRF token for what comes next.
const NEXT_CSRF_TOKEN: HeaderName = HeaderName::from_static("x-next-csrf-token");

/// Length of the cookie, in characters.
const COOKIE_LENGTH: usize = 48;

/// The cookie of a session, present or new.
#[derive(Clone)]
pub struct Session {
    cookie: String,
    /// What the database knows of it; none of a session of nobody.
    row: Option<SessionRow>,
    /// How often the password was given again.
    renewals: i64,
    /// The cookie of the device, where the browser gets another one.
    device: Option<String>,
}

impl Session {
    /// The session of a cookie; none for a text that was never one of ours.
    #[must_use]
    pub fn of_cookie(cookie: &str) -> Option<Self> {
        let ours = cookie.len() == COOKIE_LENGTH
            && cookie.bytes().all(|byte| byte.is_ascii_alphanumeric());
        ours.then(|| Self::unknown(cookie.to_owned()))
    }

    /// Notes what the database knows of it.
    pub(crate) fn know(&mut self, row: SessionRow) {
        self.renewals = row.renewals;
        self.row = Some(row);
    }

    /// What the database knew of it when the request came; none of a session of nobody.
    pub(crate) fn row(&self) -> Option<&SessionRow> {
        self.row.as_ref()
    }

    /// By what the database finds it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        hash_token(&self.cookie)
    }

    /// A session of nobody: only a cookie.
    #[must_use]
    pub fn anonymous(services: &Services<'_>) -> Self {
        Self::unknown(services.random().mixed(COOKIE_LENGTH))
    }

    fn unknown(cookie: String) -> Self {
        Self { cookie, row: None, renewals: 0, device: None }
    }

    /// The session epoch with which it began, where the request came with a session of somebody.
    #[must_use]
    pub fn epoch(&self) -> Option<i64> {
        self.row.as_ref().map(|row| row.epoch)
    }

    /// Begins a session of an account whose password was just given, in place of the one that the request came with: its
    /// cookie and its CSRF token stop working. For rows that declare [`SETTINGS`]. One statement, two at times.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin(
        tx: &Transaction<'_>,
        services: &Services<'_>,
        account_id: i64,
        epoch: i64,
        before: Option<&Self>,
    ) -> Result<Self, StoreError> {
        let session = Self::anonymous(services);
        let new = NewSession {
            hash: &session.hash(),
            account_id,
            epoch,
            at: services.now(),
            expires_at: expires_at(services),
            most: services.setting(&settings::SESSIONS_PER_ACCOUNT),
        };
        let before = before.and_then(|before| Some((before.row()?.id, before.hash())));
        sessions::begin(tx, &new, before.as_ref().map(|(id, hash)| (*id, hash.as_slice())))?;
        Ok(session)
    }

    /// The same, which also makes the device known from which somebody just signed in.
    ///
    /// # Errors
    /// [`ApiError`] when the secret keys cannot be had.
    pub fn on_device(
        self,
        services: &Services<'_>,
        request: &Request,
        account_uuid: &str,
    ) -> Result<Self, ApiError> {
        Ok(Self { device: Device::cookie(services, request, account_uuid)?, ..self })
    }

    /// Notes that the password of its account was given again: the login is fresh, and the CSRF token another. The cookie
    /// stays, so that what the browser asks at the same moment is answered. One statement.
    ///
    /// # Errors
    /// F1 401 where the session has ended meanwhile; [`ApiError`] when the database does not answer.
    pub fn renew(&self, services: &Services<'_>, epoch: i64) -> Result<Self, ApiError> {
        let (now, expires_at) = (services.now(), expires_at(services));
        let renewals = sessions::renew(services.db(), &self.hash(), epoch, now, expires_at)?;
        let renewals = renewals.ok_or_else(ApiError::unauthenticated)?;
        Ok(Self { renewals, ..self.clone() })
    }

    /// Ends the session, if it is somebody's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end(&self, services: &Services<'_>) -> Result<(), StoreError> {
        match self.row {
            Some(_) => sessions::end(services.db(), &self.hash()),
            None => Ok(()),
        }
    }

    /// The same cookie, of a session that has ended.
    #[must_use]
    pub fn of_nobody(&self) -> Self {
        Self::unknown(self.cookie.clone())
    }

    /// The token that changes made with this session must show: 64 characters.
    ///
    /// # Errors
    /// [`ApiError`] when the secret keys cannot be had.
    pub fn csrf_token(&self, services: &Services<'_>) -> Result<String, ApiError> {
        let keys = services.sealing_keys()?;
        let text = match self.renewals {
            0 => self.cookie.clone(),
            renewals => format!("{} {renewals}", self.cookie),
        };
        let first = keys.fingerprint(Purpose::CsrfToken, &text);
        let second = keys.fingerprint(Purpose::CsrfToken, &format!("{text} again"));
        Ok(URL_SAFE_NO_PAD.encode([first.as_slice(), &second[..16]].concat()))
    }

    /// Whether `token` is the session's.
    pub(crate) fn has_csrf_token(
        &self,
        services: &Services<'_>,
        token: &str,
    ) -> Result<bool, ApiError> {
        Ok(equal_in_constant_time(self.csrf_token(services)?.as_bytes(), token.as_bytes()))
    }

    /// The answer, which also hands the cookie to the browser.
    #[must_use]
    pub fn hand_out<R: IntoResponse>(&self, services: &Services<'_>, answer: R) -> WithHeaders<R> {
        let cookies = self.cookies(services);
        WithHeaders::new(answer, |response| with_cookies(response, cookies))
    }

    /// The answer to signing in, to giving the password again and to signing out: the cookie, and the next CSRF token in its header.
    ///
    /// # Errors
    /// [`ApiError`] when the secret keys cannot be had.
    pub fn announce<R: IntoResponse>(
        &self,
        services: &Services<'_>,
        answer: R,
    ) -> Result<WithHeaders<R>, ApiError> {
        let (token, cookies) = (self.csrf_token(services)?, self.cookies(services));
        Ok(WithHeaders::new(answer, |response| {
            with_cookies(response.with_header(NEXT_CSRF_TOKEN, token), cookies)
        }))
    }

    /// The cookies of the session and of the device, as `Set-Cookie` says them. For callers that have the settings `preferred_url_scheme` and
    /// `session_timeout`.
    pub fn cookies(&self, services: &Services<'_>) -> impl Iterator<Item = String> + use<> {
        let lifetime_s = services.setting(&settings::SESSION_TIMEOUT);
        let session = set_cookie(services, SESSION_COOKIE, &self.cookie, lifetime_s);
        let device = self.device.as_ref();
        let device =
            device.map(|device| set_cookie(services, DEVICE_COOKIE, device, device::LIFETIME_S));
        [Some(session), device].into_iter().flatten()
    }
}

/// A cookie, as `Set-Cookie` says it: for all paths, for so many seconds (0 takes it away), for no script, and for requests of our own pages. For
/// callers that have the setting `preferred_url_scheme`.
#[must_use]
pub fn set_cookie(services: &Services<'_>, name: &str, value: &str, lifetime_s: i64) -> String {
    let secure = match services.setting(&settings::PREFERRED_URL_SCHEME).as_str() {
        "https" => "; Secure",
        _ => "",
    };
    format!("{name}={value}; Path=/; Max-Age={lifetime_s}; HttpOnly; SameSite=Lax{secure}")
}

/// When a session ends whose password is given now.
fn expires_at(services: &Services<'_>) -> Timestamp {
    services.now().plus_seconds(services.setting(&settings::SESSION_TIMEOUT))
}

fn with_cookies(response: Response, cookies: impl Iterator<Item = String>) -> Response {
    cookies.fold(response, |response, cookie| response.with_header(header::SET_COOKIE, cookie))
}
