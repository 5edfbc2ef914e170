//! The rows of this resource.

use berth_access::AuthenticatedNamespace;
use berth_web::{Route, WithBody};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[Route::get(
    "/api/v1/entities/:prefix",
    "getMatchingEntities",
    &WithBody::<AuthenticatedNamespace, _>(handlers::search),
)];
