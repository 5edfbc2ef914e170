//! Members of a team: list, add or invite, remove.

use crate::mails::outbox::requires_team_invite;
use berth_access::{ExistingTeamAdmin, TeamView, path};
use berth_domain::log_event::LogEvent;
use berth_domain::settings;
use berth_store::invitations::{self, Invited};
use berth_store::teams::Candidate;
use berth_store::{Constraint, StoreError, Transaction, teams, transaction};
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, ListResponse, NoContent};

use crate::invitations::handlers::PreparedInvitation;
use crate::members::bodies::TeamMembersQuery;
use crate::members::views::{TeamAccountView, TeamMemberView, TeamMembers};

path! {
    /// A user or a robot, who need not be a member.
    pub(crate) struct MemberPath { membername }
}

/// `GET …/team/<teamname>/members` (`docs/contract/quay.md` 4.3); those who are invited only for administrators who ask.
pub(crate) fn list(
    cx: &Context<'_, TeamView>,
    query: TeamMembersQuery,
) -> HandlerResult<ListResponse<TeamMembers>> {
    let can_edit = cx.rights().is_admin();
    let with_invited = can_edit && query.with_invited;
    let page = query.page.page(cx)?;
    let now = cx.services().now();
    let found = teams::members(cx.db(), &cx.grant, with_invited, now, &page.window)?;
    let name = cx.grant.target().team.name.clone();
    let listed = page.list(found, TeamMemberView::from)?;
    Ok(listed.respond(|members, next_page| TeamMembers { members, name, can_edit, next_page }))
}

/// `PUT …/team/<teamname>/members/<membername>` (`docs/contract/quay.md` 4.4).
pub(crate) fn add(
    cx: &Context<'_, ExistingTeamAdmin>,
    path: MemberPath,
) -> HandlerResult<JsonResponse<TeamAccountView>> {
    add_or_invite(cx, &path.membername)
}

/// Puts somebody into the team, or invites them where people must accept.
pub(crate) fn add_or_invite(
    cx: &Context<'_, ExistingTeamAdmin>,
    name: &str,
) -> HandlerResult<JsonResponse<TeamAccountView>> {
    let services = cx.services();
    let must_accept =
        services.setting(&settings::FEATURE_MAILING) && requires_team_invite(services);
    let prepared = must_accept.then(|| PreparedInvitation::new(cx)).transpose()?;
    transaction(cx.db(), |tx| {
        let candidate = teams::candidate(tx, &cx.grant, name)?
            .ok_or_else(|| ApiError::invalid_request("Unknown user"))?;
        if must_accept && candidate.is_robot && !candidate.is_own_robot {
            return Err(ApiError::model(
                "Cannot add the specified robot to this team, as it is not a member of the organization",
            ));
        }
        let invitation =
            prepared.as_ref().filter(|_| !candidate.is_robot && !candidate.in_organization);
        let view = TeamAccountView::of(&candidate, invitation.is_some());
        match invitation {
            Some(invitation) => {
                let team = &cx.grant.target().team.name;
                let (user, member) = (candidate.name.as_str(), candidate.name.as_str());
                let event = LogEvent::OrgInviteTeamMember { user, member, team };
                invitation.make(tx, &Invited::User(candidate.id), &candidate.email, &event)?;
            }
            None => add_at_once(cx, tx, &candidate)?,
        }
        Ok(JsonResponse(view))
    })
}

fn add_at_once(
    cx: &Context<'_, ExistingTeamAdmin>,
    tx: &Transaction<'_>,
    candidate: &Candidate,
) -> Result<(), ApiError> {
    let target = cx.grant.target();
    teams::add_member(tx, &cx.grant, candidate).map_err(|error| {
        if !error.violates(Constraint::TeamMember) {
            return error.into();
        }
        let (user, team) = (&candidate.name, &target.team.name);
        ApiError::model(format!("User {user} is already a member of team {team}"))
    })?;
    let (member, team) = (&candidate.name, &target.team.name);
    Ok(cx.log(tx, target.organization.id, &LogEvent::OrgAddTeamMember { member, team })?)
}

/// `DELETE …/team/<teamname>/members/<membername>` (`docs/contract/quay.md` 4.5): withdraws their invitation, or removes them.
pub(crate) fn remove(
    cx: &Context<'_, ExistingTeamAdmin>,
    path: MemberPath,
) -> HandlerResult<NoContent> {
    let (target, name) = (cx.grant.target(), path.membername.as_str());
    let team = &target.team.name;
    transaction(cx.db(), |tx| {
        let candidate = teams::candidate(tx, &cx.grant, name)?.ok_or_else(ApiError::not_found)?;
        let invited = Invited::User(candidate.id);
        let withdrawn = !candidate.in_team
            && invitations::withdraw(tx, &cx.grant, &invited, cx.services().now())?;
        let event = if withdrawn {
            LogEvent::OrgDeleteTeamMemberInvite { user: name, team, member: name }
        } else {
            remove_member(cx, tx, &candidate)?;
            LogEvent::OrgRemoveTeamMember { member: name, team }
        };
        cx.log(tx, target.organization.id, &event)?;
        Ok(NoContent)
    })
}

fn remove_member(
    cx: &Context<'_, ExistingTeamAdmin>,
    tx: &Transaction<'_>,
    candidate: &Candidate,
) -> Result<(), ApiError> {
    let target = cx.grant.target();
    let is_caller = candidate.id == cx.caller()?.id;
    if is_caller && target.is_only_admin_team_of_caller() {
        return Err(ApiError::model("User cannot remove themselves from their only admin team."));
    }
    let removed = teams::remove_member(tx, &cx.grant, candidate).map_err(|error| match error {
        StoreError::NoOwnerLeft => {
            ApiError::model("Cannot remove user as they are the only organization admin")
        }
        error => error.into(),
    })?;
    if removed {
        return Ok(());
    }
    let (user, team) = (&candidate.name, &target.team.name);
    Err(ApiError::model(format!("User {user} does not belong to team {team}")))
}
