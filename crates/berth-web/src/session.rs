//! Sessions of people who signed in with a password, and the CSRF tokens that go with them (`docs/contract/quay.md` 0.6).
//!
//! A session is a record in the key-value store under the hash of the cookie. It carries the account's session epoch:
//! raising that number in the database ends every session of the account. The CSRF token of a session is a keyed hash of
//! its cookie and of how often the password was given again, so a visitor who has not signed in costs no record at all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use berth_domain::Timestamp;
use berth_domain::secret::{Purpose, equal_in_constant_time, hash_token};
use berth_domain::settings::{self, Settings};
use http::header::{self, HeaderName};
use serde::{Deserialize, Serialize};

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
];

/// The name of the session cookie.
pub(crate) const SESSION_COOKIE: &str = "_csrf_token";

/// The header that names the CSRF token for what comes next.
const NEXT_CSRF_TOKEN: HeaderName = HeaderName::from_static("x-next-csrf-token");

/// Length of the cookie, in characters.
const COOKIE_LENGTH: usize = 48;

/// How many sessions of an account are kept: the oldest end first, so that signing in again and again fills no store.
const MOST_SESSIONS: usize = 200;

/// What is kept of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The UUID of the account.
    pub(crate) account: String,
    /// The account's session epoch when it began.
    pub(crate) epoch: i64,
    /// When the password was last given, in microseconds.
    pub(crate) signed_in_at: i64,
    /// When it ends, in microseconds.
    pub(crate) expires_at: i64,
    /// How often the password was given again.
    #[serde(default)]
    pub(crate) renewals: u32,
}

impl Record {
    /// The record of a session that begins now.
    pub(crate) fn begun(account: String, epoch: i64, now: Timestamp, lifetime_s: i64) -> Self {
        let expires_at = now.plus_seconds(lifetime_s).as_micros();
        Self { account, epoch, signed_in_at: now.as_micros(), expires_at, renewals: 0 }
    }
}

/// The cookie of a session, present or new.
#[derive(Clone)]
pub struct Session {
    cookie: String,
    /// As in its record; 0 where there is none.
    renewals: u32,
    /// As in the record that it came with; none where there was none.
    epoch: Option<i64>,
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

    /// The same, of which there is a record.
    pub(crate) fn known_by(self, record: &Record) -> Self {
        Self { renewals: record.renewals, epoch: Some(record.epoch), ..self }
    }

    /// A session of nobody: only a cookie.
    #[must_use]
    pub fn anonymous(services: &Services<'_>) -> Self {
        Self::unknown(services.random().mixed(COOKIE_LENGTH))
    }

    fn unknown(cookie: String) -> Self {
        Self { cookie, renewals: 0, epoch: None, device: None }
    }

    /// The session epoch of the account in the record that the request came with; none where there was none.
    #[must_use]
    pub fn epoch(&self) -> Option<i64> {
        self.epoch
    }

    /// Begins a session of an account whose password was just given.
    ///
    /// # Errors
    /// [`ApiError`] when the key-value store does not answer.
    pub fn begin(
        services: &Services<'_>,
        account_uuid: &str,
        epoch: i64,
    ) -> Result<Self, ApiError> {
        let session = Self::anonymous(services);
        session.keep(services, account_uuid, epoch)?;
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
    /// stays, so that what the browser asks at the same moment is answered.
    ///
    /// # Errors
    /// [`ApiError`] when the key-value store does not answer.
    pub fn renew(
        &self,
        services: &Services<'_>,
        account_uuid: &str,
        epoch: i64,
    ) -> Result<Self, ApiError> {
        let renewed = Self { renewals: self.renewals.wrapping_add(1), ..self.clone() };
        renewed.keep(services, account_uuid, epoch)?;
        Ok(renewed)
    }

    /// Writes the record of a session whose login is fresh, and puts it into the list of its account's.
    fn keep(&self, services: &Services<'_>, account: &str, epoch: i64) -> Result<(), ApiError> {
        let lifetime_s = services.setting(&settings::SESSION_TIMEOUT);
        let begun = Record::begun(account.to_owned(), epoch, services.now(), lifetime_s);
        let expires_at = begun.expires_at;
        let Ok(value) = serde_json::to_vec(&Record { renewals: self.renewals, ..begun }) else {
            unreachable!("a record is plain data");
        };
        services.key_value().set(&self.key(), &value)?;
        remember(services, account, Remembered { key: self.key(), expires_at })
    }

    /// Forgets every session of an account. That they no longer count is the epoch's matter.
    ///
    /// # Errors
    /// [`ApiError`] when the key-value store does not answer.
    pub fn end_all(services: &Services<'_>, account_uuid: &str) -> Result<(), ApiError> {
        for session in remembered(services, account_uuid)? {
            services.key_value().delete(&session.key)?;
        }
        Ok(services.key_value().delete(&list_key(account_uuid))?)
    }

    /// Begins a session of an account whose password was just given, in place of the one that the request came with: its
    /// cookie and its CSRF token stop working.
    ///
    /// # Errors
    /// [`ApiError`] when the key-value store does not answer.
    pub fn replace(
        before: Option<&Self>,
        services: &Services<'_>,
        account_uuid: &str,
        epoch: i64,
    ) -> Result<Self, ApiError> {
        let session = Self::begin(services, account_uuid, epoch)?;
        if let Some(before) = before {
            before.end(services)?;
        }
        Ok(session)
    }

    /// Forgets the session. Its cookie lives on as that of nobody, which is returned.
    ///
    /// # Errors
    /// [`ApiError`] when the key-value store does not answer.
    pub fn end(&self, services: &Services<'_>) -> Result<Self, ApiError> {
        services.key_value().delete(&self.key())?;
        Ok(Self::unknown(self.cookie.clone()))
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

    /// The cookies of the session and of the device, as `Set-Cookie` says them.
    fn cookies(&self, services: &Services<'_>) -> impl Iterator<Item = String> + use<> {
        let secure = match services.setting(&settings::PREFERRED_URL_SCHEME).as_str() {
            "https" => "; Secure",
            _ => "",
        };
        let set = |name: &str, value: &str, lifetime_s: i64| {
            format!("{name}={value}; Path=/; Max-Age={lifetime_s}; HttpOnly; SameSite=Lax{secure}")
        };
        let lifetime_s = services.setting(&settings::SESSION_TIMEOUT);
        let session = set(SESSION_COOKIE, &self.cookie, lifetime_s);
        let device = self.device.as_ref();
        let device = device.map(|device| set(DEVICE_COOKIE, device, device::LIFETIME_S));
        [Some(session), device].into_iter().flatten()
    }

    /// The record of the session, unless it ended.
    pub(crate) fn record(&self, services: &Services<'_>) -> Result<Option<Record>, ApiError> {
        let value = services.key_value().get(&self.key())?;
        let record: Option<Record> = value.and_then(|value| serde_json::from_slice(&value).ok());
        let ended = |record: &Record| record.expires_at <= services.now().as_micros();
        if record.as_ref().is_some_and(ended) {
            services.key_value().delete(&self.key())?;
        }
        Ok(record.filter(|record| !ended(record)))
    }

    fn key(&self) -> String {
        format!("berth/session/{}", URL_SAFE_NO_PAD.encode(hash_token(&self.cookie)))
    }
}

fn with_cookies(response: Response, cookies: impl Iterator<Item = String>) -> Response {
    cookies.fold(response, |response, cookie| response.with_header(header::SET_COOKIE, cookie))
}

/// An entry of the list of an account's sessions.
#[derive(Serialize, Deserialize)]
#[serde(from = "Listed")]
struct Remembered {
    key: String,
    expires_at: i64,
}

/// An entry as it is read: earlier versions kept the key alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Key(String),
    Entry { key: String, expires_at: i64 },
}

impl From<Listed> for Remembered {
    fn from(listed: Listed) -> Self {
        match listed {
            Listed::Key(key) => Self { key, expires_at: i64::MAX },
            Listed::Entry { key, expires_at } => Self { key, expires_at },
        }
    }
}

/// Puts a session at the end of the list of its account's. Those that ended are forgotten, and the oldest beyond the limit.
/// Two sign-ins at the same moment may lose one from the list, which then ends by its age.
fn remember(
    services: &Services<'_>,
    account_uuid: &str,
    session: Remembered,
) -> Result<(), ApiError> {
    let now = services.now().as_micros();
    let before = remembered(services, account_uuid)?;
    let (ended, mut living): (Vec<_>, Vec<_>) = before
        .into_iter()
        .filter(|other| other.key != session.key)
        .partition(|other| other.expires_at <= now);
    living.push(session);
    let excess = living.len().saturating_sub(MOST_SESSIONS);
    for old in ended.into_iter().chain(living.drain(..excess)) {
        services.key_value().delete(&old.key)?;
    }
    let Ok(value) = serde_json::to_vec(&living) else {
        unreachable!("a list of keys is plain data");
    };
    Ok(services.key_value().set(&list_key(account_uuid), &value)?)
}

/// An account's sessions, the oldest first.
fn remembered(services: &Services<'_>, account_uuid: &str) -> Result<Vec<Remembered>, ApiError> {
    let kept = services.key_value().get(&list_key(account_uuid))?;
    Ok(kept.and_then(|kept| serde_json::from_slice(&kept).ok()).unwrap_or_default())
}

fn list_key(account_uuid: &str) -> String {
    format!("berth/sessions/{account_uuid}")
}
