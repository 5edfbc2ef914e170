//! Starred repositories: a person's favourites.

use berth_access::{RepositoryStar, UserAdmin, path};
use berth_store::repositories::{self, RepositoryLine, Scope};
use berth_store::transaction;
use berth_web::{ApiError, Context, HandlerResult, StatusCode, response};
use serde_json::json;

use crate::repositories::bodies::NewStar;
use crate::repositories::handlers::{lines, requested_page};

path! {
    /// A repository, with its namespace, that need not exist.
    pub(crate) struct StarPath { repository }
}

/// `GET /api/v1/user/starred`: those that he still sees.
pub(crate) fn list(cx: &Context<'_, UserAdmin>) -> HandlerResult {
    let page = requested_page(cx);
    let lines = lines(cx, &page, Scope::Starred, true)?;
    let view = |line: RepositoryLine| {
        json!({
            "namespace": line.namespace,
            "name": line.name,
            "description": line.description,
            "is_public": line.is_public,
        })
    };
    Ok(response::ok(&page.answer("repositories", lines, |line| line.id, view)))
}

/// Stars a repository; once more changes nothing.
pub(crate) fn create(cx: &Context<'_, RepositoryStar>, body: NewStar) -> HandlerResult {
    cx.grant.repository()?;
    transaction(cx.db(), |tx| repositories::star(tx, &cx.grant))?;
    let view = json!({ "namespace": body.namespace, "repository": body.repository });
    Ok(response::json(StatusCode::CREATED, &view))
}

/// `DELETE /api/v1/user/starred/<path>`: 204 whether there was a star or not, so that nobody learns what exists.
pub(crate) fn delete(cx: &Context<'_, UserAdmin>, path: StarPath) -> HandlerResult {
    let (namespace, name) = path.repository.split_once('/').ok_or_else(ApiError::not_found)?;
    let account_id = cx.caller()?.id;
    transaction(cx.db(), |tx| repositories::unstar(tx, account_id, namespace, name))?;
    Ok(response::no_content())
}
