//! The rows of this resource.

use berth_access::{AuthenticatedNamespace, in_body};
use berth_web::{At, Route, WithPathAndBody};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[Route::get(
    "/api/v1/entities/:prefix",
    "getMatchingEntities",
    &At(in_body, WithPathAndBody::<AuthenticatedNamespace, _, _, _>(handlers::search)),
)
.decided_inside(
    "any user; teams and robots of an organization for its members, their own robots with \
            `user:admin`",
)];
