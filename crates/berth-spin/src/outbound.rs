//! `berth-web`'s outbound traits on the interfaces of `wit/`, and on the host's HTTP. A component imports those that its `resources!` names.

pub mod callback;
pub mod distribution;
pub mod mailer;
pub mod registry;
#[cfg(target_family = "wasm")]
pub mod streaming;
