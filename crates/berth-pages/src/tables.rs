//! What the console needs of the rest: settings, and the route tables of the API.

use berth_api::Route;
use berth_domain::settings::{self, Settings};

/// The settings that the console itself reads. Besides it needs those of the rows that it calls.
pub const SETTINGS: Settings = &[
    &settings::FEATURE_CONSOLE,
    &settings::FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL,
    &settings::FEATURE_CHANGE_TAG_EXPIRATION,
    &settings::TAG_EXPIRATION_OPTIONS,
    &settings::FEATURE_MAILING,
    &settings::MAIL_GATEWAY_URL,
    &settings::FEATURE_USER_CREATION,
    &settings::FEATURE_DIRECT_LOGIN,
    &settings::FEATURE_QUOTA_MANAGEMENT,
    &settings::FEATURE_PROXY_CACHE,
    &settings::FEATURE_APP_SPECIFIC_TOKENS,
    &settings::FEATURE_ASSIGN_OAUTH_TOKEN,
    &settings::FEATURE_USER_METADATA,
    &settings::FEATURE_USER_RENAME,
    &settings::PREFERRED_URL_SCHEME,
    &settings::REGISTRY_LOGO,
    &settings::REGISTRY_TITLE,
    &settings::SERVER_HOSTNAME,
    &settings::SESSION_TIMEOUT,
    &settings::SETUP_TOKEN,
];

/// The route tables of the API that pages call.
pub const TABLES: &[&[Route]] = &[
    berth_api::app_tokens::ROUTES,
    berth_api::applications::ROUTES,
    berth_api::authorizations::ROUTES,
    berth_api::default_permissions::ROUTES,
    berth_api::entities::ROUTES,
    berth_api::invitations::ROUTES,
    berth_api::logs::ROUTES,
    berth_api::logs::OF_REPOSITORIES,
    berth_api::mails::ROUTES,
    berth_api::members::ROUTES,
    berth_api::messages::ROUTES,
    berth_api::notifications::ROUTES,
    berth_api::organizations::ROUTES,
    berth_api::permissions::ROUTES,
    berth_api::proxy_cache::ROUTES,
    berth_api::quotas::ROUTES,
    berth_api::repositories::ROUTES,
    berth_api::robots::ROUTES,
    berth_api::sessions::ROUTES,
    berth_api::system::ROUTES,
    berth_api::tags::ROUTES,
    berth_api::teams::ROUTES,
    berth_api::users::ROUTES,
];
