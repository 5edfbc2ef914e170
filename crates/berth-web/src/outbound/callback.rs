//! Addresses that callers name: `berth:outbound/callback` of `wit/callback.wit`, which says what each word means.

/// Tells an address of something.
pub trait Callback {
    /// Posts JSON.
    ///
    /// # Errors
    /// Why there is no answer, for the log.
    fn post(&self, to: &Destination, body: &str) -> Result<u16, String>;
}

/// An address, and what may be reached.
#[derive(Debug, Clone)]
pub struct Destination {
    /// `http://` or `https://`.
    pub url: String,
    /// Host names and CIDRs that may be reached although they are private.
    pub allowed: Vec<String>,
    /// Host names that may be reached where the host looks no names up.
    pub without_look_up: Vec<String>,
    /// Whether the host itself keeps components out of private networks.
    pub host_blocks: bool,
}
