//! Mails: written into the outbox with what causes them.
//!
//! A [`Mail`] is sealed before the transaction begins (the keys may have to be made first), or in it where something else was
//! sealed before, and posted in it. It leaves after the commit, where a gateway is set; without one it stays in the outbox,
//! where superusers read it, and leaves when there is one, while its link works.

use berth_access::Permit;
use berth_domain::secret::{Purpose, SecretKeys};
use berth_domain::settings::{Setting, Settings};
use berth_domain::{Timestamp, settings};
use berth_store::Transaction;
use berth_store::mails::{self, NewMail, Sender};
use maud::{DOCTYPE, html};
use serde::{Deserialize, Serialize};

use berth_web::{ApiError, Context, RateLimit, Services, network};

/// What rows declare that write mails to others.
pub(crate) const SETTINGS: Settings = &[
    &settings::FEATURE_MAILING,
    &settings::MAILS_PER_HOUR,
    &settings::MAILS_TO_ADDRESS_PER_HOUR,
    &settings::MAIL_GATEWAY_URL,
    &settings::PREFERRED_URL_SCHEME,
    &settings::REGISTRY_TITLE,
    &settings::SERVER_HOSTNAME,
];

/// A mail, as plain words.
#[derive(Debug)]
pub(crate) struct Mail<'a> {
    /// The address that it is for.
    pub to: &'a str,
    /// Subject.
    pub subject: String,
    /// What it says before the link.
    pub paragraphs: Vec<String>,
    /// What it is about, for whoever reads it.
    pub link: Link,
}

/// A link of a mail.
#[derive(Debug)]
pub(crate) struct Link {
    /// What happens on following it.
    pub label: &'static str,
    /// Where it leads.
    pub url: String,
}

/// What is sealed of a mail.
#[derive(Serialize, Deserialize)]
pub struct Content {
    /// As plain text.
    pub text: String,
    /// As HTML.
    pub html: String,
}

impl Content {
    /// Opens what is kept of a mail.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when the keys are not those that sealed it.
    pub fn open(keys: &SecretKeys, sealed: &[u8]) -> Result<Self, ApiError> {
        let opened = keys.open(Purpose::Mail, sealed)?;
        serde_json::from_str(&opened.text)
            .map_err(|error| ApiError::Internal(format!("a mail cannot be read: {error}")))
    }
}

/// A mail that is ready to be posted.
#[derive(Clone)]
pub(crate) struct SealedMail<'a> {
    services: &'a Services<'a>,
    uuid: String,
    to: String,
    subject: String,
    sealed_content: Vec<u8>,
    is_due: bool,
    held_until: Timestamp,
}

/// How long a mail without a code is worth delivering, in seconds.
const WORTH_S: i64 = 86_400;

impl Mail<'_> {
    /// Makes it ready. In a transaction only where the request sealed something before: the key is known then.
    ///
    /// # Errors
    /// [`ApiError`] when the keys cannot be had.
    pub(crate) fn seal<'s>(&self, services: &'s Services<'s>) -> Result<SealedMail<'s>, ApiError> {
        let content = self.content(&services.setting(&settings::REGISTRY_TITLE));
        let content = serde_json::to_string(&content)
            .map_err(|error| ApiError::Internal(format!("a mail cannot be written: {error}")))?;
        Ok(SealedMail {
            services,
            uuid: services.random().uuid(),
            to: self.to.to_owned(),
            subject: self.subject.clone(),
            sealed_content: services.seal(Purpose::Mail, &content)?,
            is_due: has_gateway(services),
            held_until: services.now().plus_seconds(WORTH_S),
        })
    }

    fn content(&self, registry: &str) -> Content {
        let Link { label, url } = &self.link;
        let mut text = self.paragraphs.join("\n\n");
        text.push_str(&format!("\n\n{label}:\n{url}\n\n-- \n{registry}\n"));
        let html = html! {
            (DOCTYPE)
            html {
                body {
                    @for paragraph in &self.paragraphs { p { (paragraph) } }
                    p { a href=(url) { (label) } }
                    p { (registry) }
                }
            }
        };
        Content { text, html: html.into_string() }
    }
}

impl SealedMail<'_> {
    /// The same with a code that works until then: it does not leave later, if it is held until there is a gateway.
    #[must_use]
    pub(crate) fn until(mut self, expires_at: Timestamp) -> Self {
        self.held_until = expires_at;
        self
    }

    /// Writes it into the outbox; returns the row id. It goes with the user or organization that it is about. One statement.
    ///
    /// # Errors
    /// [`ApiError`] when the database fails.
    pub(crate) fn enqueue(&self, tx: &Transaction<'_>, account_id: i64) -> Result<i64, ApiError> {
        let id = mails::append(tx, &self.mail(account_id))?;
        if self.is_due {
            self.services.note_due_mail();
        }
        Ok(id)
    }

    /// As [`Self::enqueue`], on behalf of somebody who may not write to strangers without end; none where a limit is reached.
    ///
    /// # Errors
    /// [`ApiError`] when the database fails.
    pub(crate) fn enqueue_for(
        &self,
        tx: &Transaction<'_>,
        account_id: i64,
        sender: &MailSender,
    ) -> Result<Option<i64>, ApiError> {
        let id = mails::append_limited(tx, &self.mail(account_id), sender.limits())?;
        if self.is_due && id.is_some() {
            self.services.note_due_mail();
        }
        Ok(id)
    }

    /// The error where a limit keeps it back: 429, and when to try again.
    ///
    /// # Errors
    /// [`ApiError`] when the database fails.
    pub(crate) fn refusal(
        &self,
        tx: &Transaction<'_>,
        account_id: i64,
        sender: &MailSender,
    ) -> Result<ApiError, ApiError> {
        let reached = mails::reached_limit(tx, &self.mail(account_id), sender.limits())?;
        Ok(ApiError::TooManyRequests {
            message: "Too many mails to this address, or on your behalf. Please try again later."
                .into(),
            limit: RateLimit { limit: reached.limit, reset_s: reached.wait_s },
        })
    }

    fn mail(&self, account_id: i64) -> NewMail<'_> {
        NewMail {
            uuid: &self.uuid,
            account_id,
            recipient: &self.to,
            subject: &self.subject,
            sealed_content: &self.sealed_content,
            is_due: self.is_due,
            held_until: self.held_until,
            at: self.services.now(),
        }
    }
}

/// The sender of a mail to others, whose limits count.
pub(crate) struct MailSender {
    id: String,
    hourly_limit: i64,
    hourly_limit_of_address: i64,
}

impl MailSender {
    /// The caller, or the client's network where the caller is unknown. For rows that declare [`SETTINGS`].
    pub(crate) fn of<P: Permit>(cx: &Context<'_, P>) -> Self {
        let id = match cx.grant.caller() {
            Some(caller) => caller.uuid.clone(),
            None => network(cx.request()),
        };
        let hourly_limit = limit(cx.services(), &settings::MAILS_PER_HOUR);
        Self { id, hourly_limit, ..Self::recovery(cx.services()) }
    }

    /// Somebody who forgot a password: nothing says who. What one address gets is limited, and no more. For rows as above.
    #[must_use]
    pub(crate) fn recovery(services: &Services<'_>) -> Self {
        let hourly_limit_of_address = limit(services, &settings::MAILS_TO_ADDRESS_PER_HOUR);
        Self { id: "recovery".into(), hourly_limit: i64::MAX, hourly_limit_of_address }
    }

    fn limits(&self) -> Sender<'_> {
        Sender {
            id: &self.id,
            hourly_limit: self.hourly_limit,
            hourly_limit_of_address: self.hourly_limit_of_address,
        }
    }
}

/// The value of a setting of which 0 is no limit.
fn limit(services: &Services<'_>, setting: &Setting<i64>) -> i64 {
    match services.setting(setting) {
        0 => i64::MAX,
        limit => limit,
    }
}

/// Whether people who are in no team of an organization are invited instead of being added: where mail is on, as
/// `require_team_invite` says; by default where mails leave, since people read of an invitation in no other place.
pub(crate) fn requires_team_invite(services: &Services<'_>) -> bool {
    services.setting(&settings::REQUIRE_TEAM_INVITE).unwrap_or_else(|| has_gateway(services))
}

/// Whether mails leave at all.
pub(crate) fn has_gateway(services: &Services<'_>) -> bool {
    !services.setting(&settings::MAIL_GATEWAY_URL).is_empty()
}
