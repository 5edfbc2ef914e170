//! What consoles ask of the registry itself. Berth stores no image content, so its size is 0, and is one program without
//! services that prove by keys who they are.

use berth_access::{Public, Superuser, SuperuserView};
use berth_web::{Context, HandlerResult, Response};
use serde_json::json;

/// `GET /api/v1/superuser/registrysize/`.
pub(crate) fn size(_cx: &Context<'_, SuperuserView>) -> HandlerResult {
    Ok(Response::ok(&json!({
        "size_bytes": 0,
        "last_ran": null,
        "running": false,
        "queued": false,
    })))
}

/// `POST /api/v1/superuser/registrysize/`: there is nothing to measure, so it is done at once.
pub(crate) fn measure(_cx: &Context<'_, Superuser>) -> HandlerResult {
    Ok(Response::json(201, &""))
}

/// `GET /api/v1/superuser/registrystatus`.
pub(crate) fn status(_cx: &Context<'_, SuperuserView>) -> HandlerResult {
    Ok(Response::ok(&json!({ "status": "ready" })))
}

/// `GET /api/v1/registry/capabilities`: no manifest is stored, sparse or whole, and nothing is mirrored.
pub(crate) fn capabilities(_cx: &Context<'_, Public>) -> HandlerResult {
    Ok(Response::ok(&json!({
        "sparse_manifests": {
            "supported": false,
            "required_architectures": [],
            "optional_architectures_allowed": false,
        },
        "mirror_architectures": [],
    })))
}

/// `GET /api/v1/superuser/keys`: the keys of services, of which there are none.
pub(crate) fn service_keys(_cx: &Context<'_, SuperuserView>) -> HandlerResult {
    Ok(Response::ok(&json!({ "keys": [] })))
}

/// `GET /api/v1/superuser/changelog/`: Berth's own.
pub(crate) fn changelog(_cx: &Context<'_, SuperuserView>) -> HandlerResult {
    Ok(Response::ok(&json!({ "log": include_str!("../../../../CHANGELOG.md") })))
}
