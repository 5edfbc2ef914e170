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
        &WithoutBody::<NamespaceAdminView>(handlers::list),
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::post(
        "/api/v1/organization/:orgname/autoprunepolicy/",
        "createOrganizationAutoPrunePolicy",
        &WithBody::<NamespaceAdmin, _>(handlers::create),
        handlers::NAMESPACE_CREATION,
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .answers(&[201]),
    Route::get(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "getOrganizationAutoPrunePolicy",
        &WithPath::<NamespaceAdminView, _>(handlers::get),
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::put(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "updateOrganizationAutoPrunePolicy",
        &WithPathAndBody::<NamespaceAdmin, _, _>(handlers::change),
        handlers::NAMESPACE_CHANGE,
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .answers(&[204]),
    Route::delete(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "deleteOrganizationAutoPrunePolicy",
        &WithPath::<NamespaceAdmin, _>(handlers::delete),
        handlers::NAMESPACE_DELETION,
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .answers(&[200]),
    Route::get(
        "/api/v1/user/autoprunepolicy/",
        "listUserAutoPrunePolicies",
        &WithoutBody::<OwnNamespaceView>(handlers::list),
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::post(
        "/api/v1/user/autoprunepolicy/",
        "createUserAutoPrunePolicy",
        &WithBody::<OwnAutopruneAdmin, _>(handlers::create),
        handlers::NAMESPACE_CREATION,
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first()
    .answers(&[201]),
    Route::get(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "getUserAutoPrunePolicy",
        &WithPath::<OwnNamespaceView, _>(handlers::get),
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::put(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "updateUserAutoPrunePolicy",
        &WithPathAndBody::<OwnAutopruneAdmin, _, _>(handlers::change),
        handlers::NAMESPACE_CHANGE,
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first()
    .answers(&[204]),
    Route::delete(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "deleteUserAutoPrunePolicy",
        &WithPath::<OwnAutopruneAdmin, _>(handlers::delete),
        handlers::NAMESPACE_DELETION,
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .answers(&[200]),
];

/// The route table.
pub const OF_REPOSITORIES: &[Route] = &[
    Route::get(
        "/api/v1/repository/*repository/autoprunepolicy/",
        "listRepositoryAutoPrunePolicies",
        &WithoutBody::<RepositoryAdminView>(handlers::list),
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::post(
        "/api/v1/repository/*repository/autoprunepolicy/",
        "createRepositoryAutoPrunePolicy",
        &WithBody::<RepositoryAdmin, _>(handlers::create),
        handlers::REPOSITORY_CREATION,
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first()
    .answers(&[201]),
    Route::get(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "getRepositoryAutoPrunePolicy",
        &WithPath::<RepositoryAdminView, _>(handlers::get),
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::put(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "updateRepositoryAutoPrunePolicy",
        &WithPathAndBody::<RepositoryAdmin, _, _>(handlers::change),
        handlers::REPOSITORY_CHANGE,
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first()
    .answers(&[204]),
    Route::delete(
        "/api/v1/repository/*repository/autoprunepolicy/:policy_uuid",
        "deleteRepositoryAutoPrunePolicy",
        &WithPath::<RepositoryAdmin, _>(handlers::delete),
        handlers::REPOSITORY_DELETION,
    )
    .scope(Scope::RepoAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .answers(&[200]),
];
