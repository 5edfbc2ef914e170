//! What this component answers.

use berth_access::{NamespaceAdminView, OwnNamespaceView, Public, Scope, Superuser, SuperuserView};
use berth_domain::LogKind;
use berth_domain::settings::{FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL, FEATURE_SUPER_USERS};
use berth_web::logs::{COUNTS_QUERY, PAGE_QUERY};
use berth_web::{Change, Logs, Query, Read, Route};

use crate::{config, discovery, errors, health, logo, logs, messages, registry};

/// What an export of the log leaves in it.
const NO_EXPORT: Logs = Logs::Nothing("nothing is exported");

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get("/health/instance", "getHealth", &Read::<Public>(health::instance))
        .unauthenticated(),
    Route::get("/health/endtoend", "getHealthEndToEnd", &Read::<Public>(health::instance))
        .unauthenticated(),
    Route::get("/health/warning", "getHealthWarnings", &Read::<Public>(health::warning))
        .unauthenticated(),
    Route::get("/config", "getConfig", &Read::<Public>(config::get)).unauthenticated(),
    Route::get(logo::PATH, "getLogo", &Read::<Public>(logo::get)).unauthenticated(),
    Route::get("/api/v1/discovery", "discovery", &Read::<Public>(discovery::get))
        .unauthenticated()
        .query(&[Query::flag("internal", "Internal operations too")]),
    Route::get("/api/v1/error/:error_type", "getErrorDescription", &Read::<Public>(errors::get)),
    Route::get("/api/v1/messages", "getGlobalMessages", &Read::<Public>(messages::list)),
    Route::post(
        "/api/v1/messages",
        "createGlobalMessage",
        &Change::<Superuser, _>(messages::create),
        Logs::Kinds(&[LogKind::CreateGlobalMessage]),
    )
    .scope(Scope::SuperUser)
    .feature(&FEATURE_SUPER_USERS)
    .fresh_login()
    .answers(&[201]),
    Route::delete(
        "/api/v1/message/:uuid",
        "deleteGlobalMessage",
        &Read::<Superuser>(messages::delete),
        Logs::Kinds(&[LogKind::DeleteGlobalMessage]),
    )
    .scope(Scope::SuperUser)
    .feature(&FEATURE_SUPER_USERS)
    .fresh_login(),
    Route::get(
        "/api/v1/registry/capabilities",
        "getRegistryCapabilities",
        &Read::<Public>(registry::capabilities),
    )
    .unauthenticated(),
    Route::get(
        "/api/v1/superuser/keys",
        "listServiceKeys",
        &Read::<SuperuserView>(registry::service_keys),
    )
    .scope(Scope::SuperUser)
    .feature(&FEATURE_SUPER_USERS),
    Route::get(
        "/api/v1/superuser/registrysize/",
        "getRegistrySize",
        &Read::<SuperuserView>(registry::size),
    )
    .scope(Scope::SuperUser)
    .feature(&FEATURE_SUPER_USERS)
    .fresh_login()
    .internal(),
    Route::post(
        "/api/v1/superuser/registrysize/",
        "queueRegistrySizeCalculation",
        &Read::<Superuser>(registry::measure),
        Logs::Nothing("there is nothing to measure"),
    )
    .scope(Scope::SuperUser)
    .feature(&FEATURE_SUPER_USERS)
    .fresh_login()
    .internal()
    .answers(&[201]),
    Route::get(
        "/api/v1/superuser/registrystatus",
        "scRegistryStatus",
        &Read::<SuperuserView>(registry::status),
    )
    .feature(&FEATURE_SUPER_USERS)
    .internal(),
    Route::get(
        "/api/v1/superuser/changelog/",
        "getChangeLog",
        &Read::<SuperuserView>(registry::changelog),
    )
    .scope(Scope::SuperUser)
    .feature(&FEATURE_SUPER_USERS)
    .fresh_login()
    .internal(),
    Route::get(
        "/api/v1/organization/:orgname/logs",
        "listOrgLogs",
        &Read::<NamespaceAdminView>(logs::organization),
    )
    .scope(Scope::OrgAdmin)
    .own_name_in_sessions()
    .query(PAGE_QUERY),
    Route::get(
        "/api/v1/organization/:orgname/aggregatelogs",
        "getAggregateOrgLogs",
        &Read::<NamespaceAdminView>(logs::organization_counts),
    )
    .scope(Scope::OrgAdmin)
    .own_name_in_sessions()
    .feature(&FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL)
    .query(COUNTS_QUERY),
    Route::post(
        "/api/v1/organization/:orgname/exportlogs",
        "exportOrgLogs",
        &Read::<NamespaceAdminView>(logs::export_organization),
        NO_EXPORT,
    )
    .scope(Scope::OrgAdmin)
    .internal()
    .answers(&[]),
    Route::get("/api/v1/user/logs", "listUserLogs", &Read::<OwnNamespaceView>(logs::user))
        .scope(Scope::UserAdmin)
        .query(PAGE_QUERY),
    Route::get(
        "/api/v1/user/aggregatelogs",
        "getAggregateUserLogs",
        &Read::<OwnNamespaceView>(logs::user_counts),
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL)
    .query(COUNTS_QUERY),
    Route::post(
        "/api/v1/user/exportlogs",
        "exportUserLogs",
        &Read::<OwnNamespaceView>(logs::export_user),
        NO_EXPORT,
    )
    .scope(Scope::UserAdmin)
    .internal()
    .answers(&[]),
    Route::get("/api/v1/superuser/logs", "listAllLogs", &Read::<SuperuserView>(logs::everything))
        .scope(Scope::SuperUser)
        .feature(&FEATURE_SUPER_USERS)
        .fresh_login()
        .query(PAGE_QUERY),
    Route::get(
        "/api/v1/superuser/aggregatelogs",
        "listAllAggregateLogs",
        &Read::<SuperuserView>(logs::everything_counts),
    )
    .features(&[&FEATURE_SUPER_USERS, &FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL])
    .fresh_login()
    .internal()
    .query(COUNTS_QUERY),
];
