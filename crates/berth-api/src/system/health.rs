//! Whether this instance can work. For load balancers and probes: open to everybody, tells nothing but yes or no.

use std::collections::BTreeMap;

use berth_access::Public;
use berth_store::access;
use berth_web::{ApiError, Context, HandlerResult, JsonResponse};
use serde_json::json;

use super::views::Health;

/// The key that a probe reads; nothing is ever stored under it.
const PROBE: &str = "berth/health";

/// `GET /health/instance` and `/health/endtoend`: 200 when database and key-value store answer, else 503; `services` says
/// which does.
pub(crate) fn instance(cx: &Context<'_, Public>) -> HandlerResult<JsonResponse<Health>> {
    let services = cx.services();
    let database = access::probe(cx.db()).map_err(|error| error.to_string());
    let key_value = services.key_value().get(PROBE).map_err(|error| error.to_string());
    for cause in [database.as_ref().err(), key_value.as_ref().err()].into_iter().flatten() {
        eprintln!("error: health: {cause}");
    }
    let services = [("database", database.is_ok()), ("key_value", key_value.is_ok())].into();
    match database.is_ok() && key_value.is_ok() {
        true => Ok(JsonResponse(Health::new(200, services))),
        false => Err(ApiError::Custom(503, json!(Health::new(503, services)))),
    }
}

/// `GET /health/warning`: there is nothing that an instance could warn of, so it is always 200.
pub(crate) fn warning(_cx: &Context<'_, Public>) -> HandlerResult<JsonResponse<Health>> {
    Ok(JsonResponse(Health::new(200, BTreeMap::new())))
}
