//! Checking passwords: at the same cost for accounts that do not exist, and never before it is known that the attempt is
//! heard (`docs/contract/quay.md` 0.3 F6, 5.4).
//!
//! Who guesses waits. Failures are counted
//! * for each name as it is typed, from each client address: the wait doubles. Nobody locks out anybody at another address;
//! * for each client address, whatever the names: guesses at names that nobody has cost as much as others;
//! * for each name from all addresses: many addresses together guess no faster than a hundred times an hour. It holds up
//!   nobody at an address from which the name was signed in before.
//!
//! A name is what was typed, whether or not somebody has it: nothing tells that a name and an address are one account. A
//! device from which the account was signed in to before has a count of its own in place of all these.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use berth_access::Caller;
use berth_domain::secret::{
    Purpose, equal_in_constant_time, hash_token, reserve_hashing_memory, verify_password,
};
use berth_domain::settings;
use berth_store::accounts::{self, SignInRow};

use crate::device::Device;
use crate::error::ApiError;
use crate::request::Request;
use crate::services::Services;
use crate::throttle::{self, Attempt, Rule, Throttle};

/// The hash of no password, with the parameters of the real ones: what is verified where there is none.
const NOBODY_S_HASH: &str = "$argon2id$v=19$m=7168,t=5,p=1$bm9ib2R5IHNpZ25zIGluIQ$\
    DIRCzC9PEiVX6h8GqnQfsQ2F9cO5WDqcEg2xVnRoC8Q";

/// How many passwords are checked at the same moment for one name from one address, and from one device: programs ask in
/// parallel.
const MOST_OF_A_NAME: usize = 8;

/// How many passwords of one client address are checked at the same moment.
const MOST_OF_AN_ADDRESS: usize = 32;

/// How many failures of one name count in an hour, from all addresses.
const FAILURES_OF_A_NAME: i64 = 100;

/// How long an address is known from which a name was signed in, in seconds: a month.
const KNOWN_FOR_S: i64 = 30 * 86_400;

/// What came of a check.
pub enum Checked {
    /// It is the password.
    Right(SignInRow),
    /// It is the password of an account that may not be used.
    Disabled,
    /// It is not the password, or there is no such account: the answer does not say which.
    Wrong,
}

/// Checks the password of the user with that name, or else with that e-mail address.
///
/// # Errors
/// [`ApiError::TooManyAttempts`] soon after failures, whatever the password; [`ApiError`] when a store does not answer.
pub fn check(
    services: &Services<'_>,
    request: &Request,
    name_or_email: &str,
    password: &str,
) -> Result<Checked, ApiError> {
    let user = accounts::for_sign_in(services.db(), name_or_email)?;
    check_of(services, request, user, name_or_email, password)
}

/// As [`check`], of the person who calls, whatever their name is by now.
///
/// # Errors
/// As there.
pub fn check_own(
    services: &Services<'_>,
    request: &Request,
    caller: &Caller,
    password: &str,
) -> Result<Checked, ApiError> {
    let user = accounts::sign_in_row(services.db(), caller.id)?;
    check_of(services, request, user, &caller.name, password)
}

fn check_of(
    services: &Services<'_>,
    request: &Request,
    user: Option<SignInRow>,
    name: &str,
    password: &str,
) -> Result<Checked, ApiError> {
    let account = user.as_ref().map(|user| (user.uuid.as_str(), user.password_hash.as_deref()));
    let right = is_right(services, request, account, name, password)?;
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
    request: &Request,
    account: Option<(&str, Option<&str>)>,
    name: &str,
    password: &str,
) -> Result<bool, ApiError> {
    let guess = Guess::begin(services, request, account.map(|(uuid, _)| uuid), name)?;
    let hash = account.and_then(|(_, hash)| hash);
    let right = verify_password(password, hash.unwrap_or(NOBODY_S_HASH)) && hash.is_some();
    guess.end(right)?;
    Ok(right)
}

/// A password that is being checked, and what counts it.
struct Guess<'a> {
    /// The name from the address, or the device.
    own: Attempt<'a>,
    /// Of a client that is not known yet: its address, where that is limited, and the name from everywhere.
    shared: Option<(Option<Attempt<'a>>, Throttle<'a>)>,
}

impl<'a> Guess<'a> {
    /// Notes it, if it is heard.
    fn begin(
        services: &'a Services<'a>,
        request: &Request,
        account_uuid: Option<&str>,
        name: &str,
    ) -> Result<Self, ApiError> {
        let by_name = everywhere(services, name)?;
        let known = by_name.record()?;
        let forgiven_at = known.as_ref().map_or(0, |record| record.forgiven_at);
        let own = |kind, parts: &[&str]| {
            let own = Throttle::new(services, kind, parts, Rule::Doubling, MOST_OF_A_NAME);
            own.map(|own| own.forgiven(forgiven_at))
        };
        let device = account_uuid.map(|uuid| Device::of(services, request, uuid));
        if let Some(device) = device.transpose()?.flatten() {
            let own = own("device", &[&device.account, &device.id])?;
            reserve_hashing_memory();
            return Ok(Self { own: own.begin()?, shared: None });
        }
        let network = throttle::network(request);
        let own = own("name", &[&typed(name), &network])?;
        let by_address = by_address(services, &network)?;
        // Whoever is refused is refused before anything is noted.
        if let Some(by_address) = &by_address {
            by_address.require()?;
        }
        let since = services.now().plus_seconds(-KNOWN_FOR_S).as_micros();
        let before = own.record()?;
        if let Some(known) = known.filter(|_| before.is_none_or(|own| own.succeeded_at < since)) {
            by_name.require_of(&known)?;
        }
        reserve_hashing_memory();
        let own = own.begin()?;
        let by_address = by_address.map(Throttle::begin).transpose();
        if by_address.is_err() {
            own.withdraw()?;
        }
        Ok(Self { own, shared: Some((by_address?, by_name)) })
    }

    /// Notes what came of it.
    fn end(&self, right: bool) -> Result<(), ApiError> {
        let by_address = self.shared.as_ref().and_then(|(by_address, _)| by_address.as_ref());
        if right {
            self.own.succeed()?;
            return by_address.map_or(Ok(()), Attempt::succeed);
        }
        self.own.fail()?;
        by_address.map_or(Ok(()), Attempt::fail)?;
        self.shared.as_ref().map_or(Ok(()), |(_, by_name)| by_name.count())
    }
}

/// The failures of a name from all addresses.
fn everywhere<'a>(services: &'a Services<'a>, name: &str) -> Result<Throttle<'a>, ApiError> {
    let rule = Rule::per(FAILURES_OF_A_NAME, 3_600);
    Throttle::new(services, "everywhere", &[&typed(name)], rule, usize::MAX)
}

/// The failures of an address, whatever the names; none where they are not limited.
fn by_address<'a>(
    services: &'a Services<'a>,
    network: &str,
) -> Result<Option<Throttle<'a>>, ApiError> {
    let limit = services.read_setting(&settings::SIGN_IN_FAILURES_PER_MINUTE)?;
    let rule = Rule::per(limit, 60);
    let throttle = || Throttle::new(services, "address", &[network], rule, MOST_OF_AN_ADDRESS);
    (limit > 0).then(throttle).transpose()
}

/// A name as it is counted: addresses are the same in any case.
fn typed(name: &str) -> String {
    if name.contains('@') { name.trim().to_lowercase() } else { name.to_owned() }
}

/// Forgets the failures of an account, whose password was changed.
///
/// # Errors
/// [`ApiError`] when the key-value store does not answer.
pub fn forgive(services: &Services<'_>, name: &str, email: &str) -> Result<(), ApiError> {
    everywhere(services, name)?.forgive()?;
    everywhere(services, email)?.forgive()
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
    let text = client_password(account_uuid, password_hash);
    Ok(STANDARD.encode(services.seal(Purpose::ClientPassword, &text)?))
}

/// Whether `given` is what [`for_clients`] gives for the account: it is not guessed, so it is not throttled.
///
/// # Errors
/// [`ApiError`] when the secret keys cannot be had.
pub(crate) fn is_for_clients(
    services: &Services<'_>,
    account_uuid: &str,
    password_hash: &str,
    given: &str,
) -> Result<bool, ApiError> {
    let Ok(sealed) = STANDARD.decode(given) else { return Ok(false) };
    let Some(opened) = services.open(Purpose::ClientPassword, &sealed)? else { return Ok(false) };
    let text = client_password(account_uuid, password_hash);
    Ok(equal_in_constant_time(opened.text.as_bytes(), text.as_bytes()))
}

/// What is sealed in the password of an account for clients.
fn client_password(account_uuid: &str, password_hash: &str) -> String {
    format!("{account_uuid} {}", URL_SAFE_NO_PAD.encode(hash_token(password_hash)))
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
}
