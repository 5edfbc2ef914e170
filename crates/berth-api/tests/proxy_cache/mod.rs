//! The component `proxycache` on in-memory SQLite, with scripted upstream registries.

mod configuration;
mod registry;
mod validation;
