//! Notifications of the registry behind: what was pushed, pulled and deleted there (`docs/contract/registry.md` C).

mod bodies;
mod handlers;
mod routes;
mod translation;
mod views;

pub use routes::ROUTES;
