//! What a registry knows of the images in a repository, and of who is told about them. Berth stores none: the lists are
//! empty, so that a console's pages show that there is nothing.

use berth_access::{RepositoryAdminView, RepositoryView};
use berth_web::{Context, HandlerResult, response};
use serde_json::json;

use crate::repositories::bodies::TagQuery;

/// `GET /api/v1/repository/<repository>/tag/`.
pub(crate) fn tags(cx: &Context<'_, RepositoryView>, query: TagQuery) -> HandlerResult {
    cx.grant.repository()?;
    Ok(response::ok(&json!({ "tags": [], "page": query.page(), "has_additional": false })))
}

/// `GET /api/v1/repository/<repository>/notification/`.
pub(crate) fn notifications(cx: &Context<'_, RepositoryAdminView>) -> HandlerResult {
    cx.grant.repository()?;
    Ok(response::ok(&json!({ "notifications": [] })))
}
