//! End to end: the real .wasm files on the host, over TCP.
//!
//! [`Host`] starts `berth up` on a free port with a state directory of its own; [`Client`] sends requests to it. What can
//! be tested without a host is tested without one, in the crates themselves.

mod browser;
mod client;
mod closed_port;
pub mod components;
pub mod docs;
mod host;
pub mod large;
pub mod quay;
pub mod surface;
pub mod swagger;

pub use browser::Browser;
pub use client::{Client, Reply, Session};
pub use closed_port::ClosedPort;
pub use host::{Host, HostOptions, repository_root, target_directory};
