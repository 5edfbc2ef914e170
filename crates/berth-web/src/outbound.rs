//! What leaves the machine, as traits: the interfaces of `wit/`, one module each, and `streaming`.
//!
//! A component has those that its `resources!` names; on Spin each is another component, declared under
//! `[component.….dependencies]` of `spin.toml`, but for `streaming`: a call of another component returns bytes, and no stream. Tests replace
//! them by plain Rust.

pub mod callback;
pub mod distribution;
pub mod mailer;
pub mod registry;
pub mod streaming;

pub use callback::Callback;
pub use distribution::Distribution;
pub use mailer::Mailer;
pub use registry::Registry;
pub use streaming::StreamingClient;

/// What a component may use of it.
#[derive(Clone, Copy, Default)]
pub struct Outbound<'a> {
    /// Addresses that callers name.
    pub callback: Option<&'a dyn Callback>,
    /// The registry behind.
    pub distribution: Option<&'a dyn Distribution>,
    /// Mail.
    pub mailer: Option<&'a dyn Mailer>,
    /// Upstream registries.
    pub registry: Option<&'a dyn Registry>,
    /// Servers to and from which bodies pass piece by piece.
    pub streaming: Option<&'a dyn StreamingClient>,
}
