//! The rows of this resource.

use berth_access::{
    Path, RegistryCatalog, RegistryPath, RegistryRead, RegistryTokenHolder, RegistryWrite,
};
use berth_domain::{LogKind, limits, settings};
use berth_web::{At, Logs, Route, WithBody, WithPath, WithoutBody, registry_token};

use super::{handlers, lists};
use crate::proxy_cache::handlers::DESTINATIONS;

/// Why nothing is logged of a push that goes to the wrong address.
const REFUSED: Logs = Logs::Nothing("it changes nothing: the registry itself takes what is pushed");

/// Why nothing is logged of blobs.
const BLOBS: Logs = Logs::Nothing(
    "what is fetched for a proxy cache is noted there; the pull of its manifest is logged",
);

/// Who may, where a pull makes a repository.
const PULLS: &str = "whoever has a token of `/v2/auth` with `pull`";

/// What all rows have in common.
const fn row(route: Route) -> Route {
    route.takes_registry_token().permission_first().csrf_exempt().internal().settings(&[
        registry_token::SETTINGS,
        DESTINATIONS,
        &[
            &settings::CREATE_PRIVATE_REPO_ON_PUSH,
            &settings::DEFAULT_SYSTEM_REJECT_QUOTA_BYTES,
            &settings::FEATURE_PROXY_CACHE,
            &settings::FEATURE_PUBLIC_CATALOG,
            &settings::FEATURE_PULL_LOGS,
            &settings::FEATURE_QUOTA_MANAGEMENT,
            &settings::LIBRARY_NAMESPACE,
            &settings::PROXY_CACHE_TRUST_S,
            &settings::REGISTRY_STATE,
            &settings::REGISTRY_URL,
        ],
    ])
}

/// The route table.
pub const ROUTES: &[Route] = &[
    row(Route::get(
        "/v2/",
        "getRegistryVersion",
        &WithoutBody::<RegistryTokenHolder, _>(handlers::version),
    )),
    row(Route::get(
        "/v2/_catalog",
        "listRegistryCatalog",
        &WithBody::<RegistryCatalog, _, _>(lists::catalog),
    )),
    row(Route::get(
        "/v2/*name/tags/list",
        "listRegistryTags",
        &At(RegistryPath::read, WithBody::<RegistryRead, _, _>(lists::tags)),
    )),
    row(Route::get(
        "/v2/*name/manifests/:reference",
        "getRegistryManifest",
        &At(RegistryPath::read, WithPath::<RegistryRead, _, _>(handlers::manifest)),
    )
    .changes(Logs::Kinds(&[LogKind::PullRepo]))
    .limits(&[
        &limits::REPOSITORIES,
        &limits::REPOSITORY_PERMISSIONS,
        &limits::NAMESPACE_PERMISSIONS,
        &limits::MANIFESTS,
        &limits::TAGS,
    ])
    .decided_inside(PULLS)
    .works_read_only()),
    row(Route::get(
        "/v2/*name/blobs/:digest",
        "getRegistryBlob",
        &At(RegistryPath::read, WithPath::<RegistryRead, _, _>(handlers::blob)),
    )
    .changes(BLOBS)
    .works_read_only()),
    row(Route::get(
        "/v2/*name/referrers/:digest",
        "listRegistryReferrers",
        &At(RegistryPath::read, WithPath::<RegistryRead, _, _>(lists::referrers)),
    )),
    row(Route::post(
        "/v2/*name/blobs/uploads/",
        "refuseRegistryUpload",
        &At(RegistryPath::read, WithoutBody::<RegistryWrite, _>(handlers::refuse)),
        REFUSED,
    )),
    row(Route::put(
        "/v2/*name/manifests/:reference",
        "refuseRegistryManifest",
        &At(RegistryPath::read, WithPath::<RegistryWrite, _, _>(handlers::refuse_manifest)),
        REFUSED,
    )),
    row(Route::delete(
        "/v2/*name/manifests/:reference",
        "refuseRegistryManifestDeletion",
        &At(RegistryPath::read, WithPath::<RegistryWrite, _, _>(handlers::refuse_manifest)),
        REFUSED,
    )),
    row(Route::delete(
        "/v2/*name/blobs/:digest",
        "refuseRegistryBlobDeletion",
        &At(RegistryPath::read, WithPath::<RegistryWrite, _, _>(handlers::refuse_blob)),
        REFUSED,
    )),
];
