//! Which upstream registry an organization caches, and whether it can be reached (`docs/contract/quay.md` part 3).
//! Whatever leaves the machine goes through `berth:outbound/registry`.

pub(crate) mod bodies;
pub(crate) mod concurrency;
pub(crate) mod handlers;
mod routes;
pub(crate) mod upstream_error;
mod usage;
pub(crate) mod validation_cache;
pub(crate) mod views;

pub use routes::ROUTES;
