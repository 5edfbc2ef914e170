//! The rows of this resource.

use berth_access::{
    ApplicationAdmin, ApplicationAdminView, Client, ClientPath, OrganizationAdmin,
    OrganizationAdminView, Path, Public, Scope,
};
use berth_domain::{LogKind, limits, settings};
use berth_web::{At, Logs, Route, WithBody, WithPath, WithoutBody};

use super::{handlers, tokens};
use crate::quotas;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/applications",
        "getOrganizationApplications",
        &WithBody::<OrganizationAdminView, _, _>(handlers::list),
    )
    .decided_inside("organization admins, superuser views; secrets for the admins")
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/applications",
        "createOrganizationApplication",
        &WithBody::<OrganizationAdmin, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateApplication]),
    )
    .limits(&[&limits::APPLICATIONS])
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/applications/:client_id",
        "getOrganizationApplication",
        &WithoutBody::<ApplicationAdminView, _>(handlers::get),
    )
    .decided_inside("organization admins, superuser views; the secret for the admins")
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/applications/:client_id",
        "updateOrganizationApplication",
        &WithBody::<ApplicationAdmin, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::UpdateApplication]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/applications/:client_id",
        "deleteOrganizationApplication",
        &WithoutBody::<ApplicationAdmin, _>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteApplication]),
    )
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/applications/:client_id/resetclientsecret",
        "resetOrganizationApplicationClientSecret",
        &WithoutBody::<ApplicationAdmin, _>(handlers::reset_secret),
        Logs::Kinds(&[LogKind::ResetApplicationClientSecret]),
    )
    .internal(),
    Route::get(
        "/api/v1/organization/:orgname/applications/:client_id/tokens",
        "listOrganizationApplicationTokens",
        &WithBody::<ApplicationAdminView, _, _>(tokens::list),
    )
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/applications/:client_id/tokens",
        "createOrganizationApplicationToken",
        &WithBody::<ApplicationAdmin, _, _>(tokens::create),
        Logs::Kinds(&[LogKind::CreateOauthApiToken]),
    )
    .limits(&[&limits::TOKENS])
    .settings(&[&[&settings::OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT, &settings::TOKENS_PER_MINUTE]])
    .decided_inside(
        "organization admins, with scopes that they have themselves; `super:user` for superusers",
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/applications/:client_id/tokens/:token_uuid",
        "deleteOrganizationApplicationToken",
        &WithPath::<ApplicationAdmin, _, _>(tokens::revoke),
        Logs::Kinds(&[LogKind::RevokeOauthApiToken]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/app/",
        "getApplicationInformationWithoutId",
        &WithoutBody::<Public, _>(handlers::info_of_nobody),
    )
    .decided_inside("nobody")
    .unauthenticated()
    .internal(),
    Route::get(
        "/api/v1/app/:client_id",
        "getApplicationInformation",
        &At(ClientPath::read, WithoutBody::<Client, _>(handlers::info)),
    )
    .settings(&[quotas::views::SETTINGS])
    .decided_inside("anybody; more of the organization for its members"),
];
