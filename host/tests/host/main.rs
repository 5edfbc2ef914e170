//! The host as it runs: the binary `berth`, real components (`tests/fixtures/`), and TCP. One file
//! per concern; `harness` starts hosts and speaks HTTP to them.
#![cfg(feature = "end-to-end")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod external;
mod fair;
mod harness;
mod limits;
mod outbound;
mod requests;
mod start;
mod stop;
mod storage;
mod streams;
