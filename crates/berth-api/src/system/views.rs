//! Answers about the installation.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// What a console must know of the installation.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Config {
    pub(super) config: VisibleSettings,
    /// Whether each feature is on.
    pub(super) features: BTreeMap<String, bool>,
    pub(super) registry_state: String,
    /// No logins at other services: always empty.
    pub(super) external_login: Vec<Map<String, Value>>,
    pub(super) account_recovery_mode: bool,
    /// Always empty.
    pub(super) oauth: Map<String, Value>,
    pub(super) version_number: &'static str,
}

/// Settings that everybody may see, under Quay's names.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) struct VisibleSettings {
    pub(super) authentication_type: &'static str,
    pub(super) avatar_kind: &'static str,
    pub(super) branding: Branding,
    pub(super) contact_info: Vec<String>,
    pub(super) debug: bool,
    pub(super) default_namespace_autoprune_policy: Option<String>,
    pub(super) default_tag_expiration: String,
    pub(super) local_oauth_handler: &'static str,
    pub(super) preferred_url_scheme: String,
    pub(super) registry_title: String,
    pub(super) registry_title_short: String,
    pub(super) robots_disallow: bool,
    pub(super) server_hostname: String,
    pub(super) session_timeout: String,
    pub(super) setup_complete: bool,
    pub(super) tag_expiration_options: Vec<String>,
}

/// The pictures of the installation.
#[derive(JsonSchema, Serialize)]
pub(super) struct Branding {
    pub(super) logo: String,
    pub(super) logo_dark: String,
    pub(super) footer_img: Option<String>,
    pub(super) footer_url: Option<String>,
}

/// A type of errors.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ErrorDescription {
    /// The address of this page, which errors of the type give as theirs.
    #[serde(rename = "type")]
    pub(super) url: String,
    pub(super) title: String,
    pub(super) description: &'static str,
}

/// Whether an instance can work.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Health {
    data: HealthData,
    /// The status of the answer.
    status_code: u16,
}

#[derive(JsonSchema, Serialize)]
struct HealthData {
    /// Whether each service works.
    services: BTreeMap<&'static str, bool>,
}

impl Health {
    /// An answer of that status about these services.
    pub(super) const fn new(status_code: u16, services: BTreeMap<&'static str, bool>) -> Self {
        Self { data: HealthData { services }, status_code }
    }
}

/// The settings in force.
#[derive(JsonSchema, Serialize)]
pub(crate) struct SettingsInForce {
    pub(super) settings: Vec<SettingInForce>,
}

/// A setting.
#[derive(JsonSchema, Serialize)]
pub(crate) struct SettingInForce {
    /// The name of the variable.
    pub(super) name: &'static str,
    /// Its value; null where that is a secret.
    pub(super) value: Option<String>,
    /// The value that it has where nobody sets it.
    pub(super) default: &'static str,
    /// Whether the value is another one.
    pub(super) changed: bool,
    /// Whether the value is not shown.
    pub(super) secret: bool,
    /// What it does.
    pub(super) about: &'static str,
}

/// How much the registry stores.
#[derive(JsonSchema, Serialize)]
pub(crate) struct RegistrySize {
    pub(super) size_bytes: i64,
    pub(super) last_ran: Option<i64>,
    pub(super) running: bool,
    pub(super) queued: bool,
}

/// Whether the registry works.
#[derive(JsonSchema, Serialize)]
pub(crate) struct RegistryStatus {
    pub(super) status: &'static str,
}

/// What the registry can do with images.
#[derive(JsonSchema, Serialize)]
pub(crate) struct RegistryCapabilities {
    pub(super) sparse_manifests: SparseManifests,
    pub(super) mirror_architectures: Vec<String>,
}

/// What the registry does with manifests that lack architectures.
#[derive(JsonSchema, Serialize)]
pub(super) struct SparseManifests {
    pub(super) supported: bool,
    pub(super) required_architectures: Vec<String>,
    pub(super) optional_architectures_allowed: bool,
}

/// The keys of services.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ServiceKeys {
    pub(super) keys: Vec<Map<String, Value>>,
}

/// What changed from version to version, in Markdown.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ChangeLog {
    pub(super) log: &'static str,
}
