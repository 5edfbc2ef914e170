//! Messages of the superusers to everybody (`docs/contract/quay.md` 10).

mod bodies;
pub(crate) mod handlers;
mod routes;
mod views;

pub use routes::ROUTES;
