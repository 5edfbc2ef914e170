//! The rows of this resource.

use berth_access::{
    NamespaceAdmin, NamespaceAdminView, NamespaceOrOwnAdmin, NamespaceOrOwnMemberView,
    OwnNamespaceAdmin, OwnNamespaceView, Scope,
};
use berth_domain::{LogKind, limits, settings};
use berth_web::{Logs, Route, WithBody, WithPath, WithPathAndBody};

use super::{federation, handlers};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/robots",
        "getOrgRobots",
        &WithBody::<NamespaceOrOwnMemberView, _, _>(handlers::list),
    )
    .decided_inside(
        "members of the organization; teams and repositories for its admins and superuser views, \
            tokens for its admins",
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "getOrgRobot",
        &WithPath::<NamespaceAdminView, _, _>(handlers::get),
    )
    .decided_inside("organization admins, superuser views; the token for the admins")
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "createOrgRobot",
        &WithPathAndBody::<NamespaceAdmin, _, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateRobot]),
    )
    .limits(&[&limits::ROBOTS, &limits::ROBOT_METADATA])
    .settings(&[&[&settings::ROBOTS_DISALLOW]])
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "deleteOrgRobot",
        &WithPath::<NamespaceOrOwnAdmin, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteRobot]),
    )
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/robots/:robot_shortname/regenerate",
        "regenerateOrgRobotToken",
        &WithPath::<NamespaceAdmin, _, _>(handlers::regenerate),
        Logs::Kinds(&[LogKind::RegenerateRobotToken]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "getOrgRobotFederation",
        &WithPath::<NamespaceAdminView, _, _>(federation::get),
    )
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "createOrgRobotFederation",
        &WithPathAndBody::<NamespaceAdmin, _, _, _>(federation::set),
        Logs::Kinds(&[LogKind::CreateRobotFederation]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "deleteOrgRobotFederation",
        &WithPath::<NamespaceAdmin, _, _>(federation::delete),
        Logs::Kinds(&[LogKind::DeleteRobotFederation]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/user/robots",
        "getUserRobots",
        &WithBody::<OwnNamespaceView, _, _>(handlers::list),
    )
    .decided_inside("the user in person, or with `user:admin`")
    .scope(Scope::UserAdmin)
    .permission_first(),
    Route::get(
        "/api/v1/user/robots/:robot_shortname",
        "getUserRobot",
        &WithPath::<OwnNamespaceView, _, _>(handlers::get),
    )
    .decided_inside("the user in person, or with `user:admin`")
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/user/robots/:robot_shortname",
        "createUserRobot",
        &WithPathAndBody::<OwnNamespaceAdmin, _, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateRobot]),
    )
    .limits(&[&limits::ROBOTS, &limits::ROBOT_METADATA])
    .settings(&[&[&settings::ROBOTS_DISALLOW]])
    .scope(Scope::UserAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname",
        "deleteUserRobot",
        &WithPath::<OwnNamespaceAdmin, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteRobot]),
    )
    .scope(Scope::UserAdmin),
    Route::post(
        "/api/v1/user/robots/:robot_shortname/regenerate",
        "regenerateUserRobotToken",
        &WithPath::<OwnNamespaceAdmin, _, _>(handlers::regenerate),
        Logs::Kinds(&[LogKind::RegenerateRobotToken]),
    )
    .scope(Scope::UserAdmin),
    Route::get(
        "/api/v1/user/robots/:robot_shortname/federation",
        "getUserRobotFederation",
        &WithPath::<OwnNamespaceView, _, _>(federation::get),
    )
    .scope(Scope::UserAdmin),
    Route::post(
        "/api/v1/user/robots/:robot_shortname/federation",
        "createUserRobotFederation",
        &WithPathAndBody::<OwnNamespaceAdmin, _, _, _>(federation::set),
        Logs::Kinds(&[LogKind::CreateRobotFederation]),
    )
    .scope(Scope::UserAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname/federation",
        "deleteUserRobotFederation",
        &WithPath::<OwnNamespaceAdmin, _, _>(federation::delete),
        Logs::Kinds(&[LogKind::DeleteRobotFederation]),
    )
    .scope(Scope::UserAdmin),
];
