//! The usage log: its entries and how many there are a day (`docs/contract/quay.md` 8).

pub(crate) mod handlers;
pub(crate) mod pages;
pub(crate) mod repository;
mod routes;
mod views;

pub use routes::{OF_REPOSITORIES, ROUTES};
