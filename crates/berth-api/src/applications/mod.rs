//! OAuth applications of organizations, their secrets and the tokens that they hand out by hand (`docs/contract/quay.md` 2).

mod bodies;
pub(crate) mod client_secret;
pub(crate) mod handlers;
mod routes;
pub(crate) mod tokens;
pub(crate) mod views;

pub use routes::ROUTES;
