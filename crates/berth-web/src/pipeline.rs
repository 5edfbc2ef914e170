//! The pipeline: a request's way from the component's entry to its handler, in one function.
//!
//! The order of the checks is the contract's (`docs/contract/quay.md` 0.2).

use berth_access::{Address, Authority, Facts, PathParameters, Permission, Principal, TargetKind};
use berth_domain::limits::{FORM_BYTES, LARGEST_BODY_BYTES, Limit};
use berth_domain::loggable_path;
use berth_domain::secret::equal_in_constant_time;
use berth_domain::settings;
use berth_store::access::{self, CallerRow, Credential, LoginRow};
use berth_store::limits::{self, LimitInForce};
use http::header::{HeaderName, HeaderValue};
use http::{Method, StatusCode};
use thiserror::Error;

use crate::caller;
use crate::concord;
use crate::context::RequestParts;
use crate::credentials::{Credentials, bearer_token};
use crate::dialect::Dialect;
use crate::error::{ApiError, ErrorType};
use crate::handler::{HandlerResult, Read};
use crate::normalize;
use crate::password;
use crate::password_use;
use crate::platform::Platform;
use crate::registry;
use crate::request::{Request, RequestExt, named_client};
use crate::response::Response;
use crate::retention;
use crate::route::{BodyLimit, Logs, Route};
use crate::routing;
use crate::services::Services;
use crate::session::Session;
use crate::token_use;
use crate::visitor;

/// An answer, and what is left to do once it is sent.
pub struct Outcome<'a> {
    /// The answer.
    pub response: Response,
    /// The rest.
    pub deferred: Deferred<'a>,
}

/// A body ends before its end. The log says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the body cannot be read to its end")]
pub struct BrokenBody;

/// What is left to do of a request whose answer is sent: nobody waits for it, and no answer tells by its time whether
/// there was anything.
#[must_use = "mail stays where it is"]
pub struct Deferred<'a>(Vec<Services<'a>>);

impl<'a> Deferred<'a> {
    /// The same with what is left of requests that were made in the process on the way to this answer.
    pub fn with(mut self, others: impl IntoIterator<Item = Self>) -> Self {
        self.0.extend(others.into_iter().flat_map(|other| other.0));
        self
    }

    /// Whether the body goes on behind what the answer has of it: [`Self::next_part`] gives the rest, whose length is unknown unless
    /// the answer has `Content-Length`.
    #[must_use]
    pub fn has_more_body(&self) -> bool {
        self.0.iter().any(|services| services.rest_of_body().borrow().is_some())
    }

    /// The next part of the body; none at its end.
    ///
    /// # Errors
    /// [`BrokenBody`]: the client must see that the body is not whole.
    pub fn next_part(&self) -> Result<Option<Vec<u8>>, BrokenBody> {
        for services in &self.0 {
            if let Some(next) = services.rest_of_body().borrow_mut().as_mut() {
                return next(services).map_err(|error| {
                    eprintln!(
                        "error: an answer breaks off: {}",
                        error.cause().unwrap_or("refused")
                    );
                    BrokenBody
                });
            }
        }
        Ok(None)
    }

    /// Does what was put off, and has mail delivered where some is due.
    pub fn run(self, deliver_mail: impl FnOnce(&Services<'_>)) {
        for services in &self.0 {
            for work in services.take_deferred() {
                if let Err(error) = work(services) {
                    eprintln!("error: after the answer: {}", error.cause().unwrap_or("refused"));
                }
            }
        }
        if let Some(services) = self.0.iter().find(|services| services.has_due_mail()) {
            deliver_mail(services);
        }
    }
}

/// Answers a request.
#[must_use]
pub fn serve<'a>(platform: Platform<'a>, tables: &[&[Route]], mut request: Request) -> Outcome<'a> {
    let services = Services::new(platform);
    let normalized = normalize::normalize(&services, &mut request);
    let dialect = Dialect::of(request.uri().path());
    let answered = match normalized {
        Ok(None) => answer(&services, dialect, tables, &request),
        Ok(Some(response)) => Ok(response),
        Err(error) => Err(error),
    };
    let response = finish(&services, dialect, &request, answered);
    Outcome { response, deferred: Deferred(vec![services]) }
}

/// What a component answers with.
pub trait App {
    /// The answer to a request.
    fn answer<'a>(&self, platform: Platform<'a>, request: Request) -> Outcome<'a>;

    /// How much of the body of a request is read.
    fn body_limit(&self, _request: &Request) -> BodyLimit {
        BodyLimit::ORDINARY
    }
}

/// Route tables answer by themselves.
impl App for [&[Route]] {
    fn answer<'a>(&self, platform: Platform<'a>, request: Request) -> Outcome<'a> {
        serve(platform, self, request)
    }

    fn body_limit(&self, request: &Request) -> BodyLimit {
        routing::find(self, request).map_or(BodyLimit::ORDINARY, Route::body_limit)
    }
}

/// An answer that a component made of its own, and what is left to do of it.
#[must_use]
pub fn answered<'a>(services: Services<'a>, response: Response) -> Outcome<'a> {
    Outcome { response, deferred: Deferred(vec![services]) }
}

/// Answers a request that could not be read whole with an error, as [`serve`] would.
#[must_use]
pub fn refuse(platform: Platform<'_>, request: &Request, error: ApiError) -> Response {
    let dialect = Dialect::of(request.uri().path());
    finish(&Services::new(platform), dialect, request, Err(error))
}

/// The answer as the client gets it.
fn finish(
    services: &Services<'_>,
    dialect: Dialect,
    request: &Request,
    answered: HandlerResult<Response>,
) -> Response {
    let mut logged_as = None;
    let mut log = |error: &ApiError| {
        if let Some(cause) = error.cause() {
            let id = logged_as.get_or_insert_with(|| request_id(request, services));
            let path = loggable_path(request.uri().path());
            eprintln!("error: request {id}: {} {path}: {cause}", request.method());
        }
    };
    let explained = answered.or_else(|error| {
        log(&error);
        dialect.explain(error, request, services)
    });
    let mut response = explained.unwrap_or_else(|error| {
        log(&error);
        error.into_response("")
    });
    if let Some(id) = logged_as.and_then(|id| HeaderValue::try_from(id).ok()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    dialect.with_headers(services, response)
}

/// The way of a request.
fn answer(
    services: &Services<'_>,
    dialect: Dialect,
    tables: &[&[Route]],
    request: &Request,
) -> HandlerResult<Response> {
    let matches = with_features_on(services, routing::matches(tables, request.uri().path()))?;
    if let Some(response) = dialect.answer_at_once(request, &matches)? {
        return Ok(response);
    }
    let (route, path) = routing::pick(matches, request)
        .map_err(|error| unmatched(services, dialect, request, error))?;
    route.settings.iter().try_for_each(|settings| services.load_settings(settings))?;
    let limits = limits_in_force(services, route)?;
    require_secret_or_short_body(services, request, route)?;
    refuse_plain_browser(services, dialect, request)?;
    if route.unauthenticated {
        return answer_everybody(services, request, route, &path);
    }
    let mut credentials = credentials(services, dialect, request, route)?;
    let known = known_before_work(services, dialect, request, route, &mut credentials)?;
    let Read { address, handle } = route.endpoint.read(request, &path);
    let address = with_library(services, route, with_named_client(request, route, address));
    let kind = route.endpoint.target();
    let (credential, now) = (&credentials.credential, services.now());
    let loaded = access::load(services.db(), credential, kind, &address, &limits, now)?;
    if loaded.mail_is_due {
        services.note_due_mail();
    }
    if let Some(token) = loaded.caller.as_ref().and_then(|caller| caller.token.as_ref()) {
        token_use::note(services, token);
    }
    credentials.know_session(loaded.session);
    let password_hash = loaded.caller.as_ref().and_then(|caller| caller.password_hash.clone());
    let shown = Shown { caller: loaded.caller, login: loaded.login, token_key: loaded.token_key };
    let principal = match known {
        Some(principal) => principal,
        None => principal(services, request, &mut credentials, shown)?,
    };
    visitor::tell(request, &principal, credentials.session.as_ref());
    require_conditions(services, dialect, request, route, &credentials, &principal)?;
    // Once after each change of a setting, so it does no harm that the policy was not asked yet.
    if loaded.limits_differ {
        limits::set(services.db(), &limits)?;
    }
    let facts = as_addressed(loaded.facts, &address);
    let parts = RequestParts {
        session: credentials.session.as_ref(),
        sealed_robot_token: loaded.sealed_robot_token.as_deref(),
        password_hash: password_hash.as_deref(),
        ..route.parts(services, request, &address)
    };
    let answered = handle(&parts, &principal, facts);
    if answered.is_ok() && changes(request, route) && !route.works_read_only {
        retention::sweep_later(services);
    }
    answered.map_err(|error| own_account_error(route, &address, with_limit(&limits, error)))
}

/// What the row asks of callers and of the registry, whoever may do what.
fn require_conditions(
    services: &Services<'_>,
    dialect: Dialect,
    request: &Request,
    route: &Route,
    credentials: &Credentials,
    principal: &Principal,
) -> Result<(), ApiError> {
    dialect.admit(request, principal)?;
    require_intent(services, request, route, credentials, principal)?;
    require_writable(services, request, route)?;
    require_anonymous_access(services, dialect, route, principal)?;
    require_fresh_login(services, route, principal)
}

/// The limits that a request of the row could exceed, as the settings have them.
fn limits_in_force(services: &Services<'_>, route: &Route) -> Result<Vec<LimitInForce>, ApiError> {
    let in_force = |limit: &&'static Limit| {
        services.load_settings(&[limit.setting])?;
        Ok((*limit, services.setting(limit.setting)))
    };
    route.limits.iter().map(in_force).collect()
}

/// Says how many there may be to whom asked for one more.
fn with_limit(limits: &[LimitInForce], error: ApiError) -> ApiError {
    match error {
        ApiError::Limited { limit, most: _ } => {
            let known = limits.iter().find(|(known, _)| *known == limit);
            ApiError::Limited { limit, most: known.map_or(limit.default(), |(_, most)| *most) }
        }
        error => error,
    }
}

/// The way of a request whose caller does not matter.
fn answer_everybody(
    services: &Services<'_>,
    request: &Request,
    route: &Route,
    path: &PathParameters,
) -> HandlerResult<Response> {
    let Read { address, handle } = route.endpoint.read(request, path);
    handle(&route.parts(services, request, &address), &Principal::Anonymous, Facts::default())
}

/// A client of the OAuth endpoints may be named in the query, the form or its credentials.
fn with_named_client(request: &Request, route: &Route, mut address: Address) -> Address {
    if route.endpoint.target() == TargetKind::Client {
        address.client_id = address.client_id.or_else(|| named_client(request));
    }
    address
}

/// The facts, with what the path alone says.
fn as_addressed(facts: Facts, address: &Address) -> Facts {
    let registry_name = address.registry_name.clone();
    facts.named(address.names_organization, registry_name)
}

/// A repository that a registry's client names without a namespace is of the library's.
fn with_library(services: &Services<'_>, route: &Route, mut address: Address) -> Address {
    if route.takes_registry_token && address.repository.is_some() && address.namespace.is_none() {
        address.namespace = Some(services.setting(&settings::LIBRARY_NAMESPACE));
    }
    address
}

/// Bodies up to this length, in bytes, are read before it is known who calls: the contract reports a bad body first.
const SMALL_BODY: usize = 16_384;

/// The sender of a large body to a row that needs a caller: unknown callers are refused before it is read, at
/// the price of a statement.
fn known_before_work(
    services: &Services<'_>,
    dialect: Dialect,
    request: &Request,
    route: &Route,
    credentials: &mut Credentials,
) -> Result<Option<Principal>, ApiError> {
    if request.body().len() <= SMALL_BODY || !route.endpoint.needs_caller() {
        return Ok(None);
    }
    let principal = who_calls(services, request, credentials)?;
    if principal.caller().is_none() {
        require_intent(services, request, route, credentials, &principal)?;
        require_anonymous_access(services, dialect, route, &principal)?;
        return Err(ApiError::unauthenticated());
    }
    Ok(Some(principal))
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long an identifier of a request may be that comes with it, in bytes.
const MAX_REQUEST_ID_BYTES: usize = 128;

/// By what a line of the log and the answer say that they are about the same request: what the host or a proxy before it says,
/// and where they say nothing (Spin makes none), one of ours.
fn request_id(request: &Request, services: &Services<'_>) -> String {
    let is_valid = |id: &&str| {
        (1..=MAX_REQUEST_ID_BYTES).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let given = request.header("x-request-id").filter(is_valid);
    given.map_or_else(|| services.random().uuid(), str::to_owned)
}

/// The caller of a row that has a secret shows it; of all others a long body is refused.
fn require_secret_or_short_body(
    services: &Services<'_>,
    request: &Request,
    route: &Route,
) -> Result<(), ApiError> {
    let Some(secret) = route.secret else { return require_short_body(request) };
    services.load_settings(&[secret])?;
    let secret = services.setting(secret);
    let shown = bearer_token(request).unwrap_or_default();
    let is_right = equal_in_constant_time(secret.as_bytes(), shown.as_bytes());
    if is_right && !secret.is_empty() { Ok(()) } else { Err(ApiError::unauthenticated()) }
}

/// What a request shows to prove which account calls: none calls a row that has a secret.
fn credentials(
    services: &Services<'_>,
    dialect: Dialect,
    request: &Request,
    route: &Route,
) -> Result<Credentials, ApiError> {
    match route.secret {
        Some(_) => Ok(Credentials::none()),
        None => dialect.credentials(services, request, route),
    }
}

fn require_short_body(request: &Request) -> Result<(), ApiError> {
    let limit = if request.has_form_type() { FORM_BYTES } else { LARGEST_BODY_BYTES };
    if request.body().len() > limit { Err(ApiError::too_large(limit)) } else { Ok(()) }
}

/// A route whose feature is off does not exist: another one may know the path.
fn with_features_on<'a>(
    services: &Services<'_>,
    matches: Vec<(&'a Route, PathParameters)>,
) -> Result<Vec<(&'a Route, PathParameters)>, ApiError> {
    let mut existing = Vec::new();
    for found in matches {
        let mut exists = true;
        for feature in found.0.conditions() {
            services.load_settings(&[feature])?;
            exists &= services.setting(feature);
        }
        if exists {
            existing.push(found);
        }
    }
    Ok(existing)
}

/// The answer to a request that no row answers. Concord gives it to known callers only.
fn unmatched(
    services: &Services<'_>,
    dialect: Dialect,
    request: &Request,
    error: ApiError,
) -> ApiError {
    match dialect {
        Dialect::Quay | Dialect::Registry => error,
        Dialect::Concord => require_caller(services, request).err().unwrap_or(error),
    }
}

fn require_caller(services: &Services<'_>, request: &Request) -> Result<(), ApiError> {
    let principal = who_calls(services, request, &mut concord::credentials(request)?)?;
    principal.caller().map(drop).ok_or_else(ApiError::unauthenticated)
}

/// The caller, whatever the request addresses. One statement; none without credentials.
fn who_calls(
    services: &Services<'_>,
    request: &Request,
    credentials: &mut Credentials,
) -> Result<Principal, ApiError> {
    let shown = match credentials.credential {
        Credential::None => Shown::default(),
        _ => {
            let (kind, nothing) = (TargetKind::None, Address::default());
            let shown = &credentials.credential;
            let loaded = access::load(services.db(), shown, kind, &nothing, &[], services.now())?;
            credentials.know_session(loaded.session);
            Shown { caller: loaded.caller, login: loaded.login, token_key: loaded.token_key }
        }
    };
    principal(services, request, credentials, shown)
}

/// What the database has of what a request shows.
#[derive(Default)]
struct Shown {
    caller: Option<CallerRow>,
    login: Option<LoginRow>,
    token_key: Option<Vec<u8>>,
}

/// Browsers that follow a link do not read Quay's API (`docs/contract/quay.md` 0.5).
fn refuse_plain_browser(
    services: &Services<'_>,
    dialect: Dialect,
    request: &Request,
) -> Result<(), ApiError> {
    let plain_browser = dialect == Dialect::Quay
        && *request.method() == Method::GET
        && request.uri().path().starts_with("/api/")
        && request.has_browser_agent()
        && request.header("x-requested-with") != Some("XMLHttpRequest");
    if plain_browser && services.read_setting(&settings::BROWSER_API_CALLS_XHR_ONLY)? {
        return Err(ApiError::Abort(
            StatusCode::BAD_REQUEST,
            "API calls must be invoked with an X-Requested-With header if called from a browser"
                .into(),
        ));
    }
    Ok(())
}

/// The caller: the account that the database found, unless its session was ended.
fn principal(
    services: &Services<'_>,
    request: &Request,
    credentials: &mut Credentials,
    shown: Shown,
) -> Result<Principal, ApiError> {
    let Shown { caller: row, login, token_key } = shown;
    if let Some(token) = credentials.registry_token.take() {
        return registry::token_holder(services, token, token_key.as_deref(), row.as_ref());
    }
    if let Credential::Registry(shown) = &credentials.credential {
        let password = credentials.password.as_deref().unwrap_or_default();
        return registry::principal(services, request, shown, password, login);
    }
    let right = has_right_password(services, request, credentials, row.as_ref())?;
    let Some(row) = row else { return Ok(Principal::Anonymous) };
    let session = match credentials.credential {
        Credential::Session(_) => credentials.session.as_ref().and_then(Session::row),
        _ => None,
    };
    let authority = match (&row.token, session) {
        _ if right => Authority::Session { signed_in_at: services.now() },
        (Some(token), _) => caller::of_access_token(token),
        (None, Some(session)) if session.epoch == row.session_epoch => {
            Authority::Session { signed_in_at: session.signed_in_at }
        }
        _ => return Ok(Principal::Anonymous),
    };
    caller::known(services, row, authority)
}

/// Whether the password of the request, if any, is that of the account that it names, and signs in: passwords are on, and
/// the account's address is confirmed.
fn has_right_password(
    services: &Services<'_>,
    request: &Request,
    credentials: &Credentials,
    row: Option<&CallerRow>,
) -> Result<bool, ApiError> {
    match (&credentials.credential, &credentials.password) {
        (Credential::Password { name, .. }, Some(password))
            if services.read_setting(&settings::FEATURE_DIRECT_LOGIN)? =>
        {
            let account = row.map(|row| (row.uuid.as_str(), row.password_hash.as_deref()));
            let right = password::is_right(services, request, account, name, password)?;
            let user = row.filter(|row| right && row.verified);
            if let Some(user) = user {
                password_use::note(services, request, user);
            }
            Ok(user.is_some())
        }
        _ => Ok(false),
    }
}

/// A change must be meant: made with a token or a password that counts, or with a session and its CSRF token. Without
/// credentials, or with a token or a password that nobody has, it is 401 (a documented difference: the original says 403
/// CSRF).
fn require_intent(
    services: &Services<'_>,
    request: &Request,
    route: &Route,
    credentials: &Credentials,
    principal: &Principal,
) -> Result<(), ApiError> {
    let by_token = matches!(credentials.credential, Credential::Token(_));
    let known = principal.caller().is_some();
    // The OAuth endpoints want the CSRF token beside a password too, but of clients on the list.
    let by_password = credentials.password.is_some()
        && (!route.takes_password || is_trusted_client(services, request)?);
    let explicit = by_token || by_password;
    if request.method().is_safe() || route.csrf_exempt || (explicit && known) {
        return Ok(());
    }
    match (&credentials.session, csrf_token(request)) {
        (None, _) if !known => Err(ApiError::unauthenticated()),
        (Some(session), Some(token)) if session.has_csrf_token(services, &token)? => Ok(()),
        _ => {
            let message = "CSRF token was invalid or missing.";
            Err(ApiError::Abort(StatusCode::FORBIDDEN, abort_text(message, principal)))
        }
    }
}

/// Whether the request names a client that may use passwords without a CSRF token.
fn is_trusted_client(services: &Services<'_>, request: &Request) -> Result<bool, ApiError> {
    let trusted = services.read_setting(&settings::DIRECT_OAUTH_CLIENTID_WHITELIST)?;
    Ok(named_client(request).is_some_and(|client_id| trusted.contains(&client_id)))
}

/// The CSRF token that a request shows: in its header, its query or its form.
fn csrf_token(request: &Request) -> Option<String> {
    let header = request.header("x-csrf-token").map(str::to_owned);
    header.or_else(|| request.values().get("_csrf_token").map(str::to_owned))
}

/// The text of an early abort says who was recognized.
fn abort_text(message: &str, principal: &Principal) -> String {
    match principal.caller() {
        Some(caller) => format!("{message} (authorized: user {})", caller.name),
        None => message.to_owned(),
    }
}

fn changes(request: &Request, route: &Route) -> bool {
    !request.method().is_safe() || route.logs != Logs::Reads
}

fn require_writable(
    services: &Services<'_>,
    request: &Request,
    route: &Route,
) -> Result<(), ApiError> {
    let refused = changes(request, route)
        && !route.works_read_only
        && services.read_setting(&settings::REGISTRY_STATE)? == "readonly";
    if refused { Err(ApiError::ReadOnly) } else { Ok(()) }
}

fn require_anonymous_access(
    services: &Services<'_>,
    dialect: Dialect,
    route: &Route,
    principal: &Principal,
) -> Result<(), ApiError> {
    let refused = principal.is_unknown()
        && !route.open
        && (route.path.starts_with("/api/") || dialect == Dialect::Registry)
        && !services.read_setting(&settings::FEATURE_ANONYMOUS_ACCESS)?;
    if refused {
        return Err(ApiError::Abort(
            StatusCode::UNAUTHORIZED,
            "Anonymous access is not allowed".into(),
        ));
    }
    Ok(())
}

/// A session older than the time-out must give the password again; tokens are exempt.
fn require_fresh_login(
    services: &Services<'_>,
    route: &Route,
    principal: &Principal,
) -> Result<(), ApiError> {
    let authority = principal.caller().map(|caller| &caller.authority);
    let Some(Authority::Session { signed_in_at }) = authority.filter(|_| route.fresh_login) else {
        return Ok(());
    };
    let fresh_until =
        signed_in_at.plus_seconds(services.read_setting(&settings::FRESH_LOGIN_TIMEOUT)?);
    if services.now() < fresh_until {
        return Ok(());
    }
    Err(ApiError::typed(ErrorType::FreshLoginRequired, "Requires fresh login"))
}

/// Callers who may not read their own account are asked to authenticate, even with a token (`docs/contract/quay.md` 5.2); who has none
/// must name the namespace of a new repository (6.1).
fn own_account_error(route: &Route, address: &Address, error: ApiError) -> ApiError {
    let ApiError::Typed { kind, .. } = &error else { return error };
    match (route.endpoint.permission(), kind) {
        (Permission::UserView, ErrorType::InvalidToken | ErrorType::InsufficientScope) => {
            ApiError::unauthenticated().with("session_required", false)
        }
        (Permission::RepositoryCreate, ErrorType::InvalidToken) if address.namespace.is_none() => {
            ApiError::invalid_request("Must provide a namespace or must be logged in.")
        }
        _ => error,
    }
}
