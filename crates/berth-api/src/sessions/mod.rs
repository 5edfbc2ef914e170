//! Signing in and out, and the links in mails that do so (`docs/contract/quay.md` 5.1, 5.2).

pub(crate) mod bodies;
pub(crate) mod email_links;
pub(crate) mod handlers;
mod pages;
mod routes;
pub(crate) mod views;

pub use routes::ROUTES;
