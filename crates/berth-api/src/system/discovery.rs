//! `GET /api/v1/discovery`: every operation, in Swagger 2.0 (`docs/contract/quay.md` 10.4).
//!
//! Paths, definitions and tags come from `discovery.json`, which `cargo xtask docs` makes from all route tables, so that this
//! component need not hold the others' code. Here the rest is added, and what is internal or off is left out.

use berth_access::{Public, Scope};
use berth_domain::settings;
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, Query, Services};
use miniz_oxide::inflate::decompress_to_vec;
use serde_json::{Map, Value, json};

use crate::system::config::FEATURES;

/// `discovery.json`, compressed by the build script.
const OPERATIONS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/discovery.json.deflate"));

/// What is shown.
#[derive(Query)]
pub(crate) struct DiscoveryQuery {
    /// Internal operations too
    internal: bool,
}

/// `GET /api/v1/discovery`.
pub(crate) fn get(
    cx: &Context<'_, Public>,
    query: DiscoveryQuery,
) -> HandlerResult<JsonResponse<Map<String, Value>>> {
    let services = cx.services();
    let mut document = head(services);
    let mut operations = operations()?;
    if let Some(Value::Object(paths)) = operations.get_mut("paths") {
        let off = features_off(services);
        paths.retain(|_, path| keep_shown(path, query.internal, &off));
    }
    document.append(&mut operations);
    Ok(JsonResponse(document))
}

fn operations() -> Result<Map<String, Value>, ApiError> {
    let broken =
        |error: &dyn std::fmt::Display| ApiError::Internal(format!("discovery.json: {error}"));
    let text = decompress_to_vec(OPERATIONS).map_err(|error| broken(&error))?;
    serde_json::from_slice(&text).map_err(|error| broken(&error))
}

fn head(services: &Services<'_>) -> Map<String, Value> {
    let mut head = Map::new();
    let scheme = services.setting(&settings::PREFERRED_URL_SCHEME);
    head.insert("swagger".into(), "2.0".into());
    head.insert("host".into(), services.setting(&settings::SERVER_HOSTNAME).into());
    head.insert("basePath".into(), "/".into());
    head.insert("schemes".into(), json!([scheme]));
    head.insert("consumes".into(), json!(["application/json"]));
    head.insert("produces".into(), json!(["application/json"]));
    head.insert(
        "info".into(),
        json!({
            "version": "v1",
            "title": services.setting(&settings::REGISTRY_TITLE),
            "description": "Organizations, teams, OAuth applications and what belongs to them.",
            "contact": { "email": services.setting(&settings::MAIL_DEFAULT_SENDER) },
        }),
    );
    let superusers = services.setting(&settings::FEATURE_SUPER_USERS);
    let scopes: Map<String, Value> = Scope::ALL
        .iter()
        .filter(|scope| superusers || **scope != Scope::SuperUser)
        .map(|scope| (scope.as_str().to_owned(), scope.description().into()))
        .collect();
    let oauth = json!({
        "type": "oauth2",
        "flow": "implicit",
        "authorizationUrl": format!("{}/oauth/authorize", services.base_url()),
        "scopes": scopes,
    });
    let basic = json!({ "type": "basic", "description": "User name and password; Concord's API" });
    head.insert("securityDefinitions".into(), json!({ "oauth2_implicit": oauth, "basic": basic }));
    head
}

fn features_off(services: &Services<'_>) -> Vec<&'static str> {
    let off = FEATURES.iter().filter(|feature| !services.setting(feature));
    off.map(|feature| feature.name).collect()
}

/// Leaves of a path what is to be shown, without the marks; says whether an operation is left.
fn keep_shown(path: &mut Value, internal: bool, off: &[&str]) -> bool {
    let Value::Object(members) = path else { return false };
    let mut any = false;
    members.retain(|_, member| {
        let Some(operation) = member.as_object_mut().filter(|it| it.contains_key("operationId"))
        else {
            return true;
        };
        let is_internal = operation.shift_remove("x-internal").is_some();
        let feature = operation.shift_remove("x-feature");
        let mut features =
            feature.as_ref().and_then(Value::as_str).into_iter().flat_map(|names| names.split(' '));
        let is_off = features.any(|name| off.contains(&name));
        add_refusals(operation);
        let shown = !is_off && (internal || !is_internal);
        any |= shown;
        shown
    });
    any
}

/// Adds the refusals that operations share to those that an operation has by itself.
fn add_refusals(operation: &mut Map<String, Value>) {
    let knows_callers = operation.contains_key("security");
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let has_body = parameters.is_some_and(|all| all.iter().any(|one| one["in"] == "body"));
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    let refusals = [
        ("400", "BadRequest", true),
        ("401", "Unauthorized", knows_callers),
        ("403", "Forbidden", true),
        ("404", "NotFound", true),
        ("405", "MethodNotAllowed", true),
        ("413", "TooLarge", has_body),
        ("415", "UnsupportedMediaType", has_body),
        ("429", "TooManyRequests", true),
        ("503", "Unavailable", true),
    ];
    for (status, name, _) in refusals.into_iter().filter(|(_, _, possible)| *possible) {
        let refusal = || json!({ "$ref": format!("#/responses/{name}") });
        responses.entry(status).or_insert_with(refusal);
    }
}
