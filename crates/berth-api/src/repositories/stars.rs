//! Starred repositories: a person's favourites.

use berth_access::{Address, RepositoryStar, UserAdmin, path};
use berth_store::repositories::{self, Scope};
use berth_store::transaction;
use berth_web::{ApiError, Context, HandlerResult, Json, Kind, Property, Response, Schema};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::repositories::handlers::page;

path! {
    /// A repository, with its namespace, that need not exist.
    pub(crate) struct StarPath { repository }
}

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

/// `POST /api/v1/user/starred`.
#[derive(Deserialize)]
pub(crate) struct NewStar {
    namespace: String,
    repository: String,
}

impl Json for NewStar {
    const SCHEMA: &'static Schema = &Schema {
        name: "NewStarredRepository",
        about: "A repository to star",
        properties: &[
            Property::required("namespace", Kind::String, "Namespace of the repository"),
            Property::required("repository", Kind::String, "Name of the repository"),
        ],
    };

    fn say(&self, address: &mut Address) {
        address.namespace(&self.namespace);
        address.repository(&self.repository);
    }
}

/// Stars a repository; once more changes nothing.
pub(crate) fn create(cx: &Context<'_, RepositoryStar>, body: NewStar) -> HandlerResult {
    cx.grant.repository()?;
    transaction(cx.db(), |tx| repositories::star(tx, &cx.grant))?;
    let view = json!({ "namespace": body.namespace, "repository": body.repository });
    Ok(Response::json(201, &view))
}

/// `DELETE /api/v1/user/starred/<path>`: 204 whether there was a star or not, so that nobody learns what exists.
pub(crate) fn delete(cx: &Context<'_, UserAdmin>, path: StarPath) -> HandlerResult {
    let (namespace, name) = path.repository.split_once('/').ok_or_else(ApiError::not_found)?;
    let account_id = cx.caller()?.id;
    transaction(cx.db(), |tx| repositories::unstar(tx, account_id, namespace, name))?;
    Ok(Response::no_content())
}
