//! Organizations (`docs/contract/quay.md` part 1).

mod bodies;
pub(crate) mod deletion;
pub(crate) mod handlers;
mod routes;
pub(crate) mod superuser;
pub(crate) mod views;

pub use routes::ROUTES;
