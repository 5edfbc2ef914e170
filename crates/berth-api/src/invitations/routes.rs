//! The rows of this resource.

use berth_access::{ExistingTeamAdmin, OrganizationAdminView, Public, Scope, UserAdmin};
use berth_domain::{LogKind, settings};
use berth_web::{Change, Logs, Query, Read, Route};

use super::{answers, handlers, pages};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/invite/:email",
        "inviteTeamMemberEmail",
        &Read::<ExistingTeamAdmin>(handlers::invite_address),
        Logs::Kinds(&[LogKind::OrgInviteTeamMember]),
    )
    .scope(Scope::OrgAdmin)
    .feature(&settings::FEATURE_MAILING),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname/invite/:email",
        "deleteTeamMemberEmailInvite",
        &Read::<ExistingTeamAdmin>(handlers::withdraw),
        Logs::Kinds(&[LogKind::OrgDeleteTeamMemberInvite]),
    )
    .scope(Scope::OrgAdmin)
    .feature(&settings::FEATURE_MAILING),
    Route::get(
        "/api/v1/organization/:orgname/invitations",
        "getOrganizationInvitations",
        &Read::<OrganizationAdminView>(handlers::list),
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin)
    .feature(&settings::FEATURE_MAILING),
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
    Route::get("/confirminvite", "showTeamInvite", &Read::<Public>(pages::show))
        .query(&[Query::text("code", "The code of the invitation").required()])
        .feature(&settings::FEATURE_MAILING),
    Route::post(
        "/confirminvite",
        "answerTeamInvite",
        &Change::<UserAdmin, _>(pages::answer),
        Logs::Kinds(&[LogKind::OrgTeamMemberInviteAccepted, LogKind::OrgTeamMemberInviteDeclined]),
    )
    .feature(&settings::FEATURE_MAILING),
];
