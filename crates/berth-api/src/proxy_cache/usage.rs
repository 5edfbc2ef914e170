//! How a proxy cache does, and emptying it: the original has neither.

use berth_access::{ProxyCacheAdmin, ProxyCacheView};
use berth_domain::log_event::LogEvent;
use berth_store::proxy_cache;
use berth_store::transaction;
use berth_web::{ApiError, Context, HandlerResult, JsonResponse};

use crate::proxy_cache::views::{ProxyCacheUse, PurgedProxyCache};

/// `GET …/proxycache/use`.
pub(crate) fn get(cx: &Context<'_, ProxyCacheView>) -> HandlerResult<JsonResponse<ProxyCacheUse>> {
    let usage = proxy_cache::usage(cx.db(), &cx.grant)?.ok_or_else(ApiError::not_found)?;
    Ok(JsonResponse(usage.into()))
}

/// `POST …/proxycache/purge`: forgets manifests and tags, some at a time, so that nobody waits long for the database. Blobs stay in the registry
/// behind until its collector comes.
pub(crate) fn purge(
    cx: &Context<'_, ProxyCacheAdmin>,
) -> HandlerResult<JsonResponse<PurgedProxyCache>> {
    let organization = cx.grant.organization_if_any().ok_or_else(ApiError::not_found)?;
    transaction(cx.db(), |tx| {
        let Some(purged) = proxy_cache::purge(tx, &cx.grant)? else {
            return Err(ApiError::not_found());
        };
        cx.log(tx, organization.id, &LogEvent::PurgeProxyCache { manifests: purged })?;
        let is_complete = purged < proxy_cache::PURGED_AT_ONCE;
        Ok(JsonResponse(PurgedProxyCache { manifests: purged, is_complete }))
    })
}
