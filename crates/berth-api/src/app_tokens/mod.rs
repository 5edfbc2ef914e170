//! App-specific tokens: what people give programs in the place of their password (`docs/contract/quay.md` 5.12).

mod bodies;
pub(crate) mod handlers;
mod routes;
mod views;

pub use routes::ROUTES;
