//! What is known of the repositories that a client asks for.

use berth_access::Public;
use berth_domain::settings;
use berth_store::auth::{self, Asked};
use berth_web::{ApiError, Context};

use super::scope::Scope;

/// What is known of the repositories of `scopes`.
pub(super) fn load(cx: &Context<'_, Public>, scopes: &[Scope]) -> Result<Vec<Asked>, ApiError> {
    if scopes.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<_> =
        scopes.iter().map(|scope| (&*scope.namespace, &*scope.repository)).collect();
    let mut asked = auth::asked(cx.db(), &cx.grant, &names)?;
    if !cx.services().setting(&settings::FEATURE_PROXY_CACHE) {
        asked.iter_mut().for_each(|asked| asked.facts.is_proxy_cache = false);
    }
    Ok(asked)
}

/// Whether nothing may be written. A registry knows no such mode: nobody gets a token to write with.
pub(super) fn is_read_only(cx: &Context<'_, Public>) -> bool {
    cx.services().setting(&settings::REGISTRY_STATE) == "readonly"
}
