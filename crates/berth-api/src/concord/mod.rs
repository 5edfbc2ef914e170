//! Organizations through Concord's API (`docs/contract/concord.md`).

pub(crate) mod bodies;
pub(crate) mod document;
pub(crate) mod handlers;
mod routes;
pub(crate) mod views;

pub use routes::ROUTES;
