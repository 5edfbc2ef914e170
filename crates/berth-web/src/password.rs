//! Checking passwords: throttled for each account, at the same cost for accounts that do not exist
//! (`contract/quay.md` 0.3 F6, 5.4).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use berth_domain::Timestamp;
use berth_domain::secret::{Purpose, hash_token, verify_password};
use berth_store::accounts::{self, SignInRow};
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::services::Services;

/// The hash of no password, with the parameters of the real ones: what is verified where there is none.
const NOBODY_S_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IHNpZ25zIGluIQ$\
    DIRCzC9PEiVX6h8GqnQfsQ2F9cO5WDqcEg2xVnRoC8Q";

/// Failures beyond this number no longer lengthen the wait, which is then a good hour.
const MOST_FAILURES: u32 = 13;

/// How many records there are for names that nobody has: so that guessing names fills no store.
const UNKNOWN_SLOTS: u16 = 4_096;

/// What came of a check.
pub enum Checked {
    /// It is the password.
    Right(SignInRow),
    /// It is the password of an account that may not be used.
    Disabled,
    /// It is not the password, or there is no such account: nobody is told which.
    Wrong,
}

/// Checks the password of the user with that name, or else with that e-mail address.
///
/// # Errors
/// [`ApiError::TooManyAttempts`] soon after failures, whatever the password; [`ApiError`] when a store does not answer.
pub fn check(
    services: &Services<'_>,
    name_or_email: &str,
    password: &str,
) -> Result<Checked, ApiError> {
    let user = accounts::for_sign_in(services.db(), name_or_email)?;
    let account = user.as_ref().map(|user| (user.uuid.as_str(), user.password_hash.as_deref()));
    let right = is_right(services, account, name_or_email, password)?;
    let Some(user) = user.filter(|_| right) else { return Ok(Checked::Wrong) };
    Ok(if user.enabled { Checked::Right(user) } else { Checked::Disabled })
}

/// Whether `password` is that of `account`, given by its UUID and the hash of its password; `name` is what it was asked for
/// by.
///
/// # Errors
/// As [`check`].
pub(crate) fn is_right(
    services: &Services<'_>,
    account: Option<(&str, Option<&str>)>,
    name: &str,
    password: &str,
) -> Result<bool, ApiError> {
    let throttle = Throttle::of(account.map(|(uuid, _)| uuid), name);
    let before = throttle.failures(services)?;
    before.require_over(services.now())?;
    let hash = account.and_then(|(_, hash)| hash);
    let right = verify_password(password, hash.unwrap_or(NOBODY_S_HASH)) && hash.is_some();
    if !right {
        throttle.set(services, &before.one_more(services.now()))?;
    } else if before.count > 0 {
        services.key_value().delete(&throttle.key)?;
    }
    Ok(right)
}

/// Forgets the failures of an account, whose password was changed.
///
/// # Errors
/// [`ApiError`] when the key-value store does not answer.
pub fn forgive(services: &Services<'_>, account_uuid: &str) -> Result<(), ApiError> {
    Ok(services.key_value().delete(&known_key(account_uuid))?)
}

/// What command-line clients show in place of the password: opens only here, tells nobody the password, and is worthless
/// once the password is changed.
///
/// # Errors
/// [`ApiError`] when the secret keys cannot be had.
pub fn for_clients(
    services: &Services<'_>,
    account_uuid: &str,
    password_hash: &str,
) -> Result<String, ApiError> {
    let text = format!("{account_uuid} {}", URL_SAFE_NO_PAD.encode(hash_token(password_hash)));
    Ok(STANDARD.encode(services.seal(Purpose::ClientPassword, &text)?))
}

/// The failures at one account, or at a name that nobody has.
#[derive(Default, Serialize, Deserialize)]
struct Failures {
    count: u32,
    last_at: i64,
    /// Whose they are, where a record is shared.
    name: String,
}

impl Failures {
    /// After n failures the next attempt is heard 0.5 · (2^n − 1) seconds after the last.
    fn require_over(&self, now: Timestamp) -> Result<(), ApiError> {
        let half_seconds = (1_i64 << self.count.min(MOST_FAILURES)) - 1;
        let remaining = self.last_at + half_seconds * 500_000 - now.as_micros();
        if self.count == 0 || remaining <= 0 {
            return Ok(());
        }
        Err(ApiError::TooManyAttempts { retry_after_s: (remaining + 999_999) / 1_000_000 })
    }

    fn one_more(self, now: Timestamp) -> Self {
        Self { count: self.count.saturating_add(1), last_at: now.as_micros(), ..self }
    }
}

/// Where failures are kept.
struct Throttle {
    key: String,
    /// Tells the owner of a shared record; empty for an account, which has its own.
    name: String,
}

impl Throttle {
    fn of(account_uuid: Option<&str>, name: &str) -> Self {
        if let Some(uuid) = account_uuid {
            return Self { key: known_key(uuid), name: String::new() };
        }
        let hash = hash_token(name);
        let slot = match hash.first_chunk() {
            Some(first) => u16::from_be_bytes(*first) % UNKNOWN_SLOTS,
            None => 0,
        };
        let key = format!("berth/failed-sign-ins/unknown-{slot}");
        Self { key, name: URL_SAFE_NO_PAD.encode(hash) }
    }

    fn failures(&self, services: &Services<'_>) -> Result<Failures, ApiError> {
        let kept = services.key_value().get(&self.key)?;
        let kept: Option<Failures> = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
        let own = kept.filter(|kept| kept.name == self.name);
        Ok(own.unwrap_or_else(|| Failures { name: self.name.clone(), ..Failures::default() }))
    }

    fn set(&self, services: &Services<'_>, failures: &Failures) -> Result<(), ApiError> {
        let Ok(value) = serde_json::to_vec(failures) else {
            unreachable!("failures are plain data");
        };
        Ok(services.key_value().set(&self.key, &value)?)
    }
}

fn known_key(account_uuid: &str) -> String {
    format!("berth/failed-sign-ins/{account_uuid}")
}

#[cfg(test)]
mod tests {
    use berth_domain::secret::hash_password;

    use super::*;

    /// Otherwise the time of an answer would tell which accounts exist.
    #[test]
    fn nobody_s_hash_costs_what_the_others_cost() {
        let parameters = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        let real = hash_password("password", [7; 16]);
        assert_eq!(parameters(NOBODY_S_HASH), parameters(&real));
        assert_eq!(NOBODY_S_HASH.len(), real.len());
        for password in ["", "password", "nobody"] {
            assert!(!verify_password(password, NOBODY_S_HASH));
        }
    }

    #[test]
    fn waits_double() {
        let at = |seconds: i64| Timestamp::from_micros(0).plus_seconds(seconds);
        let after = |count| Failures { count, ..Failures::default() };
        assert!(after(0).require_over(at(0)).is_ok());
        for (count, wait_s) in [(1, 1), (2, 2), (3, 4), (4, 8), (13, 4_096), (90, 4_096)] {
            let error = after(count).require_over(at(0)).expect_err("too early");
            assert_eq!(error, ApiError::TooManyAttempts { retry_after_s: wait_s }, "{count}");
            assert!(after(count).require_over(at(wait_s)).is_ok(), "{count}");
        }
    }
}
