//! Which part of a log is asked for.

use berth_domain::Timestamp;

use crate::api::with_query;
use crate::visit::Visit;

/// Whose log is shown.
pub(crate) struct LogOf {
    /// The address of the page that shows it, with what leads there (`?tab=log`).
    pub(crate) address: String,
    /// The API's address of what it is about: `/logs` and `/aggregatelogs` are below it.
    pub(crate) api: String,
    /// The address of the console that answers with [`download`](super::download).
    pub(crate) download: String,
}

/// Which entries a page asks for, in the words of its form.
pub(super) struct Asked {
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) performer: String,
    pub(super) kind: String,
}

/// How many days are shown unless others are asked for; the API counts no more at once.
const DAYS: i64 = 31;

/// How many seconds a day has.
pub(super) const DAY_S: i64 = 86_400;

impl Asked {
    /// What the query of the page says; days that are none are those that are shown otherwise.
    pub(super) fn of(visit: &Visit<'_>) -> Self {
        let now = visit.services().now();
        let last = day(visit.asked("last")).unwrap_or_else(|| midnight(now));
        let first = day(visit.asked("first"));
        Self {
            first: first.unwrap_or_else(|| last.plus_seconds(-(DAYS - 1) * DAY_S)),
            last,
            performer: visit.asked("performer").trim().to_owned(),
            kind: visit.asked("q").trim().to_ascii_lowercase(),
        }
    }

    /// An address of the API, with the days and the person.
    pub(super) fn target(&self, api: &str) -> String {
        self.target_from(api, self.first)
    }

    /// The same, from another day on.
    pub(super) fn target_from(&self, api: &str, first: Timestamp) -> String {
        let (first, last) = (first.to_us_date(), self.last.to_us_date());
        let asked = [("starttime", &*first), ("endtime", &*last), ("performer", &*self.performer)];
        with_query(api, &asked)
    }

    /// An address of the console, with the days and the person.
    pub(super) fn address(&self, address: &str) -> String {
        let (first, last) = (self.first.to_date(), self.last.to_date());
        let asked = [("first", &*first), ("last", &*last), ("performer", &*self.performer)];
        with_query(address, &asked)
    }

    /// From which day on it can be counted.
    pub(super) fn first_counted(&self) -> Timestamp {
        self.first.max(self.last.plus_seconds(-(DAYS - 1) * DAY_S))
    }
}

/// The beginning (UTC) of the day that an `input type=date` sends: `2026-03-31`.
fn day(text: &str) -> Option<Timestamp> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    Timestamp::from_us_date(&format!("{month}/{day}/{year}"))
}

/// The beginning (UTC) of the day of a time.
const fn midnight(at: Timestamp) -> Timestamp {
    at.plus_seconds(-at.as_seconds().rem_euclid(DAY_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_as_browsers_send_them() {
        let at = day("2026-03-31").map(Timestamp::to_us_date);
        assert_eq!(at.as_deref(), Some("03/31/2026"));
        for none in ["", "2026-02-30", "03/31/2026", "2026-03", "2026-03-31-1"] {
            assert_eq!(day(none), None, "{none}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight() {
        let at = Timestamp::from_rfc3339("2026-03-31T17:20:00Z");
        let at = at.map(|at| midnight(at).to_iso8601());
        assert!(at.is_some_and(|at| at.starts_with("2026-03-31T00:00:00")));
    }
}
