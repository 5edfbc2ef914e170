//! The words of the domain and the rules that hold for them: names, roles, e-mail addresses, avatars, dates and settings.
//!
//! Everything here is pure: no clock, no database, no request. Who may do what is `berth-access`; what is stored is
//! `berth-store`.

mod avatar;
mod database_url;
mod date;
pub mod destination;
mod email;
mod entity;
pub mod forwarded;
mod invalid;
pub mod limits;
pub mod log_event;
mod log_kind;
mod loggable;
pub mod manifest;
mod name;
mod password;
mod quota;
mod role;
pub mod secret;
pub mod settings;
pub mod signing_key;

pub use avatar::{Avatar, AvatarKind};
pub use date::Timestamp;
pub use email::{EmailAddress, is_same_address};
pub use entity::{Application, Namespace, NamespaceKind, Repository, Team};
pub use invalid::{Invalid, NAMESPACE_PATTERN};
pub use log_kind::LogKind;
pub use loggable::{SECRET_SEGMENTS, loggable_path};
pub use name::{
    NamespaceName, RepositoryName, RobotName, TeamName, has_namespace_form, is_registry_component,
};
pub use password::is_acceptable_password;
pub use quota::{
    Quota, QuotaLimit, QuotaLimitKind, ReachedLimit, format_size, most_stored_bytes, parse_size,
};
pub use role::{RepositoryRole, TeamRole};
