//! Authentication at a registry (`docs/contract/quay.md` 3.5): ask, be challenged, fetch a token, ask again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use berth_domain::destination::{Destinations, InvalidUpstream};
use berth_upstream::{Allowed, Challenge, TOKEN_BYTES, challenge, registry_url, token_in};
use url::Url;

use crate::bindings::{Credentials, Failure, Upstream, Verdict};
use crate::response;
use crate::upstream_client::{HttpClient, UpstreamClient};

/// Authenticates, as a pull would.
///
/// # Errors
/// Why it is not known whether the registry accepts us.
pub fn check(http: &impl HttpClient, upstream: &Upstream) -> Result<Verdict, Failure> {
    let base = base(upstream)?;
    let client = UpstreamClient {
        http,
        allowed: Allowed {
            destinations: Destinations::allowing(&upstream.allowed)
                .without_look_up(&upstream.without_look_up)
                .behind_host(upstream.host_blocks),
            insecure: upstream.insecure,
        },
    };
    let credentials = upstream.credentials.as_ref();
    let ask = || {
        let authorization = authorization(&client, &base, credentials)?;
        client.get(&base, authorization.as_deref(), 0)
    };
    let mut response = ask()?;
    if response.status() == 401 {
        response = ask()?;
    }
    match response.status().as_u16() {
        200 => Ok(Verdict::Valid),
        // Quay's word also for credentials that were refused.
        401 => Ok(Verdict::Anonymous),
        _ => Err(response::failure(&response)),
    }
}

/// The address of the registry's API.
fn base(upstream: &Upstream) -> Result<Url, Failure> {
    let registry = upstream.name.parse().and_then(|name| registry_url(name, upstream.insecure));
    let registry = registry.map_err(|invalid| match invalid {
        InvalidUpstream::Host(host) => Failure::NameNotResolved(host),
        _ => Failure::AddressNotAllowed(upstream.name.clone()),
    })?;
    registry.join("v2/").map_err(|_| Failure::NotARegistry)
}

/// The `Authorization` to send: none where the registry is open, or its token server has none for us.
fn authorization<C: HttpClient>(
    client: &UpstreamClient<'_, C>,
    base: &Url,
    credentials: Option<&Credentials>,
) -> Result<Option<String>, Failure> {
    let response = client.get(base, None, 0)?;
    if response.status() == 200 {
        return Ok(None);
    }
    let challenge = match challenge(&response) {
        Some(challenge) if response.status().as_u16() != 429 => challenge,
        // It wants credentials and does not say how.
        None if response.status() == 401 => return Err(Failure::NotARegistry),
        _ => return Err(response::failure(&response)),
    };
    if challenge.is("Basic") {
        let shown = credentials.map(basic);
        return shown.map(Some).ok_or(Failure::AuthenticationRefused);
    }
    token(client, &challenge, credentials)
}

/// A token from the server that the challenge names.
fn token<C: HttpClient>(
    client: &UpstreamClient<'_, C>,
    challenge: &Challenge,
    credentials: Option<&Credentials>,
) -> Result<Option<String>, Failure> {
    let realm = challenge.realm.as_deref().and_then(|realm| Url::parse(realm).ok());
    let mut realm = realm.ok_or(Failure::NotARegistry)?;
    if let Some(service) = &challenge.service {
        realm.query_pairs_mut().append_pair("service", service);
    }
    let response = client.get(&realm, credentials.map(basic).as_deref(), TOKEN_BYTES)?;
    match response.status().as_u16() {
        200..=299 => {
            let token = token_in(response.body()).ok_or(Failure::NotARegistry)?;
            Ok(Some(format!("{} {token}", challenge.scheme)))
        }
        401 | 403 if credentials.is_none() => Ok(None),
        _ => Err(response::failure(&response)),
    }
}

fn basic(credentials: &Credentials) -> String {
    let Credentials { username, password } = credentials;
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}
