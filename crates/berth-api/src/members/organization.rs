//! Who is in an organization, and who acts on its repositories without being in it (`docs/contract/quay.md` 1.6 to 1.8).

use berth_access::{ExistingTeamAdmin, OrganizationAdmin, OrganizationAdminView};
use berth_domain::log_event::LogEvent;
use berth_store::{StoreError, members, transaction};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent,
    OptionalJson,
};

use crate::members::bodies::NewMember;
use crate::members::team::{MemberPath, add_or_invite};
use crate::members::views::{
    CollaboratorView, Collaborators, MemberView, Members, TeamAccountView,
};

/// `GET …/collaborators` (`docs/contract/quay.md` 1.6).
pub(crate) fn collaborators(
    cx: &Context<'_, OrganizationAdminView>,
    query: ListQuery<members::Affiliated>,
) -> HandlerResult<ListResponse<Collaborators>> {
    let page = query.page(cx)?;
    let found = members::collaborators(cx.db(), &cx.grant, &page.window)?;
    Ok(page.list(found, CollaboratorView::from)?.respond(Collaborators::of))
}

/// `GET …/members` (`docs/contract/quay.md` 1.7).
pub(crate) fn list(
    cx: &Context<'_, OrganizationAdminView>,
    query: ListQuery<members::Affiliated>,
) -> HandlerResult<ListResponse<Members>> {
    let page = query.page(cx)?;
    let found = members::list(cx.db(), &cx.grant, &page.window)?;
    Ok(page.list(found, MemberView::from)?.respond(Members::of))
}

/// `GET …/members/<membername>` (`docs/contract/quay.md` 1.8).
pub(crate) fn get(
    cx: &Context<'_, OrganizationAdminView>,
    path: MemberPath,
) -> HandlerResult<JsonResponse<MemberView>> {
    let member = members::get(cx.db(), &cx.grant, &path.membername)?;
    Ok(JsonResponse(member.ok_or_else(ApiError::not_found)?.into()))
}

/// Puts somebody into a team of the organization, or invites them, as `PUT …/team/<teamname>/members/<membername>` does.
pub(crate) fn add(
    cx: &Context<'_, ExistingTeamAdmin>,
    path: MemberPath,
    _named: OptionalJson<NewMember>,
) -> HandlerResult<JsonResponse<TeamAccountView>> {
    add_or_invite(cx, &path.membername)
}

/// `DELETE …/members/<membername>` (`docs/contract/quay.md` 1.8): out of every team, and no repository permission left. Somebody
/// who is no member: nothing changes, and nothing is logged.
pub(crate) fn remove(
    cx: &Context<'_, OrganizationAdmin>,
    path: MemberPath,
) -> HandlerResult<NoContent> {
    let name = &path.membername;
    transaction(cx.db(), |tx| {
        let removed = members::remove(tx, &cx.grant, name).map_err(|error| match error {
            StoreError::NoOwnerLeft => {
                ApiError::model("Cannot remove user as they are the only organization admin")
            }
            error => error.into(),
        })?;
        if removed.ok_or_else(ApiError::not_found)? {
            let organization_id = cx.grant.organization().id;
            cx.log(tx, organization_id, &LogEvent::OrgRemoveMember { member: name })?;
        }
        Ok(NoContent)
    })
}
