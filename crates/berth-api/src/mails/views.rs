//! Mails as superusers see them.

use berth_domain::secret::SecretKeys;
use berth_store::mails::OutboxMail;
use schemars::JsonSchema;
use serde::Serialize;

use crate::mails::outbox::Content;

/// A mail of the outbox.
#[derive(JsonSchema, Serialize)]
pub(crate) struct MailView {
    id: String,
    to: String,
    subject: String,
    /// What it says, while that is kept and may be shown.
    text: Option<String>,
    created: String,
    /// `delivered`, `waiting`, `failed`, or `held` while there is no gateway.
    state: &'static str,
    attempts: i64,
    next_attempt: Option<String>,
    delivered: Option<String>,
    error: Option<String>,
}

impl MailView {
    /// A mail, without its text where that is `hidden`. One that cannot be opened, its key being lost, is shown like one that is
    /// not kept.
    pub(super) fn new(keys: &SecretKeys, mail: OutboxMail, hidden: bool) -> Self {
        let sealed = mail.sealed_content.as_deref().filter(|_| !hidden);
        let content = sealed.map(|sealed| Content::open(keys, sealed));
        let text = content.and_then(Result::ok).map(|content| content.text);
        Self {
            id: mail.uuid,
            to: mail.recipient,
            subject: mail.subject,
            text,
            created: mail.created_at.to_rfc2822(),
            state: mail.delivery.state(),
            attempts: mail.delivery.attempts,
            next_attempt: mail.delivery.due_at.map(|at| at.to_rfc2822()),
            delivered: mail.delivery.delivered_at.map(|at| at.to_rfc2822()),
            error: mail.delivery.last_error,
        }
    }
}

berth_web::lists! {
    /// A page of the outbox, the newest first.
    pub(crate) struct Mails { mails: Vec<MailView> }
}
