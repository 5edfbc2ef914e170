//! Bodies about messages to everybody (`docs/contract/quay.md` 10).

use berth_web::{Choice, Json};

/// A new message
///
/// `POST /api/v1/messages`.
#[derive(Json)]
#[json(name = "CreateMessage")]
pub(crate) struct NewMessage {
    /// The message
    pub(super) message: Content,
}

/// A message to everybody
#[derive(Json)]
#[json(name = "Message")]
pub(super) struct Content {
    /// What it says
    pub(super) content: String,
    /// How to read it
    pub(super) media_type: MediaType,
    /// How serious it is
    pub(super) severity: Severity,
}

#[derive(Choice)]
pub(super) enum MediaType {
    #[choice("text/plain")]
    Plain,
    #[choice("text/markdown")]
    Markdown,
}

#[derive(Choice)]
pub(super) enum Severity {
    Info,
    Warning,
    Error,
}
