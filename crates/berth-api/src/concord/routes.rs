//! The rows of this resource.

use berth_access::{Authenticated, AuthenticatedOrganization};
use berth_domain::LogKind;
use berth_web::{Logs, Query, Route, WithBody, WithPath, WithoutBody};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::post(
        "/api/v1/org",
        "createOrUpdateOrg",
        &WithBody::<Authenticated, _, _>(handlers::create_or_update),
        Logs::Kinds(&[LogKind::OrgCreate, LogKind::OrgChangeSettings]),
    )
    .decided_inside(
        "to create: superusers, and everybody who may create organizations where `concord_admin_only_create` is off; to change: superusers, and the owner with `org:admin`",
    ),
    Route::get("/api/v1/org", "listOrgs", &WithoutBody::<Authenticated, _>(handlers::list))
        .query(&[
            Query::flag("onlyCurrent", "Only organizations that the caller owns or is in a team of"),
            Query::text("filter", "A part of the name"),
            Query::number("offset", "How many to leave out"),
            Query::number("limit", "How many to list, at most"),
        ])
        .decided_inside("any user; private organizations for their members, owners and superuser views"),
    Route::get("/api/v1/org/:orgname", "getOrg", &WithPath::<Authenticated, _, _>(handlers::get))
.decided_inside("any user; the documents of a private organization for its members, its owner and superuser views"),
    Route::delete(
        "/api/v1/org/:orgname",
        "deleteOrg",
        &WithBody::<AuthenticatedOrganization, _, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDelete]),
    )
    .decided_inside("superusers"),
];
