//! Auto-prune policies of organizations, users and repositories (`docs/contract/quay.md` 7).

mod bodies;
pub(crate) mod handlers;
mod routes;
mod views;

pub use routes::{OF_NAMESPACES, OF_REPOSITORIES};
