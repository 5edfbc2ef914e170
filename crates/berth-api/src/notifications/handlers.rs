//! Notifications of a user in the web console (`docs/contract/quay.md` 5.11).

use berth_access::{UserAdmin, path};
use berth_store::notifications;
use berth_store::transaction;
use berth_web::{ApiError, Context, HandlerResult, JsonResponse};

use super::bodies::{Dismissal, NotificationsQuery};
use super::views::{NotificationView, Notifications};

/// `GET /api/v1/user/notifications`: the newest first, without those that were dismissed.
pub(crate) fn list(
    cx: &Context<'_, UserAdmin>,
    query: NotificationsQuery,
) -> HandlerResult<JsonResponse<Notifications>> {
    let now = cx.services().now();
    let page = query.page(now);
    let found = notifications::list(cx.db(), &cx.grant, page.offset(), page.wanted(), now)?;
    let keys = cx.services().secret_keys()?;
    let listed = page.window(found, |one| NotificationView::new(&keys, one));
    let (notifications, additional) = (listed.entries, listed.next_page.is_some());
    Ok(JsonResponse(Notifications { notifications, additional }))
}

path! {
    /// A notification of the caller's.
    pub(crate) struct NotificationPath { uuid }
}

/// `GET /api/v1/user/notifications/<uuid>`.
pub(crate) fn get(
    cx: &Context<'_, UserAdmin>,
    path: NotificationPath,
) -> HandlerResult<JsonResponse<NotificationView>> {
    let (uuid, now) = (&path.uuid, cx.services().now());
    let found = notifications::get(cx.db(), &cx.grant, uuid, now)?;
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(JsonResponse(NotificationView::new(&cx.services().secret_keys()?, found)))
}

/// Dismisses a notification, or takes that back.
pub(crate) fn change(
    cx: &Context<'_, UserAdmin>,
    path: NotificationPath,
    body: Dismissal,
) -> HandlerResult<JsonResponse<NotificationView>> {
    let (uuid, now) = (&path.uuid, cx.services().now());
    let keys = cx.services().secret_keys()?;
    transaction(cx.db(), |tx| {
        if let Some(dismissed) = body.dismissed {
            notifications::set_dismissed(tx, &cx.grant, uuid, dismissed)?;
        }
        let changed = notifications::get(tx, &cx.grant, uuid, now)?;
        Ok(JsonResponse(NotificationView::new(&keys, changed.ok_or_else(ApiError::not_found)?)))
    })
}
