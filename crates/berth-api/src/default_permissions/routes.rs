//! The rows of this resource.

use berth_access::{OrganizationAdmin, OrganizationAdminView, Scope};
use berth_domain::{LogKind, limits};
use berth_web::{Logs, Route, WithBody, WithPath, WithPathAndBody};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/prototypes",
        "getOrganizationPrototypePermissions",
        &WithBody::<OrganizationAdminView, _, _>(handlers::list),
    )
    .scope(Scope::OrgAdmin),
    Route::post(
        "/api/v1/organization/:orgname/prototypes",
        "createOrganizationPrototypePermission",
        &WithBody::<OrganizationAdmin, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::CreatePrototypePermission]),
    )
    .limits(&[&limits::DEFAULT_PERMISSIONS])
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/prototypes/:prototypeid",
        "updateOrganizationPrototypePermission",
        &WithPathAndBody::<OrganizationAdmin, _, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::ModifyPrototypePermission]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/prototypes/:prototypeid",
        "deleteOrganizationPrototypePermission",
        &WithPath::<OrganizationAdmin, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::DeletePrototypePermission]),
    )
    .scope(Scope::OrgAdmin),
];
