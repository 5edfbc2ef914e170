//! Quotas of organizations and users, and their limits (`docs/contract/quay.md` part 7).

mod bodies;
pub(crate) mod handlers;
mod routes;
pub(crate) mod views;

pub use routes::ROUTES;
