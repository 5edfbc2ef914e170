//! What users granted to applications, and what waits for them to accept it (`docs/contract/quay.md` 5.11).

use berth_access::{UserAdmin, path};
use berth_domain::log_event::LogEvent;
use berth_store::{assignments, tokens, transaction};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent,
};

use super::views::{AssignmentView, Assignments, AuthorizationView, Authorizations};

path! {
    /// A token that a user granted.
    pub(crate) struct AuthorizationPath { access_token_uuid }
    /// A token that somebody assigned to a user.
    pub(crate) struct AssignmentPath { assigned_authorization_uuid }
}

/// `GET /api/v1/user/authorizations`.
pub(crate) fn list(
    cx: &Context<'_, UserAdmin>,
    query: ListQuery<tokens::Authorizations>,
) -> HandlerResult<ListResponse<Authorizations>> {
    let page = query.page(cx)?;
    let found = tokens::authorizations(cx.db(), &cx.grant, &page.window)?;
    let listed = page.list(found, |authorization| AuthorizationView::new(&authorization))?;
    Ok(listed.respond(Authorizations::of))
}

/// `GET /api/v1/user/authorizations/<uuid>`.
pub(crate) fn get(
    cx: &Context<'_, UserAdmin>,
    path: AuthorizationPath,
) -> HandlerResult<JsonResponse<AuthorizationView>> {
    let uuid = &path.access_token_uuid;
    let found = tokens::authorization(cx.db(), &cx.grant, uuid)?;
    Ok(JsonResponse(AuthorizationView::new(&found.ok_or_else(ApiError::not_found)?)))
}

/// `DELETE /api/v1/user/authorizations/<uuid>`: the token stops at once.
pub(crate) fn revoke(
    cx: &Context<'_, UserAdmin>,
    path: AuthorizationPath,
) -> HandlerResult<NoContent> {
    transaction(cx.db(), |tx| {
        let found = tokens::authorization(tx, &cx.grant, &path.access_token_uuid)?;
        let found = found.ok_or_else(ApiError::not_found)?;
        tokens::delete(tx, found.id)?;
        let event = LogEvent::OauthTokenRevoked {
            oauth_token_uuid: &found.uuid,
            application_name: &found.application.name,
            client_id: &found.application.client_id,
        };
        let namespace_id = found.application.namespace_id;
        cx.log(tx, namespace_id, &event)?;
        Ok(NoContent)
    })
}

/// `GET /api/v1/user/assignedauthorization`.
pub(crate) fn assigned(
    cx: &Context<'_, UserAdmin>,
    query: ListQuery<assignments::Assignments>,
) -> HandlerResult<ListResponse<Assignments>> {
    let page = query.page(cx)?;
    let found = assignments::list(cx.db(), &cx.grant, &page.window)?;
    let listed = page.list(found, |assignment| AssignmentView::new(&assignment))?;
    Ok(listed.respond(Assignments::of))
}

/// `DELETE /api/v1/user/assignedauthorization/<uuid>`: declines it.
pub(crate) fn decline(
    cx: &Context<'_, UserAdmin>,
    path: AssignmentPath,
) -> HandlerResult<NoContent> {
    let uuid = &path.assigned_authorization_uuid;
    transaction(cx.db(), |tx| match assignments::decline(tx, &cx.grant, uuid)? {
        true => Ok(NoContent),
        false => Err(ApiError::not_found()),
    })
}
