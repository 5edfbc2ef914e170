//! What consoles ask of the registry itself. Berth stores no image content, so its size is 0, and is one program without
//! services that prove by keys who they are.

use berth_access::{Public, Superuser, SuperuserView};
use berth_web::{Context, Created, HandlerResult, JsonResponse};

use super::views::{
    ChangeLog, RegistryCapabilities, RegistrySize, RegistryStatus, ServiceKeys, SparseManifests,
};

/// `GET /api/v1/superuser/registrysize/`.
pub(crate) fn size(_cx: &Context<'_, SuperuserView>) -> HandlerResult<JsonResponse<RegistrySize>> {
    Ok(JsonResponse(RegistrySize { size_bytes: 0, last_ran: None, running: false, queued: false }))
}

/// `POST /api/v1/superuser/registrysize/`: there is nothing to measure, so it is done at once.
pub(crate) fn measure(_cx: &Context<'_, Superuser>) -> HandlerResult<Created<&'static str>> {
    Ok(Created(""))
}

/// `GET /api/v1/superuser/registrystatus`.
pub(crate) fn status(
    _cx: &Context<'_, SuperuserView>,
) -> HandlerResult<JsonResponse<RegistryStatus>> {
    Ok(JsonResponse(RegistryStatus { status: "ready" }))
}

/// `GET /api/v1/registry/capabilities`: no manifest is stored, sparse or whole, and nothing is mirrored.
pub(crate) fn capabilities(
    _cx: &Context<'_, Public>,
) -> HandlerResult<JsonResponse<RegistryCapabilities>> {
    let sparse_manifests = SparseManifests {
        supported: false,
        required_architectures: Vec::new(),
        optional_architectures_allowed: false,
    };
    Ok(JsonResponse(RegistryCapabilities { sparse_manifests, mirror_architectures: Vec::new() }))
}

/// `GET /api/v1/superuser/keys`: the keys of services, of which there are none.
pub(crate) fn service_keys(
    _cx: &Context<'_, SuperuserView>,
) -> HandlerResult<JsonResponse<ServiceKeys>> {
    Ok(JsonResponse(ServiceKeys { keys: Vec::new() }))
}

/// `GET /api/v1/superuser/changelog/`: Berth's own.
pub(crate) fn changelog(
    _cx: &Context<'_, SuperuserView>,
) -> HandlerResult<JsonResponse<ChangeLog>> {
    Ok(JsonResponse(ChangeLog { log: include_str!("../../../../CHANGELOG.md") }))
}
