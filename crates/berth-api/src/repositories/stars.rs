//! Starred repositories: a person's favourites.

use berth_access::{RepositoryStar, UserAdmin};
use berth_store::repositories::{self, Scope};
use berth_store::transaction;
use berth_web::{ApiError, Context, HandlerResult, Response};
use serde_json::{Value, json};

use crate::repositories::bodies::NewStar;
use crate::repositories::handlers::page;

/// `GET /api/v1/user/starred`: those that he still sees.
pub(crate) fn list(cx: &Context<'_, UserAdmin>) -> HandlerResult {
    let (lines, next_page) = page(cx, Scope::Starred, true)?;
    let views = lines.into_iter().map(|line| {
        json!({
            "namespace": line.namespace,
            "name": line.name,
            "description": line.description,
            "is_public": line.is_public,
        })
    });
    let mut body = json!({ "repositories": views.collect::<Vec<Value>>() });
    if let Some(token) = next_page {
        body["next_page"] = token.into();
    }
    Ok(Response::ok(&body))
}

/// Stars a repository; once more changes nothing.
pub(crate) fn create(cx: &Context<'_, RepositoryStar>, body: NewStar) -> HandlerResult {
    cx.grant.repository()?;
    let account_id = cx.caller()?.id;
    transaction(cx.db(), |tx| repositories::star(tx, &cx.grant, account_id))?;
    let view = json!({ "namespace": body.namespace, "repository": body.repository });
    Ok(Response::json(201, &view))
}

/// `DELETE /api/v1/user/starred/<path>`: 204 whether there was a star or not, so that nobody learns what exists.
pub(crate) fn delete(cx: &Context<'_, UserAdmin>) -> HandlerResult {
    let path = cx.path("repository");
    let (namespace, name) = path.split_once('/').ok_or_else(ApiError::not_found)?;
    let account_id = cx.caller()?.id;
    transaction(cx.db(), |tx| repositories::unstar(tx, account_id, namespace, name))?;
    Ok(Response::no_content())
}
