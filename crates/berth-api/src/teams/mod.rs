//! Teams of organizations (`docs/contract/quay.md` part 4).

mod bodies;
pub(crate) mod handlers;
mod routes;
pub(crate) mod views;

pub use routes::ROUTES;
