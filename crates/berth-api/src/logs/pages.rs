//! Answers about the log (`docs/contract/quay.md` 8.1), for every component that has some.

use berth_access::Permit;
use berth_domain::Timestamp;
use berth_store::logs::{self, LogFilter, LogQuery};
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, PageQuery, Query, StatusCode};

use super::views::{LogCountView, LogCounts, LogPage, LogView};

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

/// The query of a list of entries.
#[derive(Query)]
pub(crate) struct LogsQuery {
    #[query(flatten)]
    entries: CountsQuery,
    #[query(flatten)]
    page: PageQuery,
}

/// How many entries a page has.
const PAGE: i64 = 20;

/// How many seconds a day has.
const DAY_S: i64 = 86_400;

/// How many days counts may span.
const MOST_DAYS: i64 = 31;

/// A page of the entries within `reach`, the newest first; it ends by their length too. A page that is not empty always names a next one, as in the
/// original: whether that is empty shows there. `with_namespace`: each entry says whom it happened to.
///
/// # Errors
/// 404 without a reach, 400 for an unknown performer and for an end before the start or after the year 9999.
pub(crate) fn page<P: Permit>(
    cx: &Context<'_, P>,
    query: &LogsQuery,
    reach: Option<LogFilter>,
    with_namespace: bool,
) -> HandlerResult<JsonResponse<LogPage>> {
    let page = query.page.page_of(PAGE, cx);
    let query = query.entries.checked(cx.services().now())?;
    let reach = reach.ok_or_else(ApiError::not_found)?;
    let after = page.start.map(|start| (start.after, start.id));
    let lines = logs::page(cx.db(), reach, query, after, PAGE)?;
    let lines = lines.ok_or_else(|| ApiError::invalid_request("Unknown performer"))?;
    let last = lines.last().map(|line| (line.at.as_micros(), line.id));
    let last = last.or(after.is_none().then_some((query.start.as_micros(), 0)));
    let next_page = last.map(|(at, id)| page.token(at, id));
    let logs = lines.iter().map(|line| LogView::new(line, with_namespace));
    Ok(JsonResponse(LogPage {
        start_time: query.start.to_rfc2822(),
        end_time: query.end.to_rfc2822(),
        logs: logs.collect(),
        next_page,
    }))
}

/// How many entries within `reach` there are, by day and kind.
///
/// # Errors
/// 404 without a reach, 400 for more than 31 days and for an end before the start or after the year 9999.
pub(crate) fn counts<P: Permit>(
    cx: &Context<'_, P>,
    query: &CountsQuery,
    reach: Option<LogFilter>,
) -> HandlerResult<JsonResponse<LogCounts>> {
    let query = query.checked(cx.services().now())?;
    let reach = reach.ok_or_else(ApiError::not_found)?;
    if query.start.plus_seconds(MOST_DAYS * DAY_S) < query.end {
        return Err(ApiError::Plain(StatusCode::BAD_REQUEST, "Invalid date range for logs".into()));
    }
    let counts = logs::counts(cx.db(), reach, query)?;
    Ok(JsonResponse(LogCounts { aggregated: counts.into_iter().map(LogCountView::from).collect() }))
}

/// The answer to a request for a file of the log: there is no place to keep one.
#[must_use]
pub(crate) fn no_export() -> ApiError {
    ApiError::invalid_request(
        "Logs cannot be exported here. The list of logs has every entry, page by page",
    )
}

impl CountsQuery {
    /// From when to when: the day before `now` by default; the day of the end counts whole. A performer without a name is none.
    fn checked(&self, now: Timestamp) -> Result<LogQuery<'_>, ApiError> {
        let start = Timestamp::from_us_date(&self.starttime).unwrap_or(now.plus_seconds(-DAY_S));
        let end = Timestamp::from_us_date(&self.endtime).unwrap_or(now).plus_seconds(DAY_S);
        if start > end || end > Timestamp::LATEST {
            return Err(ApiError::unreadable());
        }
        let performer = Some(self.performer.as_str()).filter(|name| !name.is_empty());
        Ok(LogQuery { start, end, performer })
    }
}
