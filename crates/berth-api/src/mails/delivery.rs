//! Deliveries: once a request is answered and its changes are committed, what is due of the outbox leaves.
//!
//! What the request posted is due at once; so is what an earlier delivery failed with, when its pause is over. Of several
//! requests at the same moment one claims a mail. Nothing here changes an answer: failures are noted in the outbox and the
//! log.

use berth_domain::settings::{self, Settings};
use berth_store::mails::{self, ClaimedMail};

use berth_web::outbound::mailer::{Gateway, Mailer, Message};
use berth_web::{ApiError, Services};

use super::outbox::Content;

/// How many mails one request delivers at most.
const BATCH: usize = 5;

/// What a delivery needs: components that name `mailer` have these.
pub const SETTINGS: Settings = &[
    &settings::MAIL_DEFAULT_SENDER,
    &settings::MAIL_GATEWAY_PATH,
    &settings::MAIL_GATEWAY_TOKEN,
    &settings::MAIL_GATEWAY_URL,
];

/// Delivers what is due. A component without a mailer leaves it to the others.
pub fn deliver_due(services: &Services<'_>) {
    let Some(mailer) = services.mailer() else { return };
    if let Err(error) = deliver_batch(services, mailer) {
        eprintln!("error: mail is not delivered: {}", error.cause().unwrap_or("no cause given"));
    }
}

/// Ends early when one fails: a gateway that is down takes the others no better.
fn deliver_batch(services: &Services<'_>, mailer: &dyn Mailer) -> Result<(), ApiError> {
    services.load_settings(SETTINGS)?;
    let mut url = services.setting(&settings::MAIL_GATEWAY_URL);
    if url.is_empty() {
        return Ok(());
    }
    let path = services.setting(&settings::MAIL_GATEWAY_PATH);
    if !path.is_empty() {
        url = format!("{}{path}", url.trim_end_matches('/'));
    }
    let gateway = Gateway { url, token: services.setting(&settings::MAIL_GATEWAY_TOKEN) };
    for _ in 0..BATCH {
        let Some(claimed) = mails::claim(services.db(), services.now())? else { break };
        if let Err(error) = deliver(services, mailer, &gateway, &claimed) {
            eprintln!("error: mail {} is not delivered: {error}", claimed.uuid);
            mails::failed(services.db(), claimed.id, &error)?;
            break;
        }
        mails::delivered(services.db(), claimed.id, services.now())?;
    }
    Ok(())
}

fn deliver(
    services: &Services<'_>,
    mailer: &dyn Mailer,
    gateway: &Gateway,
    claimed: &ClaimedMail,
) -> Result<(), String> {
    let cause = |error: ApiError| error.cause().unwrap_or("no cause given").to_owned();
    let from = services.setting(&settings::MAIL_DEFAULT_SENDER);
    let content = Content::open(&services.secret_keys().map_err(cause)?, &claimed.sealed_content)
        .map_err(cause)?;
    mailer.deliver(
        gateway,
        &Message {
            id: &claimed.uuid,
            from: &from,
            to: &claimed.recipient,
            subject: &claimed.subject,
            text: &content.text,
            html: &content.html,
        },
    )
}
