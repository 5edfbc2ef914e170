//! What new repositories of an organization grant; Quay calls them prototypes (`docs/contract/quay.md` 6).

mod bodies;
pub(crate) mod handlers;
mod routes;
pub(crate) mod views;

pub use routes::ROUTES;
