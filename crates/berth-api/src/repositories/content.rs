//! What a registry knows of the images in a repository, and of who is told about them. Berth stores none: the lists are
//! empty, so that a console's pages show that there is nothing.

use berth_access::{RepositoryAdminView, RepositoryView};
use berth_web::{ApiError, Body, Context, HandlerResult, Query, Request, Response, Schema};
use serde_json::json;

/// The query of the list of tags.
pub(crate) struct TagQuery {
    page: i64,
}

impl Body for TagQuery {
    const SCHEMA: Option<&'static Schema> = None;
    const QUERY: &'static [Query] = &[
        Query::number("page", "Which page, counted from 1"),
        Query::number("limit", "How many to list, at most"),
    ];

    fn read(request: &Request) -> Result<Self, ApiError> {
        let query = request.query(Self::QUERY);
        let number = |name: &str, about: &str, usual| match query.get(name) {
            None => Ok(usual),
            Some(text) => text
                .trim()
                .parse::<i64>()
                .map_err(|_| ApiError::Custom(400, json!({ "message": { name: about } }))),
        };
        let about = "Limit to the number of results to return per page. Max 100.";
        number("limit", about, 50)?;
        let page = number("page", "Page index for the results. Default 1.", 1)?;
        Ok(Self { page: page.max(1) })
    }
}

/// `GET /api/v1/repository/<repository>/tag/`.
pub(crate) fn tags(cx: &Context<'_, RepositoryView>, query: TagQuery) -> HandlerResult {
    cx.grant.repository()?;
    Ok(Response::ok(&json!({ "tags": [], "page": query.page, "has_additional": false })))
}

/// `GET /api/v1/repository/<repository>/notification/`.
pub(crate) fn notifications(cx: &Context<'_, RepositoryAdminView>) -> HandlerResult {
    cx.grant.repository()?;
    Ok(Response::ok(&json!({ "notifications": [] })))
}
