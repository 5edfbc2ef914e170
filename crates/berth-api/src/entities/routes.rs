//! The rows of this resource.

use berth_access::AuthenticatedNamespace;
use berth_web::{Change, Route};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[Route::get(
    "/api/v1/entities/:prefix",
    "getMatchingEntities",
    &Change::<AuthenticatedNamespace, _>(handlers::search),
)];
