//! The rows of this resource.

use berth_access::{
    OwnNamespaceView, RepositoryAdmin, RepositoryAdminView, RobotPermissionsView, Scope,
    TeamAdminView,
};
use berth_domain::LogKind;
use berth_web::{Change, Logs, Query, Read, Route};

use super::{handlers, robot};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/repository/*repository/permissions/user/",
        "listRepoUserPermissions",
        &Read::<RepositoryAdminView>(handlers::users),
    )
    .query(Query::PAGES)
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/user/:username",
        "getUserPermissions",
        &Read::<RepositoryAdminView>(handlers::user),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/repository/*repository/permissions/user/:username",
        "changeUserPermissions",
        &Change::<RepositoryAdmin, _>(handlers::set_user),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository/permissions/user/:username",
        "deleteUserPermissions",
        &Read::<RepositoryAdmin>(handlers::remove_user),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/user/:username/transitive",
        "getUserTransitivePermission",
        &Read::<RepositoryAdminView>(handlers::transitive),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/team/",
        "listRepoTeamPermissions",
        &Read::<RepositoryAdminView>(handlers::teams),
    )
    .query(Query::PAGES)
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "getTeamPermissions",
        &Read::<RepositoryAdminView>(handlers::team),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "changeTeamPermissions",
        &Change::<RepositoryAdmin, _>(handlers::set_team),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "deleteTeamPermissions",
        &Read::<RepositoryAdmin>(handlers::remove_team),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/permissions/*reponame",
        "setOrganizationTeamPermission",
        &Change::<RepositoryAdmin, _>(handlers::set_team),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname/permissions/*reponame",
        "removeOrganizationTeamPermission",
        &Read::<RepositoryAdmin>(handlers::remove_team),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/organization/:orgname/team/:teamname/permissions",
        "getOrganizationTeamPermissions",
        &Read::<TeamAdminView>(handlers::of_team),
    )
    .query(Query::PAGES),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions",
        "getOrgRobotPermissions",
        &Read::<RobotPermissionsView>(robot::list),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions/*reponame",
        "setOrgRobotPermission",
        &Change::<RepositoryAdmin, _>(robot::set),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions/*reponame",
        "deleteOrgRobotPermission",
        &Read::<RepositoryAdmin>(robot::delete),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/user/robots/:robot_shortname/permissions",
        "getUserRobotPermissions",
        &Read::<OwnNamespaceView>(robot::list),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/user/robots/:robot_shortname/permissions/*reponame",
        "setUserRobotPermission",
        &Change::<RepositoryAdmin, _>(robot::set),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname/permissions/*reponame",
        "deleteUserRobotPermission",
        &Read::<RepositoryAdmin>(robot::delete),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
];
