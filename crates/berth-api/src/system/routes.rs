//! The rows of this resource.

use berth_access::{Public, Scope, Superuser, SuperuserView};
use berth_domain::settings::FEATURE_SUPER_USERS;
use berth_web::{Logs, Query, Read, Route};

use super::{config, discovery, errors, health, logo, registry};

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
];
