//! The search for users, teams, robots and organizations (`docs/contract/quay.md` 5.11).

mod bodies;
pub(crate) mod handlers;
mod routes;
mod views;

pub use routes::ROUTES;
