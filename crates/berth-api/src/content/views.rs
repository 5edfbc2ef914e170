//! What clients of a registry get.

use berth_web::{Answer, IntoResponse, Response, StatusCode};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

/// The answer of a registry that lets the client in.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Version {}

/// The tags of a repository.
#[derive(JsonSchema, Serialize)]
pub(crate) struct TagList {
    /// The name of the repository, with its namespace.
    pub(super) name: String,
    pub(super) tags: Vec<String>,
}

/// Names of repositories, with their namespaces.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Catalog {
    pub(super) repositories: Vec<String>,
}

/// A manifest, a blob or a part of it, or where the registry behind has the blob.
pub(crate) struct Content(pub(super) Response);

impl IntoResponse for Content {
    fn answers(_: &mut SchemaGenerator) -> Vec<Answer> {
        let statuses =
            [StatusCode::OK, StatusCode::PARTIAL_CONTENT, StatusCode::TEMPORARY_REDIRECT];
        statuses.map(|status| Answer::other(status, None)).to_vec()
    }

    fn into_response(self) -> Response {
        self.0
    }
}
