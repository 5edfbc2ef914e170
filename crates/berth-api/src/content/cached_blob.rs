//! Blobs of a proxy cache (`docs/contract/registry.md` D.5): from the registry behind, or from the upstream, and then into the registry behind on
//! the way.

use std::thread;
use std::time::Duration;

use berth_access::RegistryRead;
use berth_domain::Namespace;
use berth_store::content::{self, BlobState, CachedBlob, Use};
use berth_upstream::{Client, Failure};
use berth_web::outbound::streaming::StreamedBody;
use berth_web::{
    ApiError, Context, HandlerResult, Method, ResponseExt, Services, StatusCode, header, response,
};
use http::HeaderMap;

use super::behind::Behind;
use super::failure::blob_unknown;
use super::fill::{SILENT_S, Tee};
use super::pull::{CONTENT_DIGEST, asked_part, name, pass_on};
use super::upstream::{Sender, client, failed, note_failure, refusal};
use super::views::Content;

/// How long a client waits for a blob that somebody else writes into the registry behind. After that it is fetched once more, for this client
/// alone: containerd waits half a minute for the head of an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked there meanwhile.
const PAUSE: Duration = Duration::from_millis(250);

/// `GET` and `HEAD` of a blob in an organization that caches a registry.
pub(super) fn blob(
    cx: &Context<'_, RegistryRead>,
    namespace: &Namespace,
    state: BlobState,
    digest: &str,
) -> HandlerResult<Content> {
    // What no manifest names is not asked for elsewhere.
    let blob = state.blob.ok_or_else(blob_unknown)?;
    let size = u64::try_from(blob.size_bytes).unwrap_or_default();
    if *cx.request().method() == Method::HEAD {
        return Ok(Content(head(digest, size)));
    }
    let (services, name) = (cx.services(), name(cx)?);
    let asked = asked_part(cx.request());
    let mut behind = Behind::open_to_fill(services, name)?;
    if let Some(found) = stored(cx, namespace, &behind, digest, &asked, blob)? {
        return Ok(found);
    }
    let fills = behind.is_some() && begin_fill(services, blob)?;
    if !fills && behind.is_some() && !services.is_read_only() {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            thread::sleep(PAUSE);
            if let Some(found) = stored(cx, namespace, &behind, digest, &asked, blob)? {
                return Ok(found);
            }
        }
    }
    let sender = Sender(services);
    let rest = cx.address().repository.as_deref().unwrap_or_default();
    let body = match fetch(&client(&sender, &state.config, rest)?, digest, size) {
        Ok(body) => body,
        Err(failure) => {
            if fills {
                content::give_up_fill(services.db(), blob.id)?;
            }
            note_failure(services, namespace.id, &failure)?;
            return Err(match failure {
                Failure::Failed(words) => failed(&words),
                failure => refusal(&failure, "BLOB_UNKNOWN"),
            });
        }
    };
    let upload = behind.take().filter(|_| fills).and_then(|behind| behind.begin_upload(digest));
    Tee::begin(services, body, size, digest, upload, namespace.id, name, fills.then_some(blob.id));
    Ok(Content(head(digest, size)))
}

/// The head of a whole blob.
fn head(digest: &str, size: u64) -> berth_web::Response {
    response::with_length(StatusCode::OK, "application/octet-stream", size)
        .with_header(header::ACCEPT_RANGES, "bytes")
        .with_header(header::ETAG, format!("\"{digest}\""))
        .with_header(CONTENT_DIGEST, digest)
}

/// The blob in the registry behind; none where that does not have it, or does not answer.
fn stored(
    cx: &Context<'_, RegistryRead>,
    namespace: &Namespace,
    behind: &Option<Behind<'_>>,
    digest: &str,
    asked: &HeaderMap,
    blob: CachedBlob,
) -> Result<Option<Content>, ApiError> {
    let Some(behind) = behind else { return Ok(None) };
    let Ok(answer) = behind.blob(&Method::GET, digest, asked.clone()) else { return Ok(None) };
    let services = cx.services();
    let content = pass_on(services, &Method::GET, answer)?;
    if !services.is_read_only() {
        let (namespace_id, name) = (namespace.id, name(cx)?.to_owned());
        services.defer(move |services| {
            let done = Use { hits: 1, ..Use::default() };
            content::note_use_alone(services.db(), namespace_id, &done, services.now())?;
            match blob.stored_at {
                Some(_) => Ok(()),
                None => super::fill::note_stored(services, blob.id, &name),
            }
        });
    }
    Ok(Some(content))
}

/// Whether this request is the one that writes the blob into the registry behind.
fn begin_fill(services: &Services<'_>, blob: CachedBlob) -> Result<bool, ApiError> {
    if services.is_read_only() {
        return Ok(false);
    }
    let now = services.now();
    Ok(content::begin_fill(services.db(), blob.id, now, now.plus_seconds(-SILENT_S))?)
}

/// The body of a blob at the upstream, which has the length that the manifest says.
fn fetch(
    client: &Client<'_, Sender<'_>>,
    digest: &str,
    size: u64,
) -> Result<Box<dyn StreamedBody>, Failure> {
    let (length, body) = client.blob(digest)?;
    match length {
        Some(length) if length != size => Err(Failure::Failed(format!(
            "the upstream registry says that {digest} has {length} bytes, and the manifest {size}"
        ))),
        _ => Ok(body),
    }
}
