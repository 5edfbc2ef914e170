//! What this component answers.

use berth_access::{
    Authenticated, AuthenticatedOrganization, CreateOrganization, NamespaceAdmin,
    NamespaceAdminView, NamespaceMemberView, NamespaceQuotaAdmin, OrganizationAdmin,
    OrganizationRepositoryCreate, OrganizationView, OwnAutopruneAdmin, OwnNamespaceView, Scope,
    SuperuserNamespace, SuperuserNamespaceView,
};
use berth_domain::LogKind;
use berth_domain::settings::{
    FEATURE_AUTO_PRUNE, FEATURE_BILLING, FEATURE_EDIT_QUOTA, FEATURE_QUOTA_MANAGEMENT,
    FEATURE_SUPER_USERS, Setting,
};
use berth_web::{Change, Logs, Query, Read, Route, autoprune};

use crate::{concord, handlers, quota};

/// Without any of these there are no quotas.
const QUOTAS: &[&Setting<bool>] =
    &[&FEATURE_SUPER_USERS, &FEATURE_QUOTA_MANAGEMENT, &FEATURE_EDIT_QUOTA];

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::post(
        "/api/v1/organization/",
        "createOrganization",
        &Change::<CreateOrganization, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreate]),
    )
    .scope(Scope::UserAdmin)
    .permission_first()
    .answers(&[201]),
    Route::get(
        "/api/v1/organization/:orgname",
        "getOrganization",
        &Read::<OrganizationView>(handlers::get),
    ),
    Route::put(
        "/api/v1/organization/:orgname",
        "changeOrganizationDetails",
        &Change::<OrganizationAdmin, _>(handlers::change),
        Logs::Kinds(&[
            LogKind::OrgChangeInvoicing,
            LogKind::OrgChangeEmail,
            LogKind::OrgChangeTagExpiration,
        ]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname",
        "deleteAdminedOrganization",
        &Read::<OrganizationAdmin>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDelete]),
    )
    .scope(Scope::OrgAdmin)
    .fresh_login(),
    Route::get(
        "/api/v1/organization/:orgname/private",
        "getOrganizationPrivateAllowed",
        &Read::<OrganizationRepositoryCreate>(handlers::private),
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_BILLING)
    .internal(),
    Route::post(
        "/api/v1/org",
        "createOrUpdateOrg",
        &Change::<Authenticated, _>(concord::create_or_update),
        Logs::Kinds(&[LogKind::OrgCreate, LogKind::OrgChangeSettings]),
    )
    .decided_inside(
        "to create: superusers, and by `concord_admin_only_create` whoever may create organizations; to change: superusers, and the owner with `org:admin`",
    ),
    Route::get("/api/v1/org", "listOrgs", &Read::<Authenticated>(concord::list))
        .query(&[
            Query::flag("onlyCurrent", "Only organizations that the caller owns or is in a team of"),
            Query::text("filter", "A part of the name"),
            Query::number("offset", "How many to leave out"),
            Query::number("limit", "How many to list, at most"),
        ])
        .decided_inside("any user; private organizations for their members, owners and superuser views"),
    Route::get("/api/v1/org/:orgname", "getOrg", &Read::<Authenticated>(concord::get))
        .answers(&[200, 204]),
    Route::delete(
        "/api/v1/org/:orgname",
        "deleteOrg",
        &Change::<AuthenticatedOrganization, _>(concord::delete),
        Logs::Kinds(&[LogKind::OrgDelete]),
    )
    .decided_inside("superusers")
    .answers(&[200]),
    Route::get(
        "/api/v1/organization/:orgname/quota",
        "listOrganizationQuota",
        &Read::<NamespaceMemberView>(quota::list),
    )
    .features(QUOTAS),
    Route::post(
        "/api/v1/organization/:orgname/quota",
        "createOrganizationQuota",
        &Change::<NamespaceQuotaAdmin, _>(quota::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .answers(&[201]),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "getOrganizationQuota",
        &Read::<NamespaceMemberView>(quota::get),
    )
    .features(QUOTAS),
    Route::put(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "changeOrganizationQuota",
        &Change::<NamespaceQuotaAdmin, _>(quota::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::delete(
        "/api/v1/organization/:orgname/quota/:quota_id",
        "deleteOrganizationQuota",
        &Read::<NamespaceQuotaAdmin>(quota::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id/limit",
        "listOrganizationQuotaLimit",
        &Read::<NamespaceMemberView>(quota::limits),
    )
    .features(QUOTAS),
    Route::post(
        "/api/v1/organization/:orgname/quota/:quota_id/limit",
        "createOrganizationQuotaLimit",
        &Change::<NamespaceQuotaAdmin, _>(quota::create_limit),
        Logs::Kinds(&[LogKind::OrgCreateQuotaLimit]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .answers(&[201]),
    Route::get(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "getOrganizationQuotaLimit",
        &Read::<NamespaceMemberView>(quota::limit),
    )
    .features(QUOTAS),
    Route::put(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "changeOrganizationQuotaLimit",
        &Change::<NamespaceQuotaAdmin, _>(quota::change_limit),
        Logs::Kinds(&[LogKind::OrgChangeQuotaLimit]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::delete(
        "/api/v1/organization/:orgname/quota/:quota_id/limit/:limit_id",
        "deleteOrganizationQuotaLimit",
        &Read::<NamespaceQuotaAdmin>(quota::delete_limit),
        Logs::Kinds(&[LogKind::OrgDeleteQuotaLimit]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS),
    Route::get("/api/v1/user/quota", "listUserQuota", &Read::<OwnNamespaceView>(quota::list))
        .scope(Scope::UserAdmin)
        .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id",
        "getUserQuota",
        &Read::<OwnNamespaceView>(quota::get),
    )
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id/limit",
        "listUserQuotaLimit",
        &Read::<OwnNamespaceView>(quota::limits),
    )
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/user/quota/:quota_id/limit/:limit_id",
        "getUserQuotaLimit",
        &Read::<OwnNamespaceView>(quota::limit),
    )
    .scope(Scope::UserAdmin)
    .features(QUOTAS),
    Route::get(
        "/api/v1/superuser/organization/:namespace/quota",
        "listOrganizationQuotaSuperUser",
        &Read::<SuperuserNamespaceView>(quota::list),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::post(
        "/api/v1/superuser/organization/:namespace/quota",
        "createOrganizationQuotaSuperUser",
        &Change::<SuperuserNamespace, _>(quota::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login()
    .answers(&[201]),
    Route::put(
        "/api/v1/superuser/organization/:namespace/quota/:quota_id",
        "changeOrganizationQuotaSuperUser",
        &Change::<SuperuserNamespace, _>(quota::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::delete(
        "/api/v1/superuser/organization/:namespace/quota/:quota_id",
        "deleteOrganizationQuotaSuperUser",
        &Read::<SuperuserNamespace>(quota::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::get(
        "/api/v1/superuser/users/:namespace/quota",
        "listUserQuotaSuperUser",
        &Read::<SuperuserNamespaceView>(quota::list),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::post(
        "/api/v1/superuser/users/:namespace/quota",
        "createUserQuotaSuperUser",
        &Change::<SuperuserNamespace, _>(quota::create),
        Logs::Kinds(&[LogKind::OrgCreateQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login()
    .answers(&[201]),
    Route::put(
        "/api/v1/superuser/users/:namespace/quota/:quota_id",
        "changeUserQuotaSuperUser",
        &Change::<SuperuserNamespace, _>(quota::change),
        Logs::Kinds(&[LogKind::OrgChangeQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::delete(
        "/api/v1/superuser/users/:namespace/quota/:quota_id",
        "deleteUserQuotaSuperUser",
        &Read::<SuperuserNamespace>(quota::delete),
        Logs::Kinds(&[LogKind::OrgDeleteQuota]),
    )
    .scope(Scope::SuperUser)
    .features(QUOTAS)
    .fresh_login(),
    Route::get(
        "/api/v1/organization/:orgname/autoprunepolicy/",
        "listOrganizationAutoPrunePolicies",
        &Read::<NamespaceAdminView>(autoprune::list),
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::post(
        "/api/v1/organization/:orgname/autoprunepolicy/",
        "createOrganizationAutoPrunePolicy",
        &Change::<NamespaceAdmin, _>(autoprune::create),
        autoprune::NAMESPACE_CREATION,
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .answers(&[201]),
    Route::get(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "getOrganizationAutoPrunePolicy",
        &Read::<NamespaceAdminView>(autoprune::get),
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::put(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "updateOrganizationAutoPrunePolicy",
        &Change::<NamespaceAdmin, _>(autoprune::change),
        autoprune::NAMESPACE_CHANGE,
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .answers(&[204]),
    Route::delete(
        "/api/v1/organization/:orgname/autoprunepolicy/:policy_uuid",
        "deleteOrganizationAutoPrunePolicy",
        &Read::<NamespaceAdmin>(autoprune::delete),
        autoprune::NAMESPACE_DELETION,
    )
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .answers(&[200]),
    Route::get(
        "/api/v1/user/autoprunepolicy/",
        "listUserAutoPrunePolicies",
        &Read::<OwnNamespaceView>(autoprune::list),
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::post(
        "/api/v1/user/autoprunepolicy/",
        "createUserAutoPrunePolicy",
        &Change::<OwnAutopruneAdmin, _>(autoprune::create),
        autoprune::NAMESPACE_CREATION,
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first()
    .answers(&[201]),
    Route::get(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "getUserAutoPrunePolicy",
        &Read::<OwnNamespaceView>(autoprune::get),
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE),
    Route::put(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "updateUserAutoPrunePolicy",
        &Change::<OwnAutopruneAdmin, _>(autoprune::change),
        autoprune::NAMESPACE_CHANGE,
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .permission_first()
    .answers(&[204]),
    Route::delete(
        "/api/v1/user/autoprunepolicy/:policy_uuid",
        "deleteUserAutoPrunePolicy",
        &Read::<OwnAutopruneAdmin>(autoprune::delete),
        autoprune::NAMESPACE_DELETION,
    )
    .scope(Scope::UserAdmin)
    .feature(&FEATURE_AUTO_PRUNE)
    .answers(&[200]),
];
