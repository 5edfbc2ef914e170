//! The log, read (`docs/contract/quay.md` 8.1): of an organization, of a repository, of oneself, of everything. They differ in
//! their permissions and in nothing else, so the handlers are generic over the permission.

use berth_store::listing::Position;
use berth_store::logs::{self, ReadsLog};
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, ListResponse, StatusCode};

use super::bodies::{CountsQuery, DAY_S, LogsQuery};
use super::views::{LogCountView, LogCounts, LogPage, LogView};

/// How many days counts may span.
const MOST_DAYS: i64 = 31;

/// `GET …/logs`: the newest first; a page ends by its length too. One that is not empty always names a next one, as in the
/// original: whether that is empty shows there.
pub(crate) fn list<P: ReadsLog>(
    cx: &Context<'_, P>,
    query: LogsQuery,
) -> HandlerResult<ListResponse<LogPage>> {
    let page = query.page.page(cx)?;
    let query = query.entries.checked(cx.services().now())?;
    let filter = P::filter(&cx.grant).ok_or_else(ApiError::not_found)?;
    let found = logs::page(cx.db(), filter, query, &page.window)?;
    let found = found.ok_or_else(|| ApiError::invalid_request("Unknown performer"))?;
    // As the original, a page that is not empty names a next one, and so does the first.
    let last = found.rows.last().map(|(last, _)| last.clone());
    let start = || Position { key: query.start.into(), tie: 0 };
    let end = last.or_else(|| page.window.after.is_none().then(start));
    let end = end.filter(|_| page.is_original());
    let view = |line| LogView::new(&line, filter.is_everything());
    let listed = page.list_until(found, end.as_ref(), view)?;
    let (start_time, end_time) = (query.start.to_rfc2822(), query.end.to_rfc2822());
    Ok(listed.respond(|logs, next_page| LogPage { start_time, end_time, logs, next_page }))
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
