//! Storage quotas: how much a namespace may hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// The quota of a namespace, as answers show it (`docs/contract/quay.md` 1.2).
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Quota {
    /// Row id.
    pub id: i64,
    /// How many bytes.
    pub limit_bytes: i64,
    /// The limits, in the order of their ids.
    pub limits: Vec<QuotaLimit>,
}

/// A limit: what happens when a quota is filled so far.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct QuotaLimit {
    /// Row id.
    pub id: i64,
    /// What happens.
    #[serde(rename = "type")]
    pub kind: QuotaLimitKind,
    /// At which part of the quota, in percent.
    #[serde(rename = "limit_percent")]
    pub percent: i64,
}

/// What happens at a limit. Its name, on the wire and in the database, is the variant's.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize, EnumString, IntoStaticStr,
)]
pub enum QuotaLimitKind {
    /// Administrators are notified.
    Warning,
    /// Pushes are refused.
    Reject,
}

impl QuotaLimitKind {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReachedLimit {
    /// What happens.
    pub kind: QuotaLimitKind,
    /// Behind how many bytes.
    pub bytes: i64,
}

impl ReachedLimit {
    /// The highest limit that a namespace has reached which holds `stored_bytes`: of its own quota, else of `default_bytes`, the
    /// quota of those who have none. As in the original, own limits are reached by what is more, the default by as much.
    #[must_use]
    pub fn of(
        quota: Option<&Quota>,
        default_bytes: Option<i64>,
        stored_bytes: i64,
    ) -> Option<Self> {
        let Some(quota) = quota else {
            let bytes = default_bytes.filter(|bytes| stored_bytes >= *bytes)?;
            return Some(Self { kind: QuotaLimitKind::Reject, bytes });
        };
        let reached = quota.reachable().filter(|limit| stored_bytes > limit.bytes);
        reached.reduce(|highest, limit| if limit.bytes > highest.bytes { limit } else { highest })
    }
}

impl Quota {
    /// The limits with the bytes behind which they are reached; one of no bytes never is.
    fn reachable(&self) -> impl Iterator<Item = ReachedLimit> {
        let limits = self.limits.iter().map(|limit| {
            let bytes = i128::from(self.limit_bytes) * i128::from(limit.percent) / 100;
            ReachedLimit { kind: limit.kind, bytes: i64::try_from(bytes).unwrap_or(i64::MAX) }
        });
        limits.filter(|limit| limit.bytes > 0)
    }
}

/// How many bytes a namespace may hold before anything is refused: by its own quota, else by `default_bytes`, the quota of those who
/// have none; `None` where there is no such limit. As [`ReachedLimit::of`], but of the lowest limit that refuses.
#[must_use]
pub fn most_stored_bytes(quota: Option<&Quota>, default_bytes: Option<i64>) -> Option<i64> {
    let Some(quota) = quota else { return default_bytes.map(|bytes| bytes - 1) };
    let refusing = quota.reachable().filter(|limit| limit.kind == QuotaLimitKind::Reject);
    refusing.map(|limit| limit.bytes).min()
}

/// The prefixes of sizes, each 1024 (`Ki`) or 1000 (`k`) times the one before.
const PREFIXES: [char; 6] = ['K', 'M', 'G', 'T', 'P', 'E'];

/// How many bytes a text such as `1GiB`, `100 MB` or `1.5G` means; `None` when it is no size, or no size that fits.
/// Letters count without regard to case; `Ki` is 1024, `k` is 1000.
#[must_use]
pub fn parse_size(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|part: char| !part.is_ascii_digit() && part != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let bytes = number.parse::<f64>().ok()? * factor(&unit.trim().to_ascii_uppercase())?;
    // Below 2^63, so that the database holds it.
    (bytes < 9_223_372_036_854_775_808.0).then_some(bytes)
}

fn factor(unit: &str) -> Option<f64> {
    let unit = unit.strip_suffix('B').unwrap_or(unit);
    let (base, prefix) = match unit.strip_suffix('I') {
        Some(prefix) => (1024.0_f64, prefix),
        None => (1000.0, unit),
    };
    if unit.is_empty() {
        return Some(1.0);
    }
    let exponent = PREFIXES.iter().position(|known| prefix == known.to_string())?;
    Some((0..=exponent).fold(1.0, |factor, _| factor * base))
}

/// A size for people: `976.6 KiB`.
#[must_use]
pub fn format_size(bytes: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
    let mut size = bytes as f64;
    let mut unit = "Byte".to_owned();
    for prefix in PREFIXES {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = format!("{prefix}iB");
    }
    format!("{size:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("1GiB", 1_073_741_824.0),
            ("1 gib", 1_073_741_824.0),
            ("100MB", 100_000_000.0),
            ("1.5k", 1_500.0),
            ("2Ki", 2_048.0),
            ("7", 7.0),
            ("7B", 7.0),
            ("1EiB", 1_152_921_504_606_846_976.0),
        ] {
            assert_eq!(parse_size(text), Some(bytes), "{text}");
        }
        for text in ["", "GiB", "-1GiB", "1XB", "1iB", "1 G iB", "1.2.3k", "8EiB", "1e3", "NaN"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }

    #[test]
    fn the_highest_reached_limit_counts() {
        let limit = |kind, percent| QuotaLimit { id: percent, kind, percent };
        let (warning, reject) = (QuotaLimitKind::Warning, QuotaLimitKind::Reject);
        let quota =
            |limits: &[QuotaLimit]| Quota { id: 1, limit_bytes: 1_000, limits: limits.to_vec() };
        let both = quota(&[limit(reject, 100), limit(warning, 80)]);
        let kind = |quota: Option<&Quota>, default, stored| {
            ReachedLimit::of(quota, default, stored).map(|reached| reached.kind)
        };
        for (stored, is) in
            [(800, None), (801, Some(warning)), (1_000, Some(warning)), (1_001, Some(reject))]
        {
            assert_eq!(kind(Some(&both), Some(1), stored), is, "{stored}");
        }
        assert_eq!(kind(Some(&quota(&[])), Some(1), 5_000), None);
        assert_eq!(kind(None, Some(1_000), 999), None);
        assert_eq!(kind(None, Some(1_000), 1_000), Some(reject));
        assert_eq!(kind(None, None, i64::MAX), None);
        let huge = Quota { limit_bytes: i64::MAX, ..both };
        assert_eq!(kind(Some(&huge), None, i64::MAX), Some(warning));
    }

    #[test]
    fn sizes_are_shown() {
        for (bytes, text) in [
            (0, "0.0 Byte"),
            (1023, "1023.0 Byte"),
            (1024, "1.0 KiB"),
            (1_000_000, "976.6 KiB"),
            (1_073_741_824, "1.0 GiB"),
            (i64::MAX, "8.0 EiB"),
        ] {
            assert_eq!(format_size(bytes), text);
        }
    }
}
