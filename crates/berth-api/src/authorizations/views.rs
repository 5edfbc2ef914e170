//! Authorizations as the users see them who gave them, or are to accept them (`docs/contract/quay.md` 5.11).

use berth_domain::{Avatar, AvatarKind};
use berth_store::assignments::Assignment;
use berth_store::tokens::{Authorization, GrantedTo};
use serde::Serialize;

use crate::applications::views::{ScopeView, scopes};

/// A token that a user granted.
#[derive(Serialize)]
pub(crate) struct AuthorizationView<'a> {
    application: GrantedToView<'a>,
    scopes: Vec<ScopeView>,
    uuid: &'a str,
}

/// A token that waits for its user to accept it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssignmentView<'a> {
    application: GrantedToView<'a>,
    uuid: &'a str,
    redirect_uri: &'a str,
    scopes: Vec<ScopeView>,
    response_type: &'a str,
}

/// The application that a token is for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GrantedToView<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    description: &'a str,
    url: &'a str,
    avatar: Avatar,
    organization: OwnerView<'a>,
}

/// The namespace of an application.
#[derive(Serialize)]
struct OwnerView<'a> {
    name: &'a str,
    avatar: Avatar,
}

impl<'a> AuthorizationView<'a> {
    /// A token that a user granted.
    pub(crate) fn new(authorization: &'a Authorization) -> Self {
        Self {
            application: GrantedToView::new(&authorization.application),
            scopes: scopes(&authorization.scope),
            uuid: &authorization.uuid,
        }
    }
}

impl<'a> AssignmentView<'a> {
    /// A token that waits for its user to accept it.
    pub(crate) fn new(assignment: &'a Assignment) -> Self {
        let application = &assignment.application;
        Self {
            application: GrantedToView {
                client_id: Some(&application.client_id),
                ..GrantedToView::new(application)
            },
            uuid: &assignment.uuid,
            redirect_uri: &assignment.redirect_uri,
            scopes: scopes(&assignment.scope),
            response_type: &assignment.response_type,
        }
    }
}

impl<'a> GrantedToView<'a> {
    fn new(application: &'a GrantedTo) -> Self {
        let own = application.avatar_email.as_deref().filter(|email| !email.is_empty());
        let (name, email) = (&application.namespace, &application.namespace_email);
        Self {
            name: &application.name,
            client_id: None,
            description: &application.description,
            url: &application.application_uri,
            avatar: Avatar::new(AvatarKind::App, &application.name, own.unwrap_or(email)),
            organization: OwnerView { name, avatar: Avatar::new(AvatarKind::Org, name, email) },
        }
    }
}
