//! The component `applications`: OAuth applications, their tokens, and the OAuth flows (`docs/contract/quay.md` parts 2 and 5.5
//! to 5.11).

mod applications;
mod authorizations;
mod client_secret;
mod oauth;
mod routes;
mod tokens;
mod views;

pub use routes::ROUTES;

#[cfg(target_family = "wasm")]
berth_spin::door!(ROUTES);
