//! The rows of this resource.

use berth_access::{Authenticated, AuthenticatedOrganization};
use berth_domain::{LogKind, limits, settings};
use berth_web::{Logs, Route, WithBody, WithPath};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::post(
        "/api/v1/org",
        "createOrUpdateOrg",
        &WithBody::<Authenticated, _, _>(handlers::create_or_update),
        Logs::Kinds(&[LogKind::OrgCreate, LogKind::OrgChangeSettings]),
    )
    .limits(&[&limits::ORGANIZATIONS, &limits::TEAMS, &limits::MEMBERSHIPS])
    .settings(&[&[&settings::CONCORD_ADMIN_ONLY_CREATE, &settings::DEFAULT_TAG_EXPIRATION]])
    .decided_inside(
        "to create: superusers, and everybody who may create organizations where \
            `concord_admin_only_create` is off; to change: superusers, and the owner with \
            `org:admin`",
    ),
    Route::get("/api/v1/org", "listOrgs", &WithBody::<Authenticated, _, _>(handlers::list))
        .decided_inside(
            "any user; private organizations for their members, owners and superuser views",
        ),
    Route::get("/api/v1/org/:orgname", "getOrg", &WithPath::<Authenticated, _, _>(handlers::get))
        .decided_inside(
            "any user; the documents of a private organization for its members, its owner and \
            superuser views",
        ),
    Route::delete(
        "/api/v1/org/:orgname",
        "deleteOrg",
        &WithBody::<AuthenticatedOrganization, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDelete]),
    )
    .decided_inside("superusers"),
];
