//! The rows of this resource.

use berth_access::{
    OrganizationView, Public, RepositoryAdmin, RepositoryAdminView, RepositoryCreate,
    RepositoryStar, RepositoryView, RepositoryWrite, Scope, UserAdmin, in_body,
};
use berth_domain::{LogKind, limits, settings};
use berth_web::{At, Logs, Route, WithBody, WithPath, WithoutBody};

use super::{content, handlers, stars};
use crate::quotas;

/// Why stars leave no trace.
const STARS: Logs = Logs::Nothing("a star is private and changes nobody's rights");

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::post(
        "/api/v1/repository",
        "createRepo",
        &WithBody::<RepositoryCreate, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateRepo]),
    )
    .limits(&[
        &limits::REPOSITORIES,
        &limits::REPOSITORY_PERMISSIONS,
        &limits::NAMESPACE_PERMISSIONS,
    ])
    .settings(&[&[&settings::FEATURE_BILLING, &settings::FEATURE_EXTENDED_REPOSITORY_NAMES]])
    .decided_inside("creators in the namespace; with billing on, private ones superusers alone")
    .needs_plan()
    .scope(Scope::RepoCreate),
    Route::get("/api/v1/repository", "listRepos", &WithBody::<Public, _, _>(handlers::list))
        .settings(&[quotas::views::SETTINGS])
        .decided_inside("anybody; of private repositories those that the caller may read")
        .scope(Scope::RepoRead),
    Route::get(
        "/api/v1/organization/:orgname/repositories",
        "listOrganizationRepos",
        &WithBody::<OrganizationView, _, _>(handlers::list_of_organization),
    )
    .settings(&[quotas::views::SETTINGS])
    .decided_inside("anybody; of private repositories those that the caller may read")
    .scope(Scope::RepoRead),
    Route::post(
        "/api/v1/repository/*repository/changevisibility",
        "changeRepoVisibility",
        &WithBody::<RepositoryAdmin, _, _>(handlers::change_visibility),
        Logs::Kinds(&[LogKind::ChangeRepoVisibility]),
    )
    .settings(&[&[&settings::FEATURE_BILLING]])
    .decided_inside("repository admins; with billing on, to private superusers alone")
    .needs_plan()
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::get(
        "/api/v1/user/starred",
        "listStarredRepos",
        &WithBody::<UserAdmin, _, _>(stars::list),
    )
    .decided_inside("the user in person, or with `user:admin`; what they may still read")
    .scope(Scope::UserAdmin),
    Route::post(
        "/api/v1/user/starred",
        "createStar",
        &At(in_body, WithBody::<RepositoryStar, _, _>(stars::create)),
        STARS,
    )
    .limits(&[&limits::STARS])
    .scope(Scope::RepoRead),
    Route::delete(
        "/api/v1/user/starred/*repository",
        "deleteStar",
        &WithPath::<UserAdmin, _, _>(stars::delete),
        STARS,
    )
    .scope(Scope::UserAdmin),
    Route::get(
        "/api/v1/repository/*repository/notification/",
        "listRepoNotifications",
        &WithoutBody::<RepositoryAdminView, _>(content::notifications),
    )
    .scope(Scope::RepoAdmin),
    // A repository's name may hold any of the words above: these come last.
    Route::get(
        "/api/v1/repository/*repository",
        "getRepo",
        &WithBody::<RepositoryView, _, _>(handlers::get),
    )
    .decided_inside("readers of the repository; `can_write` and `can_admin` by what else they may")
    .scope(Scope::RepoRead),
    Route::put(
        "/api/v1/repository/*repository",
        "updateRepo",
        &WithBody::<RepositoryWrite, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::SetRepoDescription]),
    )
    .scope(Scope::RepoWrite)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository",
        "deleteRepository",
        &WithoutBody::<RepositoryAdmin, _>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteRepo]),
    )
    .scope(Scope::RepoAdmin),
];
