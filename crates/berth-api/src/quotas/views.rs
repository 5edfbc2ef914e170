//! Quotas as views of organizations and users show them.

use berth_domain::{Quota, settings};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use berth_web::ApiError;
use berth_web::Services;

/// How quotas are shown, by the settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quotas {
    shown: bool,
    default_bytes: Option<i64>,
}

impl Quotas {
    /// What the settings say.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when a setting cannot be used.
    pub(crate) fn of(services: &Services<'_>) -> Result<Self, ApiError> {
        let default_bytes = services.setting(&settings::DEFAULT_SYSTEM_REJECT_QUOTA_BYTES)?;
        Ok(Self {
            shown: services.setting(&settings::FEATURE_QUOTA_MANAGEMENT)?
                && services.setting(&settings::FEATURE_EDIT_QUOTA)?,
            default_bytes: Some(default_bytes).filter(|bytes| *bytes != 0),
        })
    }

    /// The quota of who has none of his own, in bytes, if there is one.
    #[must_use]
    pub(crate) const fn default_bytes(self) -> Option<i64> {
        self.default_bytes
    }

    /// What is shown of a repository whose namespace may hold so many bytes; nothing while quotas are not managed.
    #[must_use]
    pub(crate) fn repository_report(self, limit_bytes: Option<i64>) -> Option<Value> {
        let configured_quota = limit_bytes.or(self.default_bytes);
        self.shown.then(|| json!({ "quota_bytes": 0, "configured_quota": configured_quota }))
    }

    /// What is shown of a namespace with that quota; nothing while quotas are not managed.
    #[must_use]
    pub(crate) fn fields(self, quota: Option<&Quota>) -> Option<QuotaFields> {
        let configured_quota = quota.map(|quota| quota.limit_bytes).or(self.default_bytes);
        self.shown.then(|| QuotaFields {
            quotas: quota.cloned().into_iter().collect(),
            quota_report: QuotaReport {
                quota_bytes: 0,
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

/// How much is stored and may be. Berth stores no images: nothing, and that is counted.
#[derive(Debug, JsonSchema, Serialize)]
struct QuotaReport {
    quota_bytes: i64,
    configured_quota: Option<i64>,
    running_backfill: &'static str,
    backfill_status: &'static str,
}

/// An entry of a list with what is shown of a quota.
pub(crate) fn with_quota(mut entry: Value, quota: Option<QuotaFields>) -> Value {
    if let (Value::Object(entry), Value::Object(quota)) = (&mut entry, json!(quota)) {
        entry.extend(quota);
    }
    entry
}
