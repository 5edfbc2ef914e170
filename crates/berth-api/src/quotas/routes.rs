//! The rows of this resource.

use berth_access::{
    NamespaceMemberView, NamespaceQuotaAdmin, OwnNamespaceView, Scope, SuperuserNamespace,
    SuperuserNamespaceView,
};
use berth_domain::LogKind;
use berth_domain::settings::{
    FEATURE_EDIT_QUOTA, FEATURE_QUOTA_MANAGEMENT, FEATURE_SUPER_USERS, Setting,
};
use berth_web::{Logs, Route, WithBody, WithPath, WithPathAndBody, WithoutBody};

use super::handlers;

/// Without any of these there are no quotas.
const QUOTAS: &[&Setting<bool>] =
    &[&FEATURE_SUPER_USERS, &FEATURE_QUOTA_MANAGEMENT, &FEATURE_EDIT_QUOTA];

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/quota",
        "listOrganizationQuota",
        &WithoutBody::<NamespaceMemberView, _>(handlers::list),
    )
    .features(QUOTAS),
    Route::post(
        "/api/v1/organization/:orgname/quota",
        "createOrganizationQuota",
        &WithBody::<NamespaceQuotaAdmin, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "getOrganizationQuota",
        &WithPath::<NamespaceMemberView, _, _>(handlers::get),
    )
    .features(QUOTAS),
    Route::put(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "changeOrganizationQuota",
        &WithPathAndBody::<NamespaceQuotaAdmin, _, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::delete(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "deleteOrganizationQuota",
        &WithPath::<NamespaceQuotaAdmin, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id/limit",
        "listOrganizationQuotaLimit",
        &WithPath::<NamespaceMemberView, _, _>(handlers::limits),
    )
    .features(QUOTAS),
    Route::post(
        "/api/v1/organization/:orgname/quota/:quota_id/limit",
        "createOrganizationQuotaLimit",
        &WithPathAndBody::<NamespaceQuotaAdmin, _, _, _>(handlers::create_limit),
        Logs::Kinds(&[LogKind::OrgCreateQuotaLimit]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "getOrganizationQuotaLimit",
        &WithPath::<NamespaceMemberView, _, _>(handlers::limit),
    )
    .features(QUOTAS),
    Route::put(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "changeOrganizationQuotaLimit",
        &WithPathAndBody::<NamespaceQuotaAdmin, _, _, _>(handlers::change_limit),
        Logs::Kinds(&[LogKind::OrgChangeQuotaLimit]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::delete(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "deleteOrganizationQuotaLimit",
        &WithPath::<NamespaceQuotaAdmin, _, _>(handlers::delete_limit),
        Logs::Kinds(&[LogKind::OrgDeleteQuotaLimit]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota",
        "listUserQuota",
        &WithoutBody::<OwnNamespaceView, _>(handlers::list),
    )
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id",
        "getUserQuota",
        &WithPath::<OwnNamespaceView, _, _>(handlers::get),
    )
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id/limit",
        "listUserQuotaLimit",
        &WithPath::<OwnNamespaceView, _, _>(handlers::limits),
    )
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id/limit/:limit_id",
        "getUserQuotaLimit",
        &WithPath::<OwnNamespaceView, _, _>(handlers::limit),
    )
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/superuser/organization/:namespace/quota",
        "listOrganizationQuotaSuperUser",
        &WithoutBody::<SuperuserNamespaceView, _>(handlers::list),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::post(
        "/api/v1/superuser/organization/:namespace/quota",
        "createOrganizationQuotaSuperUser",
        &WithBody::<SuperuserNamespace, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::put(
        "/api/v1/superuser/organization/:namespace/quota/:quota_id",
        "changeOrganizationQuotaSuperUser",
        &WithPathAndBody::<SuperuserNamespace, _, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::delete(
        "/api/v1/superuser/organization/:namespace/quota/:quota_id",
        "deleteOrganizationQuotaSuperUser",
        &WithPath::<SuperuserNamespace, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::get(
        "/api/v1/superuser/users/:namespace/quota",
        "listUserQuotaSuperUser",
        &WithoutBody::<SuperuserNamespaceView, _>(handlers::list),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::post(
        "/api/v1/superuser/users/:namespace/quota",
        "createUserQuotaSuperUser",
        &WithBody::<SuperuserNamespace, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::put(
        "/api/v1/superuser/users/:namespace/quota/:quota_id",
        "changeUserQuotaSuperUser",
        &WithPathAndBody::<SuperuserNamespace, _, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::delete(
        "/api/v1/superuser/users/:namespace/quota/:quota_id",
        "deleteUserQuotaSuperUser",
        &WithPath::<SuperuserNamespace, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
];
