//! Publishing the keys that sign tokens for registries, and making the next one.

use berth_access::{Public, Superuser, SuperuserView, path};
use berth_domain::log_event::LogEvent;
use berth_domain::settings;
use berth_store::signing_keys::{self, KeyPair, PublishedKey};
use berth_store::{StoreError, Transaction, transaction};
use berth_web::registry_token::{new_key, published_keys, published_until};
use berth_web::{
    ApiError, Context, Created, HandlerResult, JsonResponse, OptionalJson, ResponseExt as _,
    WithHeaders, header,
};

use super::bodies::NewSigningKey;
use super::views::{Certificates, JsonWebKey, JsonWebKeySet, SigningKeyView, SigningKeys};

/// How long others may keep a public key at most, in seconds (`docs/contract/registry.md` A.6).
const KEPT_S: i64 = 86_400;

path! {
    /// Whoever signs.
    pub(crate) struct ServicePath { service }

    /// A key of whoever signs.
    pub(crate) struct KeyPath { service, kid }
}

/// `GET /keys/services/<service>/keys`: as the original, nobody else has any.
pub(crate) fn list_public(
    cx: &Context<'_, Public>,
    path: ServicePath,
) -> HandlerResult<JsonResponse<JsonWebKeySet>> {
    let keys = if is_ours(cx, &path.service) { published_keys(cx.services())? } else { Vec::new() };
    let keys = keys.into_iter().map(JsonWebKey::of).collect::<Result<_, _>>()?;
    Ok(JsonResponse(JsonWebKeySet { keys }))
}

/// `GET /keys/services/<service>/keys/<kid>`.
pub(crate) fn get_public(
    cx: &Context<'_, Public>,
    path: KeyPath,
) -> HandlerResult<WithHeaders<JsonResponse<JsonWebKey>>> {
    if !is_ours(cx, &path.service) {
        return Err(ApiError::not_found());
    }
    let keys = published_keys(cx.services())?;
    let key = keys.into_iter().find(|key| key.kid == path.kid).ok_or_else(ApiError::not_found)?;
    let now_s = cx.services().now().as_seconds();
    let rest_s = key.published_until.map_or(KEPT_S, |until| until.as_seconds() - now_s);
    let kept = format!("max-age={}", rest_s.min(KEPT_S));
    Ok(WithHeaders::new(JsonResponse(JsonWebKey::of(key)?), |response| {
        response.with_header(header::CACHE_CONTROL, kept)
    }))
}

/// `GET /registry/certificates.pem`: what a registry is configured with.
pub(crate) fn certificates(cx: &Context<'_, Public>) -> HandlerResult<Certificates> {
    Ok(Certificates::of(&published_keys(cx.services())?))
}

/// `GET /registry/keys`.
pub(crate) fn list(cx: &Context<'_, SuperuserView>) -> HandlerResult<JsonResponse<SigningKeys>> {
    let now = cx.services().now();
    Ok(JsonResponse(SigningKeys::of(signing_keys::published(cx.db(), now)?, now)))
}

/// `POST /registry/keys`: makes the next key. The first one signs at once.
pub(crate) fn create(
    cx: &Context<'_, Superuser>,
    OptionalJson(body): OptionalJson<NewSigningKey>,
) -> HandlerResult<Created<SigningKeyView>> {
    let services = cx.services();
    let now = services.now();
    let made = new_key(services, now.plus_seconds(body.signs_in_s()?))?;
    transaction(cx.db(), |tx| {
        let published = signing_keys::published(tx, now)?;
        require_no_other_change(&published)?;
        let signs_from = if published.is_empty() { now } else { made.published.signs_from };
        let key = KeyPair {
            published: PublishedKey { signs_from, ..made.published.clone() },
            sealed_private_key: made.sealed_private_key.clone(),
        };
        signing_keys::create_next(tx, &key, published_until(signs_from))?;
        log(cx, tx, &key.published)?;
        let state = if signs_from > now { "next" } else { "signing" };
        Ok(Created(SigningKeyView::new(key.published, state)))
    })
}

/// A change of the key is over when the former one is no longer published: until then no other begins, so that registries never
/// have to know more than two.
fn require_no_other_change(published: &[PublishedKey]) -> Result<(), ApiError> {
    let Some(until) = published.iter().find_map(|key| key.published_until) else { return Ok(()) };
    Err(ApiError::invalid_request(format!(
        "The key is being changed already: another one can be made from {} on, when the former one is no longer \
        published",
        until.to_iso8601()
    )))
}

fn log(
    cx: &Context<'_, Superuser>,
    tx: &Transaction<'_>,
    key: &PublishedKey,
) -> Result<(), StoreError> {
    let service = &cx.services().setting(&settings::REGISTRY_TOKEN_ISSUER);
    let signs_from = &key.signs_from.to_iso8601();
    cx.log(tx, None, &LogEvent::ServiceKeyCreate { kid: &key.kid, service, signs_from })
}

fn is_ours(cx: &Context<'_, Public>, service: &str) -> bool {
    service == cx.services().setting(&settings::REGISTRY_TOKEN_ISSUER)
}
