//! `berth-web`'s outbound traits on the interfaces of `wit/`. A component imports those that its `resources!` names.

pub mod callback;
pub mod mailer;
pub mod registry;
