//! What the types of errors mean (`docs/contract/quay.md` 10.5): the page that `type` in an error points to.

use berth_access::{Public, path};
use berth_web::{ApiError, Context, ErrorType, HandlerResult, Response};
use serde_json::json;

path! {
    /// A type of errors.
    pub(crate) struct ErrorPath { error_type }
}

/// `GET /api/v1/error/<type>`.
pub(crate) fn get(cx: &Context<'_, Public>, path: ErrorPath) -> HandlerResult {
    let asked = path.error_type;
    let known = ErrorType::ALL.iter().find(|kind| kind.as_str() == asked);
    let kind = known.ok_or_else(ApiError::not_found)?;
    let base_url = cx.services().base_url()?;
    Ok(Response::ok(&json!({
        "type": format!("{base_url}/api/v1/error/{asked}"),
        "title": asked,
        "description": kind.description(),
    })))
}
