//! The component `proxycache` on in-memory SQLite, with scripted upstream registries.

mod configuration;
pub(crate) mod registry;
mod validation;
