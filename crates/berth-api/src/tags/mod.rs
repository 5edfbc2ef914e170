//! Tags and manifests of a repository (`docs/contract/registry.md` C and D): listed from what the registry told, deleted there and here,
//! and compared with what the registry has.

mod behind;
mod bodies;
mod handlers;
mod routes;
mod survey;
pub(crate) mod views;

pub use routes::ROUTES;
