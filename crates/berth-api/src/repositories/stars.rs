//! Starred repositories: a person's favourites.

use berth_access::{RepositoryStar, UserAdmin, path};
use berth_store::repositories::{self, Scope};
use berth_store::transaction;
use berth_web::{ApiError, Context, Created, HandlerResult, ListQuery, ListResponse, NoContent};

use crate::repositories::bodies::NewStar;
use crate::repositories::views::{Star, StarredRepositories, StarredRepository};

path! {
    /// A repository, with its namespace, that need not exist.
    pub(crate) struct StarPath { repository }
}

/// `GET /api/v1/user/starred`: those that the caller still sees.
pub(crate) fn list(
    cx: &Context<'_, UserAdmin>,
    query: ListQuery<repositories::Repositories>,
) -> HandlerResult<ListResponse<StarredRepositories>> {
    let page = query.page(cx)?;
    let found = repositories::list(cx.db(), &cx.grant, Scope::Starred, true, &page.window)?;
    Ok(page.list(found, StarredRepository::from)?.respond(StarredRepositories::of))
}

/// Stars a repository; once more changes nothing.
pub(crate) fn create(
    cx: &Context<'_, RepositoryStar>,
    body: NewStar,
) -> HandlerResult<Created<Star>> {
    cx.grant.repository()?;
    transaction(cx.db(), |tx| repositories::star(tx, &cx.grant))?;
    Ok(Created(Star { namespace: body.namespace, repository: body.repository }))
}

/// `DELETE /api/v1/user/starred/<path>`: 204 whether there was a star or not, so that nobody learns what exists.
pub(crate) fn delete(cx: &Context<'_, UserAdmin>, path: StarPath) -> HandlerResult<NoContent> {
    let (namespace, name) = path.repository.split_once('/').ok_or_else(ApiError::not_found)?;
    let account_id = cx.caller()?.id;
    transaction(cx.db(), |tx| repositories::unstar(tx, account_id, namespace, name))?;
    Ok(NoContent)
}
