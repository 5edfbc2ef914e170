//! The log, read (`docs/contract/quay.md` 8.1): of an organization, of oneself, of everything. That of a repository is read in
//! the component `repositories`.

use std::convert::Infallible;

use crate::logs::pages::{CountsQuery, LogsQuery, counts, no_export, page};
use berth_access::{
    NamespaceOrOwnAdminView, OrganizationAdminView, OwnNamespaceView, SuperuserView,
};
use berth_store::logs::LogFilter;
use berth_web::{Context, HandlerResult, JsonResponse};

use super::views::{LogCounts, LogPage};

/// `GET /api/v1/organization/<orgname>/logs`; in a session with one's own user name too.
pub(crate) fn organization(
    cx: &Context<'_, NamespaceOrOwnAdminView>,
    query: LogsQuery,
) -> HandlerResult<JsonResponse<LogPage>> {
    page(cx, &query, LogFilter::namespace(&cx.grant), false)
}

/// `GET /api/v1/organization/<orgname>/aggregatelogs`.
pub(crate) fn organization_counts(
    cx: &Context<'_, NamespaceOrOwnAdminView>,
    query: CountsQuery,
) -> HandlerResult<JsonResponse<LogCounts>> {
    counts(cx, &query, LogFilter::namespace(&cx.grant))
}

/// `POST /api/v1/organization/<orgname>/exportlogs`.
pub(crate) fn export_organization(
    _cx: &Context<'_, OrganizationAdminView>,
) -> HandlerResult<Infallible> {
    Err(no_export())
}

/// `POST /api/v1/user/exportlogs`.
pub(crate) fn export_user(_cx: &Context<'_, OwnNamespaceView>) -> HandlerResult<Infallible> {
    Err(no_export())
}

/// `GET /api/v1/user/logs`.
pub(crate) fn user(
    cx: &Context<'_, OwnNamespaceView>,
    query: LogsQuery,
) -> HandlerResult<JsonResponse<LogPage>> {
    page(cx, &query, LogFilter::own(&cx.grant), false)
}

/// `GET /api/v1/user/aggregatelogs`.
pub(crate) fn user_counts(
    cx: &Context<'_, OwnNamespaceView>,
    query: CountsQuery,
) -> HandlerResult<JsonResponse<LogCounts>> {
    counts(cx, &query, LogFilter::own(&cx.grant))
}

/// `GET /api/v1/superuser/logs`: each entry also says whom it happened to.
pub(crate) fn everything(
    cx: &Context<'_, SuperuserView>,
    query: LogsQuery,
) -> HandlerResult<JsonResponse<LogPage>> {
    page(cx, &query, Some(LogFilter::everything()), true)
}

/// `GET /api/v1/superuser/aggregatelogs`.
pub(crate) fn everything_counts(
    cx: &Context<'_, SuperuserView>,
    query: CountsQuery,
) -> HandlerResult<JsonResponse<LogCounts>> {
    counts(cx, &query, Some(LogFilter::everything()))
}
