//! The component `registry-client`: exports `berth:outbound/registry` (`wit/registry.wit`), the only code that talks to
//! upstream registries.
//!
//! [`handshake`] is the distribution API's way in, [`browser`] goes where it may and follows redirects, `wire` is HTTP and
//! name look-up on WASI. Only the last needs a host.

mod browser;
#[cfg(target_family = "wasm")]
mod exported;
mod handshake;
mod reply;
#[cfg(target_family = "wasm")]
mod wire;

#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "registry-provider",
        additional_derives: [PartialEq],
    });
}

pub use bindings::exports::berth::outbound::registry::{
    Credentials, Failure, LookUpError, Upstream, Verdict,
};
pub use browser::{TOKEN_LIMIT, Web};
pub use handshake::check;
pub use reply::Reply;
