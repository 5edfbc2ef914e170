//! The log of a repository (`docs/contract/quay.md` 8.1).

use std::convert::Infallible;

use crate::logs::pages::{CountsQuery, LogsQuery, counts, no_export, page};
use berth_access::RepositoryAdminView;
use berth_store::logs::LogFilter;
use berth_web::{Context, HandlerResult, JsonResponse};

use super::views::{LogCounts, LogPage};

/// `GET /api/v1/repository/<repository>/logs`.
pub(crate) fn list(
    cx: &Context<'_, RepositoryAdminView>,
    query: LogsQuery,
) -> HandlerResult<JsonResponse<LogPage>> {
    page(cx, &query, LogFilter::repository(&cx.grant), false)
}

/// `GET /api/v1/repository/<repository>/aggregatelogs`.
pub(crate) fn aggregate(
    cx: &Context<'_, RepositoryAdminView>,
    query: CountsQuery,
) -> HandlerResult<JsonResponse<LogCounts>> {
    counts(cx, &query, LogFilter::repository(&cx.grant))
}

/// `POST /api/v1/repository/<repository>/exportlogs`.
pub(crate) fn export(cx: &Context<'_, RepositoryAdminView>) -> HandlerResult<Infallible> {
    cx.grant.repository()?;
    Err(no_export())
}
