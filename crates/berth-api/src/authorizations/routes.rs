//! The rows of this resource.

use berth_access::{Scope, UserAdmin};
use berth_domain::{LogKind, settings};
use berth_web::{Logs, Route, WithBody, WithPath};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/user/authorizations",
        "listUserAuthorizations",
        &WithBody::<UserAdmin, _, _>(handlers::list),
    )
    .scope(Scope::UserAdmin)
    .internal(),
    Route::get(
        "/api/v1/user/authorizations/:access_token_uuid",
        "getUserAuthorization",
        &WithPath::<UserAdmin, _, _>(handlers::get),
    )
    .scope(Scope::UserAdmin)
    .internal(),
    Route::delete(
        "/api/v1/user/authorizations/:access_token_uuid",
        "deleteUserAuthorization",
        &WithPath::<UserAdmin, _, _>(handlers::revoke),
        Logs::Kinds(&[LogKind::OauthTokenRevoked]),
    )
    .scope(Scope::UserAdmin)
    .internal(),
    Route::get(
        "/api/v1/user/assignedauthorization",
        "listAssignedAuthorizations",
        &WithBody::<UserAdmin, _, _>(handlers::assigned),
    )
    .scope(Scope::UserAdmin)
    .feature(&settings::FEATURE_ASSIGN_OAUTH_TOKEN)
    .internal(),
    Route::delete(
        "/api/v1/user/assignedauthorization/:assigned_authorization_uuid",
        "deleteAssignedAuthorization",
        &WithPath::<UserAdmin, _, _>(handlers::decline),
        Logs::Nothing("the assignment was logged; declining it changes nobody's rights"),
    )
    .scope(Scope::UserAdmin)
    .feature(&settings::FEATURE_ASSIGN_OAUTH_TOKEN)
    .internal(),
];
