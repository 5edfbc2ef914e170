//! The rows of this resource.

use berth_access::{
    NamespaceOrOwnAdminView, OrganizationAdminView, OwnNamespaceView, Public, RepositoryAdminView,
    Scope, SuperuserView,
};
use berth_domain::LogKind;
use berth_domain::settings::{FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL, FEATURE_SUPER_USERS};
use berth_web::{Logs, Route, WithBody};

use super::{export, export_link, handlers};
use crate::mails::outbox;
use crate::proxy_cache::handlers::DESTINATIONS;

/// What an export that is asked for leaves in the log.
const EXPORTED: Logs = Logs::Kinds(&[LogKind::ExportLogsSuccess]);

/// The route table.
pub const OF_REPOSITORIES: &[Route] = &[
    Route::get(
        "/api/v1/repository/*repository/logs",
        "listRepoLogs",
        &WithBody::<RepositoryAdminView, _, _>(handlers::list),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/logs/export",
        "downloadRepoLogs",
        &WithBody::<RepositoryAdminView, _, _>(export::export),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/aggregatelogs",
        "getAggregateRepoLogs",
        &WithBody::<RepositoryAdminView, _, _>(handlers::count),
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL),
    Route::post(
        "/api/v1/repository/*repository/exportlogs",
        "exportRepoLogs",
        &WithBody::<RepositoryAdminView, _, _>(export_link::ask),
        EXPORTED,
    )
    .settings(&[outbox::SETTINGS])
    .scope(Scope::RepoAdmin)
    .internal(),
];

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/logs",
        "listOrgLogs",
        &WithBody::<NamespaceOrOwnAdminView, _, _>(handlers::list),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/logs/export",
        "downloadOrgLogs",
        &WithBody::<NamespaceOrOwnAdminView, _, _>(export::export),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/aggregatelogs",
        "getAggregateOrgLogs",
        &WithBody::<NamespaceOrOwnAdminView, _, _>(handlers::count),
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL),
    Route::get(
        "/api/v1/user/logs",
        "listUserLogs",
        &WithBody::<OwnNamespaceView, _, _>(handlers::list),
    )
    .scope(Scope::UserAdmin),
    Route::get(
        "/api/v1/user/logs/export",
        "downloadUserLogs",
        &WithBody::<OwnNamespaceView, _, _>(export::export),
    )
    .scope(Scope::UserAdmin),
    Route::get(
        "/api/v1/user/aggregatelogs",
        "getAggregateUserLogs",
        &WithBody::<OwnNamespaceView, _, _>(handlers::count),
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL),
    Route::get(
        "/api/v1/superuser/logs",
        "listAllLogs",
        &WithBody::<SuperuserView, _, _>(handlers::list),
    )
    .superuser(),
    Route::get(
        "/api/v1/superuser/logs/export",
        "downloadAllLogs",
        &WithBody::<SuperuserView, _, _>(export::export),
    )
    .superuser(),
    Route::get(
        "/api/v1/superuser/aggregatelogs",
        "listAllAggregateLogs",
        &WithBody::<SuperuserView, _, _>(handlers::count),
    )
    .features(&[&FEATURE_SUPER_USERS, &FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL])
    .fresh_login()
    .internal(),
    Route::get("/exportedlogs", "openExportedLogs", &WithBody::<Public, _, _>(export_link::open))
        .open()
        .internal(),
];

/// The rows of exports that are asked for: their component may call the addresses that callers name.
pub const EXPORTS: &[Route] = &[
    Route::post(
        "/api/v1/organization/:orgname/exportlogs",
        "exportOrgLogs",
        &WithBody::<OrganizationAdminView, _, _>(export_link::ask),
        EXPORTED,
    )
    .settings(&[outbox::SETTINGS, DESTINATIONS])
    .scope(Scope::OrgAdmin)
    .internal(),
    Route::post(
        "/api/v1/user/exportlogs",
        "exportUserLogs",
        &WithBody::<OwnNamespaceView, _, _>(export_link::ask),
        EXPORTED,
    )
    .settings(&[outbox::SETTINGS, DESTINATIONS])
    .scope(Scope::UserAdmin)
    .internal(),
];
