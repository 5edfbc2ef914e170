//! The rows of this resource.

use berth_access::{OrganizationMemberView, Scope, TeamAdmin, TeamSummaryView};
use berth_domain::{LogKind, limits};
use berth_web::{Logs, Route, WithBody, WithoutBody};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/teams",
        "getOrganizationTeams",
        &WithBody::<OrganizationMemberView, _, _>(handlers::list),
    )
    .decided_inside("members of the organization; `can_view` by what else they may")
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/team/:teamname",
        "getOrganizationTeam",
        &WithoutBody::<TeamSummaryView, _>(handlers::get),
    )
    .decided_inside("members of the organization; `can_view` by what else they may")
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname",
        "updateOrganizationTeam",
        &WithBody::<TeamAdmin, _, _>(handlers::put),
        Logs::Kinds(&[
            LogKind::OrgCreateTeam,
            LogKind::OrgSetTeamDescription,
            LogKind::OrgSetTeamRole,
        ]),
    )
    .limits(&[&limits::TEAMS])
    .decided_inside(
        "organization admins, who do not take the role from the only team that makes them one",
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname",
        "deleteOrganizationTeam",
        &WithoutBody::<TeamAdmin, _>(handlers::delete),
        Logs::Kinds(&[LogKind::OrgDeleteTeam]),
    )
    .decided_inside("organization admins, who do not delete the only team that makes them one")
    .scope(Scope::OrgAdmin),
];
