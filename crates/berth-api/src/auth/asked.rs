//! What is known of the repositories that a client asks for.

use berth_access::Public;
use berth_domain::{QuotaLimitKind, settings};
use berth_store::auth::{self, Asked};
use berth_web::{ApiError, Context};

use super::scope::Scope;
use crate::quotas::views::Quotas;

/// What is known of the repositories of `scopes`.
pub(super) fn load(cx: &Context<'_, Public>, scopes: &[Scope]) -> Result<Vec<Asked>, ApiError> {
    if scopes.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<_> =
        scopes.iter().map(|scope| (&*scope.namespace, &*scope.repository)).collect();
    let mut asked = auth::asked(cx.db(), &cx.grant, &names)?;
    let has_proxy_caches = cx.services().setting(&settings::FEATURE_PROXY_CACHE);
    let quotas = Quotas::of(cx.services());
    for Asked { facts, .. } in &mut asked {
        facts.is_proxy_cache &= has_proxy_caches;
        let reached = facts
            .namespace
            .as_ref()
            .and_then(|namespace| quotas.reached(namespace.quota.as_ref(), namespace.stored_bytes));
        facts.is_full = reached.is_some_and(|limit| limit.kind == QuotaLimitKind::Reject);
    }
    Ok(asked)
}
