//! End to end: the real .wasm files on the host, over TCP.
//!
//! `Host` starts `berth up` on a free port with a state directory of its own; [`Client`] sends requests to it. What can
//! be tested without a host is tested without one, in the crates themselves or natively in this one.
//!
//! The feature `end-to-end`, on by default, divides the tests: without it there is no `Host`, and files of `tests/` that begin
//! with `#![cfg(feature = "end-to-end")]` are empty. So `cargo xtask check` runs all the others, and a test that needs a host
//! and does not say so does not compile.

#[cfg(feature = "end-to-end")]
mod browser;
mod client;
mod closed_port;
pub mod components;
pub mod console;
pub mod docs;
mod durable;
#[cfg(feature = "end-to-end")]
mod host;
pub mod image;
pub mod large;
pub mod lists;
#[cfg(feature = "end-to-end")]
pub mod packages;
pub mod quay;
#[cfg(feature = "end-to-end")]
pub mod registry;
#[cfg(feature = "end-to-end")]
mod servers;
pub mod small_upstream;
pub mod surface;
mod workspace;

#[cfg(feature = "end-to-end")]
pub use browser::Browser;
pub use client::{Client, Reply, Session};
pub use closed_port::{ClosedPort, free_port};
pub use durable::require_organizations;
#[cfg(feature = "end-to-end")]
pub use host::{Host, HostOptions};
#[cfg(feature = "end-to-end")]
pub use servers::{Redis, Sqld};
pub use workspace::{repository_root, target_directory};

/// Whether tests write what they find, in place of comparing: `cargo xtask accept` sets the variable.
#[must_use]
pub fn accepts() -> bool {
    std::env::var_os("BERTH_ACCEPT").is_some()
}
