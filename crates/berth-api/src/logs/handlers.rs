//! The log, read (`docs/contract/quay.md` 8.1): of an organization, of a repository, of oneself, of everything. They differ in
//! their permissions and in nothing else, so the handlers are generic over the permission.

use berth_store::logs::{self, ReadsLog};
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, StatusCode};

use super::bodies::{CountsQuery, DAY_S, LogsQuery};
use super::views::{LogCountView, LogCounts, LogPage, LogView};

/// How many entries a page has.
const PAGE: i64 = 20;

/// How many days counts may span.
const MOST_DAYS: i64 = 31;

/// `GET …/logs`: the newest first; a page ends by its length too. One that is not empty always names a next one, as in the
/// original: whether that is empty shows there.
pub(crate) fn list<P: ReadsLog>(
    cx: &Context<'_, P>,
    query: LogsQuery,
) -> HandlerResult<JsonResponse<LogPage>> {
    let page = query.page.page_of(PAGE, cx);
    let query = query.entries.checked(cx.services().now())?;
    let filter = P::filter(&cx.grant).ok_or_else(ApiError::not_found)?;
    let after = page.start.map(|start| (start.after, start.id));
    let lines = logs::page(cx.db(), filter, query, after, PAGE)?;
    let lines = lines.ok_or_else(|| ApiError::invalid_request("Unknown performer"))?;
    let last = lines.last().map(|line| (line.at.as_micros(), line.id));
    let last = last.or(after.is_none().then_some((query.start.as_micros(), 0)));
    let logs = lines.iter().map(|line| LogView::new(line, filter.is_everything()));
    Ok(JsonResponse(LogPage {
        start_time: query.start.to_rfc2822(),
        end_time: query.end.to_rfc2822(),
        logs: logs.collect(),
        next_page: last.map(|(at, id)| page.token(at, id)),
    }))
}

/// `GET …/aggregatelogs`: how many entries there are, by day and kind.
pub(crate) fn count<P: ReadsLog>(
    cx: &Context<'_, P>,
    query: CountsQuery,
) -> HandlerResult<JsonResponse<LogCounts>> {
    let query = query.checked(cx.services().now())?;
    let filter = P::filter(&cx.grant).ok_or_else(ApiError::not_found)?;
    if query.start.plus_seconds(MOST_DAYS * DAY_S) < query.end {
        return Err(ApiError::Plain(StatusCode::BAD_REQUEST, "Invalid date range for logs".into()));
    }
    let counts = logs::counts(cx.db(), filter, query)?;
    Ok(JsonResponse(LogCounts { aggregated: counts.into_iter().map(LogCountView::from).collect() }))
}
