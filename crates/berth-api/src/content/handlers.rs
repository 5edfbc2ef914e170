//! Manifests and blobs: the rules of each operation (`docs/contract/registry.md` D.2, D.5, F.3).

use std::convert::Infallible;

use berth_access::{RegistryRead, RegistryTokenHolder, RegistryWrite, path};
use berth_domain::{Namespace, settings};
use berth_store::content;
use berth_web::registry::error;
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, Method, StatusCode};

use super::behind::Behind;
use super::failure::not_acceptable;
use super::pull::{asked_part, log_pull, manifest_response, name, pass_on};
use super::reference::{Reference, blob_digest};
use super::views::{Content, Version};
use super::{cached_blob, cached_manifest, media_type};

path! {
    /// A manifest of a repository.
    pub(crate) struct ManifestPath { reference }
    /// A blob of a repository.
    pub(crate) struct BlobPath { digest }
}

/// `GET /v2/`: whoever has a token is let in.
pub(crate) fn version(
    _cx: &Context<'_, RegistryTokenHolder>,
) -> HandlerResult<JsonResponse<Version>> {
    Ok(JsonResponse(Version {}))
}

/// `GET` and `HEAD /v2/<name>/manifests/<reference>`. What is pulled is logged: the registry's own notification names Berth, and is not.
pub(crate) fn manifest(
    cx: &Context<'_, RegistryRead>,
    path: ManifestPath,
) -> HandlerResult<Content> {
    let reference = Reference::parse(&path.reference)?;
    if let Some(namespace) = caching(cx) {
        let state = match &reference {
            Reference::Tag(tag) => content::manifest_by_tag(cx.db(), &cx.grant, tag)?,
            Reference::Digest(digest) => content::manifest_by_digest(cx.db(), &cx.grant, digest)?,
        };
        if let Some(state) = state {
            return cached_manifest::manifest(cx, namespace, state, &reference);
        }
    }
    let method = cx.request().method();
    let found = Behind::open(cx.services(), name(cx)?)?.manifest(method, &reference)?;
    if !media_type::is_accepted(cx.request(), &found.media_type) {
        return Err(not_acceptable());
    }
    if *method != Method::HEAD {
        log_pull(cx, &reference, &found.media_type)?;
    }
    Ok(Content(manifest_response(found)))
}

/// `GET` and `HEAD /v2/<name>/blobs/<digest>`: passed on piece by piece.
pub(crate) fn blob(cx: &Context<'_, RegistryRead>, path: BlobPath) -> HandlerResult<Content> {
    let (services, request) = (cx.services(), cx.request());
    let digest = blob_digest(&path.digest)?;
    if let Some(namespace) = caching(cx)
        && let Some(state) = content::blob(cx.db(), &cx.grant, digest)?
    {
        return cached_blob::blob(cx, namespace, state, digest);
    }
    let behind = Behind::open(services, name(cx)?)?;
    let answer = behind.blob(request.method(), digest, asked_part(request))?;
    pass_on(services, request.method(), answer)
}

/// The organization, if it caches a registry.
pub(super) fn caching<'a>(cx: &'a Context<'_, RegistryRead>) -> Option<&'a Namespace> {
    let target = cx.grant.target();
    let is_on = target.is_proxy_cache && cx.services().setting(&settings::FEATURE_PROXY_CACHE);
    target.namespace.as_ref().filter(|_| is_on)
}

fn writes_elsewhere() -> ApiError {
    let message = "Berth reads only: push to the registry itself, or have a proxy send it everything but GET and HEAD";
    error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", message)
}

/// Uploads, which the registry behind takes itself.
pub(crate) fn refuse(_cx: &Context<'_, RegistryWrite>) -> HandlerResult<Infallible> {
    Err(writes_elsewhere())
}

/// Writing and deleting manifests, likewise.
pub(crate) fn refuse_manifest(
    _cx: &Context<'_, RegistryWrite>,
    _path: ManifestPath,
) -> HandlerResult<Infallible> {
    Err(writes_elsewhere())
}

/// Deleting blobs, likewise.
pub(crate) fn refuse_blob(
    _cx: &Context<'_, RegistryWrite>,
    _path: BlobPath,
) -> HandlerResult<Infallible> {
    Err(writes_elsewhere())
}
