//! The installation as a whole: health, settings for clients, discovery, kinds of errors, figures (`docs/contract/quay.md` part 10).

pub(crate) mod config;
pub(crate) mod discovery;
pub(crate) mod errors;
pub(crate) mod health;
pub(crate) mod logo;
pub(crate) mod registry;
mod routes;
pub(crate) mod settings;
mod views;

pub use routes::ROUTES;
