//! The rows of this resource.

use berth_access::{ExistingTeamAdmin, OrganizationAdminView, Public, Scope, UserAdmin};
use berth_domain::{LogKind, settings};
use berth_web::{Logs, Query, Route, WithBody, WithPath, WithoutBody};

use super::{handlers, pages, responses};

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/invite/:email",
        "inviteTeamMemberEmail",
        &WithPath::<ExistingTeamAdmin, _, _>(handlers::invite_address),
        Logs::Kinds(&[LogKind::OrgInviteTeamMember]),
    )
    .scope(Scope::OrgAdmin)
    .feature(&settings::FEATURE_MAILING),
    Route::delete(
        "/api/v1/organization/:orgname/team/:teamname/invite/:email",
        "deleteTeamMemberEmailInvite",
        &WithPath::<ExistingTeamAdmin, _, _>(handlers::withdraw),
        Logs::Kinds(&[LogKind::OrgDeleteTeamMemberInvite]),
    )
    .scope(Scope::OrgAdmin)
    .feature(&settings::FEATURE_MAILING),
    Route::get(
        "/api/v1/organization/:orgname/invitations",
        "getOrganizationInvitations",
        &WithoutBody::<OrganizationAdminView, _>(handlers::list),
    )
    .decided_inside(
        "organization admins, superuser views; links for the admins, while no mail leaves",
    )
    .query(Query::PAGES)
    .scope(Scope::OrgAdmin)
    .feature(&settings::FEATURE_MAILING),
    Route::put(
        "/api/v1/teaminvite/:code",
        "acceptOrganizationTeamInvite",
        &WithPath::<UserAdmin, _, _>(responses::accept),
        Logs::Kinds(&[LogKind::OrgTeamMemberInviteAccepted]),
    )
    .decided_inside("the invited user, in person or with `user:admin`")
    .scope(Scope::UserAdmin)
    .feature(&settings::FEATURE_MAILING)
    .internal(),
    Route::delete(
        "/api/v1/teaminvite/:code",
        "declineOrganizationTeamInvite",
        &WithPath::<UserAdmin, _, _>(responses::decline),
        Logs::Kinds(&[LogKind::OrgTeamMemberInviteDeclined]),
    )
    .decided_inside("the invited user, in person or with `user:admin`")
    .scope(Scope::UserAdmin)
    .feature(&settings::FEATURE_MAILING)
    .internal(),
    Route::get("/confirminvite", "showTeamInvite", &WithoutBody::<Public, _>(pages::show))
        .decided_inside("anybody; the invitation for the invited user, signed in with the browser")
        .query(&[Query::text("code", "The code of the invitation").required()])
        .feature(&settings::FEATURE_MAILING),
    Route::post(
        "/confirminvite",
        "answerTeamInvite",
        &WithBody::<UserAdmin, _, _>(pages::answer),
        Logs::Kinds(&[LogKind::OrgTeamMemberInviteAccepted, LogKind::OrgTeamMemberInviteDeclined]),
    )
    .decided_inside("the invited user, in person or with `user:admin`")
    .feature(&settings::FEATURE_MAILING),
];
