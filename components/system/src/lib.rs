//! The component `system`: what belongs to the installation as a whole, one file per topic, and the JSON 404 for every path
//! that no other component serves.

mod config;
mod discovery;
mod errors;
mod health;
mod logo;
mod logs;
mod messages;
mod registry;
mod routes;

pub use routes::ROUTES;

#[cfg(target_family = "wasm")]
berth_spin::door!(ROUTES);
