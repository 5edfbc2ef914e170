//! The rows of this resource.

use berth_access::{ExistingTeamAdmin, OrganizationAdminView, Public, Scope, UserAdmin};
use berth_domain::{LogKind, limits, settings};
use berth_web::{BASE_URL, Logs, Route, WithBody, WithPath};

use super::{handlers, pages, responses};
use crate::html;
use crate::mails::outbox;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route::put(
        "/api/v1/organization/:orgname/team/:teamname/invite/:email",
        "inviteTeamMemberEmail",
        &WithPath::<ExistingTeamAdmin, _, _>(handlers::invite_address),
        Logs::Kinds(&[LogKind::OrgInviteTeamMember]),
    )
    .limits(&[&limits::INVITATIONS, &limits::INVITER_INVITATIONS])
    .settings(&[outbox::SETTINGS, &[&settings::INVITATION_TTL_S]])
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
        &WithBody::<OrganizationAdminView, _, _>(handlers::list),
    )
    .settings(&[BASE_URL, &[&settings::MAIL_GATEWAY_URL]])
    .decided_inside(
        "organization admins, superuser views; links for the admins, while no mail leaves",
    )
    .scope(Scope::OrgAdmin)
    .feature(&settings::FEATURE_MAILING),
    Route::put(
        "/api/v1/teaminvite/:code",
        "acceptOrganizationTeamInvite",
        &WithPath::<UserAdmin, _, _>(responses::accept),
        Logs::Kinds(&[LogKind::OrgTeamMemberInviteAccepted]),
    )
    .limits(&[&limits::TEAM_MEMBERS, &limits::MEMBERSHIPS])
    .settings(&[&[&settings::MAIL_GATEWAY_URL]])
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
    Route::get("/confirminvite", "showTeamInvite", &WithBody::<Public, _, _>(pages::show))
        .settings(&[
            html::SETTINGS,
            &[&settings::FEATURE_CONSOLE, &settings::FEATURE_USER_CREATION],
        ])
        .decided_inside("anybody; the invitation for the invited user, signed in with the browser")
        .feature(&settings::FEATURE_MAILING),
    Route::post(
        "/confirminvite",
        "answerTeamInvite",
        &WithBody::<UserAdmin, _, _>(pages::answer),
        Logs::Kinds(&[LogKind::OrgTeamMemberInviteAccepted, LogKind::OrgTeamMemberInviteDeclined]),
    )
    .limits(&[&limits::TEAM_MEMBERS, &limits::MEMBERSHIPS])
    .settings(&[html::SETTINGS, &[&settings::MAIL_GATEWAY_URL]])
    .decided_inside("the invited user, in person or with `user:admin`")
    .feature(&settings::FEATURE_MAILING),
];
