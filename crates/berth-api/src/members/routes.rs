//! The rows of this resource.

use berth_access::{ExistingTeamAdmin, OrganizationAdmin, OrganizationAdminView, Scope, TeamView};
use berth_domain::{LogKind, settings};
use berth_web::{Logs, Query, Route, WithBody, WithoutBody};

use super::{organization, team};
use crate::mails::outbox;

/// What adding somebody writes into the log.
const ADDED: Logs = Logs::Kinds(&[LogKind::OrgAddTeamMember, LogKind::OrgInviteTeamMember]);

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/organization/:orgname/team/:teamname/members",
        "getOrganizationTeamMembers",
        &WithoutBody::<TeamView>(team::list),
    )
    .scope(Scope::OrgAdmin)
    .query(&[Query::flag("includePending", "With those who are invited"), Query::NEXT_PAGE]),
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/members/:membername",
        "updateOrganizationTeamMember",
        &WithoutBody::<ExistingTeamAdmin>(team::add),
        ADDED,
    )
    .settings(&[outbox::SETTINGS, &[&settings::INVITATION_TTL_S, &settings::REQUIRE_TEAM_INVITE]])
    .scope(Scope::OrgAdmin),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname/members/:membername",
        "deleteOrganizationTeamMember",
        &WithoutBody::<ExistingTeamAdmin>(team::remove),
        Logs::Kinds(&[LogKind::OrgRemoveTeamMember, LogKind::OrgDeleteTeamMemberInvite]),
    )
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/collaborators",
        "getOrganizationCollaborators",
        &WithoutBody::<OrganizationAdminView>(organization::collaborators),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/members",
        "getOrganizationMembers",
        &WithoutBody::<OrganizationAdminView>(organization::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin),
    Route::get(
        "/api/v1/organization/:orgname/members/:membername",
        "getOrganizationMember",
        &WithoutBody::<OrganizationAdminView>(organization::get),
    )
    .scope(Scope::OrgAdmin),
    Route::put(
        "/api/v1/organization/:orgname/members/:membername",
        "addOrganizationMember",
        &WithBody::<ExistingTeamAdmin, _>(organization::add),
        ADDED,
    )
    .settings(&[outbox::SETTINGS, &[&settings::INVITATION_TTL_S, &settings::REQUIRE_TEAM_INVITE]])
    .scope(Scope::OrgAdmin)
    .extension(),
    Route::delete(
        "/api/v1/organization/:orgname/members/:membername",
        "removeOrganizationMember",
        &WithoutBody::<OrganizationAdmin>(organization::remove),
        Logs::Kinds(&[LogKind::OrgRemoveMember]),
    )
    .scope(Scope::OrgAdmin),
];
