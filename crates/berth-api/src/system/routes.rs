//! The rows of this resource.

use berth_access::{Public, Scope, Superuser, SuperuserView};
use berth_domain::settings;
use berth_domain::settings::FEATURE_SUPER_USERS;
use berth_web::{BASE_URL, Logs, Route, WithBody, WithPath, WithoutBody};

use super::{config, discovery, errors, health, logo, registry, settings as in_force};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get("/health/instance", "getHealth", &WithoutBody::<Public, _>(health::instance))
        .unauthenticated(),
    Route::get(
        "/health/endtoend",
        "getHealthEndToEnd",
        &WithoutBody::<Public, _>(health::instance),
    )
    .unauthenticated(),
    Route::get("/health/liveness", "getHealthLiveness", &WithoutBody::<Public, _>(health::alive))
        .unauthenticated(),
    Route::get("/health/warning", "getHealthWarnings", &WithoutBody::<Public, _>(health::alive))
        .unauthenticated(),
    Route::get("/config", "getConfig", &WithoutBody::<Public, _>(config::get))
        .settings(&[config::SETTINGS, config::FEATURE_SETTINGS])
        .unauthenticated(),
    Route::get(logo::PATH, "getLogo", &WithoutBody::<Public, _>(logo::get)).unauthenticated(),
    Route::get("/api/v1/discovery", "discovery", &WithBody::<Public, _, _>(discovery::get))
        .settings(&[
            BASE_URL,
            config::FEATURE_SETTINGS,
            &[&settings::MAIL_DEFAULT_SENDER, &settings::REGISTRY_TITLE],
        ])
        .unauthenticated(),
    Route::get(
        "/api/v1/error/:error_type",
        "getErrorDescription",
        &WithPath::<Public, _, _>(errors::get),
    )
    .settings(&[BASE_URL]),
    Route::get(
        "/api/v1/registry/capabilities",
        "getRegistryCapabilities",
        &WithoutBody::<Public, _>(registry::capabilities),
    )
    .unauthenticated(),
    Route::get(
        "/api/v1/superuser/keys",
        "listServiceKeys",
        &WithoutBody::<SuperuserView, _>(registry::service_keys),
    )
    .scope(Scope::SuperUser)
    .feature(&FEATURE_SUPER_USERS),
    Route::get(
        "/api/v1/superuser/registrysize/",
        "getRegistrySize",
        &WithoutBody::<SuperuserView, _>(registry::size),
    )
    .superuser()
    .internal(),
    Route::post(
        "/api/v1/superuser/registrysize/",
        "queueRegistrySizeCalculation",
        &WithoutBody::<Superuser, _>(registry::measure),
        Logs::Nothing("there is nothing to measure"),
    )
    .superuser()
    .internal(),
    Route::get(
        "/api/v1/superuser/registrystatus",
        "scRegistryStatus",
        &WithoutBody::<SuperuserView, _>(registry::status),
    )
    .feature(&FEATURE_SUPER_USERS)
    .internal(),
    Route::get(
        "/api/v1/superuser/changelog/",
        "getChangeLog",
        &WithoutBody::<SuperuserView, _>(registry::changelog),
    )
    .superuser()
    .internal(),
    Route::get(
        "/api/v1/superuser/settings",
        "listSettings",
        &WithoutBody::<SuperuserView, _>(in_force::list),
    )
    .settings(&[settings::EVERY])
    .superuser(),
];
