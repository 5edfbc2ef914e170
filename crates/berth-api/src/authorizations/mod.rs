//! What a user let applications do: authorizations given, and tokens assigned to them (`docs/contract/quay.md` 5.9, 5.10).

pub(crate) mod handlers;
mod routes;
pub(crate) mod views;

pub use routes::ROUTES;
