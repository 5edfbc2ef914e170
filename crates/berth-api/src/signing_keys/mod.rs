//! The keys that sign tokens for registries: published for everybody, made by superusers (`docs/contract/registry.md` A.6, B).

mod bodies;
pub(crate) mod handlers;
mod routes;
mod views;

pub use routes::ROUTES;
