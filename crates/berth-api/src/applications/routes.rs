//! The rows of this resource.

use berth_access::{
    ApplicationAdmin, ApplicationAdminView, Client, OrganizationAdmin, OrganizationAdminView,
    Public, Scope,
};
use berth_domain::LogKind;
use berth_web::{Change, Logs, Query, Read, Route};

use super::{handlers, tokens};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/applications",
        "getOrganizationApplications",
        &Read::<OrganizationAdminView>(handlers::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/applications",
        "createOrganizationApplication",
        &Change::<OrganizationAdmin, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateApplication]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/applications/:client_id",
        "getOrganizationApplication",
        &Read::<ApplicationAdminView>(handlers::get),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/applications/:client_id",
        "updateOrganizationApplication",
        &Change::<ApplicationAdmin, _>(handlers::change),
        Logs::Kinds(&[LogKind::UpdateApplication]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/applications/:client_id",
        "deleteOrganizationApplication",
        &Read::<ApplicationAdmin>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteApplication]),
    )
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/applications/:client_id/resetclientsecret",
        "resetOrganizationApplicationClientSecret",
        &Read::<ApplicationAdmin>(handlers::reset_secret),
        Logs::Kinds(&[LogKind::ResetApplicationClientSecret]),
    )
    .internal(),
    Route::get(
        "/api/v1/organization/:orgname/applications/:client_id/tokens",
        "listOrganizationApplicationTokens",
        &Read::<ApplicationAdminView>(tokens::list),
    )
    .scope(Scope::OrgAdmin)
    .query(&[Query::NEXT_PAGE]),
    Route::post(
        "/api/v1/organization/:orgname/applications/:client_id/tokens",
        "createOrganizationApplicationToken",
        &Change::<ApplicationAdmin, _>(tokens::create),
        Logs::Kinds(&[LogKind::CreateOauthApiToken]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/applications/:client_id/tokens/:token_uuid",
        "deleteOrganizationApplicationToken",
        &Read::<ApplicationAdmin>(tokens::revoke),
        Logs::Kinds(&[LogKind::RevokeOauthApiToken]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/app/",
        "getApplicationInformationWithoutId",
        &Read::<Public>(handlers::info_of_nobody),
    )
    .unauthenticated()
    .internal()
    .answers(&[]),
    Route::get(
        "/api/v1/app/:client_id",
        "getApplicationInformation",
        &Read::<Client>(handlers::info),
    ),
];
