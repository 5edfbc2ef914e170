//! Who is in an organization, and who acts on its repositories without being in it (`docs/contract/quay.md` 1.6 to 1.8).

use berth_access::{ExistingTeamAdmin, OrganizationAdmin, OrganizationAdminView};
use berth_domain::log_event::LogEvent;
use berth_store::{StoreError, members, transaction};
use berth_web::listing::Listing;
use berth_web::{ApiError, Context, HandlerResult, OptionalJson, response};
use serde_json::Map;

use crate::members::bodies::NewMember;
use crate::members::team::{MemberPath, add_or_invite};
use crate::members::views::{self, CollaboratorView};

/// `GET …/collaborators` (`docs/contract/quay.md` 1.6).
pub(crate) fn collaborators(cx: &Context<'_, OrganizationAdminView>) -> HandlerResult {
    let lines = members::collaborators(cx.db(), &cx.grant)?;
    let listed = Listing::of(cx).whole(views::by_account(lines), CollaboratorView::from);
    Ok(listed.answer("collaborators", Map::new()))
}

/// `GET …/members` (`docs/contract/quay.md` 1.7).
pub(crate) fn list(cx: &Context<'_, OrganizationAdminView>) -> HandlerResult {
    let lines = members::list(cx.db(), &cx.grant)?;
    Ok(Listing::of(cx)
        .whole(views::by_account(lines), |member| member)
        .answer("members", Map::new()))
}

/// `GET …/members/<membername>` (`docs/contract/quay.md` 1.8).
pub(crate) fn get(cx: &Context<'_, OrganizationAdminView>, path: MemberPath) -> HandlerResult {
    let lines = members::get(cx.db(), &cx.grant, &path.membername)?;
    let view = views::by_account(lines).pop().ok_or_else(ApiError::not_found)?;
    Ok(response::ok(&view))
}

/// Puts somebody into a team of the organization, or invites him, as `PUT …/team/<teamname>/members/<membername>` does.
pub(crate) fn add(
    cx: &Context<'_, ExistingTeamAdmin>,
    path: MemberPath,
    _named: OptionalJson<NewMember>,
) -> HandlerResult {
    add_or_invite(cx, &path.membername)
}

/// `DELETE …/members/<membername>` (`docs/contract/quay.md` 1.8): out of every team, and no repository permission left. Who was
/// none stays none, and nothing is logged.
pub(crate) fn remove(cx: &Context<'_, OrganizationAdmin>, path: MemberPath) -> HandlerResult {
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
        Ok(response::no_content())
    })
}
