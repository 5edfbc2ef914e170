//! The upstream registry of a proxy cache: how it is reached, and what clients learn when it gives nothing.

use std::cell::RefCell;
use std::net::IpAddr;
use std::time::Duration;

use berth_domain::destination::{Destinations, LookUpError};
use berth_domain::secret::Purpose;
use berth_domain::settings;
use berth_store::content::{self, CacheConfig, Use};
use berth_upstream::{Allowed, Client, Failure, Http, Repository};
use berth_web::outbound::streaming::{StreamedBody, StreamingError, Timeouts};
use berth_web::registry::{error, error_after};
use berth_web::{ApiError, Services, StatusCode};
use http::{Request, Response};

/// How long an upstream may take: it is far.
const TIMEOUTS: Timeouts =
    Timeouts { head: Duration::from_secs(30), pause: Duration::from_secs(60) };

/// Sends requests to upstream registries.
pub(super) struct Sender<'a>(pub(super) &'a Services<'a>);

impl Http for Sender<'_> {
    type Body = Box<dyn StreamedBody>;

    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError> {
        let registry = self.0.registry().map_err(|_| LookUpError::Unavailable)?;
        registry.resolve(name)
    }

    fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Self::Body>, Failure> {
        let client =
            self.0.streaming().map_err(|_| Failure::Failed("there is no client".into()))?;
        client.send(request, TIMEOUTS).map_err(|error| in_words(&error))
    }

    fn read(&self, mut body: Self::Body, limit: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        while let Some(piece) = body.read().map_err(|error| in_words(&error))? {
            bytes.extend(piece);
            if bytes.len() > limit {
                let words = format!("the upstream registry answers more than {limit} bytes");
                return Err(Failure::Failed(words));
            }
        }
        Ok(bytes)
    }
}

fn in_words(error: &StreamingError) -> Failure {
    Failure::Failed(format!("the upstream registry is not reached: {error}"))
}

/// A client of the upstream's repository that is called `rest` here.
///
/// # Errors
/// [`ApiError`] when the secret keys cannot be had.
pub(super) fn client<'a>(
    sender: &'a Sender<'a>,
    config: &CacheConfig,
    rest: &str,
) -> Result<Client<'a, Sender<'a>>, ApiError> {
    let services = sender.0;
    let repository = Repository::of(&config.upstream_registry, config.insecure, rest);
    let repository = repository.map_err(|invalid| failed(&invalid.to_string()))?;
    let destinations = Destinations::allowing(&services.setting(&settings::SSRF_ALLOWED_HOSTS))
        .without_look_up(&services.setting(&settings::UPSTREAM_REGISTRIES))
        .behind_host(services.setting(&settings::HOST_BLOCKS_PRIVATE_NETWORKS));
    Ok(Client {
        http: sender,
        repository,
        allowed: Allowed { destinations, insecure: config.insecure },
        credentials: credentials(services, config)?,
        authorization: RefCell::default(),
    })
}

/// User name and password, where both are there and can be opened.
fn credentials(
    services: &Services<'_>,
    config: &CacheConfig,
) -> Result<Option<(String, String)>, ApiError> {
    let (Some(username), Some(password)) = (&config.sealed_username, &config.sealed_password)
    else {
        return Ok(None);
    };
    let open = |sealed| services.open(Purpose::UpstreamCredentials, sealed);
    let opened = open(username)?.zip(open(password)?);
    Ok(opened.map(|(username, password)| (username.text, password.text)))
}

/// What a client learns when the upstream gives nothing, and there is nothing to serve (`docs/contract/registry.md` D.5, 4). `code` says what is
/// missing.
pub(super) fn refusal(failure: &Failure, code: &'static str) -> ApiError {
    let status = match failure {
        Failure::Refused(status) => *status,
        Failure::NotFound => 404,
        Failure::RateLimited(retry_after_s) => {
            let message = "the upstream registry limits how much is pulled from it";
            let status = StatusCode::TOO_MANY_REQUESTS;
            return error_after(status, "TOOMANYREQUESTS", message, *retry_after_s);
        }
        Failure::Failed(words) => return failed(words),
    };
    let message = format!(
        "the requested image may not exist in the upstream registry, or the configured Quay organization credentials \
        have insufficient rights to access it ({status})"
    );
    error(StatusCode::NOT_FOUND, code, message)
}

/// 502: the upstream does not answer, or not as a registry; `why` is for the log.
pub(super) fn failed(why: &str) -> ApiError {
    eprintln!("error: a proxy cache: {why}");
    let message = "the upstream registry does not answer as it should; the proxy cache's administrators see why";
    error(StatusCode::BAD_GATEWAY, "UNKNOWN", message)
}

/// Notes that the upstream gave nothing, for the organization's administrators. One statement; none while nothing is written down.
///
/// # Errors
/// [`ApiError`] when the database does not answer.
pub(super) fn note_failure(
    services: &Services<'_>,
    organization_id: i64,
    failure: &Failure,
) -> Result<(), ApiError> {
    if services.is_read_only() {
        return Ok(());
    }
    let done = Use { failure: Some(failure.to_string()), ..Use::default() };
    Ok(content::note_use_alone(services.db(), organization_id, &done, services.now())?)
}
