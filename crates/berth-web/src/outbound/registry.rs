//! Upstream registries: `berth:outbound/registry` of `wit/registry.wit`, which says what each word means.

use std::net::IpAddr;

pub use berth_domain::destination::LookUpError;
use serde::{Deserialize, Serialize};

/// Reaches upstream registries.
pub trait Registry {
    /// The addresses of a name.
    ///
    /// # Errors
    /// Why there are none.
    fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError>;

    /// Tries to get in, as a pull would.
    ///
    /// # Errors
    /// Why it cannot be told whether the registry lets us in.
    fn check(&self, upstream: &Upstream<'_>) -> Result<Verdict, Failure>;
}

/// A registry to be reached.
pub struct Upstream<'a> {
    /// `host[:port][/namespace]`.
    pub name: &'a str,
    /// Plain HTTP.
    pub insecure: bool,
    /// User name and password.
    pub credentials: Option<(&'a str, &'a str)>,
    /// Host names and CIDRs that may be reached although they are private.
    pub allowed: &'a [String],
    /// Host names that may be reached where the host looks no names up.
    pub without_look_up: &'a [String],
    /// Whether the host itself keeps components out of private networks.
    pub host_blocks: bool,
}

/// What a registry says to our credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The registry lets us in.
    Valid,
    /// The registry is there, and refuses what we showed.
    Anonymous,
}

/// Why a registry did not let itself be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// A name has no address.
    NameNotResolved(String),
    /// An address or a name is private, or the host forbids to call it.
    AddressNotAllowed(String),
    /// The host looks no names up, and nobody vouches for this one.
    NotChecked(String),
    /// Nothing listens, or it hung up.
    ConnectionRefused,
    /// Slower than we wait.
    TimeOut,
    /// No TLS, or a certificate that nobody vouches for.
    Tls,
    /// Credentials were refused, or are needed and were not given.
    AuthenticationRefused,
    /// What answers does not speak the distribution API.
    NotARegistry,
    /// More redirects than anybody needs.
    TooManyRedirects,
    /// An answer without end.
    AnswerTooLarge,
    /// 429, with the seconds to wait where the registry says so.
    RateLimited(Option<u32>),
    /// Any other status.
    UpstreamError(u16),
    /// Anything else between us and the registry.
    Unreachable,
}
