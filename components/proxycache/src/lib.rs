//! The component `proxycache`: which upstream registry an organization caches, and whether it can be reached
//! (`docs/contract/quay.md` part 3). Whatever leaves the machine goes through `berth:outbound/registry`.

mod bodies;
mod handlers;
mod recent;
mod routes;
mod running;
mod trouble;
mod views;

pub use routes::ROUTES;

#[cfg(target_family = "wasm")]
berth_spin::door!(ROUTES, registry);
