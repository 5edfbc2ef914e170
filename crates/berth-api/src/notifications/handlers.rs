//! What a user is told in the web console (`docs/contract/quay.md` 5.11).

use berth_access::{UserAdmin, path};
use berth_domain::secret::{Purpose, SecretKeys};
use berth_store::notifications::{self, Notification};
use berth_store::transaction;
use berth_web::{ApiError, Context, HandlerResult, response};
use serde_json::{Map, Value, json};

use super::bodies::{Dismissal, Window};

/// `GET /api/v1/user/notifications`: the newest first, without those that were dismissed.
pub(crate) fn list(cx: &Context<'_, UserAdmin>, window: Window) -> HandlerResult {
    let now = cx.services().now();
    let (offset, wanted) = (window.offset(), window.limit() + 1);
    let mut found = notifications::list(cx.db(), &cx.grant, offset, wanted, now)?;
    let length = usize::try_from(window.limit()).unwrap_or_default();
    let additional = found.len() > length;
    found.truncate(length);
    let keys = cx.services().secret_keys()?;
    let views: Vec<Value> = found.into_iter().map(|one| view(&keys, one)).collect();
    Ok(response::ok(&json!({ "notifications": views, "additional": additional })))
}

path! {
    /// A notification of the caller's.
    pub(crate) struct NotificationPath { uuid }
}

/// `GET /api/v1/user/notifications/<uuid>`.
pub(crate) fn get(cx: &Context<'_, UserAdmin>, path: NotificationPath) -> HandlerResult {
    let (uuid, now) = (&path.uuid, cx.services().now());
    let found = notifications::get(cx.db(), &cx.grant, uuid, now)?;
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(response::ok(&view(&cx.services().secret_keys()?, found)))
}

/// Dismisses a notification, or takes that back.
pub(crate) fn change(
    cx: &Context<'_, UserAdmin>,
    path: NotificationPath,
    body: Dismissal,
) -> HandlerResult {
    let (uuid, now) = (&path.uuid, cx.services().now());
    let keys = cx.services().secret_keys()?;
    transaction(cx.db(), |tx| {
        if let Some(dismissed) = body.dismissed {
            notifications::set_dismissed(tx, &cx.grant, uuid, dismissed)?;
        }
        let changed = notifications::get(tx, &cx.grant, uuid, now)?;
        Ok(response::ok(&view(&keys, changed.ok_or_else(ApiError::not_found)?)))
    })
}

/// The notification of an invitation shows its code: the user accepts with it. A code that does not open, its key being
/// lost, is null.
fn view(keys: &SecretKeys, notification: Notification) -> Value {
    let mut metadata = Map::new();
    if let Some(sealed) = &notification.sealed_code {
        let opened = keys.open(Purpose::InvitationCode, sealed).ok();
        metadata.insert("code".into(), opened.map(|opened| opened.text).into());
    }
    metadata.extend(notification.metadata);
    json!({
        "id": notification.uuid,
        "organization": null,
        "kind": notification.kind,
        "created": notification.created_at.to_rfc2822(),
        "metadata": metadata,
        "dismissed": notification.dismissed,
    })
}
