//! What pulls have in common, whoever has the bytes.

use berth_access::{Permit, RegistryRead, RepositoryRef};
use berth_domain::log_event::{AtRegistry, LogEvent};
use berth_domain::{Namespace, settings};
use berth_store::{StoreError, Transaction, transaction};
use berth_web::outbound::streaming::StreamedResponse;
use berth_web::{
    ApiError, Context, HandlerResult, Method, Request, Response, ResponseExt, Services, StatusCode,
    header, response, sweep_later,
};
use http::{HeaderMap, HeaderName};

use super::behind::{StoredManifest, text};
use super::failure::{behind_failed, behind_unreachable, name_unknown};
use super::reference::Reference;
use super::views::Content;

/// The header with the digest of what is answered.
pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// The name of the repository, as registries have it.
pub(super) fn name<'a, P: Permit<Target = RepositoryRef>>(
    cx: &'a Context<'_, P>,
) -> Result<&'a str, ApiError> {
    cx.address().registry_name.as_deref().ok_or_else(name_unknown)
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
    let Some(namespace) = &cx.grant.target().namespace else { return Ok(()) };
    let services = cx.services();
    if !services.setting(&settings::FEATURE_PULL_LOGS) || services.is_read_only() {
        return Ok(());
    }
    transaction(cx.db(), |tx| log_entry(cx, tx, namespace, reference, media_type))?;
    sweep_later(services);
    Ok(())
}

/// Logs that a manifest was pulled, unless pulls are not logged.
pub(super) fn log_entry(
    cx: &Context<'_, RegistryRead>,
    tx: &Transaction<'_>,
    namespace: &Namespace,
    reference: &Reference,
    media_type: &str,
) -> Result<(), StoreError> {
    if !cx.services().setting(&settings::FEATURE_PULL_LOGS) {
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
    cx.log(tx, namespace.id, &LogEvent::PullRepo { registry })
}

/// The headers by which clients say which part of a blob they want.
static ASKING: [HeaderName; 2] = [header::RANGE, header::IF_RANGE];

/// The headers of a blob that are passed on, besides its type and length.
static TELLING: [HeaderName; 4] =
    [header::ACCEPT_RANGES, header::CONTENT_RANGE, header::ETAG, CONTENT_DIGEST];

/// What of a request says which part of a blob it wants.
pub(super) fn asked_part(request: &Request) -> HeaderMap {
    let mut asking = HeaderMap::new();
    for name in &ASKING {
        if let Some(value) = request.headers().get(name) {
            asking.insert(name, value.clone());
        }
    }
    asking
}

/// Passes on a blob, or a part of it, as the registry behind answers it.
///
/// # Errors
/// 502 for an answer that cannot be passed on.
pub(super) fn pass_on(
    services: &Services<'_>,
    method: &Method,
    answer: StreamedResponse,
) -> HandlerResult<Content> {
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
    if *method != Method::HEAD {
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
