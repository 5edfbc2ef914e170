//! Invitations into teams, and their answers (`docs/contract/quay.md` 4).

pub(crate) mod handlers;
pub(crate) mod pages;
pub(crate) mod responses;
mod routes;
pub(crate) mod views;

pub use routes::ROUTES;
