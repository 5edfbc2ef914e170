//! Quotas as views of organizations and users show them.

use berth_domain::settings::Settings;
use berth_domain::{Quota, QuotaLimit, ReachedLimit, format_size, settings};
use berth_web::Services;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Number;

/// What rows declare that show quotas.
pub(crate) const SETTINGS: Settings = &[
    &settings::DEFAULT_SYSTEM_REJECT_QUOTA_BYTES,
    &settings::FEATURE_EDIT_QUOTA,
    &settings::FEATURE_QUOTA_MANAGEMENT,
];

/// What the settings say of quotas.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quotas {
    managed: bool,
    shown: bool,
    default_bytes: Option<i64>,
}

impl Quotas {
    /// What the settings say.
    #[must_use]
    pub(crate) fn of(services: &Services<'_>) -> Self {
        let default_bytes = services.setting(&settings::DEFAULT_SYSTEM_REJECT_QUOTA_BYTES);
        let managed = services.setting(&settings::FEATURE_QUOTA_MANAGEMENT);
        Self {
            managed,
            shown: managed && services.setting(&settings::FEATURE_EDIT_QUOTA),
            default_bytes: Some(default_bytes).filter(|bytes| *bytes != 0),
        }
    }

    /// Whether quotas count at all.
    #[must_use]
    pub(crate) const fn are_managed(self) -> bool {
        self.managed
    }

    /// The quota of those who have none of their own, in bytes, if there is one.
    #[must_use]
    pub(crate) const fn default_bytes(self) -> Option<i64> {
        self.default_bytes
    }

    /// The limit that a namespace with that quota has reached, which holds so much; none while quotas are not managed.
    #[must_use]
    pub(crate) fn reached(self, quota: Option<&Quota>, stored_bytes: i64) -> Option<ReachedLimit> {
        ReachedLimit::of(quota, self.default_bytes, stored_bytes).filter(|_| self.managed)
    }

    /// What is shown of a repository that holds `stored_bytes`, and whose namespace may hold `limit_bytes`; nothing while
    /// quotas are not managed.
    #[must_use]
    pub(crate) fn repository_report(
        self,
        limit_bytes: Option<i64>,
        stored_bytes: i64,
    ) -> Option<RepositoryQuotaReport> {
        let configured_quota = limit_bytes.or(self.default_bytes);
        let report = RepositoryQuotaReport { quota_bytes: stored_bytes, configured_quota };
        self.shown.then_some(report)
    }

    /// What is shown of a namespace with that quota, which holds so much; nothing while quotas are not managed.
    #[must_use]
    pub(crate) fn fields(self, quota: Option<&Quota>, stored_bytes: i64) -> Option<QuotaFields> {
        let configured_quota = quota.map(|quota| quota.limit_bytes).or(self.default_bytes);
        self.shown.then(|| QuotaFields {
            quotas: quota.cloned().into_iter().collect(),
            quota_report: QuotaReport {
                quota_bytes: stored_bytes,
                configured_quota,
                running_backfill: "complete",
                backfill_status: "complete",
            },
        })
    }
}

/// The members `quotas` and `quota_report` (`docs/contract/quay.md` 1.2).
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct QuotaFields {
    quotas: Vec<Quota>,
    quota_report: QuotaReport,
}

/// How much is stored and may be. It is counted as it comes, so no count is ever under way.
#[derive(Debug, JsonSchema, Serialize)]
struct QuotaReport {
    quota_bytes: i64,
    configured_quota: Option<i64>,
    running_backfill: &'static str,
    backfill_status: &'static str,
}

/// How much a repository holds, and its namespace may.
#[derive(JsonSchema, Serialize)]
pub(crate) struct RepositoryQuotaReport {
    quota_bytes: i64,
    configured_quota: Option<i64>,
}

/// A quota as its own operations show it.
#[derive(JsonSchema, Serialize)]
pub(crate) struct QuotaView {
    /// None for the quota of those who have no quota of their own.
    id: Option<i64>,
    pub(super) limit_bytes: Number,
    limit: String,
    default_config: bool,
    limits: Vec<QuotaLimit>,
    default_config_exists: bool,
}

impl QuotaView {
    /// The quota of a namespace.
    pub(super) fn new(quota: &Quota, default_bytes: Option<i64>) -> Self {
        Self {
            id: Some(quota.id),
            limit_bytes: quota.limit_bytes.into(),
            limit: format_size(quota.limit_bytes),
            default_config: false,
            limits: quota.limits.clone(),
            default_config_exists: default_bytes.is_some(),
        }
    }

    /// The quota of a namespace that has none of its own.
    pub(super) fn of_default(bytes: i64) -> Self {
        Self {
            id: None,
            limit_bytes: bytes.into(),
            limit: format_size(bytes),
            default_config: true,
            limits: Vec::new(),
            default_config_exists: true,
        }
    }
}
