//! The component `organizations`: organizations (`docs/contract/quay.md` part 1), quotas and auto-prune policies (part 7), and
//! the same organizations through Concord's API (`docs/contract/concord.md`).

mod concord;
mod handlers;
mod quota;
mod routes;
mod views;

pub use routes::ROUTES;

#[cfg(target_family = "wasm")]
berth_spin::door!(ROUTES);
