//! Quotas of organizations and users, and their limits (`docs/contract/quay.md` part 7).

pub(crate) mod handlers;
mod routes;
pub(crate) mod views;

pub use routes::ROUTES;

use berth_domain::settings::{self, Settings};

/// What rows declare that show quotas.
pub(crate) const SETTINGS: Settings = &[
    &settings::DEFAULT_SYSTEM_REJECT_QUOTA_BYTES,
    &settings::FEATURE_EDIT_QUOTA,
    &settings::FEATURE_QUOTA_MANAGEMENT,
];
