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
        &WithoutBody::<NamespaceMemberView>(handlers::list),
    )
    .settings(&[super::views::SETTINGS])
    .features(QUOTAS),
    Route::post(
        "/api/v1/organization/:orgname/quota",
        "createOrganizationQuota",
        &WithBody::<NamespaceQuotaAdmin, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .answers(&[201]),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "getOrganizationQuota",
        &WithPath::<NamespaceMemberView, _>(handlers::get),
    )
    .settings(&[super::views::SETTINGS])
    .features(QUOTAS),
    Route::put(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "changeOrganizationQuota",
        &WithPathAndBody::<NamespaceQuotaAdmin, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::delete(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "deleteOrganizationQuota",
        &WithPath::<NamespaceQuotaAdmin, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id/limit",
        "listOrganizationQuotaLimit",
        &WithPath::<NamespaceMemberView, _>(handlers::limits),
    )
    .features(QUOTAS),
    Route::post(
        "/api/v1/organization/:orgname/quota/:quota_id/limit",
        "createOrganizationQuotaLimit",
        &WithPathAndBody::<NamespaceQuotaAdmin, _, _>(handlers::create_limit),
        Logs::Kinds(&[LogKind::OrgCreateQuotaLimit]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .answers(&[201]),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "getOrganizationQuotaLimit",
        &WithPath::<NamespaceMemberView, _>(handlers::limit),
    )
    .features(QUOTAS),
    Route::put(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "changeOrganizationQuotaLimit",
        &WithPathAndBody::<NamespaceQuotaAdmin, _, _>(handlers::change_limit),
        Logs::Kinds(&[LogKind::OrgChangeQuotaLimit]),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::delete(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "deleteOrganizationQuotaLimit",
        &WithPath::<NamespaceQuotaAdmin, _>(handlers::delete_limit),
        Logs::Kinds(&[LogKind::OrgDeleteQuotaLimit]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota",
        "listUserQuota",
        &WithoutBody::<OwnNamespaceView>(handlers::list),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id",
        "getUserQuota",
        &WithPath::<OwnNamespaceView, _>(handlers::get),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id/limit",
        "listUserQuotaLimit",
        &WithPath::<OwnNamespaceView, _>(handlers::limits),
    )
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id/limit/:limit_id",
        "getUserQuotaLimit",
        &WithPath::<OwnNamespaceView, _>(handlers::limit),
    )
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/superuser/organization/:namespace/quota",
        "listOrganizationQuotaSuperUser",
        &WithoutBody::<SuperuserNamespaceView>(handlers::list),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::post(
        "/api/v1/superuser/organization/:namespace/quota",
        "createOrganizationQuotaSuperUser",
        &WithBody::<SuperuserNamespace, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login()
    .answers(&[201]),
    Route::put(
        "/api/v1/superuser/organization/:namespace/quota/:quota_id",
        "changeOrganizationQuotaSuperUser",
        &WithPathAndBody::<SuperuserNamespace, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::delete(
        "/api/v1/superuser/organization/:namespace/quota/:quota_id",
        "deleteOrganizationQuotaSuperUser",
        &WithPath::<SuperuserNamespace, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::get(
        "/api/v1/superuser/users/:namespace/quota",
        "listUserQuotaSuperUser",
        &WithoutBody::<SuperuserNamespaceView>(handlers::list),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::post(
        "/api/v1/superuser/users/:namespace/quota",
        "createUserQuotaSuperUser",
        &WithBody::<SuperuserNamespace, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login()
    .answers(&[201]),
    Route::put(
        "/api/v1/superuser/users/:namespace/quota/:quota_id",
        "changeUserQuotaSuperUser",
        &WithPathAndBody::<SuperuserNamespace, _, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::delete(
        "/api/v1/superuser/users/:namespace/quota/:quota_id",
        "deleteUserQuotaSuperUser",
        &WithPath::<SuperuserNamespace, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
];
