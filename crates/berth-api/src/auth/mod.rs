//! The token server of a registry (`docs/contract/registry.md` A): who may do what with which repository, signed.

mod asked;
mod bodies;
mod creation;
mod handlers;
mod routes;
mod scope;
mod views;

pub use routes::ROUTES;
