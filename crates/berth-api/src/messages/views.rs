//! Messages as answers show them.

use berth_store::messages::Message;
use schemars::JsonSchema;
use serde::Serialize;

/// A message to everybody (`docs/contract/quay.md` 10).
#[derive(JsonSchema, Serialize)]
pub(crate) struct GlobalMessage {
    uuid: String,
    content: String,
    /// `info`, `warning` or `error`.
    severity: String,
    /// `text/plain` or `text/markdown`.
    media_type: String,
}

impl From<Message> for GlobalMessage {
    fn from(Message { uuid, content, severity, media_type }: Message) -> Self {
        Self { uuid, content, severity, media_type }
    }
}

berth_web::lists! {
    /// The messages to everybody.
    pub(crate) struct GlobalMessages { messages: Vec<GlobalMessage> }
}
