//! Whether this instance can work. For load balancers and probes: open to everybody, tells nothing but yes or no, and writes
//! nothing.

use std::collections::BTreeMap;

use berth_access::Public;
use berth_store::access;
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, StatusCode};
use serde_json::json;

use super::views::Health;

/// The key that a probe reads; nothing is ever stored under it.
const PROBE: &str = "berth/health";

/// `GET /health/instance` and `/health/endtoend`: 200 when database and key-value store answer, else 503; `services` says
/// which does. Whether the instance is ready, as Kubernetes calls it: an empty or old database is, since the next request
/// migrates it.
///
/// The database is asked last: no connection to it is held while the key-value store is waited for.
pub(crate) fn instance(cx: &Context<'_, Public>) -> HandlerResult<JsonResponse<Health>> {
    let services = cx.services();
    let key_value = services.key_value().get(PROBE).map_err(|error| error.to_string());
    let database = access::probe(cx.db()).map_err(|error| error.to_string());
    for cause in [database.as_ref().err(), key_value.as_ref().err()].into_iter().flatten() {
        eprintln!("error: health: {cause}");
    }
    let services = [("database", database.is_ok()), ("key_value", key_value.is_ok())].into();
    match database.is_ok() && key_value.is_ok() {
        true => Ok(JsonResponse(Health::new(200, services))),
        false => Err(ApiError::Custom(
            StatusCode::SERVICE_UNAVAILABLE,
            json!(Health::new(503, services)),
        )),
    }
}

/// `GET /health/liveness`: 200 while the instance answers at all. It asks no store, since it would not help to restart an
/// instance because its database is away. And `/health/warning`: there is nothing that an instance could warn of.
pub(crate) fn alive(_cx: &Context<'_, Public>) -> HandlerResult<JsonResponse<Health>> {
    Ok(JsonResponse(Health::new(200, BTreeMap::new())))
}
