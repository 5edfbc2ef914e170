//! The component `registry-client`: exports `berth:outbound/registry` (`wit/registry.wit`), `berth:outbound/callback`
//! (`wit/callback.wit`) and `berth:outbound/distribution` (`wit/distribution.wit`): the only code that talks to upstream registries, to
//! addresses that callers name, and to the registry behind Berth.
//!
//! [`handshake`] is the distribution API's authentication, [`upstream_client`] checks destinations and follows redirects,
//! [`distribution`] reads and deletes tags, `host` is HTTP and name look-up on WASI. Only the last needs a host.

mod bindings;
mod callback;
pub mod distribution;
#[cfg(target_family = "wasm")]
mod exported;
mod handshake;
#[cfg(target_family = "wasm")]
mod host;
mod response;
mod upstream_client;

pub use berth_upstream::TOKEN_BYTES as TOKEN_LIMIT;
pub use bindings::{
    Credentials, Descriptor, Destination, DistributionFailure, Failure, LookUpError, Manifest,
    Repository, TagPage, Upstream, Verdict,
};
pub use callback::post;
pub use handshake::check;
pub use upstream_client::HttpClient;
