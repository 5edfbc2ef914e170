//! Teams: list, read, create, change, delete; what they may do on repositories.

use crate::organizations::views::TeamView;
use berth_access::{Address, OrganizationMemberView, TeamAdmin, TeamSummaryView};
use berth_domain::log_event::LogEvent;
use berth_domain::{Namespace, Team, TeamName};
use berth_store::{StoreError, teams, transaction};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent,
};

use crate::teams::bodies::TeamDescription;
use crate::teams::views::{ChangedTeam, Teams};

/// `GET …/organization/<orgname>/teams`: the teams of the organization's view, as a list.
pub(crate) fn list(
    cx: &Context<'_, OrganizationMemberView>,
    query: ListQuery<teams::Teams>,
) -> HandlerResult<ListResponse<Teams>> {
    let (sees_all, page) = (cx.rights().views_every_team(), query.page(cx)?);
    let found = teams::list(cx.db(), &cx.grant, &page.window)?;
    Ok(page.list(found, |team| TeamView::new(team, sees_all))?.respond(Teams::of))
}

/// `GET …/organization/<orgname>/team/<teamname>`.
pub(crate) fn get(cx: &Context<'_, TeamSummaryView>) -> HandlerResult<JsonResponse<TeamView>> {
    let team = teams::summary(cx.db(), &cx.grant)?.ok_or_else(ApiError::not_found)?;
    Ok(JsonResponse(TeamView::new(team, cx.rights().views_every_team())))
}

/// Makes the team, or changes it.
pub(crate) fn put(
    cx: &Context<'_, TeamAdmin>,
    body: TeamDescription,
) -> HandlerResult<JsonResponse<ChangedTeam>> {
    let target = cx.grant.target();
    let Some(organization) = &target.organization else {
        let name = cx.address().namespace.as_deref().unwrap_or_default();
        return Err(ApiError::model(format!("Organization does not exist: {name}")));
    };
    match &target.team {
        Some(team) => change(cx, organization, team, &body),
        None => create(cx, organization, &body),
    }
}

fn create(
    cx: &Context<'_, TeamAdmin>,
    organization: &Namespace,
    body: &TeamDescription,
) -> HandlerResult<JsonResponse<ChangedTeam>> {
    let name = TeamName::try_from(cx.address().team.as_deref().unwrap_or_default())
        .map_err(|invalid| ApiError::model(invalid.to_string()))?;
    let (role, description) = (body.role, body.description.as_deref().unwrap_or_default());
    transaction(cx.db(), |tx| {
        if !teams::create(tx, &cx.grant, &name, description, role)? {
            // Somebody else made it at this moment: asked again, this is a change.
            return Err(ApiError::Busy);
        }
        cx.log(tx, organization.id, &LogEvent::OrgCreateTeam { team: name.as_str() })?;
        Ok(JsonResponse(ChangedTeam::new(name.as_str(), description, role, true)))
    })
}

/// All of it or nothing, and nothing is logged of what stays as it is. A change must name the role: one that names the present
/// role does not ask for it, so that it takes back nothing that somebody else changes meanwhile.
fn change(
    cx: &Context<'_, TeamAdmin>,
    organization: &Namespace,
    team: &Team,
    body: &TeamDescription,
) -> HandlerResult<JsonResponse<ChangedTeam>> {
    let role = Some(body.role).filter(|role| *role != team.role);
    let description = body.description.as_deref().filter(|text| *text != team.description);
    if role.is_some() && cx.grant.target().is_only_admin_team_of_caller() {
        return Err(demotion_refused(organization, team));
    }
    if role.is_none() && description.is_none() {
        return Ok(JsonResponse(ChangedTeam::of(team)));
    }
    let refused = |error| match error {
        StoreError::NoOwnerLeft => demotion_refused(organization, team),
        error => error.into(),
    };
    transaction(cx.db(), |tx| {
        // A team that was deleted at this moment: a client that asks again makes it anew.
        let before = teams::current(tx, &cx.grant)?.ok_or(ApiError::Busy)?;
        let after = teams::update(tx, &cx.grant, description, role).map_err(refused)?;
        let after = after.ok_or(ApiError::Busy)?;
        let organization_id = cx.grant.target().organization.as_ref().map(|found| found.id);
        cx.log_all(tx, organization_id, &change_events(&before, &after))?;
        Ok(JsonResponse(ChangedTeam::of(&after)))
    })
}

fn change_events<'a>(before: &Team, after: &'a Team) -> Vec<LogEvent<'a>> {
    let Team { name: team, description, role, .. } = after;
    let described = (*description != before.description)
        .then_some(LogEvent::OrgSetTeamDescription { team, description });
    let promoted = (*role != before.role).then_some(LogEvent::OrgSetTeamRole { team, role: *role });
    described.into_iter().chain(promoted).collect()
}

fn demotion_refused(organization: &Namespace, team: &Team) -> ApiError {
    ApiError::model(format!(
        "Cannot remove admin from team '{}' because calling user would no longer have admin on org '{}'",
        team.name, organization.name
    ))
}

/// `DELETE …/organization/<orgname>/team/<teamname>` (`docs/contract/quay.md` 4.2): its memberships, invitations and permissions
/// go along.
pub(crate) fn delete(cx: &Context<'_, TeamAdmin>) -> HandlerResult<NoContent> {
    let (target, caller) = (cx.grant.target(), cx.caller()?);
    let (Some(organization), Some(team)) = (&target.organization, &target.team) else {
        return Err(no_team(cx));
    };
    let refused = || {
        ApiError::model(format!(
            "Deleting team '{}' would remove admin ability for user '{}' in organization '{}'",
            team.name, caller.name, organization.name
        ))
    };
    // Superusers who are in no team too: the original fails there.
    if target.is_admin_team_without_other() {
        return Err(refused());
    }
    transaction(cx.db(), |tx| {
        let deleted = teams::delete(tx, &cx.grant).map_err(|error| match error {
            StoreError::NoOwnerLeft => refused(),
            error => error.into(),
        })?;
        if !deleted {
            return Err(no_team(cx));
        }
        cx.log(tx, organization.id, &LogEvent::OrgDeleteTeam { team: &team.name })?;
        Ok(NoContent)
    })
}

fn no_team(cx: &Context<'_, TeamAdmin>) -> ApiError {
    let Address { namespace, team, .. } = cx.address();
    let name = |name: &'_ Option<String>| name.clone().unwrap_or_default();
    let (team, organization) = (name(team), name(namespace));
    ApiError::model(format!("Team '{team}' is not a team in org '{organization}'"))
}
