//! Permissions of users, teams and robots on repositories (`docs/contract/quay.md` 6).

mod bodies;
pub(crate) mod handlers;
pub(crate) mod robot;
mod routes;
pub(crate) mod views;

pub use routes::ROUTES;
