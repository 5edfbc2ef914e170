//! Whether this instance can work. For load balancers and probes: open to everybody, tells nothing but yes or no.

use berth_access::Public;
use berth_store::access;
use berth_web::{Context, HandlerResult, Response};
use serde_json::{Value, json};

/// The key that a probe reads; nothing is ever stored under it.
const PROBE: &str = "berth/health";

/// `GET /health/instance` and `/health/endtoend`: 200 when database and key-value store answer, else 503; `services` says
/// which does.
pub(crate) fn instance(cx: &Context<'_, Public>) -> HandlerResult {
    let services = cx.services();
    let database = access::probe(cx.db()).map_err(|error| error.to_string());
    let key_value = services.key_value().get(PROBE).map_err(|error| error.to_string());
    for cause in [database.as_ref().err(), key_value.as_ref().err()].into_iter().flatten() {
        eprintln!("error: health: {cause}");
    }
    let healthy = database.is_ok() && key_value.is_ok();
    let services = json!({ "database": database.is_ok(), "key_value": key_value.is_ok() });
    Ok(report(if healthy { 200 } else { 503 }, &services))
}

/// `GET /health/warning`: there is nothing that an instance could warn of, so it is always 200.
pub(crate) fn warning(_cx: &Context<'_, Public>) -> HandlerResult {
    Ok(report(200, &json!({})))
}

fn report(status: u16, services: &Value) -> Response {
    Response::json(status, &json!({ "data": { "services": services }, "status_code": status }))
}
