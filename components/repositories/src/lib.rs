//! The component `repositories`: what teams and members act on, one file per topic (`docs/contract/quay.md` part 6).

mod content;
mod default_permissions;
mod logs;
mod permissions;
mod repositories;
mod robot_views;
mod robots;
mod routes;
mod stars;
mod views;

pub use routes::ROUTES;

#[cfg(target_family = "wasm")]
berth_spin::door!(ROUTES);
