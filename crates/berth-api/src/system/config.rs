//! `GET /config`: what a console must know of the installation, from the settings table.

use std::collections::BTreeMap;

use crate::mails::outbox::requires_team_invite;
use berth_access::Public;
use berth_domain::settings::{self, AnySetting, Setting, Settings, duration_text};
use berth_web::{Context, HandlerResult, JsonResponse, Services};
use serde_json::Map;

use super::views::{Branding, Config, VisibleSettings};

/// The features that a setting switches, under Quay's names: the setting's without `feature_`, in capitals.
pub(crate) const FEATURES: &[&Setting<bool>; 27] = &[
    &settings::FEATURE_SUPER_USERS,
    &settings::FEATURE_SUPERUSERS_FULL_ACCESS,
    &settings::FEATURE_SUPERUSERS_ORG_CREATION_ONLY,
    &settings::FEATURE_RESTRICTED_USERS,
    &settings::FEATURE_USER_INITIALIZE,
    &settings::FEATURE_USER_CREATION,
    &settings::FEATURE_INVITE_ONLY_USER_CREATION,
    &settings::FEATURE_DIRECT_LOGIN,
    &settings::FEATURE_ANONYMOUS_ACCESS,
    &settings::FEATURE_USER_RENAME,
    &settings::FEATURE_USER_METADATA,
    &settings::FEATURE_CHANGE_TAG_EXPIRATION,
    &settings::FEATURE_CONSOLE,
    &settings::FEATURE_ORG_SHARED_EMAIL,
    &settings::FEATURE_MAILING,
    &settings::FEATURE_PULL_LOGS,
    &settings::FEATURE_PUBLIC_CATALOG,
    &settings::FEATURE_PROXY_CACHE,
    &settings::FEATURE_QUOTA_MANAGEMENT,
    &settings::FEATURE_EDIT_QUOTA,
    &settings::FEATURE_AUTO_PRUNE,
    &settings::FEATURE_BILLING,
    &settings::FEATURE_TEAM_SYNCING,
    &settings::FEATURE_ASSIGN_OAUTH_TOKEN,
    &settings::FEATURE_APP_SPECIFIC_TOKENS,
    &settings::FEATURE_EXTENDED_REPOSITORY_NAMES,
    &settings::FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL,
];

/// The same, for rows.
pub(crate) const FEATURE_SETTINGS: Settings = &{
    let mut settings: [&dyn AnySetting; FEATURES.len()] = [FEATURES[0]; FEATURES.len()];
    let mut index = 0;
    while index < FEATURES.len() {
        settings[index] = FEATURES[index];
        index += 1;
    }
    settings
};

/// What the answer tells beside [`FEATURES`].
pub(crate) const SETTINGS: Settings = &[
    &settings::DEFAULT_TAG_EXPIRATION,
    &settings::MAIL_GATEWAY_URL,
    &settings::PREFERRED_URL_SCHEME,
    &settings::REGISTRY_LOGO,
    &settings::REGISTRY_STATE,
    &settings::REGISTRY_TITLE,
    &settings::REQUIRE_TEAM_INVITE,
    &settings::ROBOTS_DISALLOW,
    &settings::SERVER_HOSTNAME,
    &settings::SESSION_TIMEOUT,
    &settings::TAG_EXPIRATION_OPTIONS,
];

/// Features of Quay that Berth does not have, because they belong to image content or to services beside the registry.
const ABSENT: &[&str] = &[
    "ACTION_LOG_ROTATION",
    "BITBUCKET_BUILD",
    "BUILD_SUPPORT",
    "GENERAL_OCI_SUPPORT",
    "GITHUB_BUILD",
    "GITHUB_LOGIN",
    "GITLAB_BUILD",
    "GOOGLE_LOGIN",
    "HELM_OCI_SUPPORT",
    "IMMUTABLE_TAGS",
    "LIBRARY_SUPPORT",
    "NONSUPERUSER_TEAM_SYNCING_SETUP",
    "ORG_MIRROR",
    "PROGRAMMATIC_BOOTSTRAP",
    "QUOTA_NOTIFICATIONS",
    "RECAPTCHA",
    "REPO_MIRROR",
    "SECURITY_NOTIFICATIONS",
    "SECURITY_SCANNER",
    "SIGNING",
    "STORAGE_PROXY",
    "STORAGE_REPLICATION",
    "UI_MODELCARD",
    "USER_EVENTS",
    "USER_LOG_ACCESS",
];

/// The name of a feature for consoles.
pub(crate) fn feature_name(setting: &Setting<bool>) -> String {
    setting.name.strip_prefix("feature_").unwrap_or(setting.name).to_ascii_uppercase()
}

/// `GET /config`.
pub(crate) fn get(cx: &Context<'_, Public>) -> HandlerResult<JsonResponse<Config>> {
    let services = cx.services();
    Ok(JsonResponse(Config {
        config: visible(services),
        features: features(services),
        registry_state: services.setting(&settings::REGISTRY_STATE),
        external_login: Vec::new(),
        account_recovery_mode: false,
        oauth: Map::new(),
        version_number: concat!("Berth ", env!("CARGO_PKG_VERSION")),
    }))
}

fn visible(services: &Services<'_>) -> VisibleSettings {
    let title = services.setting(&settings::REGISTRY_TITLE);
    let options = services.setting(&settings::TAG_EXPIRATION_OPTIONS);
    VisibleSettings {
        authentication_type: "Database",
        avatar_kind: "local",
        // One picture for light and dark pages.
        branding: Branding {
            logo: services.setting(&settings::REGISTRY_LOGO),
            logo_dark: services.setting(&settings::REGISTRY_LOGO),
            footer_img: None,
            footer_url: None,
        },
        contact_info: Vec::new(),
        debug: false,
        default_namespace_autoprune_policy: None,
        default_tag_expiration: duration_text(services.setting(&settings::DEFAULT_TAG_EXPIRATION)),
        local_oauth_handler: "/oauth/localapp",
        preferred_url_scheme: services.setting(&settings::PREFERRED_URL_SCHEME),
        registry_title: title.clone(),
        registry_title_short: title,
        robots_disallow: services.setting(&settings::ROBOTS_DISALLOW),
        server_hostname: services.setting(&settings::SERVER_HOSTNAME),
        session_timeout: duration_text(services.setting(&settings::SESSION_TIMEOUT)),
        setup_complete: true,
        tag_expiration_options: options.into_iter().map(duration_text).collect(),
    }
}

fn features(services: &Services<'_>) -> BTreeMap<String, bool> {
    let mut features: BTreeMap<_, _> =
        ABSENT.iter().map(|name| ((*name).to_owned(), false)).collect();
    features.insert("LOG_EXPORT".into(), true);
    features.insert("REQUIRE_TEAM_INVITE".into(), requires_team_invite(services));
    for setting in FEATURES {
        features.insert(feature_name(setting), services.setting(setting));
    }
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_of_the_settings_is_told() {
        let told: Vec<&str> = FEATURES.iter().map(|setting| setting.name).collect();
        for row in settings::ALL.iter().filter(|row| row.name.starts_with("feature_")) {
            assert!(told.contains(&row.name), "{} is missing in FEATURES", row.name);
        }
    }

    #[test]
    fn no_feature_is_both_there_and_absent() {
        for setting in FEATURES {
            assert!(!ABSENT.contains(&feature_name(setting).as_str()), "{}", setting.name);
        }
    }
}
