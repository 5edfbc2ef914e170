//! The component `proxycache` on in-memory SQLite, with upstream registries that answer as they are told.

mod configuration;
mod registry;
mod validation;
