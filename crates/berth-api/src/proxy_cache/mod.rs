//! Which upstream registry an organization caches, and whether it can be reached (`docs/contract/quay.md` part 3).
//! Whatever leaves the machine goes through `berth:outbound/registry`.

pub(crate) mod bodies;
pub(crate) mod handlers;
pub(crate) mod recent;
mod routes;
pub(crate) mod running;
pub(crate) mod trouble;
pub(crate) mod views;

pub use routes::ROUTES;
