//! Notifications of a user in the web console (`docs/contract/quay.md` 5.11).

use berth_access::{UserAdmin, path};
use berth_store::notifications;
use berth_store::transaction;
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, ListResponse};

use super::bodies::{Dismissal, NotificationsQuery};
use super::views::{NotificationView, Notifications};

/// `GET /api/v1/user/notifications`: the newest first, without those that were dismissed.
pub(crate) fn list(
    cx: &Context<'_, UserAdmin>,
    query: NotificationsQuery,
) -> HandlerResult<ListResponse<Notifications>> {
    let (page, now) = (query.list.page(cx)?, cx.services().now());
    let found = notifications::list(cx.db(), &cx.grant, now, &page.window)?;
    let keys = cx.services().secret_keys()?;
    let listed = page.list(found, |one| NotificationView::new(&keys, one))?;
    Ok(listed.respond(|notifications, next_page| Notifications {
        notifications,
        additional: next_page.is_some(),
    }))
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
