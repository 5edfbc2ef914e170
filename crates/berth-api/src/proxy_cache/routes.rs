//! The rows of this resource.

use berth_access::{ProxyCacheAdmin, ProxyCacheView};
use berth_domain::{LogKind, settings};
use berth_web::{Logs, Route, WithBody, WithoutBody};

use super::{handlers, usage};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/proxycache",
        "getProxyCacheConfig",
        &WithoutBody::<ProxyCacheView, _>(handlers::get),
    )
    .feature(&settings::FEATURE_PROXY_CACHE),
    Route::post(
        "/api/v1/organization/:orgname/proxycache",
        "createProxyCacheConfig",
        &WithBody::<ProxyCacheAdmin, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateProxyCacheConfig]),
    )
    .settings(&[handlers::DESTINATIONS])
    .feature(&settings::FEATURE_PROXY_CACHE),
    Route::put(
        "/api/v1/organization/:orgname/proxycache",
        "changeProxyCacheConfig",
        &WithBody::<ProxyCacheAdmin, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::ChangeProxyCacheConfig]),
    )
    .settings(&[handlers::DESTINATIONS])
    .feature(&settings::FEATURE_PROXY_CACHE)
    .extension(),
    Route::delete(
        "/api/v1/organization/:orgname/proxycache",
        "deleteProxyCacheConfig",
        &WithoutBody::<ProxyCacheAdmin, _>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteProxyCacheConfig]),
    )
    .feature(&settings::FEATURE_PROXY_CACHE),
    Route::get(
        "/api/v1/organization/:orgname/proxycache/use",
        "getProxyCacheUse",
        &WithoutBody::<ProxyCacheView, _>(usage::get),
    )
    .feature(&settings::FEATURE_PROXY_CACHE),
    Route::post(
        "/api/v1/organization/:orgname/proxycache/purge",
        "purgeProxyCache",
        &WithoutBody::<ProxyCacheAdmin, _>(usage::purge),
        Logs::Kinds(&[LogKind::PurgeProxyCache]),
    )
    .feature(&settings::FEATURE_PROXY_CACHE),
    Route::post(
        "/api/v1/organization/:orgname/validateproxycache",
        "validateProxyCacheConfig",
        &WithBody::<ProxyCacheAdmin, _, _>(handlers::validate),
        Logs::Nothing("it changes nothing"),
    )
    .settings(&[handlers::DESTINATIONS, &[&settings::REGISTRY_CHECKS_PER_MINUTE]])
    .feature(&settings::FEATURE_PROXY_CACHE),
];
