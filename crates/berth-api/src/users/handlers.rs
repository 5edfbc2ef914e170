//! Reading and deleting accounts (`docs/contract/quay.md` 5.2).

use berth_access::{Permit, PublicNamespace, UserView as ViewPermit};
use berth_domain::NamespaceKind;
use berth_domain::log_event::LogEvent;
use berth_store::{StoreError, accounts, transaction, users};
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, NoContent};

use crate::users::views::{AccountVisibility, UserView};

/// `GET /api/v1/user/`.
pub(crate) fn own(cx: &Context<'_, ViewPermit>) -> HandlerResult<JsonResponse<UserView>> {
    let account = users::account(cx.db(), cx.caller()?.id)?.ok_or_else(ApiError::not_found)?;
    let shown = AccountVisibility::of(cx);
    Ok(JsonResponse(UserView::own(account, &shown)))
}

/// `GET /api/v1/users/<username>`: the name and the avatar, for everybody; for the user, all of their own view.
pub(crate) fn any(cx: &Context<'_, PublicNamespace>) -> HandlerResult<JsonResponse<UserView>> {
    let user = cx.grant.namespace().filter(|namespace| namespace.kind == NamespaceKind::User);
    let user = user.ok_or_else(ApiError::plain_not_found)?;
    let shown = AccountVisibility::of(cx);
    let himself = cx.grant.caller().is_some_and(|caller| caller.id == user.id);
    if himself && cx.rights().is_user_reader() {
        let account = users::account(cx.db(), user.id)?.ok_or_else(ApiError::plain_not_found)?;
        return Ok(JsonResponse(UserView::own(account, &shown)));
    }
    Ok(JsonResponse(UserView::of(&user.name, &user.email, himself, &shown)))
}

/// Whose account is to be deleted.
pub(crate) struct DepartingUser<'a> {
    /// Row id.
    pub(crate) id: i64,
    /// User name.
    pub(crate) name: &'a str,
}

/// Deletes an account. The last administrator of organizations stays until somebody else administers them, or they
/// are deleted.
pub(crate) fn delete_account<P: Permit>(
    cx: &Context<'_, P>,
    user: &DepartingUser<'_>,
    superuser: Option<&str>,
) -> HandlerResult<NoContent> {
    let deleted = transaction(cx.db(), |tx| {
        // First: of an account that is gone nobody can tell what it was called.
        cx.log(tx, user.id, &LogEvent::UserDelete { username: user.name, superuser })?;
        if accounts::delete(tx, user.id)? { Ok(()) } else { Err(StoreError::NotFound) }
    });
    match deleted {
        Ok(()) => Ok(NoContent),
        Err(StoreError::NoOwnerLeft) => {
            let organizations = accounts::administered_alone(cx.db(), user.id)?.join(", ");
            Err(ApiError::invalid_request(format!(
                "Cannot delete {}, the only administrator of: {organizations}",
                user.name
            )))
        }
        Err(error) => Err(error.into()),
    }
}
