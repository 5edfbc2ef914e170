//! The settings: one table of names, types, defaults and meanings.
//!
//! On a host each is a variable of `spin.toml` of the same name; Quay's `FEATURE_X` is `feature_x`. The defaults of
//! `spin.toml`, `docs/settings.md` and the check at start are tested against this table. Reading a variable is not here:
//! `berth-web` does it.

use crate::database_url;
use crate::destination::{host_of_url, is_name_or_network};
use crate::forwarded::is_network;
use thiserror::Error;

/// One setting of type `T`.
pub struct Setting<T> {
    /// The name of the variable.
    pub name: &'static str,
    /// The default, as `spin.toml` spells it.
    pub default: &'static str,
    parse: fn(&str) -> Result<T, &'static str>,
}

impl<T> Setting<T> {
    /// The value that `text` spells.
    ///
    /// # Errors
    /// [`Unusable`] names the setting and says what a usable value looks like; it never repeats the value, which may be a
    /// secret.
    pub fn parse(&self, text: &str) -> Result<T, Unusable> {
        (self.parse)(text.trim_ascii()).map_err(|expected| Unusable { name: self.name, expected })
    }
}

/// A setting, whatever its type.
pub trait AnySetting: Sync {
    /// The name of the variable.
    fn name(&self) -> &'static str;

    /// Whether `text` is a usable value.
    ///
    /// # Errors
    /// As [`Setting::parse`].
    fn check(&self, text: &str) -> Result<(), Unusable>;
}

impl<T> AnySetting for Setting<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn check(&self, text: &str) -> Result<(), Unusable> {
        self.parse(text).map(drop)
    }
}

/// A list of settings: what a row of a route table needs.
pub type Settings = &'static [&'static dyn AnySetting];

/// A setting whose value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the setting `{name}` must be {expected}")]
pub struct Unusable {
    /// The name of the setting.
    pub name: &'static str,
    /// What a usable value looks like.
    pub expected: &'static str,
}

/// A row of the table, for what iterates over all settings: documentation, `spin.toml`, the check at start.
pub struct SettingRow {
    /// The name of the variable.
    pub name: &'static str,
    /// The default, as `spin.toml` spells it.
    pub default: &'static str,
    /// What the setting does; one or two sentences.
    pub about: &'static str,
    /// What a value looks like, for documentation.
    pub kind: &'static str,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// Whether `text` is a usable value.
    pub check: fn(&str) -> Result<(), Unusable>,
}

impl AnySetting for SettingRow {
    fn name(&self) -> &'static str {
        self.name
    }

    fn check(&self, text: &str) -> Result<(), Unusable> {
        (self.check)(text)
    }
}

macro_rules! settings {
    ($(#[$about_all:meta])* $all:ident; $($constant:ident: $type:ty = $name:literal, $default:literal, $parse:ident, $about:literal;)+) => {
        $(#[doc = $about] pub const $constant: Setting<$type> = Setting { name: $name, default: $default, parse: $parse };)+

        $(#[$about_all])*
        pub const $all: &[SettingRow] = &[$(SettingRow {
            name: $name,
            default: $default,
            about: $about,
            kind: kind_of(stringify!($parse)),
            secret: is_secret($name),
            check: |text| $constant.parse(text).map(drop),
        }),+];
    };
}

settings! {
    /// Every setting of every component, in the order of the documentation.
    ALL;
    SERVER_HOSTNAME: String = "server_hostname", "localhost:3000", host, "The host name, with a port where needed, under which clients reach the registry; part of links in answers and mails.";
    PREFERRED_URL_SCHEME: String = "preferred_url_scheme", "http", scheme, "The scheme under which clients reach the registry. With `https` cookies are marked Secure.";
    REGISTRY_TITLE: String = "registry_title", "Berth", text, "The name of the registry on pages and in mails.";
    REGISTRY_LOGO: String = "registry_logo", "/static/img/berth-logo.svg", place, "The logo of the registry on pages and in `/config`: a path on this host name, or an address that begins with `https://`.";
    FEATURE_CONSOLE: bool = "feature_console", "true", flag, "There are pages for people: the console. Where another console is in its place, `false`.";
    SECRET_KEY: String = "secret_key", "", text, "The key under which secrets that must be shown again are sealed (client secrets, robot tokens, app-specific tokens, invitation codes, upstream passwords). Empty: the first use makes one and keeps it in the key-value store, so that key and data live together.";
    SECRET_KEY_PREVIOUS: String = "secret_key_previous", "", text, "The former `secret_key` while it is being replaced: what it sealed can still be read, and is sealed anew when it is used.";
    SETUP_TOKEN: String = "setup_token", "", text, "When not empty, `POST /api/v1/user/initialize` needs it as `setup_token`.";
    SUPER_USERS: Vec<String> = "super_users", "", list, "Names of the superusers, besides the first user.";
    GLOBAL_READONLY_SUPER_USERS: Vec<String> = "global_readonly_super_users", "", list, "Names of the users who may read everything, and change nothing but their own account, auto-prune policies and stars.";
    FEATURE_SUPER_USERS: bool = "feature_super_users", "true", flag, "Superusers exist.";
    FEATURE_SUPERUSERS_FULL_ACCESS: bool = "feature_superusers_full_access", "false", flag, "Superusers have every right in every organization.";
    FEATURE_SUPERUSERS_ORG_CREATION_ONLY: bool = "feature_superusers_org_creation_only", "false", flag, "Only superusers create organizations.";
    FEATURE_RESTRICTED_USERS: bool = "feature_restricted_users", "false", flag, "Users may not create organizations, nor repositories of their own, unless they are superusers or on the allow list.";
    RESTRICTED_USERS_WHITELIST: Vec<String> = "restricted_users_whitelist", "", list, "Names of the users to whom `feature_restricted_users` does not apply.";
    FEATURE_USER_INITIALIZE: bool = "feature_user_initialize", "true", flag, "The first user may be made by `POST /api/v1/user/initialize` while there is none.";
    FEATURE_USER_CREATION: bool = "feature_user_creation", "true", flag, "People may sign up.";
    FEATURE_INVITE_ONLY_USER_CREATION: bool = "feature_invite_only_user_creation", "false", flag, "Signing up needs an invitation code.";
    SIGN_UPS_PER_HOUR: i64 = "sign_ups_per_hour", "60", whole_number, "How many accounts one client address may ask for in an hour; 0 is no limit.";
    RECOVERIES_PER_HOUR: i64 = "recoveries_per_hour", "60", whole_number, "How many times one client address may say in an hour that a password is forgotten; 0 is no limit.";
    FEATURE_DIRECT_LOGIN: bool = "feature_direct_login", "true", flag, "People may sign in with a password.";
    SIGN_IN_FAILURES_PER_MINUTE: i64 = "sign_in_failures_per_minute", "10", whole_number, "How many wrong passwords one client address may send in a minute, whatever the names; 0 is no limit. Behind a proxy that is not named as a trusted one all clients share its address.";
    FEATURE_ANONYMOUS_ACCESS: bool = "feature_anonymous_access", "true", flag, "Callers without credentials may read what is public.";
    FEATURE_USER_RENAME: bool = "feature_user_rename", "false", flag, "Users may change their name.";
    FEATURE_USER_METADATA: bool = "feature_user_metadata", "false", flag, "Users may record name, company and location.";
    FRESH_LOGIN_TIMEOUT: i64 = "fresh_login_timeout", "10m", duration, "How long after signing in a session may do what needs a fresh login.";
    SESSION_TIMEOUT: i64 = "session_timeout", "31d", duration, "How long a session lives after signing in.";
    SESSIONS_PER_ACCOUNT: i64 = "sessions_per_account", "200", whole_number, "How many sessions a user has at a time: one more ends the oldest; 0 is no limit.";
    BROWSER_API_CALLS_XHR_ONLY: bool = "browser_api_calls_xhr_only", "true", flag, "API calls of browsers need the header X-Requested-With.";
    TRUSTED_PROXIES: Vec<String> = "trusted_proxies", "", networks, "Addresses and CIDRs of the proxies before the registry. Of what comes from there the client's address is the one that `Forwarded` or `X-Forwarded-For` names; from anybody else these headers are ignored. See deployment.md.";
    CORS_ORIGIN: String = "cors_origin", "", text, "The one origin from which a web console may call with cookies. Empty: any origin, without cookies.";
    REGISTRY_STATE: String = "registry_state", "normal", registry_state, "`readonly` refuses every change except signing in.";
    DEFAULT_TAG_EXPIRATION: i64 = "default_tag_expiration", "2w", duration, "How long deleted tags of a new organization can be restored.";
    TAG_EXPIRATION_OPTIONS: Vec<i64> = "tag_expiration_options", "0s,1d,1w,2w,4w", durations, "The tag expirations that an organization can choose from.";
    FEATURE_CHANGE_TAG_EXPIRATION: bool = "feature_change_tag_expiration", "true", flag, "Organizations may change their tag expiration.";
    FEATURE_ORG_SHARED_EMAIL: bool = "feature_org_shared_email", "false", flag, "An organization may have the e-mail address of a user.";
    FEATURE_MAILING: bool = "feature_mailing", "true", flag, "Mail is sent: team members are invited, sign-up and password recovery go through mail where a gateway is set.";
    REQUIRE_TEAM_INVITE: Option<bool> = "require_team_invite", "auto", optional_flag, "People who are in no team of an organization are invited and must accept, instead of being added. `auto`: where `mail_gateway_url` is set.";
    INVITATION_TTL_S: i64 = "invitation_ttl_s", "604800", whole_number, "How long an invitation can be accepted, in seconds.";
    MAIL_GATEWAY_URL: String = "mail_gateway_url", "https://none.invalid", gateway, "Where mail is posted as JSON; the components that send mail can reach this host alone. On Spin without a path, which is in `mail_gateway_path`. A host below `.invalid` (on Spin nothing else), or empty: no mail leaves, sign-up needs no confirmation, and administrators see the links.";
    MAIL_GATEWAY_PATH: String = "mail_gateway_path", "", path, "Path and query at the mail gateway, where `mail_gateway_url` has none: `/v1/send`.";
    MAIL_GATEWAY_TOKEN: String = "mail_gateway_token", "", text, "The Bearer token for the mail gateway.";
    MAIL_DEFAULT_SENDER: String = "mail_default_sender", "berth@localhost", text, "The sender of mails.";
    MAILS_PER_HOUR: i64 = "mails_per_hour", "100", whole_number, "How many mails to others (invitations, confirmations of addresses) a user, or an unknown client, may cause in an hour, where a gateway is set; 0 is no limit.";
    MAILS_TO_ADDRESS_PER_HOUR: i64 = "mails_to_address_per_hour", "50", whole_number, "How many such mails, and mails for forgotten passwords, one address gets in an hour, whoever causes them; 0 is no limit. From one sender it gets 20.";
    REGISTRY_TOKEN_ISSUER: String = "registry_token_issuer", "berth", issuer, "Who signs the tokens for the registry (`iss`): the same as `auth.token.issuer` there, and part of the address of the public keys, `/keys/services/<issuer>/keys`.";
    REGISTRY_SERVICE: String = "registry_service", "", text, "For which service those tokens are (`aud`): the same as `auth.token.service` in the registry. Empty: `server_hostname`.";
    REGISTRY_URL: String = "registry_url", "https://none.invalid", registry_url, "Where Berth reaches the registry behind it: `http://127.0.0.1:5000`. A host below `.invalid` (on Spin nothing else), or empty: there is none, so that tags cannot be deleted and nothing is read through Berth.";
    REGISTRY_EVENTS_SECRET: String = "registry_events_secret", "", text, "What the registry shows with its notifications (`Authorization: Bearer …`). Empty: none are taken, so that neither pushes nor sizes are known.";
    FEATURE_PULL_LOGS: bool = "feature_pull_logs", "true", flag, "Pulls from the registry are logged, one entry for each.";
    FEATURE_PUBLIC_CATALOG: bool = "feature_public_catalog", "false", flag, "The catalog of the registry (`/v2/_catalog`) lists public repositories too, and not only those on which its reader has a role.";
    FEATURE_PROXY_CACHE: bool = "feature_proxy_cache", "true", flag, "Organizations may be configured to cache an upstream registry.";
    PROXY_CACHE_TRUST_S: i64 = "proxy_cache_trust_s", "60", whole_number, "For how many seconds a proxy cache serves a tag without asking the upstream registry whether it still names the same image; 0 asks for each pull.";
    REGISTRY_CHECKS_PER_MINUTE: i64 = "registry_checks_per_minute", "60", whole_number, "How many times a user may have upstream registries tried in a minute; 0 is no limit.";
    SSRF_ALLOWED_HOSTS: Vec<String> = "ssrf_allowed_hosts", "", destinations, "Host names, addresses and CIDRs that upstream registries may have although they are private.";
    UPSTREAM_REGISTRIES: Vec<String> = "upstream_registries", "docker.io,registry-1.docker.io,auth.docker.io,quay.io,ghcr.io,gcr.io,registry.k8s.io,mcr.microsoft.com,public.ecr.aws,registry.gitlab.com,gitlab.com,registry.access.redhat.com,registry.redhat.io,nvcr.io,authn.nvidia.com", list, "Registries, with their token servers, that may be called where the host looks no names up, as Spin does: only there it matters. Their names must lead into no private network.";
    HOST_BLOCKS_PRIVATE_NETWORKS: bool = "host_blocks_private_networks", "false", flag, "The host itself keeps components out of private networks, by `block_networks` in Spin's runtime configuration: then any registry may be called where the host looks no names up.";
    FEATURE_QUOTA_MANAGEMENT: bool = "feature_quota_management", "false", flag, "Storage quotas can be configured.";
    FEATURE_EDIT_QUOTA: bool = "feature_edit_quota", "true", flag, "Quotas can be changed through the API.";
    DEFAULT_SYSTEM_REJECT_QUOTA_BYTES: i64 = "default_system_reject_quota_bytes", "0", whole_number, "The quota of organizations that have none of their own, in bytes; 0 is none.";
    FEATURE_AUTO_PRUNE: bool = "feature_auto_prune", "false", flag, "Auto-prune policies can be configured.";
    FEATURE_BILLING: bool = "feature_billing", "false", flag, "The billing calls of Quay exist.";
    FEATURE_TEAM_SYNCING: bool = "feature_team_syncing", "false", never, "Synchronizing teams with an outside directory is not supported; only `false` is usable.";
    FEATURE_ASSIGN_OAUTH_TOKEN: bool = "feature_assign_oauth_token", "true", flag, "Administrators may assign tokens of their applications to users.";
    DIRECT_OAUTH_CLIENTID_WHITELIST: Vec<String> = "direct_oauth_clientid_whitelist", "", list, "Client ids of applications for which `POST /oauth/authorizeapp` takes a user name and password without a CSRF token.";
    OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT: i64 = "oauth_application_maximum_token_count", "0", whole_number, "How many unexpired tokens an application may have; 0 is no limit.";
    TOKENS_PER_MINUTE: i64 = "tokens_per_minute", "300", whole_number, "How many tokens a user may make in a minute, for applications and by OAuth; 0 is no limit.";
    FEATURE_APP_SPECIFIC_TOKENS: bool = "feature_app_specific_tokens", "true", flag, "Users may have app-specific tokens, which programs show in the place of a password.";
    APP_SPECIFIC_TOKEN_EXPIRATION: Option<i64> = "app_specific_token_expiration", "", optional_duration, "How long a new app-specific token works, such as `90d`. Empty: until it is deleted.";
    FEATURE_EXTENDED_REPOSITORY_NAMES: bool = "feature_extended_repository_names", "true", flag, "Names of repositories may contain slashes.";
    FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL: bool = "feature_aggregated_log_count_retrieval", "true", flag, "Counts of log entries can be read.";
    ACTION_LOG_AUDIT_LOGINS: bool = "action_log_audit_logins", "true", flag, "Successful logins are logged.";
    LOG_RETENTION: Option<i64> = "log_retention", "forever", retention, "How long entries of the log are kept: `forever`, or a duration of a day at least, such as `90d`. Older ones are removed a few at a time, by requests that change anything and by `berth maintenance`; `…/logs/export` has them before.";
    CREATE_PRIVATE_REPO_ON_PUSH: bool = "create_private_repo_on_push", "true", flag, "A repository that a push makes is private.";
    CREATE_NAMESPACE_ON_PUSH: bool = "create_namespace_on_push", "false", flag, "A push to a namespace that does not exist makes an organization of that name.";
    LIBRARY_NAMESPACE: String = "library_namespace", "library", text, "The namespace of repositories that clients name without one.";
    ROBOTS_DISALLOW: bool = "robots_disallow", "false", flag, "Robot accounts can neither be created nor used.";
    CONCORD_ADMIN_ONLY_CREATE: bool = "concord_admin_only_create", "true", flag, "Only administrators create organizations through Concord's API.";
    LIMIT_ORGANIZATIONS_PER_USER: i64 = "limit_organizations_per_user", "10000", positive_number, "How many organizations a user may have that they made, superusers too.";
    LIMIT_TEAMS_PER_ORGANIZATION: i64 = "limit_teams_per_organization", "10000", positive_number, "How many teams an organization may have.";
    LIMIT_MEMBERS_PER_TEAM: i64 = "limit_members_per_team", "100000", positive_number, "How many members a team may have, robots too.";
    LIMIT_MEMBERSHIPS_PER_ORGANIZATION: i64 = "limit_memberships_per_organization", "1000000", positive_number, "How many memberships all teams of an organization may have together.";
    LIMIT_ROBOTS_PER_NAMESPACE: i64 = "limit_robots_per_namespace", "20000", positive_number, "How many robots an organization or a user may have.";
    LIMIT_ROBOT_METADATA_BYTES_PER_NAMESPACE: i64 = "limit_robot_metadata_bytes_per_namespace", "67108864", positive_number, "How long the metadata of all robots of an organization or a user may be together, in bytes.";
    LIMIT_INVITATIONS_PER_ORGANIZATION: i64 = "limit_invitations_per_organization", "10000", positive_number, "How many pending invitations an organization may have.";
    LIMIT_INVITATIONS_PER_INVITER: i64 = "limit_invitations_per_inviter", "10000", positive_number, "How many pending invitations a user may have sent, in all organizations.";
    LIMIT_REPOSITORIES_PER_NAMESPACE: i64 = "limit_repositories_per_namespace", "100000", positive_number, "How many repositories an organization or a user may have.";
    LIMIT_PERMISSIONS_PER_REPOSITORY: i64 = "limit_permissions_per_repository", "20000", positive_number, "How many permissions of users, robots and teams a repository may have.";
    LIMIT_PERMISSIONS_PER_NAMESPACE: i64 = "limit_permissions_per_namespace", "1000000", positive_number, "How many permissions all repositories of an organization or a user may have together.";
    LIMIT_MANIFESTS_PER_REPOSITORY: i64 = "limit_manifests_per_repository", "20000", positive_number, "How many manifests of a repository are known: of what the registry has beyond that, nothing is known, nor counted.";
    LIMIT_TAGS_PER_REPOSITORY: i64 = "limit_tags_per_repository", "20000", positive_number, "How many tags of a repository are known, with those that ended lately, which leave room first.";
    LIMIT_DEFAULT_PERMISSIONS_PER_ORGANIZATION: i64 = "limit_default_permissions_per_organization", "1000", positive_number, "How many default permissions an organization may have.";
    LIMIT_AUTOPRUNE_POLICIES_PER_NAMESPACE: i64 = "limit_autoprune_policies_per_namespace", "100", positive_number, "How many auto-prune policies an organization or a user may have, besides those of repositories.";
    LIMIT_AUTOPRUNE_POLICIES_PER_REPOSITORY: i64 = "limit_autoprune_policies_per_repository", "100", positive_number, "How many auto-prune policies a repository may have.";
    LIMIT_STARS_PER_USER: i64 = "limit_stars_per_user", "10000", positive_number, "How many repositories a user may star.";
    LIMIT_APPLICATIONS_PER_NAMESPACE: i64 = "limit_applications_per_namespace", "3000", positive_number, "How many OAuth applications an organization or a user may have.";
    LIMIT_TOKENS_PER_APPLICATION: i64 = "limit_tokens_per_application", "100000", positive_number, "How many unexpired tokens an application may have, whatever `oauth_application_maximum_token_count` says.";
    LIMIT_ASSIGNED_TOKENS_PER_APPLICATION: i64 = "limit_assigned_tokens_per_application", "10000", positive_number, "How many assigned tokens of an application may wait for their users.";
    LIMIT_APP_TOKENS_PER_USER: i64 = "limit_app_tokens_per_user", "1000", positive_number, "How many app-specific tokens a user may have.";
    LIMIT_NOTIFICATIONS_PER_USER: i64 = "limit_notifications_per_user", "1000", positive_number, "How many notifications a user keeps: beyond that the oldest are deleted, dismissed ones first.";
    LIMIT_MESSAGES: i64 = "limit_messages", "100", positive_number, "How many messages to everybody there may be.";
}

/// Every setting, for a row that shows them all.
pub const EVERY: Settings = &{
    let mut settings: [&dyn AnySetting; ALL.len()] = [&ALL[0]; ALL.len()];
    let mut index = 0;
    while index < ALL.len() {
        settings[index] = &ALL[index];
        index += 1;
    }
    settings
};

settings! {
    /// What the components need besides where they are built for hosts without SQLite. A default that cannot be used is none.
    HRANA;
    DATABASE_URL: String = "database_url", "", database_url, "Where the libSQL server is: `https://db.example.com`, or `http://` and a host in a private network. `libsql://` is the same as `https://`, but a host that derives from this setting what components may call takes `https://` only.";
    DATABASE_TOKEN: String = "database_token", "", text, "The token for the libSQL server. Empty: it wants none.";
}

/// How many seconds a text such as `10m` or `2w` means; `None` when it is no duration. Units: s, m, h, d, w.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    Some(i64::from(number) * factor)
}

/// The shortest text that means so many seconds: `2w` for 1209600.
#[must_use]
pub fn duration_text(seconds: i64) -> String {
    let units = [(604_800, 'w'), (86_400, 'd'), (3_600, 'h'), (60, 'm')];
    let unit = units.into_iter().find(|(factor, _)| seconds != 0 && seconds % factor == 0);
    let (factor, unit) = unit.unwrap_or((1, 's'));
    format!("{}{unit}", seconds / factor)
}

fn text(text: &str) -> Result<String, &'static str> {
    Ok(text.to_owned())
}

fn host(text: &str) -> Result<String, &'static str> {
    let valid = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
    if valid { Ok(text.to_owned()) } else { Err("a host name, with a port where needed") }
}

fn issuer(text: &str) -> Result<String, &'static str> {
    let valid = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if valid { Ok(text.to_owned()) } else { Err("letters, digits, `.`, `-` and `_`") }
}

fn scheme(text: &str) -> Result<String, &'static str> {
    match text {
        "http" | "https" => Ok(text.to_owned()),
        _ => Err("`http` or `https`"),
    }
}

fn registry_state(text: &str) -> Result<String, &'static str> {
    match text {
        "normal" | "readonly" => Ok(text.to_owned()),
        _ => Err("`normal` or `readonly`"),
    }
}

fn flag(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("`true` or `false`"),
    }
}

fn optional_flag(text: &str) -> Result<Option<bool>, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "auto" => Ok(None),
        text => flag(text).map(Some).map_err(|_| "`auto`, `true` or `false`"),
    }
}

fn never(text: &str) -> Result<bool, &'static str> {
    match flag(text)? {
        false => Ok(false),
        true => Err("`false`: it is not supported"),
    }
}

/// Spin refuses an application that may call an empty address, so none has one: in `.invalid` there is no host (RFC 6761).
fn gateway(text: &str) -> Result<String, &'static str> {
    let (_, rest) = text.split_once("://").unwrap_or(("", text));
    let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
    let is_none = host.to_ascii_lowercase().ends_with(".invalid");
    Ok(if is_none { String::new() } else { text.to_owned() })
}

/// As [`gateway`], but for a path: the distribution API is at the root of its host.
fn registry_url(text: &str) -> Result<String, &'static str> {
    let expected = "a URL of a host, `https://registry.example.com:5000`, without a path";
    let text = gateway(text)?;
    if text.is_empty() {
        return Ok(text);
    }
    let url = url::Url::parse(&text).ok().filter(|_| host_of_url(&text).is_some());
    let url = url.ok_or(expected)?;
    let is_root = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if is_root { Ok(url.as_str().trim_end_matches('/').to_owned()) } else { Err(expected) }
}

fn place(text: &str) -> Result<String, &'static str> {
    let expected = "a path that begins with `/`, or an address that begins with `https://`";
    let is_path = text.starts_with('/') && !text.starts_with("//");
    let is_address = text.starts_with("https://") && host_of_url(text).is_some();
    // It stands in a content security policy.
    let is_plain =
        text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"';,<>".contains(&byte));
    if is_plain && (is_path || is_address) { Ok(text.to_owned()) } else { Err(expected) }
}

fn list(text: &str) -> Result<Vec<String>, &'static str> {
    Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
}

fn destinations(text: &str) -> Result<Vec<String>, &'static str> {
    let items = list(text)?;
    let usable = items.iter().all(|item| is_name_or_network(item));
    if usable { Ok(items) } else { Err("host names, addresses and CIDRs, separated by commas") }
}

fn database_url(text: &str) -> Result<String, &'static str> {
    database_url::normalize(text).ok_or(
        "`https://` and the host of a libSQL server, or `http://` and one in a private network",
    )
}

fn networks(text: &str) -> Result<Vec<String>, &'static str> {
    let items = list(text)?;
    let usable = items.iter().all(|item| is_network(item));
    if usable { Ok(items) } else { Err("addresses and CIDRs, separated by commas") }
}

fn path(text: &str) -> Result<String, &'static str> {
    let valid = text.is_empty() || text.starts_with('/');
    if valid { Ok(text.to_owned()) } else { Err("a path that begins with `/`") }
}

fn duration(text: &str) -> Result<i64, &'static str> {
    parse_duration(text).ok_or("a duration such as `30s`, `10m`, `1h`, `1d` or `2w`")
}

fn optional_duration(text: &str) -> Result<Option<i64>, &'static str> {
    let seconds = parse_duration(text).filter(|seconds| *seconds > 0);
    match (text, seconds) {
        ("", _) => Ok(None),
        (_, Some(seconds)) => Ok(Some(seconds)),
        (_, None) => Err("empty, or a duration such as `1h`, `90d` or `52w`"),
    }
}

fn retention(text: &str) -> Result<Option<i64>, &'static str> {
    let seconds = parse_duration(text).filter(|seconds| *seconds >= 86_400);
    match (text, seconds) {
        ("forever", _) => Ok(None),
        (_, Some(seconds)) => Ok(Some(seconds)),
        (_, None) => Err("`forever`, or a duration of a day at least, such as `90d` or `52w`"),
    }
}

fn durations(text: &str) -> Result<Vec<i64>, &'static str> {
    text.split(',')
        .map(|item| parse_duration(item.trim()))
        .collect::<Option<_>>()
        .ok_or("durations such as `30s`, `10m`, `1d` or `2w`, separated by commas")
}

fn whole_number(text: &str) -> Result<i64, &'static str> {
    text.parse().ok().filter(|number| *number >= 0).ok_or("a whole number, 0 or more")
}

fn positive_number(text: &str) -> Result<i64, &'static str> {
    text.parse().ok().filter(|number| *number >= 1).ok_or("a whole number, 1 or more")
}

const fn kind_of(parse: &str) -> &'static str {
    match parse.as_bytes() {
        b"flag" | b"never" => "`true` or `false`",
        b"optional_flag" => "`auto`, `true` or `false`",
        b"list" => "names, separated by commas",
        b"destinations" => "host names, addresses and CIDRs, separated by commas",
        b"networks" => "addresses and CIDRs, separated by commas",
        b"path" => "a path",
        b"place" => "a path, or an address that begins with `https://`",
        b"duration" => "a duration: `30s`, `10m`, `1h`, `1d`, `2w`",
        b"optional_duration" => "nothing, or a duration: `1h`, `90d`, `52w`",
        b"retention" => "`forever`, or a duration: `90d`, `52w`",
        b"durations" => "durations, separated by commas",
        b"whole_number" => "a whole number",
        b"positive_number" => "a whole number, 1 or more",
        b"scheme" => "`http` or `https`",
        b"registry_state" => "`normal` or `readonly`",
        b"host" => "a host name",
        b"database_url" | b"gateway" | b"registry_url" => "a URL",
        _ => "text",
    }
}

const fn is_secret(name: &str) -> bool {
    matches!(
        name.as_bytes(),
        b"database_token"
            | b"mail_gateway_token"
            | b"registry_events_secret"
            | b"secret_key"
            | b"secret_key_previous"
            | b"setup_token"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_usable_and_names_unique() {
        let mut names = std::collections::HashSet::new();
        for row in ALL {
            assert_eq!((row.check)(row.default), Ok(()), "{}", row.name);
        }
        for row in ALL.iter().chain(HRANA) {
            assert!(names.insert(row.name), "{} twice", row.name);
        }
    }

    #[test]
    fn an_unusable_value_is_named_and_not_repeated() {
        let error = FRESH_LOGIN_TIMEOUT.parse("hunter2").unwrap_err().to_string();
        assert!(error.contains("fresh_login_timeout") && !error.contains("hunter2"), "{error}");
        assert!(FEATURE_TEAM_SYNCING.parse("true").is_err());
    }

    #[test]
    fn a_gateway_below_invalid_is_none() {
        let gateway = |text| MAIL_GATEWAY_URL.parse(text).ok();
        for text in ["", "https://none.invalid", "http://X.INVALID:8025/send?a=b"] {
            assert_eq!(gateway(text).as_deref(), Some(""), "{text}");
        }
        for text in ["https://mail.example/x.invalid", "http://invalid.example:8025", "nonsense"] {
            assert_eq!(gateway(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_registry_is_a_host_without_a_path() {
        let registry = |text: &str| REGISTRY_URL.parse(text).ok();
        for text in ["", "https://none.invalid", "http://none.invalid:5000"] {
            assert_eq!(registry(text).as_deref(), Some(""), "{text}");
        }
        for text in ["http://127.0.0.1:5000", "https://registry.example.com", "http://[::1]:5000"] {
            assert_eq!(registry(text).as_deref(), Some(text));
            assert_eq!(registry(&format!("{text}/")).as_deref(), Some(text));
        }
        for text in [
            "registry.example.com",
            "ftp://registry.example.com",
            "http://",
            "http://me:secret@registry.example.com",
            "http://registry.example.com/v2/",
            "http://registry.example.com/?a=b",
            "http://registry.example.com/#a",
        ] {
            assert_eq!(registry(text), None, "{text}");
        }
    }

    #[test]
    fn durations_become_text() {
        for text in ["0s", "90s", "10m", "1h", "1d", "2w"] {
            assert_eq!(parse_duration(text).map(duration_text).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_log_is_kept_for_a_day_at_least() {
        let kept = |text| LOG_RETENTION.parse(text);
        assert_eq!(kept("forever"), Ok(None));
        assert_eq!(kept("90d"), Ok(Some(7_776_000)));
        assert_eq!(kept("24h"), Ok(Some(86_400)));
        for bad in ["", "0s", "23h", "ever", "-1d"] {
            assert!(kept(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_may_not_end_at_once() {
        let lives = |text| APP_SPECIFIC_TOKEN_EXPIRATION.parse(text);
        assert_eq!(lives(""), Ok(None));
        assert_eq!(lives("90d"), Ok(Some(7_776_000)));
        for bad in ["0s", "0w", "ever", "-1d"] {
            assert!(lives(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("2w"), Some(1_209_600));
        assert_eq!(parse_duration("0s"), Some(0));
        for bad in ["", "w", "10", "1y", "-1s", "1 d", "é"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
