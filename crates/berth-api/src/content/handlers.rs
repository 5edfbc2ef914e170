//! Manifests and blobs: the rules of each operation (`docs/contract/registry.md` D.2, F.3).

use std::convert::Infallible;

use berth_access::{Permit, RegistryRead, RegistryTokenHolder, RegistryWrite, RepositoryRef, path};
use berth_domain::log_event::{AtRegistry, LogEvent};
use berth_domain::settings;
use berth_store::{StoreError, transaction};
use berth_web::registry::error;
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, Method, Response, ResponseExt, StatusCode,
    header, response, sweep_later,
};
use http::{HeaderMap, HeaderName};

use super::behind::{Behind, StoredManifest, text};
use super::failure::{behind_failed, behind_unreachable, name_unknown, not_acceptable};
use super::media_type;
use super::reference::{Reference, blob_digest};
use super::views::{Content, Version};

path! {
    /// A manifest of a repository.
    pub(crate) struct ManifestPath { reference }
    /// A blob of a repository.
    pub(crate) struct BlobPath { digest }
}

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

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

/// A manifest with its headers.
pub(super) fn manifest_response(found: StoredManifest) -> Response {
    let mut response = response::with_length(StatusCode::OK, &found.media_type, found.length)
        .with_header(header::ETAG, format!("\"{}\"", found.digest))
        .with_header(CONTENT_DIGEST, found.digest);
    *response.body_mut() = found.content;
    response
}

/// Logs that a manifest was pulled, unless nothing is written down now.
pub(super) fn log_pull(
    cx: &Context<'_, RegistryRead>,
    reference: &Reference,
    media_type: &str,
) -> Result<(), ApiError> {
    let (services, target) = (cx.services(), cx.grant.target());
    let Some(namespace) = &target.namespace else { return Ok(()) };
    let is_logged = services.setting(&settings::FEATURE_PULL_LOGS);
    if !is_logged || services.setting(&settings::REGISTRY_STATE) == "readonly" {
        return Ok(());
    }
    let user_agent = cx.user_agent();
    let (tag, manifest_digest) = match reference {
        Reference::Tag(tag) => (Some(&**tag), None),
        Reference::Digest(digest) => (None, Some(&**digest)),
    };
    let holder = cx.grant.token_holder().filter(|holder| !holder.is_of_nobody);
    let username = holder.map(|holder| &*holder.name);
    let registry = AtRegistry {
        repo: cx.address().repository.as_deref().unwrap_or_default(),
        namespace: &namespace.name,
        user_agent: &user_agent,
        tag,
        manifest_digest,
        digest: None,
        media_type: Some(media_type),
        username,
        is_robot: username.filter(|name| name.contains('+')).map(|_| true),
    };
    let event = LogEvent::PullRepo { registry };
    transaction(cx.db(), |tx| -> Result<_, StoreError> { cx.log(tx, namespace.id, &event) })?;
    sweep_later(services);
    Ok(())
}

/// The headers by which clients say which part of a blob they want.
static ASKING: [HeaderName; 2] = [header::RANGE, header::IF_RANGE];

/// The headers of a blob that are passed on, besides its type and length.
static TELLING: [HeaderName; 4] =
    [header::ACCEPT_RANGES, header::CONTENT_RANGE, header::ETAG, CONTENT_DIGEST];

/// `GET` and `HEAD /v2/<name>/blobs/<digest>`: passed on piece by piece.
pub(crate) fn blob(cx: &Context<'_, RegistryRead>, path: BlobPath) -> HandlerResult<Content> {
    let (services, request) = (cx.services(), cx.request());
    let digest = blob_digest(&path.digest)?;
    let mut asking = HeaderMap::new();
    for name in &ASKING {
        if let Some(value) = request.headers().get(name) {
            asking.insert(name, value.clone());
        }
    }
    let answer = Behind::open(services, name(cx)?)?.blob(request.method(), digest, asking)?;
    if answer.status().is_redirection() {
        return redirect(text(answer.headers(), "location"));
    }
    // Without a length a client could take a part for the whole.
    let length = text(answer.headers(), "content-length").and_then(|length| length.parse().ok());
    let length = length.ok_or_else(|| behind_failed("a blob without its length"))?;
    let mut passed = response::with_length(answer.status(), "application/octet-stream", length);
    for name in &TELLING {
        if let Some(value) = answer.headers().get(name) {
            passed.headers_mut().insert(name, value.clone());
        }
    }
    if *request.method() != Method::HEAD {
        let mut body = answer.into_body();
        services.continue_body(move |_| body.read().map_err(|error| behind_unreachable(&error)));
    }
    Ok(Content(passed))
}

/// Where the registry behind has its blobs, a client fetches them: in a bucket, with a signature in the address.
fn redirect(location: Option<&str>) -> HandlerResult<Content> {
    let is_absolute =
        |location: &&str| location.starts_with("https://") || location.starts_with("http://");
    let location = location.filter(is_absolute);
    let location = location.ok_or_else(|| behind_failed("a redirect to nowhere"))?;
    Ok(Content(response::redirect(StatusCode::TEMPORARY_REDIRECT, location.to_owned())))
}

/// The name of the repository, as registries have it.
pub(super) fn name<'a, P: Permit<Target = RepositoryRef>>(
    cx: &'a Context<'_, P>,
) -> Result<&'a str, ApiError> {
    cx.address().registry_name.as_deref().ok_or_else(name_unknown)
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
