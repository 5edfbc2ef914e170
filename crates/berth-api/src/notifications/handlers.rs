//! What a user is told in the web console (`docs/contract/quay.md` 5.11).

use berth_access::{UserAdmin, path};
use berth_domain::secret::{Purpose, SecretKeys};
use berth_store::notifications::{self, Notification};
use berth_store::transaction;
use berth_web::{
    ApiError, Body, Context, HandlerResult, Json, Kind, Property, Query, Request, Response, Schema,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// How many notifications a page has when nobody says.
const USUAL: i64 = 5;

/// How many a page has at most.
const LARGEST: i64 = 100;

/// The query of the list: `page`, counted from 0, and `limit`.
pub(crate) struct Window {
    page: i64,
    limit: i64,
}

impl Body for Window {
    const SCHEMA: Option<&'static Schema> = None;
    const QUERY: &'static [Query] = &[
        Query::number("page", "Which page, counted from 0"),
        Query::number("limit", "How many to list, at most"),
    ];

    fn read(request: &Request) -> Result<Self, ApiError> {
        let query = request.query(Self::QUERY);
        let number = |name: &str, about: &str, usual: i64| match query.get(name) {
            None => Ok(usual),
            Some(text) => text
                .trim()
                .parse::<i64>()
                .map_err(|_| ApiError::Custom(400, json!({ "message": { name: about } }))),
        };
        let page = number("page", "Offset page number. (int)", 0)?;
        let limit = number("limit", "Limit on the number of results (int)", USUAL)?;
        Ok(Self { page: page.clamp(0, i64::from(i32::MAX)), limit: limit.clamp(1, LARGEST) })
    }
}

/// `GET /api/v1/user/notifications`: the newest first, without those that were dismissed.
pub(crate) fn list(cx: &Context<'_, UserAdmin>, window: Window) -> HandlerResult {
    let now = cx.services().now();
    let (offset, wanted) = (window.page * window.limit, window.limit + 1);
    let mut found = notifications::list(cx.db(), &cx.grant, offset, wanted, now)?;
    let length = usize::try_from(window.limit).unwrap_or_default();
    let additional = found.len() > length;
    found.truncate(length);
    let keys = cx.services().secret_keys()?;
    let views: Vec<Value> = found.into_iter().map(|one| view(&keys, one)).collect();
    Ok(Response::ok(&json!({ "notifications": views, "additional": additional })))
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
    Ok(Response::ok(&view(&cx.services().secret_keys()?, found)))
}

/// `PUT /api/v1/user/notifications/<uuid>`.
#[derive(Deserialize)]
pub(crate) struct Dismissal {
    dismissed: Option<bool>,
}

impl Json for Dismissal {
    const SCHEMA: &'static Schema = &Schema {
        name: "UpdateNotification",
        about: "Information for updating a notification",
        properties: &[Property::optional(
            "dismissed",
            Kind::Boolean,
            "Whether the user has seen enough of it",
        )],
    };
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
        Ok(Response::ok(&view(&keys, changed.ok_or_else(ApiError::not_found)?)))
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
