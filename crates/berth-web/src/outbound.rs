//! What leaves the machine, as traits: the interfaces of `wit/`, one module each.
//!
//! A component has those that its `resources!` names; on Spin each is another component, declared under
//! `[component.….dependencies]` of `spin.toml`. Tests replace them by plain Rust.

pub mod callback;
pub mod mailer;
pub mod registry;

pub use callback::Callback;
pub use mailer::Mailer;
pub use registry::Registry;

/// What a component may use of `berth:outbound`.
#[derive(Clone, Copy, Default)]
pub struct Outbound<'a> {
    /// Addresses that callers name.
    pub callback: Option<&'a dyn Callback>,
    /// Mail.
    pub mailer: Option<&'a dyn Mailer>,
    /// Upstream registries.
    pub registry: Option<&'a dyn Registry>,
}
