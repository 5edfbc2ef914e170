//! `berth-web`'s traits on Spin's interfaces.

use std::cell::OnceCell;
use std::time::{SystemTime, UNIX_EPOCH};

use berth_domain::Timestamp;
use berth_web::{Clock, Entropy, KeyValue, Outbound, Platform, PlatformError, Variables};
use spin_sdk::key_value::Store;

#[cfg(feature = "hrana")]
use crate::hrana as database;
#[cfg(not(feature = "hrana"))]
use crate::sqlite as database;

/// What a request has spin of the host: each store at its first use, since opening one costs a call (on libSQL a round
/// trip).
pub(crate) struct SpinPlatform<'a> {
    database: database::Database,
    key_value: Keys,
    outbound: Outbound<'a>,
}

impl<'a> SpinPlatform<'a> {
    pub(crate) fn new(outbound: Outbound<'a>) -> Self {
        Self { database: database::open(), key_value: Keys(OnceCell::new()), outbound }
    }

    pub(crate) fn platform(&self) -> Platform<'_> {
        Platform {
            database: &self.database,
            key_value: &self.key_value,
            variables: &SpinVariables,
            clock: &HostClock,
            entropy: &HostEntropy,
            outbound: self.outbound,
        }
    }
}

struct Keys(OnceCell<Store>);

impl Keys {
    fn store(&self) -> Result<&Store, PlatformError> {
        if let Some(store) = self.0.get() {
            return Ok(store);
        }
        let store = Store::open_default().map_err(key_value_error)?;
        Ok(self.0.get_or_init(|| store))
    }
}

impl KeyValue for Keys {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, PlatformError> {
        self.store()?.get(key).map_err(key_value_error)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), PlatformError> {
        self.store()?.set(key, value).map_err(key_value_error)
    }

    fn delete(&self, key: &str) -> Result<(), PlatformError> {
        self.store()?.delete(key).map_err(key_value_error)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn key_value_error(error: spin_sdk::key_value::Error) -> PlatformError {
    PlatformError(format!("key-value store: {error}"))
}

struct SpinVariables;

impl Variables for SpinVariables {
    fn get(&self, name: &str) -> Result<String, PlatformError> {
        spin_sdk::variables::get(name).map_err(|error| PlatformError(error.to_string()))
    }
}

struct HostClock;

impl Clock for HostClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

struct HostEntropy;

impl Entropy for HostEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the host gives no randomness: {error}");
        }
    }
}
