//! The component `registry-client`: exports `berth:outbound/registry` (`wit/registry.wit`) and `berth:outbound/callback`
//! (`wit/callback.wit`), the only code that talks to upstream registries and to addresses that callers name.
//!
//! [`handshake`] is the distribution API's authentication, [`upstream_client`] checks destinations and follows redirects,
//! `host` is HTTP and name look-up on WASI. Only the last needs a host.

mod bindings;
mod callback;
#[cfg(target_family = "wasm")]
mod exported;
mod handshake;
#[cfg(target_family = "wasm")]
mod host;
mod response;
mod upstream_client;

pub use berth_upstream::TOKEN_BYTES as TOKEN_LIMIT;
pub use bindings::{Credentials, Destination, Failure, LookUpError, Upstream, Verdict};
pub use callback::post;
pub use handshake::check;
pub use upstream_client::HttpClient;
