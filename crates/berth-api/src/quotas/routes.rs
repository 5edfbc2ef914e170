//! The rows of this resource.

use berth_access::{
    NamespaceMemberView, NamespaceQuotaAdmin, OwnNamespaceView, Scope, SuperuserNamespace,
    SuperuserNamespaceView,
};
use berth_domain::LogKind;
use berth_domain::settings::{
    FEATURE_EDIT_QUOTA, FEATURE_QUOTA_MANAGEMENT, FEATURE_SUPER_USERS, Setting,
};
use berth_web::{Logs, Route, WithBody, WithoutBody};

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
        &WithoutBody::<NamespaceMemberView>(handlers::get),
    )
    .settings(&[super::views::SETTINGS])
    .features(QUOTAS),
    Route::put(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "changeOrganizationQuota",
        &WithBody::<NamespaceQuotaAdmin, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::delete(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "deleteOrganizationQuota",
        &WithoutBody::<NamespaceQuotaAdmin>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id/limit",
        "listOrganizationQuotaLimit",
        &WithoutBody::<NamespaceMemberView>(handlers::limits),
    )
    .features(QUOTAS),
    Route::post(
        "/api/v1/organization/:orgname/quota/:quota_id/limit",
        "createOrganizationQuotaLimit",
        &WithBody::<NamespaceQuotaAdmin, _>(handlers::create_limit),
        Logs::Kinds(&[LogKind::OrgCreateQuotaLimit]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .answers(&[201]),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "getOrganizationQuotaLimit",
        &WithoutBody::<NamespaceMemberView>(handlers::limit),
    )
    .features(QUOTAS),
    Route::put(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "changeOrganizationQuotaLimit",
        &WithBody::<NamespaceQuotaAdmin, _>(handlers::change_limit),
        Logs::Kinds(&[LogKind::OrgChangeQuotaLimit]),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::delete(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "deleteOrganizationQuotaLimit",
        &WithoutBody::<NamespaceQuotaAdmin>(handlers::delete_limit),
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
        &WithoutBody::<OwnNamespaceView>(handlers::get),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id/limit",
        "listUserQuotaLimit",
        &WithoutBody::<OwnNamespaceView>(handlers::limits),
    )
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id/limit/:limit_id",
        "getUserQuotaLimit",
        &WithoutBody::<OwnNamespaceView>(handlers::limit),
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
        &WithBody::<SuperuserNamespace, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::delete(
        "/api/v1/superuser/organization/:namespace/quota/:quota_id",
        "deleteOrganizationQuotaSuperUser",
        &WithoutBody::<SuperuserNamespace>(handlers::delete),
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
        &WithBody::<SuperuserNamespace, _>(handlers::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .settings(&[super::views::SETTINGS])
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::delete(
        "/api/v1/superuser/users/:namespace/quota/:quota_id",
        "deleteUserQuotaSuperUser",
        &WithoutBody::<SuperuserNamespace>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
];
