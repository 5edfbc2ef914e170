//! The rows of this resource.

use berth_access::{RepositoryAdmin, RepositoryView, RepositoryWrite, Scope};
use berth_domain::{LogKind, limits};
use berth_web::{Logs, Route, WithBody, WithPath};

use super::{behind, handlers};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/repository/*repository/tag/",
        "listRepoTags",
        &WithBody::<RepositoryView, _, _>(handlers::list),
    )
    .scope(Scope::RepoRead)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository/tag/:tag",
        "deleteFullTag",
        &WithPath::<RepositoryWrite, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteTag]),
    )
    .settings(&[behind::SETTINGS])
    .scope(Scope::RepoWrite),
    Route::post(
        "/api/v1/repository/*repository/tag/sync",
        "syncRepoTags",
        &WithBody::<RepositoryAdmin, _, _>(handlers::sync),
        Logs::Nothing("what the registry has is written down, and who pushed it is not known"),
    )
    .limits(&[&limits::MANIFESTS, &limits::TAGS])
    .settings(&[behind::SETTINGS])
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::get(
        "/api/v1/repository/*repository/manifest/:manifestref",
        "getRepoManifest",
        &WithPath::<RepositoryView, _, _>(handlers::manifest),
    )
    .settings(&[behind::SETTINGS])
    .scope(Scope::RepoRead),
];
