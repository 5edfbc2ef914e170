//! What this component answers.

use berth_access::{
    ExistingTeamAdmin, OrganizationAdmin, OrganizationAdminView, OrganizationMemberView, Public,
    Scope, TeamAdmin, TeamAdminView, TeamSummaryView, TeamView, UserAdmin,
};
use berth_domain::{LogKind, settings};
use berth_web::{Change, Logs, Query, Read, Route};

use crate::{answers, invitations, organization_members, page, team_members, teams};

/// What adding somebody writes into the log.
const ADDED: Logs = Logs::Kinds(&[LogKind::OrgAddTeamMember, LogKind::OrgInviteTeamMember]);

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/teams",
        "getOrganizationTeams",
        &Read::<OrganizationMemberView>(teams::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/team/:teamname",
        "getOrganizationTeam",
        &Read::<TeamSummaryView>(teams::get),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname",
        "updateOrganizationTeam",
        &Change::<TeamAdmin, _>(teams::put),
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
        &Read::<TeamAdmin>(teams::delete),
        Logs::Kinds(&[LogKind::OrgDeleteTeam]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/team/:teamname/permissions",
        "getOrganizationTeamPermissions",
        &Read::<TeamAdminView>(teams::permissions),
    )
    .query(Query::PAGES),
    Route::get(
        "/api/v1/organization/:orgname/team/:teamname/members",
        "getOrganizationTeamMembers",
        &Read::<TeamView>(team_members::list),
    )
    .scope(Scope::OrgAdmin)
    .query(&[Query::flag("includePending", "With those who are invited"), Query::NEXT_PAGE]),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/members/:membername",
        "updateOrganizationTeamMember",
        &Read::<ExistingTeamAdmin>(team_members::add),
        ADDED,
    )
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname/members/:membername",
        "deleteOrganizationTeamMember",
        &Read::<ExistingTeamAdmin>(team_members::remove),
        Logs::Kinds(&[LogKind::OrgRemoveTeamMember, LogKind::OrgDeleteTeamMemberInvite]),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/invite/:email",
        "inviteTeamMemberEmail",
        &Read::<ExistingTeamAdmin>(invitations::invite_address),
        Logs::Kinds(&[LogKind::OrgInviteTeamMember]),
    )
    .scope(Scope::OrgAdmin)
    .feature(&settings::FEATURE_MAILING),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname/invite/:email",
        "deleteTeamMemberEmailInvite",
        &Read::<ExistingTeamAdmin>(invitations::withdraw),
        Logs::Kinds(&[LogKind::OrgDeleteTeamMemberInvite]),
    )
    .scope(Scope::OrgAdmin)
    .feature(&settings::FEATURE_MAILING),
    Route::get(
        "/api/v1/organization/:orgname/invitations",
        "getOrganizationInvitations",
        &Read::<OrganizationAdminView>(invitations::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin)
    .feature(&settings::FEATURE_MAILING),
    Route::get(
        "/api/v1/organization/:orgname/collaborators",
        "getOrganizationCollaborators",
        &Read::<OrganizationAdminView>(organization_members::collaborators),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/members",
        "getOrganizationMembers",
        &Read::<OrganizationAdminView>(organization_members::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/members/:membername",
        "getOrganizationMember",
        &Read::<OrganizationAdminView>(organization_members::get),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/members/:membername",
        "addOrganizationMember",
        &Change::<ExistingTeamAdmin, _>(organization_members::add),
        ADDED,
    )
    .scope(Scope::OrgAdmin)
    .extension(),
    Route::delete(
        "/api/v1/organization/:orgname/members/:membername",
        "removeOrganizationMember",
        &Read::<OrganizationAdmin>(organization_members::remove),
        Logs::Kinds(&[LogKind::OrgRemoveMember]),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/teaminvite/:code",
        "acceptOrganizationTeamInvite",
        &Read::<UserAdmin>(answers::accept),
        Logs::Kinds(&[LogKind::OrgTeamMemberInviteAccepted]),
    )
    .scope(Scope::UserAdmin)
    .feature(&settings::FEATURE_MAILING)
    .internal(),
    Route::delete(
        "/api/v1/teaminvite/:code",
        "declineOrganizationTeamInvite",
        &Read::<UserAdmin>(answers::decline),
        Logs::Kinds(&[LogKind::OrgTeamMemberInviteDeclined]),
    )
    .scope(Scope::UserAdmin)
    .feature(&settings::FEATURE_MAILING)
    .internal(),
    Route::get("/confirminvite", "showTeamInvite", &Read::<Public>(page::show))
        .query(&[Query::text("code", "The code of the invitation").required()])
        .feature(&settings::FEATURE_MAILING),
    Route::post(
        "/confirminvite",
        "answerTeamInvite",
        &Change::<UserAdmin, _>(page::answer),
        Logs::Kinds(&[LogKind::OrgTeamMemberInviteAccepted, LogKind::OrgTeamMemberInviteDeclined]),
    )
    .feature(&settings::FEATURE_MAILING),
];
