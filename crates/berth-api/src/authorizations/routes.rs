//! The rows of this resource.

use berth_access::{Scope, UserAdmin};
use berth_domain::{LogKind, settings};
use berth_web::{Logs, Query, Read, Route};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/user/authorizations",
        "listUserAuthorizations",
        &Read::<UserAdmin>(handlers::list),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin)
    .internal(),
    Route::get(
        "/api/v1/user/authorizations/:access_token_uuid",
        "getUserAuthorization",
        &Read::<UserAdmin>(handlers::get),
    )
    .scope(Scope::UserAdmin)
    .internal(),
    Route::delete(
        "/api/v1/user/authorizations/:access_token_uuid",
        "deleteUserAuthorization",
        &Read::<UserAdmin>(handlers::revoke),
        Logs::Kinds(&[LogKind::OauthTokenRevoked]),
    )
    .scope(Scope::UserAdmin)
    .internal(),
    Route::get(
        "/api/v1/user/assignedauthorization",
        "listAssignedAuthorizations",
        &Read::<UserAdmin>(handlers::assigned),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin)
    .feature(&settings::FEATURE_ASSIGN_OAUTH_TOKEN)
    .internal(),
    Route::delete(
        "/api/v1/user/assignedauthorization/:assigned_authorization_uuid",
        "deleteAssignedAuthorization",
        &Read::<UserAdmin>(handlers::decline),
        Logs::Nothing("the assignment was logged; declining it changes nobody's rights"),
    )
    .scope(Scope::UserAdmin)
    .feature(&settings::FEATURE_ASSIGN_OAUTH_TOKEN)
    .internal(),
];
