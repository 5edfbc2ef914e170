//! Proxy cache: the rules of each operation.

use berth_access::{NamespaceAdmin, NamespaceMemberView};
use berth_domain::destination::{Admitted, Destinations, InvalidUpstream, Refused, UpstreamName};
use berth_domain::secret::{Purpose, SecretKeys};
use berth_domain::{LogKind, Namespace, NamespaceKind, settings};
use berth_store::proxy_cache::{self, NewProxyCache, ProxyCacheRow, ProxyCacheState};
use berth_store::{log, transaction};
use berth_web::outbound::registry::{Failure, Upstream, Verdict};
use berth_web::{Answer, ApiError, Context, Response, Services};
use serde_json::json;

use crate::bodies::{ConfigurationChange, NewConfiguration};
use crate::recent;
use crate::running;
use crate::trouble::Trouble;
use crate::views;

/// `GET …/proxycache` (`contract/quay.md` 3.2).
pub(crate) fn get(cx: &Context<'_, NamespaceMemberView>) -> Answer {
    Ok(Response::ok(&views::configuration(proxy_cache::get(cx.db(), &cx.grant)?.as_ref())))
}

/// `POST …/proxycache` (`contract/quay.md` 3.3). The registry is not contacted.
pub(crate) fn create(cx: &Context<'_, NamespaceAdmin>, body: NewConfiguration) -> Answer {
    let organization = organization_without_configuration(cx)?;
    admit(cx.services(), body.upstream_registry(), Trouble::plain)?;
    let (row, credentials) = (body.row()?, body.credentials()?);
    let new = NewProxyCache {
        row: &row,
        sealed_username: seal(cx.services(), credentials.username)?,
        sealed_password: seal(cx.services(), credentials.password)?,
    };
    transaction(cx.db(), |tx| {
        proxy_cache::create(tx, &cx.grant, new).map_err(|error| {
            let taken = error.is_taken("proxy_cache_config.organization_id");
            if taken { exists_already() } else { error.into() }
        })?;
        let metadata = json!({ "upstream_registry": row.upstream_registry });
        let kind = LogKind::CreateProxyCacheConfig;
        log::append(tx, &[cx.log_entry(kind, organization.id, metadata)])?;
        Ok(Response::json(201, &"Created"))
    })
}

/// `PUT …/proxycache`: changes what is given. Credentials that are left out stay, under the present key from now on; null
/// removes them.
pub(crate) fn change(cx: &Context<'_, NamespaceAdmin>, body: ConfigurationChange) -> Answer {
    let organization = organization(cx)?;
    let before = proxy_cache::get(cx.db(), &cx.grant)?.ok_or_else(ApiError::not_found)?;
    let row = body.apply(before)?;
    admit(cx.services(), &row.upstream_registry, Trouble::plain)?;
    let seal_given =
        |given: Option<Option<&str>>| given.map(|value| seal(cx.services(), value)).transpose();
    let (username, password) = (seal_given(body.username()?)?, seal_given(body.password()?)?);
    let keys = cx.services().secret_keys()?;
    transaction(cx.db(), |tx| {
        let [kept_username, kept_password] = proxy_cache::credentials(tx, &cx.grant)?;
        let state = ProxyCacheState {
            row: &row,
            sealed_username: username.or(seal_anew(cx.services(), &keys, kept_username)?.map(Some)),
            sealed_password: password.or(seal_anew(cx.services(), &keys, kept_password)?.map(Some)),
        };
        if !proxy_cache::update(tx, &cx.grant, state)? {
            return Err(ApiError::not_found());
        }
        let metadata = json!({ "upstream_registry": row.upstream_registry });
        let kind = LogKind::ChangeProxyCacheConfig;
        log::append(tx, &[cx.log_entry(kind, organization.id, metadata)])?;
        Ok(Response::ok(&views::configuration(Some(&row))))
    })
}

/// `DELETE …/proxycache` (`contract/quay.md` 3.4).
pub(crate) fn delete(cx: &Context<'_, NamespaceAdmin>) -> Answer {
    let namespace = cx.grant.target().0.as_ref().ok_or_else(ApiError::not_found)?;
    transaction(cx.db(), |tx| {
        if !proxy_cache::delete(tx, &cx.grant)? {
            return Err(ApiError::not_found());
        }
        let kind = LogKind::DeleteProxyCacheConfig;
        log::append(tx, &[cx.log_entry(kind, namespace.id, json!({}))])?;
        Ok(Response::json(201, &"Deleted"))
    })
}

/// `POST …/validateproxycache` (`contract/quay.md` 3.5): tries the registry as a pull would. Stores nothing.
pub(crate) fn validate(cx: &Context<'_, NamespaceAdmin>, body: NewConfiguration) -> Answer {
    let (services, organization) = (cx.services(), organization_without_configuration(cx)?);
    let registry = services.registry()?;
    let upstream = Upstream {
        name: body.upstream_registry(),
        insecure: body.is_insecure()?,
        credentials: body.credentials()?.pair(),
        allowed: &services.setting(&settings::SSRF_ALLOWED_HOSTS)?,
    };
    let try_it = || {
        running::counted(cx, || {
            admit(services, upstream.name, Trouble::explained)?;
            Ok(registry.check(&upstream))
        })
    };
    match recent::or_ask(services, organization, &upstream, try_it)? {
        Ok(Verdict::Valid) => Ok(Response::json(202, &"Valid")),
        Ok(Verdict::Anonymous) => Ok(Response::json(202, &"Anonymous")),
        Err(failure) => Err(Trouble::Failed(failure).explained()),
    }
}

/// The organization that is addressed. Users have no configuration.
fn organization<'a>(cx: &'a Context<'_, NamespaceAdmin>) -> Result<&'a Namespace, ApiError> {
    let namespace = cx.grant.target().0.as_ref();
    namespace.filter(|namespace| namespace.kind == NamespaceKind::Organization).ok_or_else(|| {
        ApiError::model(format!("Organization does not exist: {}", cx.path("orgname")))
    })
}

fn organization_without_configuration<'a>(
    cx: &'a Context<'_, NamespaceAdmin>,
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

/// Whether an upstream registry may be reached at all (`contract/quay.md` 3.3 step 5); `told` makes the answer when not.
fn admit(
    services: &Services<'_>,
    upstream: &str,
    told: fn(&Trouble) -> ApiError,
) -> Result<(), ApiError> {
    let registry = services.registry()?;
    let destinations = Destinations::allowing(&services.setting(&settings::SSRF_ALLOWED_HOSTS)?);
    let upstream: UpstreamName =
        upstream.parse().map_err(|invalid| told(&Trouble::Invalid(invalid)))?;
    let host = upstream.written_host;
    match destinations.admit(&upstream.host, |name| registry.resolve(name)) {
        Ok(Admitted::Checked) => Ok(()),
        Ok(Admitted::ByNameOnly) => tell_once_of_no_look_up(services),
        Err(Refused::NotResolved) => Err(told(&Trouble::Invalid(InvalidUpstream::Host(host)))),
        Err(Refused::Private) => Err(told(&Trouble::Failed(Failure::AddressNotAllowed(host)))),
    }
}

fn tell_once_of_no_look_up(services: &Services<'_>) -> Result<(), ApiError> {
    const TOLD: &str = "berth/told/no-name-look-up";
    if services.key_value().get(TOLD)?.is_none() {
        services.key_value().set(TOLD, b"1")?;
        eprintln!(
            "warning: this host looks no names up for components, so names of upstream registries \
            are checked but not their addresses: have the host block private networks"
        );
    }
    Ok(())
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
