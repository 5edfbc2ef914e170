//! Queries about the log.

use berth_domain::Timestamp;
use berth_store::logs::{Entries, LogQuery};
use berth_web::{ApiError, Json, ListQuery, Query};

/// How many seconds a day has.
pub(super) const DAY_S: i64 = 86_400;

/// The query of counts.
#[derive(Query)]
pub(crate) struct CountsQuery {
    /// The first day, as `MM/DD/YYYY`; otherwise yesterday
    starttime: String,
    /// The last day, as `MM/DD/YYYY`; otherwise today
    endtime: String,
    /// Only what this user did
    performer: String,
}

/// Configuration for an export logs operation.
#[derive(Json)]
#[json(name = "ExportLogs")]
pub(crate) struct ExportRequest {
    /// The callback URL to invoke with a link to the exported logs
    pub(super) callback_url: Option<String>,
    /// The e-mail address at which to e-mail a link to the exported logs
    pub(super) callback_email: Option<String>,
}

/// The query of a link to an export.
#[derive(Query)]
pub(crate) struct LinkQuery {
    /// The code of the link
    #[query(required)]
    pub(super) code: String,
}

/// The query of a list of entries.
#[derive(Query)]
pub(crate) struct LogsQuery {
    #[query(flatten)]
    pub(super) entries: CountsQuery,
    #[query(flatten)]
    pub(super) page: ListQuery<Entries>,
}

/// The query of an export.
#[derive(Query)]
pub(crate) struct ExportQuery {
    #[query(flatten)]
    pub(super) entries: CountsQuery,
    /// The cursor that an answer named last: the export goes on behind it. The other parameters must be as they were
    pub(super) cursor: Option<String>,
}

impl CountsQuery {
    /// The parameters as they were given.
    pub(super) fn given(&self) -> [&str; 3] {
        [&self.starttime, &self.endtime, &self.performer]
    }

    /// From when to when: the day before `now` by default; the day of the end counts whole. A performer without a name is none.
    ///
    /// # Errors
    /// 400 for an end before the start or after the year 9999.
    pub(super) fn checked(&self, now: Timestamp) -> Result<LogQuery<'_>, ApiError> {
        let start = Timestamp::from_us_date(&self.starttime).unwrap_or(now.plus_seconds(-DAY_S));
        let end = Timestamp::from_us_date(&self.endtime).unwrap_or(now).plus_seconds(DAY_S);
        if start > end || end > Timestamp::LATEST {
            return Err(ApiError::unreadable());
        }
        let performer = Some(self.performer.as_str()).filter(|name| !name.is_empty());
        Ok(LogQuery { start, end, performer })
    }
}
