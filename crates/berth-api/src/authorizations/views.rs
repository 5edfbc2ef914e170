//! Authorizations as the users see them who gave them, or are to accept them (`docs/contract/quay.md` 5.11).

use berth_domain::{Avatar, AvatarKind};
use berth_store::assignments::Assignment;
use berth_store::tokens::{Authorization, GrantedTo};
use schemars::JsonSchema;
use serde::Serialize;

use crate::applications::views::{ScopeView, avatar, scopes};

/// A token that a user granted.
#[derive(JsonSchema, Serialize)]
pub(crate) struct AuthorizationView {
    application: GrantedToView,
    scopes: Vec<ScopeView>,
    uuid: String,
}

/// A token that waits for its user to accept it.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssignmentView {
    application: GrantedToView,
    uuid: String,
    redirect_uri: String,
    scopes: Vec<ScopeView>,
    response_type: String,
}

/// The application that a token is for.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct GrantedToView {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    description: String,
    url: String,
    avatar: Avatar,
    organization: OwnerView,
}

/// The namespace of an application.
#[derive(JsonSchema, Serialize)]
struct OwnerView {
    name: String,
    avatar: Avatar,
}

berth_web::lists! {
    /// The tokens that a user granted.
    pub(crate) struct Authorizations { authorizations: Vec<AuthorizationView> }
    /// The tokens that wait for a user to accept them.
    pub(crate) struct Assignments { authorizations: Vec<AssignmentView> }
}

impl AuthorizationView {
    /// A token that a user granted.
    pub(crate) fn new(authorization: &Authorization) -> Self {
        Self {
            application: GrantedToView::new(&authorization.application),
            scopes: scopes(&authorization.scope),
            uuid: authorization.uuid.clone(),
        }
    }
}

impl AssignmentView {
    /// A token that waits for its user to accept it.
    pub(crate) fn new(assignment: &Assignment) -> Self {
        let application = &assignment.application;
        Self {
            application: GrantedToView {
                client_id: Some(application.client_id.clone()),
                ..GrantedToView::new(application)
            },
            uuid: assignment.uuid.clone(),
            redirect_uri: assignment.redirect_uri.clone(),
            scopes: scopes(&assignment.scope),
            response_type: assignment.response_type.clone(),
        }
    }
}

impl GrantedToView {
    fn new(application: &GrantedTo) -> Self {
        let (name, email) = (&application.namespace, &application.namespace_email);
        Self {
            name: application.name.clone(),
            client_id: None,
            description: application.description.clone(),
            url: application.application_uri.clone(),
            avatar: avatar(&application.name, application.avatar_email.as_deref(), email),
            organization: OwnerView {
                name: name.clone(),
                avatar: Avatar::new(AvatarKind::Org, name, email),
            },
        }
    }
}
