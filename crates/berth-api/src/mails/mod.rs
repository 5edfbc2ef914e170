//! Mail: the outbox, its delivery, and what superusers see of it.

pub(crate) mod codes;
pub(crate) mod delivery;
pub(crate) mod handlers;
pub(crate) mod outbox;
mod routes;

pub use delivery::{SETTINGS as DELIVERY_SETTINGS, deliver_due};
pub use outbox::Content;
pub use routes::ROUTES;

use berth_domain::settings::{self, Settings};

/// What rows declare that write mails to others.
pub(crate) const SETTINGS: Settings = &[
    &settings::FEATURE_MAILING,
    &settings::MAILS_PER_HOUR,
    &settings::MAIL_GATEWAY_URL,
    &settings::PREFERRED_URL_SCHEME,
    &settings::REGISTRY_TITLE,
    &settings::SERVER_HOSTNAME,
];
