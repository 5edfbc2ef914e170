//! Points in time, and the forms in which answers show them (`docs/contract/quay.md` 10.2).

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// A point in time, in microseconds since 1970 (UTC), as the database stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last moment that every form below can show: their years have four digits.
    pub const LATEST: Self = Self(253_402_300_799_999_999);

    /// From microseconds since 1970.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time `seconds` later (earlier, when negative); saturates at the ends of the representable range.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Midnight (UTC) of a date written `MM/DD/YYYY`, where a zero in front of month and day may be missing; `None` when the
    /// text is not such a date.
    #[must_use]
    pub fn from_us_date(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (month, day) = (number(parts.next()?, 1..=2)?, number(parts.next()?, 1..=2)?);
        let year = number(parts.next()?, 4..=4).filter(|year| *year > 0)?;
        if parts.next().is_some() {
            return None;
        }
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        Some(Self(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros()))
    }

    /// From `2026-11-22T06:29:10.655076123+01:00` (RFC 3339), to the microsecond; `None` when the text is none, or of a year
    /// before 1970 or after 9999.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let micros = DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros();
        (0..=Self::LATEST.0).contains(&micros).then_some(Self(micros))
    }

    /// From `Sun, 22 Nov 2026 06:28:07 -0000` (RFC 2822): what [`Self::to_rfc2822`] writes.
    #[must_use]
    pub fn from_rfc2822(text: &str) -> Option<Self> {
        let micros = DateTime::parse_from_rfc2822(text).ok()?.timestamp_micros();
        (0..=Self::LATEST.0).contains(&micros).then_some(Self(micros))
    }

    /// `Sun, 22 Nov 2026 06:28:07 -0000`: robots, logs, notifications.
    #[must_use]
    pub fn to_rfc2822(self) -> String {
        self.utc().format("%a, %d %b %Y %H:%M:%S -0000").to_string()
    }

    /// `2026-11-22T06:29:10.655076Z`, without the fraction when it is zero: application tokens.
    #[must_use]
    pub fn to_iso8601(self) -> String {
        let precision = if self.0.rem_euclid(1_000_000) == 0 {
            SecondsFormat::Secs
        } else {
            SecondsFormat::Micros
        };
        self.utc().to_rfc3339_opts(precision, true)
    }

    /// `11/22/2026`: what [`Self::from_us_date`] reads.
    #[must_use]
    pub fn to_us_date(self) -> String {
        self.utc().format("%m/%d/%Y").to_string()
    }

    /// `2026-11-22`: days in counts.
    #[must_use]
    pub fn to_date(self) -> String {
        self.utc().format("%Y-%m-%d").to_string()
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

/// The number that so many ASCII digits spell.
fn number(text: &str, digits: RangeInclusive<usize>) -> Option<u32> {
    let spelled = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| spelled)
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn forms() {
        let time = Timestamp::from_micros(1_795_328_950_655_076);
        assert_eq!(time.to_rfc2822(), "Sun, 22 Nov 2026 06:29:10 -0000");
        assert_eq!(time.to_iso8601(), "2026-11-22T06:29:10.655076Z");
        let whole = Timestamp::from_micros(1_795_328_950_000_000);
        assert_eq!(whole.to_iso8601(), "2026-11-22T06:29:10Z");
        assert_eq!(whole.to_date(), "2026-11-22");
        assert_eq!(Timestamp::from_us_date("11/22/2026"), Some(whole.plus_seconds(-23_350)));
        assert_eq!(Timestamp::LATEST.to_rfc2822(), "Fri, 31 Dec 9999 23:59:59 -0000");
        assert!(Timestamp::LATEST.plus_seconds(1).to_rfc2822().contains("+10000"));
    }

    #[test]
    fn times_of_other_zones_are_read() {
        let read = |text| Timestamp::from_rfc3339(text).map(Timestamp::to_iso8601);
        let time = Some("2026-11-22T06:29:10.655076Z".to_owned());
        assert_eq!(read("2026-11-22T06:29:10.655076123Z"), time);
        assert_eq!(read("2026-11-22T07:29:10.655076+01:00"), time);
        for none in ["", "2026-11-22", "1969-12-31T23:59:59Z", "2026-11-22T06:29:10"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn dates_have_one_spelling() {
        let date = Timestamp::from_us_date("01/02/2026");
        assert_eq!(date.map(Timestamp::to_date).as_deref(), Some("2026-01-02"));
        assert_eq!(Timestamp::from_us_date("1/2/2026"), date);
        for none in [
            "22/11/2026",
            "02/29/2026",
            "0/1/2026",
            "1/2/26",
            "1/2/0000",
            "1/2/12026",
            "1/2/+2026",
            "1/2/-2026",
            "001/2/2026",
            " 1/2/2026",
            "1/ 2/2026",
            "1/2/2026 ",
            "1/2/2026/",
            "1/2",
            "\u{661}/2/2026",
            "",
        ] {
            assert_eq!(Timestamp::from_us_date(none), None, "{none}");
        }
    }
}
