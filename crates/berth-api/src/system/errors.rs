//! What the types of errors mean (`docs/contract/quay.md` 10.5): the page that `type` in an error points to.

use berth_access::{Public, path};
use berth_web::{ApiError, Context, ErrorType, HandlerResult, JsonResponse};

use super::views::ErrorDescription;

path! {
    /// A type of errors.
    pub(crate) struct ErrorPath { error_type }
}

/// `GET /api/v1/error/<type>`.
pub(crate) fn get(
    cx: &Context<'_, Public>,
    path: ErrorPath,
) -> HandlerResult<JsonResponse<ErrorDescription>> {
    let asked = path.error_type;
    let known = ErrorType::ALL.iter().find(|kind| kind.as_str() == asked);
    let kind = known.ok_or_else(ApiError::not_found)?;
    let base_url = cx.services().base_url()?;
    Ok(JsonResponse(ErrorDescription {
        url: format!("{base_url}/api/v1/error/{asked}"),
        title: asked,
        description: kind.description(),
    }))
}
