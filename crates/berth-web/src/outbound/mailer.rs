//! Mail: `berth:outbound/mailer` of `wit/mailer.wit`, which says what each word means.

/// Delivers mail.
pub trait Mailer {
    /// Hands a mail to the gateway.
    ///
    /// # Errors
    /// Why it did not take it, for the log.
    fn deliver(&self, gateway: &Gateway, message: &Message<'_>) -> Result<(), String>;
}

/// Who takes mails in.
pub struct Gateway {
    /// Where they are posted.
    pub url: String,
    /// The Bearer token that the gateway wants; empty when it wants none.
    pub token: String,
}

/// A mail.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The same for every attempt to deliver the same mail.
    pub id: &'a str,
    /// Sender.
    pub from: &'a str,
    /// Recipient.
    pub to: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// As plain text.
    pub text: &'a str,
    /// As HTML.
    pub html: &'a str,
}
