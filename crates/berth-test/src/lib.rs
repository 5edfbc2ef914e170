//! An application for tests: route tables on in-memory SQLite, a clock that does not move, entropy from a seed.
//!
//! Every request made through it is also checked against rules that no test should have to repeat: the statement budget (2
//! for a read, 8 for a change), a read changes nothing, a failed change leaves no trace in the log, a change logs what its
//! route says it logs, and does log it, an answer is one that discovery describes, and each setting is asked for once.

mod app;
mod html;
mod network;
mod pages;
mod platform;
mod redact;
mod roles;
mod servers;
mod tcp;

pub use app::{App, As, Reply};
pub use html::lines_of_html;
pub use pages::{Browser, PageForm};
pub use platform::{DeliveredMail, Failure};
pub use redact::{SECRETS, is_error_code, redacted, redacted_text, redaction};
pub use servers::{Pieces, Server, Servers};
pub use tcp::TcpClient;
