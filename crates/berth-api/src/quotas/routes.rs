//! The rows of this resource.

use berth_access::{
    NamespaceMemberView, NamespaceQuotaAdmin, OwnNamespaceView, Scope, SuperuserNamespace,
    SuperuserNamespaceView,
};
use berth_domain::LogKind;
use berth_domain::settings::{
    FEATURE_EDIT_QUOTA, FEATURE_QUOTA_MANAGEMENT, FEATURE_SUPER_USERS, Setting,
};
use berth_web::{Logs, Route, WithBody, WithPath, WithPathAndBody};

use super::handlers;

/// Without any of these there are no quotas.
const QUOTAS: &[&Setting<bool>] =
    &[&FEATURE_SUPER_USERS, &FEATURE_QUOTA_MANAGEMENT, &FEATURE_EDIT_QUOTA];

/// What the routes that change an organization's quota have in common.
const fn admin(route: Route) -> Route {
    route.scope(Scope::SuperUser).features(QUOTAS)
}

/// What those of one's own account have in common.
const fn own(route: Route) -> Route {
    route.scope(Scope::UserAdmin).features(QUOTAS)
}

/// What those of superusers have in common.
const fn superuser(route: Route) -> Route {
    admin(route).fresh_login()
}

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/quota",
        "listOrganizationQuota",
        &WithBody::<NamespaceMemberView, _, _>(handlers::list),
    )
    .settings(&[super::views::SETTINGS])
    .features(QUOTAS),
    admin(Route::post(
        "/api/v1/organization/:orgname/quota",
        "createOrganizationQuota",
        &WithBody::<NamespaceQuotaAdmin, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "getOrganizationQuota",
        &WithPath::<NamespaceMemberView, _, _>(handlers::get),
    )
    .settings(&[super::views::SETTINGS])
    .features(QUOTAS),
    admin(Route::put(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "changeOrganizationQuota",
        &WithPathAndBody::<NamespaceQuotaAdmin, _, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    ))
    .settings(&[super::views::SETTINGS]),
    admin(Route::delete(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "deleteOrganizationQuota",
        &WithPath::<NamespaceQuotaAdmin, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id/limit",
        "listOrganizationQuotaLimit",
        &WithPathAndBody::<NamespaceMemberView, _, _, _>(handlers::limits),
    )
    .features(QUOTAS),
    admin(Route::post(
        "/api/v1/organization/:orgname/quota/:quota_id/limit",
        "createOrganizationQuotaLimit",
        &WithPathAndBody::<NamespaceQuotaAdmin, _, _, _>(handlers::create_limit),
        Logs::Kinds(&[LogKind::OrgCreateQuotaLimit]),
    )),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "getOrganizationQuotaLimit",
        &WithPath::<NamespaceMemberView, _, _>(handlers::limit),
    )
    .features(QUOTAS),
    admin(Route::put(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "changeOrganizationQuotaLimit",
        &WithPathAndBody::<NamespaceQuotaAdmin, _, _, _>(handlers::change_limit),
        Logs::Kinds(&[LogKind::OrgChangeQuotaLimit]),
    ))
    .settings(&[super::views::SETTINGS]),
    admin(Route::delete(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "deleteOrganizationQuotaLimit",
        &WithPath::<NamespaceQuotaAdmin, _, _>(handlers::delete_limit),
        Logs::Kinds(&[LogKind::OrgDeleteQuotaLimit]),
    )),
    own(Route::get(
        "/api/v1/user/quota",
        "listUserQuota",
        &WithBody::<OwnNamespaceView, _, _>(handlers::list),
    ))
    .settings(&[super::views::SETTINGS]),
    own(Route::get(
        "/api/v1/user/quota/:quota_id",
        "getUserQuota",
        &WithPath::<OwnNamespaceView, _, _>(handlers::get),
    ))
    .settings(&[super::views::SETTINGS]),
    own(Route::get(
        "/api/v1/user/quota/:quota_id/limit",
        "listUserQuotaLimit",
        &WithPathAndBody::<OwnNamespaceView, _, _, _>(handlers::limits),
    )),
    own(Route::get(
        "/api/v1/user/quota/:quota_id/limit/:limit_id",
        "getUserQuotaLimit",
        &WithPath::<OwnNamespaceView, _, _>(handlers::limit),
    )),
    superuser(Route::get(
        "/api/v1/superuser/organization/:namespace/quota",
        "listOrganizationQuotaSuperUser",
        &WithBody::<SuperuserNamespaceView, _, _>(handlers::list),
    ))
    .settings(&[super::views::SETTINGS]),
    superuser(Route::post(
        "/api/v1/superuser/organization/:namespace/quota",
        "createOrganizationQuotaSuperUser",
        &WithBody::<SuperuserNamespace, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )),
    superuser(Route::put(
        "/api/v1/superuser/organization/:namespace/quota/:quota_id",
        "changeOrganizationQuotaSuperUser",
        &WithPathAndBody::<SuperuserNamespace, _, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    ))
    .settings(&[super::views::SETTINGS]),
    superuser(Route::delete(
        "/api/v1/superuser/organization/:namespace/quota/:quota_id",
        "deleteOrganizationQuotaSuperUser",
        &WithPath::<SuperuserNamespace, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )),
    superuser(Route::get(
        "/api/v1/superuser/users/:namespace/quota",
        "listUserQuotaSuperUser",
        &WithBody::<SuperuserNamespaceView, _, _>(handlers::list),
    ))
    .settings(&[super::views::SETTINGS]),
    superuser(Route::post(
        "/api/v1/superuser/users/:namespace/quota",
        "createUserQuotaSuperUser",
        &WithBody::<SuperuserNamespace, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )),
    superuser(Route::put(
        "/api/v1/superuser/users/:namespace/quota/:quota_id",
        "changeUserQuotaSuperUser",
        &WithPathAndBody::<SuperuserNamespace, _, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    ))
    .settings(&[super::views::SETTINGS]),
    superuser(Route::delete(
        "/api/v1/superuser/users/:namespace/quota/:quota_id",
        "deleteUserQuotaSuperUser",
        &WithPath::<SuperuserNamespace, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )),
];
