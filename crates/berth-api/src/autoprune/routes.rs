//! The rows of this resource.

use berth_access::{
    NamespaceAdmin, NamespaceAdminView, OwnAutopruneAdmin, OwnNamespaceView, RepositoryAdmin,
    RepositoryAdminView, Scope,
};
use berth_domain::limits;
use berth_domain::settings::FEATURE_AUTO_PRUNE;
use berth_web::{Route, WithBody, WithPath, WithPathAndBody};

use super::handlers;

/// What the routes of organizations have in common.
const fn of_organization(route: Route) -> Route {
    route.scope(Scope::OrgAdmin).feature(&FEATURE_AUTO_PRUNE)
}

/// What those of one's own account have in common.
const fn of_user(route: Route) -> Route {
    route.scope(Scope::UserAdmin).feature(&FEATURE_AUTO_PRUNE)
}

/// What those of repositories have in common.
const fn of_repository(route: Route) -> Route {
    route.scope(Scope::RepoAdmin).feature(&FEATURE_AUTO_PRUNE)
}

/// The route table.
pub const OF_NAMESPACES: &[Route] = &[
    of_organization(Route::get(
        "/api/v1/organization/:orgname/autoprunepolicy/",
        "listOrganizationAutoPrunePolicies",
        &WithBody::<NamespaceAdminView, _, _>(handlers::list),
    )),
    of_organization(Route::post(
        "/api/v1/organization/:orgname/autoprunepolicy/",
        "createOrganizationAutoPrunePolicy",
        &WithBody::<NamespaceAdmin, _, _>(handlers::create),
        handlers::NAMESPACE_CREATION,
    ))
    .limits(&[&limits::AUTOPRUNE_POLICIES]),
    of_organization(Route::get(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "getOrganizationAutoPrunePolicy",
        &WithPath::<NamespaceAdminView, _, _>(handlers::get),
    )),
    of_organization(Route::put(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "updateOrganizationAutoPrunePolicy",
        &WithPathAndBody::<NamespaceAdmin, _, _, _>(handlers::change),
        handlers::NAMESPACE_CHANGE,
    )),
    of_organization(Route::delete(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "deleteOrganizationAutoPrunePolicy",
        &WithPath::<NamespaceAdmin, _, _>(handlers::delete),
        handlers::NAMESPACE_DELETION,
    )),
    of_user(Route::get(
        "/api/v1/user/autoprunepolicy/",
        "listUserAutoPrunePolicies",
        &WithBody::<OwnNamespaceView, _, _>(handlers::list),
    )),
    of_user(Route::post(
        "/api/v1/user/autoprunepolicy/",
        "createUserAutoPrunePolicy",
        &WithBody::<OwnAutopruneAdmin, _, _>(handlers::create),
        handlers::NAMESPACE_CREATION,
    ))
    .limits(&[&limits::AUTOPRUNE_POLICIES])
    .permission_first(),
    of_user(Route::get(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "getUserAutoPrunePolicy",
        &WithPath::<OwnNamespaceView, _, _>(handlers::get),
    )),
    of_user(Route::put(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "updateUserAutoPrunePolicy",
        &WithPathAndBody::<OwnAutopruneAdmin, _, _, _>(handlers::change),
        handlers::NAMESPACE_CHANGE,
    ))
    .permission_first(),
    of_user(Route::delete(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "deleteUserAutoPrunePolicy",
        &WithPath::<OwnAutopruneAdmin, _, _>(handlers::delete),
        handlers::NAMESPACE_DELETION,
    )),
];

/// The route table.
pub const OF_REPOSITORIES: &[Route] = &[
    of_repository(Route::get(
        "/api/v1/repository/*repository/autoprunepolicy/",
        "listRepositoryAutoPrunePolicies",
        &WithBody::<RepositoryAdminView, _, _>(handlers::list),
    )),
    of_repository(Route::post(
        "/api/v1/repository/*repository/autoprunepolicy/",
        "createRepositoryAutoPrunePolicy",
        &WithBody::<RepositoryAdmin, _, _>(handlers::create),
        handlers::REPOSITORY_CREATION,
    ))
    .limits(&[&limits::REPOSITORY_AUTOPRUNE_POLICIES])
    .permission_first(),
    of_repository(Route::get(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "getRepositoryAutoPrunePolicy",
        &WithPath::<RepositoryAdminView, _, _>(handlers::get),
    )),
    of_repository(Route::put(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "updateRepositoryAutoPrunePolicy",
        &WithPathAndBody::<RepositoryAdmin, _, _, _>(handlers::change),
        handlers::REPOSITORY_CHANGE,
    ))
    .permission_first(),
    of_repository(Route::delete(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "deleteRepositoryAutoPrunePolicy",
        &WithPath::<RepositoryAdmin, _, _>(handlers::delete),
        handlers::REPOSITORY_DELETION,
    )),
];
