//! The rows of this resource.

use berth_access::{OrganizationMemberView, Scope, TeamAdmin, TeamSummaryView};
use berth_domain::LogKind;
use berth_web::{Change, Logs, Query, Read, Route};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/teams",
        "getOrganizationTeams",
        &Read::<OrganizationMemberView>(handlers::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/team/:teamname",
        "getOrganizationTeam",
        &Read::<TeamSummaryView>(handlers::get),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname",
        "updateOrganizationTeam",
        &Change::<TeamAdmin, _>(handlers::put),
        Logs::Kinds(&[
            LogKind::OrgCreateTeam,
            LogKind::OrgSetTeamDescription,
            LogKind::OrgSetTeamRole,
        ]),
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname",
        "deleteOrganizationTeam",
        &Read::<TeamAdmin>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteTeam]),
    )
    .scope(Scope::OrgAdmin),
];
