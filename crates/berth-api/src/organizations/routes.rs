//! The rows of this resource.

use berth_access::{
    CreateOrganization, NamedOrganization, OrganizationAdmin, OrganizationRepositoryCreate,
    OrganizationView, Path, Scope, SuperuserNamespace, SuperuserOrganization, SuperuserView,
    UserView,
};
use berth_domain::settings::FEATURE_BILLING;
use berth_domain::{LogKind, limits, settings};
use berth_web::{At, Logs, Route, WithBody, WithoutBody};

use super::{handlers, superuser};
use crate::quotas;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::post(
        "/api/v1/organization/",
        "createOrganization",
        &WithBody::<CreateOrganization, _, _>(handlers::create),
        Logs::Kinds(&[LogKind::OrgCreate]),
    )
    .limits(&[&limits::ORGANIZATIONS])
    .settings(&[&[&settings::DEFAULT_TAG_EXPIRATION, &settings::FEATURE_ORG_SHARED_EMAIL]])
    .scope(Scope::UserAdmin)
    .permission_first(),
    Route::get(
        "/api/v1/organization/:orgname",
        "getOrganization",
        &WithoutBody::<OrganizationView, _>(handlers::get),
    )
    .settings(&[quotas::views::SETTINGS])
    .decided_inside("anybody; teams for members, addresses for admins and superuser views"),
    Route::put(
        "/api/v1/organization/:orgname",
        "changeOrganizationDetails",
        &WithBody::<OrganizationAdmin, _, _>(handlers::change),
        Logs::Kinds(&[
            LogKind::OrgChangeInvoicing,
            LogKind::OrgChangeEmail,
            LogKind::OrgChangeTagExpiration,
        ]),
    )
    .settings(&[
        quotas::views::SETTINGS,
        &[&settings::FEATURE_CHANGE_TAG_EXPIRATION, &settings::TAG_EXPIRATION_OPTIONS],
    ])
    .decided_inside("organization admins")
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname",
        "deleteAdminedOrganization",
        &WithoutBody::<OrganizationAdmin, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDelete]),
    )
    .scope(Scope::OrgAdmin)
    .fresh_login(),
    Route::get(
        "/api/v1/organization/:orgname/private",
        "getOrganizationPrivateAllowed",
        &WithoutBody::<OrganizationRepositoryCreate, _>(handlers::private),
    )
    .decided_inside("creators in the organization; how many there are for its admins")
    .scope(Scope::OrgAdmin)
    .feature(&FEATURE_BILLING)
    .internal(),
    Route::get(
        "/api/v1/superuser/organizations/",
        "listAllOrganizations",
        &WithBody::<SuperuserView, _, _>(superuser::list),
    )
    .settings(&[quotas::views::SETTINGS])
    .superuser()
    .internal(),
    Route::put(
        "/api/v1/superuser/organizations/:name",
        "changeOrganization",
        &At(NamedOrganization::read, WithBody::<SuperuserOrganization, _, _>(superuser::rename)),
        Logs::Kinds(&[LogKind::OrgChangeName]),
    )
    .settings(&[quotas::views::SETTINGS])
    .superuser(),
    Route::delete(
        "/api/v1/superuser/organizations/:name",
        "deleteOrganization",
        &At(NamedOrganization::read, WithoutBody::<SuperuserOrganization, _>(superuser::delete)),
        Logs::Kinds(&[LogKind::OrgDelete]),
    )
    .superuser(),
    Route::post(
        "/api/v1/superuser/takeownership/:namespace",
        "takeOwnership",
        &WithoutBody::<SuperuserNamespace, _>(superuser::take_ownership),
        Logs::Kinds(&[LogKind::TakeOwnership]),
    )
    .limits(&[&limits::ORGANIZATIONS, &limits::TEAM_MEMBERS, &limits::MEMBERSHIPS])
    .decided_inside("superusers; not the accounts of superusers")
    .superuser()
    .internal(),
    Route::get(
        "/api/v1/user/organizations",
        "listUserOrganizations",
        &WithBody::<UserView, _, _>(handlers::of_caller),
    )
    .settings(&[quotas::views::SETTINGS, &[&settings::FEATURE_USER_METADATA]])
    .decided_inside("the user in person, or with `user:read`")
    .scope(Scope::UserRead),
];
