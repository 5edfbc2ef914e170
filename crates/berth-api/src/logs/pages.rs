//! Answers about the log (`docs/contract/quay.md` 8.1), for every component that has some.

use berth_access::Permit;
use berth_domain::Timestamp;
use berth_store::logs::{self, LogFilter, LogQuery};
use berth_web::{ApiError, Context, Cursor, HandlerResult, JsonResponse, Query};

use super::views::{LogCountView, LogCounts, LogPage, LogView};

const START: Query =
    Query::text("starttime", "The first day, as `MM/DD/YYYY`; otherwise yesterday");
const END: Query = Query::text("endtime", "The last day, as `MM/DD/YYYY`; otherwise today");
const PERFORMER: Query = Query::text("performer", "Only what this user did");

/// The query of a list of entries.
pub(crate) const PAGE_QUERY: &[Query] = &[START, END, PERFORMER, Query::NEXT_PAGE];

/// The query of counts.
pub(crate) const COUNTS_QUERY: &[Query] = &[START, END, PERFORMER];

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
    reach: Option<LogFilter>,
    with_namespace: bool,
) -> HandlerResult<JsonResponse<LogPage>> {
    let (parameters, now) = (cx.query(), cx.services().now());
    let (start, end) = span(cx)?;
    let query = LogQuery { start, end, performer: given(parameters.get("performer")) };
    let cursor = Cursor::from_token(parameters.get("next_page"), now);
    let after = cursor.map(|cursor| (cursor.after, cursor.id));
    let reach = reach.ok_or_else(ApiError::not_found)?;
    let lines = logs::page(cx.db(), reach, query, after, PAGE)?;
    let lines = lines.ok_or_else(|| ApiError::invalid_request("Unknown performer"))?;
    let last = lines.last().map(|line| (line.at.as_micros(), line.id));
    let last = last.or(cursor.is_none().then_some((start.as_micros(), 0)));
    let next_page = last.map(|(at, id)| Cursor::new(at, id, now).to_token());
    let logs = lines.iter().map(|line| LogView::new(line, with_namespace));
    Ok(JsonResponse(LogPage {
        start_time: start.to_rfc2822(),
        end_time: end.to_rfc2822(),
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
    reach: Option<LogFilter>,
) -> HandlerResult<JsonResponse<LogCounts>> {
    let parameters = cx.query();
    let (start, end) = span(cx)?;
    let reach = reach.ok_or_else(ApiError::not_found)?;
    if start.plus_seconds(MOST_DAYS * DAY_S) < end {
        return Err(ApiError::Plain(400, "Invalid date range for logs".into()));
    }
    let query = LogQuery { start, end, performer: given(parameters.get("performer")) };
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

/// An empty parameter is one that was left out.
fn given(parameter: Option<&str>) -> Option<&str> {
    parameter.filter(|text| !text.is_empty())
}

/// From when to when: the day before now by default; the day of the end counts whole.
fn span<P: Permit>(cx: &Context<'_, P>) -> Result<(Timestamp, Timestamp), ApiError> {
    let (parameters, now) = (cx.query(), cx.services().now());
    let date = |name| parameters.get(name).and_then(Timestamp::from_us_date);
    let start = date("starttime").unwrap_or(now.plus_seconds(-DAY_S));
    let end = date("endtime").unwrap_or(now).plus_seconds(DAY_S);
    let usable = start <= end && end <= Timestamp::LATEST;
    if usable { Ok((start, end)) } else { Err(ApiError::unreadable()) }
}
