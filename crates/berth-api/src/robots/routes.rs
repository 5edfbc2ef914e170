//! The rows of this resource.

use berth_access::{
    NamespaceAdmin, NamespaceAdminView, NamespaceMemberView, OwnNamespaceAdmin, OwnNamespaceView,
    Scope,
};
use berth_domain::LogKind;
use berth_web::{Logs, Query, Route, WithBody, WithoutBody};

use super::{federation, handlers};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/robots",
        "getOrgRobots",
        &WithBody::<NamespaceMemberView, _>(handlers::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin)
    .own_name_in_sessions(),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "getOrgRobot",
        &WithoutBody::<NamespaceAdminView>(handlers::get),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "createOrgRobot",
        &WithBody::<NamespaceAdmin, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateRobot]),
    )
    .scope(Scope::OrgAdmin)
    .answers(&[201]),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "deleteOrgRobot",
        &WithoutBody::<NamespaceAdmin>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteRobot]),
    )
    .scope(Scope::OrgAdmin)
    .own_name_in_sessions(),
    Route::post(
        "/api/v1/organization/:orgname/robots/:robot_shortname/regenerate",
        "regenerateOrgRobotToken",
        &WithoutBody::<NamespaceAdmin>(handlers::regenerate),
        Logs::Kinds(&[LogKind::RegenerateRobotToken]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "getOrgRobotFederation",
        &WithoutBody::<NamespaceAdminView>(federation::get),
    )
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "createOrgRobotFederation",
        &WithBody::<NamespaceAdmin, _>(federation::set),
        Logs::Kinds(&[LogKind::CreateRobotFederation]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "deleteOrgRobotFederation",
        &WithoutBody::<NamespaceAdmin>(federation::delete),
        Logs::Kinds(&[LogKind::DeleteRobotFederation]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/user/robots",
        "getUserRobots",
        &WithBody::<OwnNamespaceView, _>(handlers::list),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin)
    .permission_first(),
    Route::get(
        "/api/v1/user/robots/:robot_shortname",
        "getUserRobot",
        &WithoutBody::<OwnNamespaceView>(handlers::get),
    )
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/user/robots/:robot_shortname",
        "createUserRobot",
        &WithBody::<OwnNamespaceAdmin, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateRobot]),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .answers(&[201]),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname",
        "deleteUserRobot",
        &WithoutBody::<OwnNamespaceAdmin>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteRobot]),
    )
    .scope(Scope::UserAdmin),
    Route::post(
        "/api/v1/user/robots/:robot_shortname/regenerate",
        "regenerateUserRobotToken",
        &WithoutBody::<OwnNamespaceAdmin>(handlers::regenerate),
        Logs::Kinds(&[LogKind::RegenerateRobotToken]),
    )
    .scope(Scope::UserAdmin),
    Route::get(
        "/api/v1/user/robots/:robot_shortname/federation",
        "getUserRobotFederation",
        &WithoutBody::<OwnNamespaceView>(federation::get),
    )
    .scope(Scope::UserAdmin),
    Route::post(
        "/api/v1/user/robots/:robot_shortname/federation",
        "createUserRobotFederation",
        &WithBody::<OwnNamespaceAdmin, _>(federation::set),
        Logs::Kinds(&[LogKind::CreateRobotFederation]),
    )
    .scope(Scope::UserAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname/federation",
        "deleteUserRobotFederation",
        &WithoutBody::<OwnNamespaceAdmin>(federation::delete),
        Logs::Kinds(&[LogKind::DeleteRobotFederation]),
    )
    .scope(Scope::UserAdmin),
];
