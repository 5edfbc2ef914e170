//! Mails about accounts, and the codes in them.

use crate::mails::outbox::{Link, Mail, MailSender, SealedMail, has_gateway};
use berth_domain::secret::hash_token;
use berth_domain::{EmailAddress, Timestamp, settings};
use berth_store::Transaction;
use berth_store::accounts::{Addressee, EmailCode};
use berth_web::{ApiError, Services};

/// How long an address can be confirmed, in seconds: a week.
const CONFIRMATION_LIFETIME_S: i64 = 7 * 86_400;

/// How long a forgotten password can be replaced, in seconds: half an hour, as in the original.
pub(crate) const RECOVERY_LIFETIME_S: i64 = 1_800;

/// Length of a code, in characters.
const CODE_LENGTH: usize = 40;

/// Whether addresses must be confirmed: mail is on and goes somewhere.
pub(crate) fn wants_confirmation(services: &Services<'_>) -> bool {
    services.setting(&settings::FEATURE_MAILING) && has_gateway(services)
}

/// A code on its way to an address: its hash stays here, its text leaves in a mail.
#[derive(Clone)]
pub(crate) struct CodeMail<'a> {
    hash: Vec<u8>,
    expires_at: Timestamp,
    mail: SealedMail<'a>,
}

impl<'a> CodeMail<'a> {
    /// For a new user, where addresses must be confirmed.
    pub(crate) fn to_new_user(
        services: &'a Services<'a>,
        name: &str,
        email: &str,
    ) -> Result<Option<Self>, ApiError> {
        if !wants_confirmation(services) {
            return Ok(None);
        }
        let paragraphs = vec![
            format!("Hello {name},"),
            "please confirm that this address is yours. Then you can sign in.".into(),
            "If you did not ask for an account, ignore this mail.".into(),
        ];
        Self::confirmation(services, email, paragraphs).map(Some)
    }

    /// For the address that a user wants to have from now on.
    pub(crate) fn to_new_address(
        services: &'a Services<'a>,
        name: &str,
        email: &str,
    ) -> Result<Self, ApiError> {
        let paragraphs = vec![
            format!("Hello {name},"),
            "please confirm that this is your new address. Until then the former one stays.".into(),
            "If you did not ask for this, ignore this mail.".into(),
        ];
        Self::confirmation(services, email, paragraphs)
    }

    /// For a forgotten password. It names nobody: the address alone is known when it is written.
    pub(crate) fn recovery(services: &'a Services<'a>, email: &str) -> Result<Self, ApiError> {
        let code = services.random().mixed(CODE_LENGTH);
        let registry = services.setting(&settings::REGISTRY_TITLE);
        let mail = Mail {
            to: email,
            subject: format!("Your password for {registry}"),
            paragraphs: vec![
                "Somebody, probably you, asked for a new password. With the link below you can \
                choose one for half an hour, once."
                    .into(),
                "If you did not ask for this, ignore this mail.".into(),
            ],
            link: Link {
                label: "Choose a new password",
                url: format!("{}/recovery?code={code}", services.base_url()),
            },
        };
        Self::seal(services, &code, RECOVERY_LIFETIME_S, &mail)
    }

    fn confirmation(
        services: &'a Services<'a>,
        email: &str,
        paragraphs: Vec<String>,
    ) -> Result<Self, ApiError> {
        let code = services.random().mixed(CODE_LENGTH);
        let registry = services.setting(&settings::REGISTRY_TITLE);
        let mail = Mail {
            to: email,
            subject: format!("Please confirm your e-mail address for {registry}"),
            paragraphs,
            link: Link {
                label: "Confirm this address",
                url: format!("{}/confirm?code={code}", services.base_url()),
            },
        };
        Self::seal(services, &code, CONFIRMATION_LIFETIME_S, &mail)
    }

    fn seal(
        services: &'a Services<'a>,
        code: &str,
        lifetime_s: i64,
        mail: &Mail<'_>,
    ) -> Result<Self, ApiError> {
        let expires_at = services.now().plus_seconds(lifetime_s);
        let mail = mail.seal(services)?.until(expires_at);
        Ok(Self { hash: hash_token(code), expires_at, mail })
    }

    /// What is kept of the code.
    pub(crate) fn code(&self) -> EmailCode<'_> {
        EmailCode { hash: &self.hash, expires_at: self.expires_at }
    }

    /// Writes the mail into the outbox, if the limits of its sender allow.
    pub(crate) fn enqueue_for(
        &self,
        tx: &Transaction<'_>,
        account_id: i64,
        sender: &MailSender,
    ) -> Result<(), ApiError> {
        match self.mail.enqueue_for(tx, account_id, sender)? {
            Some(_) => Ok(()),
            None => Err(self.mail.refusal(tx, account_id, sender)?),
        }
    }

    /// Writes the mail into the outbox.
    pub(crate) fn enqueue(&self, tx: &Transaction<'_>, account_id: i64) -> Result<(), ApiError> {
        self.mail.enqueue(tx, account_id)?;
        Ok(())
    }
}

/// The mail to the address of an organization when somebody asks for a new password with it: it names who can sign in.
pub(crate) fn organization_recovery<'a>(
    services: &'a Services<'a>,
    organization: &Addressee,
    administrators: &[String],
) -> Result<SealedMail<'a>, ApiError> {
    let registry = services.setting(&settings::REGISTRY_TITLE);
    let mail = Mail {
        to: &organization.email,
        subject: format!("Organization {} recovery", organization.name),
        paragraphs: vec![
            format!(
                "Somebody, probably you, asked {registry} for a new password with this address. It is that of \
                the organization {}, which has none.",
                organization.name
            ),
            format!(
                "Please sign in as one of the users who administer it: {}.",
                administrators.join(", ")
            ),
            "If you did not ask for this, ignore this mail.".into(),
        ],
        link: Link { label: "The registry", url: services.base_url() },
    };
    mail.seal(services)
}

/// The mail to a user about a change that somebody else may have made. None where they have no address or mail is off.
pub(crate) fn notice<'a>(
    services: &'a Services<'a>,
    name: &str,
    email: &str,
    what_changed: &str,
) -> Result<Option<SealedMail<'a>>, ApiError> {
    if !services.setting(&settings::FEATURE_MAILING) || EmailAddress::try_from(email).is_err() {
        return Ok(None);
    }
    let registry = services.setting(&settings::REGISTRY_TITLE);
    let mail = Mail {
        to: email,
        subject: format!("Your {what_changed} for {registry} was changed"),
        paragraphs: vec![
            format!("Hello {name},"),
            format!("the {what_changed} of your account was just changed."),
            "If it was not you, ask an administrator for help at once.".into(),
        ],
        link: Link { label: "The registry", url: services.base_url() },
    };
    mail.seal(services).map(Some)
}
