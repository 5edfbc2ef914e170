//! Who is told what happens to the images of a repository. Berth tells nobody: the list is empty, so that a console's page shows that there
//! is nothing.

use berth_access::RepositoryAdminView;
use berth_web::{Context, HandlerResult, JsonResponse};

use crate::repositories::views::RepositoryNotifications;

/// `GET /api/v1/repository/<repository>/notification/`.
pub(crate) fn notifications(
    cx: &Context<'_, RepositoryAdminView>,
) -> HandlerResult<JsonResponse<RepositoryNotifications>> {
    cx.grant.repository()?;
    Ok(JsonResponse(RepositoryNotifications { notifications: [] }))
}
