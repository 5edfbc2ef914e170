//! What the host provides, as traits: `berth-spin` implements them on Spin, tests on plain Rust.

use berth_domain::Timestamp;
use berth_store::Database;

use crate::outbound::Outbound;
use thiserror::Error;

/// What a component gets from its host.
#[derive(Clone, Copy)]
pub struct Platform<'a> {
    /// The truth.
    pub database: &'a dyn Database,
    /// What may be lost, or is a single key.
    pub key_value: &'a dyn KeyValue,
    /// Settings.
    pub variables: &'a dyn Variables,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Randomness fit for secrets.
    pub entropy: &'a dyn Entropy,
    /// What leaves the machine.
    pub outbound: Outbound<'a>,
}

/// A key-value store. Every key begins with `berth/`; values carry their own expiry.
pub trait KeyValue {
    /// The value of `key`.
    ///
    /// # Errors
    /// [`PlatformError`] when the store does not answer.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, PlatformError>;

    /// Stores `value` under `key`.
    ///
    /// # Errors
    /// [`PlatformError`] when the store does not answer.
    fn set(&self, key: &str, value: &[u8]) -> Result<(), PlatformError>;

    /// Removes `key`, if it is there.
    ///
    /// # Errors
    /// [`PlatformError`] when the store does not answer.
    fn delete(&self, key: &str) -> Result<(), PlatformError>;
}

/// The variables of the application.
pub trait Variables {
    /// The value of the variable `name`.
    ///
    /// # Errors
    /// [`PlatformError`] when the component may not read it or its provider does not answer.
    fn get(&self, name: &str) -> Result<String, PlatformError>;
}

/// A clock.
pub trait Clock {
    /// The present time.
    fn now(&self) -> Timestamp;
}

/// A source of randomness fit for secrets.
pub trait Entropy {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// A failure of what the host provides, in words. For the log, never for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct PlatformError(pub String);
