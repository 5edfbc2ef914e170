//! The rows of this resource.

use berth_access::{Scope, SuperuserAuditView, UserAdmin};
use berth_domain::{LogKind, limits, settings};
use berth_web::{Logs, Route, WithBody, WithPath};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/user/apptoken",
        "listAppTokens",
        &WithBody::<UserAdmin, _, _>(handlers::list),
    )
    .settings(&[&[&settings::APP_SPECIFIC_TOKEN_EXPIRATION]])
    .feature(&settings::FEATURE_APP_SPECIFIC_TOKENS)
    .scope(Scope::UserAdmin),
    Route::post(
        "/api/v1/user/apptoken",
        "createAppToken",
        &WithBody::<UserAdmin, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateAppSpecificToken]),
    )
    .settings(&[&[&settings::APP_SPECIFIC_TOKEN_EXPIRATION]])
    .feature(&settings::FEATURE_APP_SPECIFIC_TOKENS)
    .limits(&[&limits::APP_TOKENS])
    .scope(Scope::UserAdmin)
    .permission_first()
    .fresh_login(),
    Route::get(
        "/api/v1/user/apptoken/:token_uuid",
        "getAppToken",
        &WithPath::<UserAdmin, _, _>(handlers::get),
    )
    .feature(&settings::FEATURE_APP_SPECIFIC_TOKENS)
    .scope(Scope::UserAdmin)
    .fresh_login(),
    Route::delete(
        "/api/v1/user/apptoken/:token_uuid",
        "revokeAppToken",
        &WithPath::<UserAdmin, _, _>(handlers::revoke),
        Logs::Kinds(&[LogKind::RevokeAppSpecificToken]),
    )
    .feature(&settings::FEATURE_APP_SPECIFIC_TOKENS)
    .scope(Scope::UserAdmin)
    .fresh_login(),
    Route::get(
        "/api/v1/superuser/apptokens",
        "listAllAppTokens",
        &WithBody::<SuperuserAuditView, _, _>(handlers::list_all),
    )
    .settings(&[&[&settings::APP_SPECIFIC_TOKEN_EXPIRATION]])
    .features(&[&settings::FEATURE_APP_SPECIFIC_TOKENS])
    .superuser(),
];
