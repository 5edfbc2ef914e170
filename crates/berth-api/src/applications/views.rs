//! Applications and tokens as answers show them.

use crate::organizations::views::OrganizationView;
use crate::quotas::views::Quotas;
use berth_access::{Rights, ScopeSet};
use berth_domain::{Application, Avatar, AvatarKind, Namespace, Timestamp};
use berth_store::applications::ApplicationFields;
use berth_store::tokens::TokenLine;
use schemars::JsonSchema;
use serde::Serialize;

/// An application as its readers see it (`docs/contract/quay.md` 2.1).
#[derive(JsonSchema, Serialize)]
pub(crate) struct ApplicationView {
    name: String,
    description: String,
    application_uri: String,
    client_id: String,
    /// For administrators, as the two that follow; null where its key is lost.
    client_secret: Option<String>,
    redirect_uri: Option<String>,
    avatar_email: Option<String>,
}

impl ApplicationView {
    /// For its administrators.
    pub(crate) fn new(
        client_id: &str,
        fields: ApplicationFields<'_>,
        client_secret: Option<String>,
    ) -> Self {
        Self {
            name: fields.name.to_owned(),
            description: fields.description.to_owned(),
            application_uri: fields.application_uri.to_owned(),
            client_id: client_id.to_owned(),
            client_secret,
            redirect_uri: Some(fields.redirect_uri.to_owned()),
            avatar_email: fields.avatar_email.map(str::to_owned),
        }
    }

    /// For those who may only read.
    pub(crate) fn without_secrets(application: &Application) -> Self {
        Self {
            redirect_uri: None,
            avatar_email: None,
            ..Self::new(&application.client_id, application.into(), None)
        }
    }
}

berth_web::lists! {
    /// The applications of an organization.
    pub(crate) struct Applications { applications: Vec<ApplicationView> }
}

/// The avatar of an application: of its own address, or else of its namespace's.
pub(crate) fn avatar(name: &str, own_email: Option<&str>, namespace_email: &str) -> Avatar {
    let own = own_email.filter(|email| !email.is_empty());
    Avatar::new(AvatarKind::App, name, own.unwrap_or(namespace_email))
}

/// What everybody may know of an application (`docs/contract/quay.md` 2.3).
#[derive(JsonSchema, Serialize)]
pub(crate) struct ApplicationInfo {
    name: String,
    description: String,
    uri: String,
    avatar: Avatar,
    organization: OrganizationView,
}

impl ApplicationInfo {
    /// The application with its organization as somebody with these rights sees it; teams are left out.
    pub(crate) fn new(
        application: &Application,
        organization: &Namespace,
        rights: &Rights,
        quotas: Quotas,
    ) -> Self {
        Self {
            name: application.name.clone(),
            description: application.description.clone(),
            uri: application.application_uri.clone(),
            avatar: avatar(
                &application.name,
                application.avatar_email.as_deref(),
                &organization.email,
            ),
            organization: OrganizationView::new(organization, rights, Some(Vec::new()), quotas),
        }
    }
}

/// A scope in words (`docs/contract/quay.md` 5.6).
#[derive(JsonSchema, Serialize)]
pub(crate) struct ScopeView {
    dangerous: bool,
    description: &'static str,
    icon: &'static str,
    scope: &'static str,
    title: &'static str,
}

/// Scopes in words; none for a text that cannot be read, which allows nothing.
pub(crate) fn scopes(text: &str) -> Vec<ScopeView> {
    let granted = ScopeSet::parse(text).ok().into_iter().flat_map(ScopeSet::granted);
    let views = granted.map(|scope| ScopeView {
        dangerous: scope.is_dangerous(),
        description: scope.description(),
        icon: scope.icon(),
        scope: scope.as_str(),
        title: scope.title(),
    });
    views.collect()
}

/// A token as its application's administrators see it (`docs/contract/quay.md` 2.4).
#[derive(JsonSchema, Serialize)]
pub(crate) struct TokenView {
    uuid: String,
    name: Option<String>,
    scope: String,
    expires_at: String,
    created: String,
    created_by: Option<String>,
    last_accessed: Option<String>,
    /// The token itself, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl TokenView {
    /// The view of a token.
    pub(crate) fn new(line: TokenLine) -> Self {
        Self {
            uuid: line.uuid,
            name: line.name,
            scope: line.scope,
            expires_at: line.expires_at.to_iso8601(),
            created: line.created_at.to_iso8601(),
            created_by: line.created_by,
            last_accessed: line.accessed_at.map(Timestamp::to_iso8601),
            token: None,
        }
    }

    /// The same with the token itself: only the answer that makes it shows it.
    pub(crate) fn with_token(mut self, token: String) -> Self {
        self.token = Some(token);
        self
    }
}

berth_web::lists! {
    /// A page of the tokens of an application.
    pub(crate) struct Tokens { tokens: Vec<TokenView> }
}
