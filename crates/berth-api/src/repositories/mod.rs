//! Repositories, as far as organizations need them (`docs/contract/quay.md` part 6).

mod bodies;
pub(crate) mod content;
pub(crate) mod handlers;
mod routes;
pub(crate) mod stars;
pub(crate) mod views;

pub use routes::ROUTES;
