//! The rows of this resource.

use berth_access::{
    NamespaceAdmin, NamespaceAdminView, NamespaceMemberView, OwnNamespaceAdmin, OwnNamespaceView,
    Scope,
};
use berth_domain::LogKind;
use berth_web::{Change, Logs, Query, Read, Route};

use super::{federation, handlers};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/robots",
        "getOrgRobots",
        &Change::<NamespaceMemberView, _>(handlers::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin)
    .own_name_in_sessions(),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "getOrgRobot",
        &Read::<NamespaceAdminView>(handlers::get),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "createOrgRobot",
        &Change::<NamespaceAdmin, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateRobot]),
    )
    .scope(Scope::OrgAdmin)
    .answers(&[201]),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname",
        "deleteOrgRobot",
        &Read::<NamespaceAdmin>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteRobot]),
    )
    .scope(Scope::OrgAdmin)
    .own_name_in_sessions(),
    Route::post(
        "/api/v1/organization/:orgname/robots/:robot_shortname/regenerate",
        "regenerateOrgRobotToken",
        &Read::<NamespaceAdmin>(handlers::regenerate),
        Logs::Kinds(&[LogKind::RegenerateRobotToken]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "getOrgRobotFederation",
        &Read::<NamespaceAdminView>(federation::get),
    )
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "createOrgRobotFederation",
        &Change::<NamespaceAdmin, _>(federation::set),
        Logs::Kinds(&[LogKind::CreateRobotFederation]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/robots/:robot_shortname/federation",
        "deleteOrgRobotFederation",
        &Read::<NamespaceAdmin>(federation::delete),
        Logs::Kinds(&[LogKind::DeleteRobotFederation]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/user/robots",
        "getUserRobots",
        &Change::<OwnNamespaceView, _>(handlers::list),
    )
    .query(Query::PAGES)
    .scope(Scope::UserAdmin)
    .permission_first(),
    Route::get(
        "/api/v1/user/robots/:robot_shortname",
        "getUserRobot",
        &Read::<OwnNamespaceView>(handlers::get),
    )
    .scope(Scope::UserAdmin),
    Route::put(
        "/api/v1/user/robots/:robot_shortname",
        "createUserRobot",
        &Change::<OwnNamespaceAdmin, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreateRobot]),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .answers(&[201]),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname",
        "deleteUserRobot",
        &Read::<OwnNamespaceAdmin>(handlers::delete),
        Logs::Kinds(&[LogKind::DeleteRobot]),
    )
    .scope(Scope::UserAdmin),
    Route::post(
        "/api/v1/user/robots/:robot_shortname/regenerate",
        "regenerateUserRobotToken",
        &Read::<OwnNamespaceAdmin>(handlers::regenerate),
        Logs::Kinds(&[LogKind::RegenerateRobotToken]),
    )
    .scope(Scope::UserAdmin),
    Route::get(
        "/api/v1/user/robots/:robot_shortname/federation",
        "getUserRobotFederation",
        &Read::<OwnNamespaceView>(federation::get),
    )
    .scope(Scope::UserAdmin),
    Route::post(
        "/api/v1/user/robots/:robot_shortname/federation",
        "createUserRobotFederation",
        &Change::<OwnNamespaceAdmin, _>(federation::set),
        Logs::Kinds(&[LogKind::CreateRobotFederation]),
    )
    .scope(Scope::UserAdmin)
    .permission_first(),
    Route::delete(
        "/api/v1/user/robots/:robot_shortname/federation",
        "deleteUserRobotFederation",
        &Read::<OwnNamespaceAdmin>(federation::delete),
        Logs::Kinds(&[LogKind::DeleteRobotFederation]),
    )
    .scope(Scope::UserAdmin),
];
