//! What a registry knows of the images in a repository, and of who is told about them. Berth stores none: the lists are
//! empty, so that a console's pages show that there is nothing.

use berth_access::{RepositoryAdminView, RepositoryView};
use berth_web::{Context, HandlerResult, JsonResponse};

use crate::repositories::bodies::TagQuery;
use crate::repositories::views::{RepositoryNotifications, RepositoryTags};

/// `GET /api/v1/repository/<repository>/tag/`.
pub(crate) fn tags(
    cx: &Context<'_, RepositoryView>,
    query: TagQuery,
) -> HandlerResult<JsonResponse<RepositoryTags>> {
    cx.grant.repository()?;
    Ok(JsonResponse(RepositoryTags { tags: [], page: query.page(), has_additional: false }))
}

/// `GET /api/v1/repository/<repository>/notification/`.
pub(crate) fn notifications(
    cx: &Context<'_, RepositoryAdminView>,
) -> HandlerResult<JsonResponse<RepositoryNotifications>> {
    cx.grant.repository()?;
    Ok(JsonResponse(RepositoryNotifications { notifications: [] }))
}
