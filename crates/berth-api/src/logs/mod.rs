//! The usage log: its entries and how many there are a day (`docs/contract/quay.md` 8).

mod bodies;
mod export;
mod export_link;
pub(crate) mod handlers;
mod routes;
mod views;

pub use routes::{EXPORTS, OF_REPOSITORIES, ROUTES};
