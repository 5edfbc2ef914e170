//! Invitations into teams, and their answers (`docs/contract/quay.md` 4).

pub(crate) mod answers;
pub(crate) mod handlers;
pub(crate) mod pages;
mod routes;

pub use routes::ROUTES;
