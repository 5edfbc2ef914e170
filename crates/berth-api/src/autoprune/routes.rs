//! The rows of this resource.

use berth_access::{
    NamespaceAdmin, NamespaceAdminView, OwnAutopruneAdmin, OwnNamespaceView, RepositoryAdmin,
    RepositoryAdminView, Scope,
};
use berth_domain::settings::FEATURE_AUTO_PRUNE;
use berth_web::{Route, WithBody, WithPath, WithPathAndBody, WithoutBody};

use super::handlers;

/// The route table.
pub const OF_NAMESPACES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/autoprunepolicy/",
        "listOrganizationAutoPrunePolicies",
        &WithoutBody::<NamespaceAdminView, _>(handlers::list),
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::post(
        "/api/v1/organization/:orgname/autoprunepolicy/",
        "createOrganizationAutoPrunePolicy",
        &WithBody::<NamespaceAdmin, _, _>(handlers::create),
        handlers::NAMESPACE_CREATION,
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::get(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "getOrganizationAutoPrunePolicy",
        &WithPath::<NamespaceAdminView, _, _>(handlers::get),
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::put(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "updateOrganizationAutoPrunePolicy",
        &WithPathAndBody::<NamespaceAdmin, _, _, _>(handlers::change),
        handlers::NAMESPACE_CHANGE,
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::delete(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "deleteOrganizationAutoPrunePolicy",
        &WithPath::<NamespaceAdmin, _, _>(handlers::delete),
        handlers::NAMESPACE_DELETION,
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::get(
        "/api/v1/user/autoprunepolicy/",
        "listUserAutoPrunePolicies",
        &WithoutBody::<OwnNamespaceView, _>(handlers::list),
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::post(
        "/api/v1/user/autoprunepolicy/",
        "createUserAutoPrunePolicy",
        &WithBody::<OwnAutopruneAdmin, _, _>(handlers::create),
        handlers::NAMESPACE_CREATION,
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first(),
    Route::get(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "getUserAutoPrunePolicy",
        &WithPath::<OwnNamespaceView, _, _>(handlers::get),
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::put(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "updateUserAutoPrunePolicy",
        &WithPathAndBody::<OwnAutopruneAdmin, _, _, _>(handlers::change),
        handlers::NAMESPACE_CHANGE,
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first(),
    Route::delete(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "deleteUserAutoPrunePolicy",
        &WithPath::<OwnAutopruneAdmin, _, _>(handlers::delete),
        handlers::NAMESPACE_DELETION,
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
];

/// The route table.
pub const OF_REPOSITORIES: &[Route] = &[
    Route::get(
        "/api/v1/repository/*repository/autoprunepolicy/",
        "listRepositoryAutoPrunePolicies",
        &WithoutBody::<RepositoryAdminView, _>(handlers::list),
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::post(
        "/api/v1/repository/*repository/autoprunepolicy/",
        "createRepositoryAutoPrunePolicy",
        &WithBody::<RepositoryAdmin, _, _>(handlers::create),
        handlers::REPOSITORY_CREATION,
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first(),
    Route::get(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "getRepositoryAutoPrunePolicy",
        &WithPath::<RepositoryAdminView, _, _>(handlers::get),
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::put(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "updateRepositoryAutoPrunePolicy",
        &WithPathAndBody::<RepositoryAdmin, _, _, _>(handlers::change),
        handlers::REPOSITORY_CHANGE,
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "deleteRepositoryAutoPrunePolicy",
        &WithPath::<RepositoryAdmin, _, _>(handlers::delete),
        handlers::REPOSITORY_DELETION,
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
];
