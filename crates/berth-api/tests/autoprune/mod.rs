//! Auto-prune policies.

mod organization;
mod repository;
