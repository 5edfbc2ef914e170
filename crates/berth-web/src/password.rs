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
const NOBODY_S_HASH: &str = "$argon2id$v=19$m=7168,t=5,p=1$bm9ib2R5IHNpZ25zIGluIQ$\
    DIRCzC9PEiVX6h8GqnQfsQ2F9cO5WDqcEg2xVnRoC8Q";

/// Failures beyond this number no longer lengthen the wait, which is then a good hour.
const MOST_FAILURES: u32 = 13;

/// How many passwords of one account are checked at the same moment, while it has no failures: programs ask in parallel.
const MOST_AT_ONCE: usize = 8;

/// After how many seconds a check that came to no end counts as a failure.
const CHECK_TIMEOUT_S: i64 = 10;

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
    let throttle = Throttle::of(services, account.map(|(uuid, _)| uuid), name)?;
    let attempt = throttle.begin(services)?;
    let hash = account.and_then(|(_, hash)| hash);
    let right = verify_password(password, hash.unwrap_or(NOBODY_S_HASH)) && hash.is_some();
    if right {
        services.key_value().delete(&throttle.key)?;
    } else {
        throttle.settle(services, attempt)?;
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

/// Tells attempts that are made at the same time from each other.
type Attempt = u32;

/// The failures at one account, or at a name that nobody has.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Failures {
    count: u32,
    /// Those of them that are being checked at this moment: each counts as a failure until it is known to be none, since
    /// guesses that are made at the same time must see each other.
    #[serde(default)]
    open: Vec<Attempt>,
    last_at: i64,
    /// Whose they are, where a record is shared.
    name: String,
}

impl Failures {
    /// After n failures the next attempt is heard 0.5 · (2^n − 1) seconds after the last.
    fn require_over(&self, now: Timestamp) -> Result<(), ApiError> {
        let open = self.open_at(now).len();
        let settled = self.count.saturating_sub(u32::try_from(open).unwrap_or(u32::MAX));
        let half_seconds = (1_i64 << settled.min(MOST_FAILURES)) - 1;
        let remaining = self.last_at + half_seconds * 500_000 - now.as_micros();
        if settled > 0 && remaining > 0 {
            return Err(ApiError::TooManyAttempts {
                retry_after_s: (remaining + 999_999) / 1_000_000,
            });
        }
        if open >= MOST_AT_ONCE {
            return Err(ApiError::TooManyAttempts { retry_after_s: 1 });
        }
        Ok(())
    }

    /// Whether somebody waits because of them, or an answer is still to come.
    fn counts_at(&self, now: Timestamp) -> bool {
        !self.open_at(now).is_empty() || self.require_over(now).is_err()
    }

    /// Those that are being checked, unless their instance is gone.
    fn open_at(&self, now: Timestamp) -> &[Attempt] {
        let ends_at = Timestamp::from_micros(self.last_at).plus_seconds(CHECK_TIMEOUT_S);
        if now < ends_at { &self.open } else { &[] }
    }

    /// With one more, which is being checked.
    fn begun(self, attempt: Attempt, now: Timestamp) -> Self {
        let open = [self.open_at(now), &[attempt]].concat();
        Self { count: self.count.saturating_add(1), open, last_at: now.as_micros(), ..self }
    }

    /// With one that is being checked found out to be a failure. Another one that was none may have taken the record away.
    fn settled(self, attempt: Attempt, now: Timestamp) -> Self {
        let known = if self.open.contains(&attempt) { self } else { self.begun(attempt, now) };
        let open = known.open.iter().copied().filter(|open| *open != attempt).collect();
        Self { open, ..known }
    }
}

/// Where failures are kept.
struct Throttle {
    key: String,
    /// Tells the owner of a shared record; empty for an account, which has its own.
    name: String,
}

impl Throttle {
    /// An account has a record of its own. Names that nobody has share 65,536, so that guessing names fills no store; which
    /// one a name gets is a secret, so that nobody makes another name meet it.
    fn of(services: &Services<'_>, account: Option<&str>, name: &str) -> Result<Self, ApiError> {
        let hash = services.sealing_keys()?.fingerprint(Purpose::UnknownName, name);
        Ok(match account {
            Some(uuid) => Self { key: known_key(uuid), name: String::new() },
            None => Self {
                key: format!("berth/failed-sign-ins/unknown-{:02x}{:02x}", hash[0], hash[1]),
                name: URL_SAFE_NO_PAD.encode(hash),
            },
        })
    }

    /// Notes an attempt, if one is heard at all. The store cannot compare and set: an attempt whose note another one
    /// overwrote makes it again.
    fn begin(&self, services: &Services<'_>) -> Result<Attempt, ApiError> {
        let attempt = Attempt::from_le_bytes(services.random().bytes());
        for _ in 0..=MOST_AT_ONCE {
            let Some(before) = self.failures(services)? else { return Ok(attempt) };
            if before.open.contains(&attempt) {
                return Ok(attempt);
            }
            before.require_over(services.now())?;
            self.set(services, &before.begun(attempt, services.now()))?;
        }
        Err(ApiError::TooManyAttempts { retry_after_s: 1 })
    }

    /// Notes that an attempt was a failure.
    fn settle(&self, services: &Services<'_>, attempt: Attempt) -> Result<(), ApiError> {
        let Some(before) = self.failures(services)? else { return Ok(()) };
        self.set(services, &before.settled(attempt, services.now()))
    }

    /// The failures so far; none where the record is another name's, which stays until its wait is over.
    fn failures(&self, services: &Services<'_>) -> Result<Option<Failures>, ApiError> {
        let kept = services.key_value().get(&self.key)?;
        let kept: Option<Failures> = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
        Ok(match kept {
            Some(own) if own.name == self.name => Some(own),
            Some(other) if other.counts_at(services.now()) => None,
            _ => Some(Failures { name: self.name.clone(), ..Failures::default() }),
        })
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

    /// Guesses that are made at the same time would otherwise all be heard before the first of them is known to be wrong.
    #[test]
    fn what_is_being_checked_counts() {
        let now = Timestamp::from_micros(0).plus_seconds(1_000);
        let begin = |failures: Failures, attempt| {
            failures.require_over(now)?;
            Ok::<_, ApiError>(failures.begun(attempt, now))
        };
        let most = (1..=8).try_fold(Failures::default(), begin);
        let most = most.expect("programs ask in parallel");
        assert!(begin(most.clone(), 9).is_err(), "but not without end");
        // All of them were wrong.
        let wrong = (1..=8).fold(most.clone(), |failures, attempt| failures.settled(attempt, now));
        assert_eq!((wrong.count, wrong.open.len()), (8, 0));
        assert!(wrong.require_over(now.plus_seconds(127)).is_err());
        assert!(wrong.require_over(now.plus_seconds(128)).is_ok());
        // After a failure there is one guess at a time.
        let one = Failures::default().begun(1, now).settled(1, now);
        let later = now.plus_seconds(1);
        assert!(one.require_over(later).is_ok());
        assert!(one.begun(2, later).require_over(later).is_err());
        // Nobody waits for an instance that is gone.
        assert!(most.open_at(now.plus_seconds(CHECK_TIMEOUT_S)).is_empty());
        // A right one took the record away.
        assert_eq!(Failures::default().settled(1, now).count, 1);
    }
}
