//! The rows of this resource.

use berth_access::{
    OrganizationRepository, OwnNamespaceView, OwnRepository, Path, RepositoryAdmin,
    RepositoryAdminView, RobotPermissionsView, Scope, TeamAdminView,
};
use berth_domain::limits::Limit;
use berth_domain::{LogKind, limits};
use berth_web::{At, Logs, Route, WithBody, WithPath, WithPathAndBody};

use super::{handlers, robot};

/// What a new permission counts for.
const LIMITS: &[&Limit] = &[&limits::REPOSITORY_PERMISSIONS, &limits::NAMESPACE_PERMISSIONS];

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/repository/*repository/permissions/user/",
        "listRepoUserPermissions",
        &WithBody::<RepositoryAdminView, _, _>(handlers::users),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/user/:username",
        "getUserPermissions",
        &WithPath::<RepositoryAdminView, _, _>(handlers::user),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/repository/*repository/permissions/user/:username",
        "changeUserPermissions",
        &WithPathAndBody::<RepositoryAdmin, _, _, _>(handlers::set_user),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .limits(LIMITS)
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository/permissions/user/:username",
        "deleteUserPermissions",
        &WithPath::<RepositoryAdmin, _, _>(handlers::remove_user),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/user/:username/transitive",
        "getUserTransitivePermission",
        &WithPath::<RepositoryAdminView, _, _>(handlers::transitive),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/team/",
        "listRepoTeamPermissions",
        &WithBody::<RepositoryAdminView, _, _>(handlers::teams),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "getTeamPermissions",
        &WithPath::<RepositoryAdminView, _, _>(handlers::team),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "changeTeamPermissions",
        &WithPathAndBody::<RepositoryAdmin, _, _, _>(handlers::set_team),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .limits(LIMITS)
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/repository/*repository/permissions/team/:teamname",
        "deleteTeamPermissions",
        &WithPath::<RepositoryAdmin, _, _>(handlers::remove_team),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/permissions/*reponame",
        "setOrganizationTeamPermission",
        &At(
            OrganizationRepository::read,
            WithPathAndBody::<RepositoryAdmin, _, _, _>(handlers::set_team),
        ),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .limits(LIMITS)
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname/permissions/*reponame",
        "removeOrganizationTeamPermission",
        &At(OrganizationRepository::read, WithPath::<RepositoryAdmin, _, _>(handlers::remove_team)),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/organization/:orgname/team/:teamname/permissions",
        "getOrganizationTeamPermissions",
        &WithBody::<TeamAdminView, _, _>(handlers::of_team),
    ),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions",
        "getOrgRobotPermissions",
        &WithPathAndBody::<RobotPermissionsView, _, _, _>(robot::list),
    )
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions/*reponame",
        "setOrgRobotPermission",
        &At(OrganizationRepository::read, WithPathAndBody::<RepositoryAdmin, _, _, _>(robot::set)),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .limits(LIMITS)
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname/permissions/*reponame",
        "deleteOrgRobotPermission",
        &At(OrganizationRepository::read, WithPath::<RepositoryAdmin, _, _>(robot::delete)),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
    Route::get(
        "/api/v1/user/robots/:robot_shortname/permissions",
        "getUserRobotPermissions",
        &WithPathAndBody::<OwnNamespaceView, _, _, _>(robot::list),
    )
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/user/robots/:robot_shortname/permissions/*reponame",
        "setUserRobotPermission",
        &At(OwnRepository::read, WithPathAndBody::<RepositoryAdmin, _, _, _>(robot::set)),
        Logs::Kinds(&[LogKind::ChangeRepoPermission]),
    )
    .limits(LIMITS)
    .scope(Scope::RepoAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname/permissions/*reponame",
        "deleteUserRobotPermission",
        &At(OwnRepository::read, WithPath::<RepositoryAdmin, _, _>(robot::delete)),
        Logs::Kinds(&[LogKind::DeleteRepoPermission]),
    )
    .scope(Scope::RepoAdmin),
];
