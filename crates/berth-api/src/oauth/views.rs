//! What the OAuth endpoints answer to programs.

use berth_domain::{Application, Avatar, AvatarKind, Namespace};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::applications::views::{ScopeView, avatar};

/// The question whether an application may act in somebody's name, for programs that ask it themselves
/// (`docs/contract/quay.md` 5.7).
#[derive(JsonSchema, Serialize)]
pub(crate) struct ConsentView {
    pub(super) application: ConsentApplication,
    pub(super) assignment_uuid: Option<String>,
    pub(super) client_id: String,
    pub(super) csrf_token_val: String,
    pub(super) has_dangerous_scopes: bool,
    pub(super) redirect_uri: String,
    pub(super) response_type: String,
    pub(super) scope: String,
    pub(super) scopes: Vec<ScopeView>,
    pub(super) state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code_challenge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code_challenge_method: Option<&'static str>,
}

/// The application that asks.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ConsentApplication {
    /// JSON, as text.
    avatar: String,
    description: String,
    name: String,
    organization: ConsentOrganization,
    url: String,
}

/// The organization of the application that asks.
#[derive(JsonSchema, Serialize)]
struct ConsentOrganization {
    /// JSON, as text.
    avatar: String,
    name: String,
}

impl ConsentApplication {
    /// The application, with its namespace.
    pub(super) fn new(application: &Application, owner: &Namespace) -> Self {
        let owner_avatar = Avatar::new(AvatarKind::Org, &owner.name, &owner.email);
        let own_email = application.avatar_email.as_deref();
        Self {
            avatar: json!(avatar(&application.name, own_email, &owner.email)).to_string(),
            description: application.description.clone(),
            name: application.name.clone(),
            organization: ConsentOrganization {
                avatar: json!(owner_avatar).to_string(),
                name: owner.name.clone(),
            },
            url: application.application_uri.clone(),
        }
    }
}

/// A token for a code (RFC 6749, 5.1).
#[derive(JsonSchema, Serialize)]
pub(crate) struct AccessToken {
    access_token: String,
    token_type: &'static str,
    /// How long it lives, in seconds.
    expires_in: i64,
    /// There are none.
    refresh_token: Option<String>,
}

impl AccessToken {
    /// A token that lives for so many seconds.
    pub(super) fn new(access_token: String, lifetime_s: i64) -> Self {
        Self { access_token, token_type: "Bearer", expires_in: lifetime_s, refresh_token: None }
    }
}

/// Whether a token works, and for what (RFC 7662, 2.2).
#[derive(JsonSchema, Serialize)]
pub(crate) struct Introspection {
    pub(super) active: bool,
    #[serde(flatten)]
    pub(super) token: Option<LivingToken>,
}

/// A token that works.
#[derive(JsonSchema, Serialize)]
pub(crate) struct LivingToken {
    pub(super) scope: String,
    pub(super) client_id: String,
    pub(super) username: String,
    pub(super) token_type: &'static str,
    /// When it ends, in seconds since 1970.
    pub(super) exp: i64,
    /// When it was made, in seconds since 1970.
    pub(super) iat: i64,
    /// The UUID of the user in whose name it acts.
    pub(super) sub: String,
    pub(super) iss: String,
}

/// A token is ended, if there was one.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Revoked {}

/// The token that a program was sent with to our own page.
#[derive(JsonSchema, Serialize)]
pub(crate) struct LocalToken {
    pub(super) access_token: Option<String>,
}

/// A token was assigned.
#[derive(JsonSchema, Serialize)]
pub(crate) struct AssignedToken {
    pub(super) message: &'static str,
}

/// What programs may know of the flows (RFC 8414).
#[derive(JsonSchema, Serialize)]
pub(crate) struct Metadata {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) introspection_endpoint: String,
    pub(super) revocation_endpoint: String,
    pub(super) scopes_supported: Vec<&'static str>,
    pub(super) response_types_supported: &'static [&'static str],
    pub(super) response_modes_supported: &'static [&'static str],
    pub(super) grant_types_supported: &'static [&'static str],
    pub(super) code_challenge_methods_supported: &'static [&'static str],
    pub(super) token_endpoint_auth_methods_supported: &'static [&'static str],
    pub(super) introspection_endpoint_auth_methods_supported: &'static [&'static str],
    pub(super) revocation_endpoint_auth_methods_supported: &'static [&'static str],
}
