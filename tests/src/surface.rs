//! The surface: every row of every route table, with what it answers and to whom.
//!
//! `tests/surface/requests.txt` says what is sent to each row: requests that succeed, and one that does not. The answers
//! are in `tests/surface/answers/`, the permitted callers in `tests/surface/who.txt`; `tests/surface.rs` compares.

mod answers;
mod behind;
mod fixture;
#[cfg(feature = "end-to-end")]
mod over_tcp;
mod redactions;
mod requests;
mod secrets;

pub use answers::Transcripts;
pub use behind::BEHIND;
pub(crate) use fixture::Upstreams;
pub use fixture::{Fixture, content_type, send_as, sender};
#[cfg(feature = "end-to-end")]
pub use over_tcp::OverTcp;
pub use requests::{Ask, Case, Given, Script, Step, Who};
pub use secrets::Secrets;
