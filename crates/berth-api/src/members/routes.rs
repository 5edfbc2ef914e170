//! The rows of this resource.

use berth_access::{
    ExistingTeamAdmin, OrganizationAdmin, OrganizationAdminView, OrganizationPath, Path, Scope,
    TeamView,
};
use berth_domain::limits::Limit;
use berth_domain::{LogKind, limits, settings};
use berth_web::{At, Logs, Route, WithBody, WithPath, WithPathAndBody};

use super::{organization, team};
use crate::mails::outbox;

/// What adding somebody writes into the log.
const ADDED: Logs = Logs::Kinds(&[LogKind::OrgAddTeamMember, LogKind::OrgInviteTeamMember]);

/// What it could exceed.
const ADDED_LIMITS: &[&Limit] = &[
    &limits::TEAM_MEMBERS,
    &limits::MEMBERSHIPS,
    &limits::INVITATIONS,
    &limits::INVITER_INVITATIONS,
    &limits::NOTIFICATIONS,
];

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/team/:teamname/members",
        "getOrganizationTeamMembers",
        &WithBody::<TeamView, _, _>(team::list),
    )
    .decided_inside("members of the team, organization admins; the invited for the admins")
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/members/:membername",
        "updateOrganizationTeamMember",
        &WithPath::<ExistingTeamAdmin, _, _>(team::add),
        ADDED,
    )
    .limits(ADDED_LIMITS)
    .settings(&[outbox::SETTINGS, &[&settings::INVITATION_TTL_S, &settings::REQUIRE_TEAM_INVITE]])
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname/members/:membername",
        "deleteOrganizationTeamMember",
        &WithPath::<ExistingTeamAdmin, _, _>(team::remove),
        Logs::Kinds(&[LogKind::OrgRemoveTeamMember, LogKind::OrgDeleteTeamMemberInvite]),
    )
    .decided_inside("organization admins, who do not leave the only team that makes them one")
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/collaborators",
        "getOrganizationCollaborators",
        &WithBody::<OrganizationAdminView, _, _>(organization::collaborators),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/members",
        "getOrganizationMembers",
        &WithBody::<OrganizationAdminView, _, _>(organization::list),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/members/:membername",
        "getOrganizationMember",
        &WithPath::<OrganizationAdminView, _, _>(organization::get),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/members/:membername",
        "addOrganizationMember",
        &At(
            OrganizationPath::read,
            WithPathAndBody::<ExistingTeamAdmin, _, _, _>(organization::add),
        ),
        ADDED,
    )
    .limits(ADDED_LIMITS)
    .settings(&[outbox::SETTINGS, &[&settings::INVITATION_TTL_S, &settings::REQUIRE_TEAM_INVITE]])
    .scope(Scope::OrgAdmin)
    .extension(),
    Route::delete(
        "/api/v1/organization/:orgname/members/:membername",
        "removeOrganizationMember",
        &WithPath::<OrganizationAdmin, _, _>(organization::remove),
        Logs::Kinds(&[LogKind::OrgRemoveMember]),
    )
    .scope(Scope::OrgAdmin),
];
