//! Robots of organizations and users (`docs/contract/quay.md` part 6).

mod bodies;
pub(crate) mod federation;
pub(crate) mod handlers;
mod routes;
pub(crate) mod views;

pub use routes::ROUTES;
