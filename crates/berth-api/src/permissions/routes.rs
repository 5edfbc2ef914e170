//! The rows of this resource.

use berth_access::{
    OwnNamespaceView, RepositoryAdmin, RepositoryAdminView, RobotPermissionsView, Scope,
    TeamAdminView,
};
use berth_domain::LogKind;
use berth_web::{Logs, Query, Route, WithBody, WithoutBody};

use super::{handlers, robot};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/repository/*repository/permissions/user/",
        "listRepoUserPermissions",
        &WithoutBody::<RepositoryAdminView>(handlers::users),
    )
    .query(Query::PAGES)
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/user/:username",
        "getUserPermissions",
        &WithoutBody::<RepositoryAdminView>(handlers::user),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/repository/*repository/permissions/user/:username",
        "changeUserPermissions",
        &WithBody::<RepositoryAdmin, _>(handlers::set_user),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository/permissions/user/:username",
        "deleteUserPermissions",
        &WithoutBody::<RepositoryAdmin>(handlers::remove_user),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/user/:username/transitive",
        "getUserTransitivePermission",
        &WithoutBody::<RepositoryAdminView>(handlers::transitive),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/team/",
        "listRepoTeamPermissions",
        &WithoutBody::<RepositoryAdminView>(handlers::teams),
    )
    .query(Query::PAGES)
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "getTeamPermissions",
        &WithoutBody::<RepositoryAdminView>(handlers::team),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "changeTeamPermissions",
        &WithBody::<RepositoryAdmin, _>(handlers::set_team),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "deleteTeamPermissions",
        &WithoutBody::<RepositoryAdmin>(handlers::remove_team),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/permissions/*reponame",
        "setOrganizationTeamPermission",
        &WithBody::<RepositoryAdmin, _>(handlers::set_team),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname/permissions/*reponame",
        "removeOrganizationTeamPermission",
        &WithoutBody::<RepositoryAdmin>(handlers::remove_team),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/organization/:orgname/team/:teamname/permissions",
        "getOrganizationTeamPermissions",
        &WithoutBody::<TeamAdminView>(handlers::of_team),
    )
    .query(Query::PAGES),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions",
        "getOrgRobotPermissions",
        &WithoutBody::<RobotPermissionsView>(robot::list),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions/*reponame",
        "setOrgRobotPermission",
        &WithBody::<RepositoryAdmin, _>(robot::set),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions/*reponame",
        "deleteOrgRobotPermission",
        &WithoutBody::<RepositoryAdmin>(robot::delete),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/user/robots/:robot_shortname/permissions",
        "getUserRobotPermissions",
        &WithoutBody::<OwnNamespaceView>(robot::list),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/user/robots/:robot_shortname/permissions/*reponame",
        "setUserRobotPermission",
        &WithBody::<RepositoryAdmin, _>(robot::set),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname/permissions/*reponame",
        "deleteUserRobotPermission",
        &WithoutBody::<RepositoryAdmin>(robot::delete),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
];
