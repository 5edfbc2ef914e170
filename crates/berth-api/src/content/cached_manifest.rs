//! Manifests of a proxy cache (`docs/contract/registry.md` D.5): from the table while the upstream need not be asked, or cannot be.

use berth_access::{RegistryCachedCreate, RegistryRead};
use berth_domain::{Namespace, Timestamp, format_size, manifest, most_stored_bytes, settings};
use berth_store::content::{
    self, CacheConfig, CachedManifest, FetchedManifest, ManifestState, Use,
};
use berth_store::repositories::NewRepository;
use berth_store::{Constraint, StoreError, Transaction, transaction};
use berth_upstream::{Client, Failure, Manifest, contents};
use berth_web::registry::error;
use berth_web::{
    ApiError, Context, HandlerResult, Method, ResponseExt, StatusCode, header, sweep_later,
};

use super::behind::StoredManifest;
use super::failure::{name_unknown, not_acceptable};
use super::media_type;
use super::pull::{log_entry, manifest_response};
use super::reference::Reference;
use super::upstream::{Sender, client, note_failure, refusal};
use super::views::Content;

/// The header of an answer that the upstream did not confirm (RFC 7234, 5.5.1).
const STALE: &str = "110 - \"Response is Stale\"";

/// What is served, and what there is to write down.
enum Found {
    /// It was fetched before, and need not be asked for.
    Cached(CachedManifest),
    /// It was fetched before, and the upstream says that the tag still names it.
    Confirmed(CachedManifest),
    /// It was fetched before, and the upstream fails.
    Stale(CachedManifest, Failure),
    /// It is new here.
    Fetched(Manifest, Vec<manifest::Content>),
}

/// `GET` and `HEAD` of a manifest in an organization that caches a registry.
pub(super) fn manifest(
    cx: &Context<'_, RegistryRead>,
    namespace: &Namespace,
    state: ManifestState,
    reference: &Reference,
) -> HandlerResult<Content> {
    let services = cx.services();
    let sender = Sender(services);
    let rest = cx.address().repository.as_deref().unwrap_or_default();
    let found = find(&client(&sender, &state.config, rest)?, cx, state.manifest, reference);
    let found = match found {
        Ok(found) => found,
        Err(failure) => {
            note_failure(services, namespace.id, &failure)?;
            let is_missing = cx.grant.target().repository.is_none()
                && matches!(failure, Failure::NotFound | Failure::Refused(_));
            return Err(if is_missing {
                name_unknown()
            } else {
                refusal(&failure, "MANIFEST_UNKNOWN")
            });
        }
    };
    if !media_type::is_accepted(cx.request(), found.media_type()) {
        return Err(not_acceptable());
    }
    let is_stale = matches!(found, Found::Stale(..));
    write_down(cx, namespace, &state.config, reference, &found)?;
    let is_head = *cx.request().method() == Method::HEAD;
    let response = manifest_response(found.stored(is_head));
    Ok(Content(if is_stale { response.with_header(header::WARNING, STALE) } else { response }))
}

impl Found {
    fn media_type(&self) -> &str {
        match self {
            Self::Cached(found) | Self::Confirmed(found) | Self::Stale(found, _) => {
                &found.media_type
            }
            Self::Fetched(found, _) => &found.media_type,
        }
    }

    fn stored(self, is_head: bool) -> StoredManifest {
        let (media_type, digest, content) = match self {
            Self::Cached(found) | Self::Confirmed(found) | Self::Stale(found, _) => {
                (found.media_type, found.digest, found.content)
            }
            Self::Fetched(found, _) => (found.media_type, found.digest, found.content),
        };
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let content = if is_head { Vec::new() } else { content };
        StoredManifest { media_type, digest, length, content }
    }
}

/// Finds a manifest: here, or at the upstream.
fn find(
    client: &Client<'_, Sender<'_>>,
    cx: &Context<'_, RegistryRead>,
    cached: Option<CachedManifest>,
    reference: &Reference,
) -> Result<Found, Failure> {
    let services = cx.services();
    let Some(cached) = cached else { return fetch(client, reference) };
    // What a digest names does not change.
    let Some(checked_at) = cached.checked_at else { return Ok(Found::Cached(cached)) };
    let trusted_s = services.setting(&settings::PROXY_CACHE_TRUST_S);
    if services.now() < checked_at.plus_seconds(trusted_s) {
        return Ok(Found::Cached(cached));
    }
    let asked = match client.manifest_head(reference.as_str()) {
        Ok(head) if head.digest.as_ref() == Some(&cached.digest) => {
            return Ok(Found::Confirmed(cached));
        }
        Ok(_) => fetch(client, reference),
        Err(failure) => Err(failure),
    };
    let is_alive = cached.expires_at.is_none_or(|end| services.now() < end);
    match asked {
        Ok(Found::Fetched(manifest, _)) if manifest.digest == cached.digest => {
            Ok(Found::Confirmed(cached))
        }
        Ok(found) => Ok(found),
        // Access was withdrawn.
        Err(failure @ Failure::Refused(_)) => Err(failure),
        Err(failure) if is_alive => Ok(Found::Stale(cached, failure)),
        Err(failure) => Err(failure),
    }
}

fn fetch(client: &Client<'_, Sender<'_>>, reference: &Reference) -> Result<Found, Failure> {
    let manifest = client.manifest(reference.as_str())?;
    let contents = contents(&manifest.content).ok_or_else(|| {
        Failure::Failed(format!("{} is no manifest of a known kind", manifest.media_type))
    })?;
    Ok(Found::Fetched(manifest, contents))
}

/// Writes down what was fetched, how the cache did, and that somebody pulled: all in one.
fn write_down(
    cx: &Context<'_, RegistryRead>,
    namespace: &Namespace,
    config: &CacheConfig,
    reference: &Reference,
    found: &Found,
) -> Result<(), ApiError> {
    let services = cx.services();
    let is_head = *cx.request().method() == Method::HEAD;
    if services.is_read_only() || (is_head && matches!(found, Found::Cached(_))) {
        return Ok(());
    }
    let mut repository_id = cx.grant.target().repository.as_ref().map(|repository| repository.id);
    let write = |repository_id| {
        transaction(cx.db(), |tx| {
            write_in(cx, tx, namespace, config, reference, found, repository_id)
        })
    };
    let mut written = write(repository_id);
    if matches!(&written, Err(error) if error.violates(Constraint::RepositoryName)) {
        // Somebody else pulled from it at the same moment.
        repository_id =
            content::repository_id(cx.db(), &cx.grant, cx.address().repository.as_deref())?;
        written = write(repository_id);
    }
    written.map_err(|error| match error {
        StoreError::BeyondQuota => beyond_quota(most_bytes(cx, namespace), namespace),
        error => error.into(),
    })?;
    sweep_later(services);
    Ok(())
}

fn write_in(
    cx: &Context<'_, RegistryRead>,
    tx: &Transaction<'_>,
    namespace: &Namespace,
    config: &CacheConfig,
    reference: &Reference,
    found: &Found,
    repository_id: Option<i64>,
) -> Result<(), StoreError> {
    let now = cx.services().now();
    let expires_at = (config.expiration_s > 0).then(|| now.plus_seconds(config.expiration_s));
    let mut done = Use::default();
    match found {
        Found::Fetched(manifest, contents) => {
            let repository_id = match repository_id {
                Some(id) => id,
                None => make_repository(cx, tx)?,
            };
            store(cx, tx, namespace, repository_id, reference, manifest, contents, expires_at)?;
        }
        Found::Confirmed(manifest) => {
            if let Some(tag_id) = manifest.tag_id {
                content::renew_tag(tx, &cx.grant, tag_id, now, expires_at)?;
            }
            done = Use { hits: 1, succeeded: true, ..Use::default() };
        }
        Found::Cached(_) => done.hits = 1,
        Found::Stale(_, failure) => {
            done = Use { hits: 1, failure: Some(failure.to_string()), ..Use::default() };
        }
    }
    if done != Use::default() {
        content::note_use(tx, namespace.id, &done, now)?;
    }
    match *cx.request().method() {
        Method::HEAD => Ok(()),
        _ => log_entry(cx, tx, namespace, reference, found.media_type()),
    }
}

#[expect(clippy::too_many_arguments, reason = "all of it is one row")]
fn store(
    cx: &Context<'_, RegistryRead>,
    tx: &Transaction<'_>,
    namespace: &Namespace,
    repository_id: i64,
    reference: &Reference,
    manifest: &Manifest,
    contents: &[manifest::Content],
    expires_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let tag = match reference {
        Reference::Tag(tag) => Some(&**tag),
        Reference::Digest(_) => None,
    };
    let fetched = FetchedManifest {
        digest: &manifest.digest,
        media_type: &manifest.media_type,
        content: &manifest.content,
        contents,
        tag,
        at: cx.services().now(),
        expires_at,
        most_bytes: most_bytes(cx, namespace),
    };
    content::store_manifest(tx, &cx.grant, repository_id, &fetched)
}

/// Makes the repository of a first pull.
fn make_repository(
    cx: &Context<'_, RegistryRead>,
    tx: &Transaction<'_>,
) -> Result<i64, StoreError> {
    let (services, address) = (cx.services(), cx.address());
    let facts = cx.grant.target().facts(address.registry_name.clone());
    let grant = cx.authorize::<RegistryCachedCreate>(facts).map_err(|_| StoreError::NotFound)?;
    let name = address.repository.as_deref().and_then(content::repository_name);
    let name = name.ok_or(StoreError::NotFound)?;
    let creator_id = cx.grant.caller_id().ok_or(StoreError::NotFound)?;
    let new = NewRepository {
        name: &name,
        description: "",
        is_public: !services.setting(&settings::CREATE_PRIVATE_REPO_ON_PUSH),
        status_token: &services.random().uuid(),
        creator_id,
        at: services.now(),
    };
    content::create_repository(tx, &grant, &new)
}

/// How much the namespace may hold, in bytes; none where that is not limited.
fn most_bytes(cx: &Context<'_, RegistryRead>, namespace: &Namespace) -> Option<i64> {
    let services = cx.services();
    let default_bytes = services.setting(&settings::DEFAULT_SYSTEM_REJECT_QUOTA_BYTES);
    let default_bytes = Some(default_bytes).filter(|bytes| *bytes != 0);
    let is_managed = services.setting(&settings::FEATURE_QUOTA_MANAGEMENT);
    most_stored_bytes(namespace.quota.as_ref(), default_bytes).filter(|_| is_managed)
}

fn beyond_quota(most_bytes: Option<i64>, namespace: &Namespace) -> ApiError {
    let message = format!(
        "Quota has been exceeded on namespace: {} may hold {} by its storage quota, and the image is larger than what is left of that",
        namespace.name,
        format_size(most_bytes.unwrap_or_default())
    );
    error(StatusCode::FORBIDDEN, "DENIED", message)
}
