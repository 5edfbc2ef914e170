//! Proxy cache: the rules of each operation.

use berth_access::{ProxyCacheAdmin, ProxyCacheView as ViewPermit};
use berth_domain::destination::{Destinations, InvalidUpstream, Refused, UpstreamName};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::{Purpose, SecretKeys};
use berth_domain::settings::AnySetting;
use berth_domain::{Namespace, settings};
use berth_store::proxy_cache::{
    self, NewProxyCache, ProxyCacheChange, ProxyCacheRow, StoredProxyCache,
};
use berth_store::{Constraint, transaction};
use berth_web::outbound::registry::{Failure, Upstream, Verdict};
use berth_web::{
    Accepted, ApiError, Context, Created, HandlerResult, JsonResponse, Services, rate,
};

use crate::proxy_cache::bodies::{ConfigurationChange, NewConfiguration};
use crate::proxy_cache::concurrency;
use crate::proxy_cache::upstream_error::UpstreamError;
use crate::proxy_cache::validation_cache;
use crate::proxy_cache::views::ProxyCacheView;

/// The settings that say which registries may be reached.
pub(crate) const DESTINATIONS: &[&dyn AnySetting] = &[
    &settings::SSRF_ALLOWED_HOSTS,
    &settings::UPSTREAM_REGISTRIES,
    &settings::HOST_BLOCKS_PRIVATE_NETWORKS,
];

/// `GET …/proxycache` (`docs/contract/quay.md` 3.2).
pub(crate) fn get(cx: &Context<'_, ViewPermit>) -> HandlerResult<JsonResponse<ProxyCacheView>> {
    Ok(JsonResponse(proxy_cache::get(cx.db(), &cx.grant)?.into()))
}

/// `POST …/proxycache` (`docs/contract/quay.md` 3.3). The registry is not contacted.
pub(crate) fn create(
    cx: &Context<'_, ProxyCacheAdmin>,
    body: NewConfiguration,
) -> HandlerResult<Created<&'static str>> {
    let organization = organization_without_configuration(cx)?;
    admit(cx.services(), body.upstream_registry(), UpstreamError::plain)?;
    let (row, credentials) = (body.row()?, body.credentials()?);
    let new = NewProxyCache {
        row: &row,
        sealed_username: seal(cx.services(), credentials.username)?,
        sealed_password: seal(cx.services(), credentials.password)?,
    };
    transaction(cx.db(), |tx| {
        proxy_cache::create(tx, &cx.grant, &new).map_err(|error| {
            let taken = error.violates(Constraint::ProxyCache);
            if taken { exists_already() } else { error.into() }
        })?;
        let upstream_registry = &row.upstream_registry;
        cx.log(tx, organization.id, &LogEvent::CreateProxyCacheConfig { upstream_registry })?;
        Ok(Created("Created"))
    })
}

/// `PUT …/proxycache`: changes what is given. Credentials that are left out stay, under the present key from now on; null
/// removes them. A registry elsewhere, or one that is spoken to in the clear from now on, gets no password that was given for
/// another.
pub(crate) fn change(
    cx: &Context<'_, ProxyCacheAdmin>,
    body: ConfigurationChange,
) -> HandlerResult<JsonResponse<ProxyCacheView>> {
    let (services, organization) = (cx.services(), organization(cx)?);
    let change = given(services, &body)?;
    if let Some(registry) = change.upstream_registry {
        admit(services, registry, UpstreamError::plain)?;
    }
    let keys = services.secret_keys()?;
    transaction(cx.db(), |tx| {
        let before = proxy_cache::stored(tx, &cx.grant)?.ok_or_else(ApiError::not_found)?;
        require_password_again(&before, &change)?;
        let anew = |kept| Ok::<_, ApiError>(seal_anew(services, &keys, kept)?.map(Some));
        let change = ProxyCacheChange {
            sealed_username: change.sealed_username.clone().or(anew(before.sealed_username)?),
            sealed_password: change.sealed_password.clone().or(anew(before.sealed_password)?),
            ..change
        };
        let row = proxy_cache::update(tx, &cx.grant, change)?.ok_or_else(ApiError::not_found)?;
        let upstream_registry = &row.upstream_registry;
        cx.log(tx, organization.id, &LogEvent::ChangeProxyCacheConfig { upstream_registry })?;
        Ok(JsonResponse(Some(row).into()))
    })
}

/// What a request gives, credentials sealed.
fn given<'a>(
    services: &Services<'_>,
    body: &'a ConfigurationChange,
) -> Result<ProxyCacheChange<'a>, ApiError> {
    let sealed = |given: Option<Option<&str>>| given.map(|value| seal(services, value)).transpose();
    Ok(ProxyCacheChange {
        upstream_registry: body.upstream_registry()?,
        expiration_s: body.expiration_s()?,
        insecure: body.insecure()?,
        sealed_username: sealed(body.username()?)?,
        sealed_password: sealed(body.password()?)?,
    })
}

/// Administrators may change a configuration and not read its password, so they must not have it sent to a host of theirs.
fn require_password_again(
    before: &StoredProxyCache,
    change: &ProxyCacheChange<'_>,
) -> Result<(), ApiError> {
    let host = |registry: &str| registry.split('/').next().unwrap_or_default().to_lowercase();
    let registry = change.upstream_registry.map(host);
    let moves = registry.is_some_and(|host_now| host_now != host(&before.row.upstream_registry));
    let opens = change.insecure == Some(true) && !before.row.insecure;
    let keeps = before.sealed_password.is_some() && change.sealed_password.is_none();
    if keeps && (moves || opens) {
        return Err(ApiError::invalid_request(
            "Another registry host, or insecure turned on, needs upstream_registry_password again; \
             null removes it",
        ));
    }
    Ok(())
}

/// `DELETE …/proxycache` (`docs/contract/quay.md` 3.4).
pub(crate) fn delete(cx: &Context<'_, ProxyCacheAdmin>) -> HandlerResult<Created<&'static str>> {
    let organization = cx.grant.organization_if_any().ok_or_else(ApiError::not_found)?;
    transaction(cx.db(), |tx| {
        if !proxy_cache::delete(tx, &cx.grant)? {
            return Err(ApiError::not_found());
        }
        cx.log(tx, organization.id, &LogEvent::DeleteProxyCacheConfig {})?;
        Ok(Created("Deleted"))
    })
}

/// `POST …/validateproxycache` (`docs/contract/quay.md` 3.5): tries the registry as a pull would. Stores nothing.
pub(crate) fn validate(
    cx: &Context<'_, ProxyCacheAdmin>,
    body: NewConfiguration,
) -> HandlerResult<Accepted<&'static str>> {
    let (services, organization) = (cx.services(), organization_without_configuration(cx)?);
    rate::REGISTRY_CHECKS.take(services, &cx.caller()?.uuid)?;
    let registry = services.registry()?;
    let upstream = Upstream {
        name: body.upstream_registry(),
        insecure: body.is_insecure()?,
        credentials: body.credentials()?.pair(),
        allowed: &services.setting(&settings::SSRF_ALLOWED_HOSTS),
        without_look_up: &services.setting(&settings::UPSTREAM_REGISTRIES),
        host_blocks: services.setting(&settings::HOST_BLOCKS_PRIVATE_NETWORKS),
    };
    let try_it = || {
        concurrency::counted(cx, || {
            admit(services, upstream.name, UpstreamError::explained)?;
            Ok(registry.check(&upstream))
        })
    };
    match validation_cache::or_ask(services, organization, &upstream, try_it)? {
        Ok(Verdict::Valid) => Ok(Accepted("Valid")),
        Ok(Verdict::Anonymous) => Ok(Accepted("Anonymous")),
        Err(failure) => Err(UpstreamError::Failed(failure).explained()),
    }
}

/// The organization that is addressed.
fn organization<'a>(cx: &'a Context<'_, ProxyCacheAdmin>) -> Result<&'a Namespace, ApiError> {
    cx.grant.organization_if_any().ok_or_else(|| {
        let name = cx.address().namespace.as_deref().unwrap_or_default();
        ApiError::model(format!("Organization does not exist: {name}"))
    })
}

fn organization_without_configuration<'a>(
    cx: &'a Context<'_, ProxyCacheAdmin>,
) -> Result<&'a Namespace, ApiError> {
    let organization = organization(cx)?;
    match proxy_cache::get(cx.db(), &cx.grant)? {
        None => Ok(organization),
        Some(ProxyCacheRow { .. }) => Err(exists_already()),
    }
}

fn exists_already() -> ApiError {
    ApiError::invalid_request("Proxy Cache Configuration already exists")
}

/// Whether an upstream registry may be reached at all (`docs/contract/quay.md` 3.3 step 5); `told` makes the answer when not.
fn admit(
    services: &Services<'_>,
    upstream: &str,
    told: fn(&UpstreamError) -> ApiError,
) -> Result<(), ApiError> {
    let registry = services.registry()?;
    let destinations = Destinations::allowing(&services.setting(&settings::SSRF_ALLOWED_HOSTS))
        .without_look_up(&services.setting(&settings::UPSTREAM_REGISTRIES))
        .behind_host(services.setting(&settings::HOST_BLOCKS_PRIVATE_NETWORKS));
    let upstream: UpstreamName =
        upstream.parse().map_err(|invalid| told(&UpstreamError::Invalid(invalid)))?;
    let host = upstream.written_host;
    let admitted = destinations.admit(&upstream.host, |name| registry.resolve(name));
    admitted.map_err(|refused| {
        told(&match refused {
            Refused::NotResolved => UpstreamError::Invalid(InvalidUpstream::Host(host)),
            Refused::Private => UpstreamError::Failed(Failure::AddressNotAllowed(host)),
            Refused::NotChecked => UpstreamError::Failed(Failure::NotChecked(host)),
        })
    })
}

/// What a former key sealed, under the present one. None where that is nothing to do, or cannot be done.
fn seal_anew(
    services: &Services<'_>,
    keys: &SecretKeys,
    sealed: Option<Vec<u8>>,
) -> Result<Option<Vec<u8>>, ApiError> {
    let opened = sealed.and_then(|sealed| keys.open(Purpose::UpstreamCredentials, &sealed).ok());
    let stale = opened.filter(|opened| opened.is_stale);
    seal(services, stale.as_ref().map(|opened| opened.text.as_str()))
}

fn seal(services: &Services<'_>, text: Option<&str>) -> Result<Option<Vec<u8>>, ApiError> {
    text.map(|text| services.seal(Purpose::UpstreamCredentials, text)).transpose()
}
