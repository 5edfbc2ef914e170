//! The dialect of registries, below `/v2/`: how their clients prove who they are, what errors look like
//! (`docs/contract/registry.md` A.2, A.5).

use std::sync::Arc;

use berth_access::{AppToken, Authority, Caller, Principal, RepositoryAccess, TokenHolder};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::{Purpose, Unsealable, equal_in_constant_time, hash_token};
use berth_domain::settings;
use berth_store::access::{CallerRow, Credential, LoginRow, RegistryCredential};
use berth_store::logs::LogEntry;
use http::header::{self, HeaderValue};
use http::{HeaderName, Method, StatusCode};
use serde_json::json;

use crate::caller;
use crate::context;
use crate::credentials::{Credentials, bearer_token};
use crate::error::{ApiError, ErrorType};
use crate::password;
use crate::registry_token::{self, AccessEntry, ReceivedToken};
use crate::request::{Request, RequestExt};
use crate::response::{self, Response};
use crate::route::Route;
use crate::services::{BASE_URL, Services};
use crate::token_use;

/// Who calls with an access token of OAuth as the password.
const ACCESS_TOKEN_USER: &str = "$oauthtoken";

/// Who calls with an app-specific token as the password.
const APP_TOKEN_USER: &str = "$app";

/// Who would call with the token of one repository, which exist in the original alone.
const REPOSITORY_TOKEN_USER: &str = "$token";

/// The subject of a token of nobody.
pub const NOBODY: &str = "(anonymous)";

/// Where tokens are handed out.
const TOKEN_PATH: &str = "/v2/auth";

/// Whether a path is of a registry.
pub(crate) fn speaks(path: &str) -> bool {
    path.strip_prefix("/v2").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// An error as registries have it.
#[must_use]
pub fn error(status: StatusCode, code: &'static str, message: impl Into<String>) -> ApiError {
    error_after(status, code, message, None)
}

/// The same, with after how many seconds to ask again, where that is known.
#[must_use]
pub fn error_after(
    status: StatusCode,
    code: &'static str,
    message: impl Into<String>,
    retry_after_s: Option<u32>,
) -> ApiError {
    ApiError::Registry { status, code, message: message.into(), retry_after_s }
}

/// 401: the credentials are no good, and why.
fn invalid_login(message: impl Into<String>) -> ApiError {
    error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
}

/// What a client shows: the user name says what the password is.
///
/// # Errors
/// 401 for what is no user name with a password.
pub(crate) fn credentials(
    services: &Services<'_>,
    request: &Request,
    route: &Route,
) -> Result<Credentials, ApiError> {
    if route.takes_registry_token {
        return token_credentials(request);
    }
    let Some((name, password)) = shown(request)? else { return Ok(Credentials::none()) };
    let with_app_tokens = services.setting(&settings::FEATURE_APP_SPECIFIC_TOKENS);
    let credential = match name.as_str() {
        REPOSITORY_TOKEN_USER => return Err(invalid_login("Invalid access token")),
        ACCESS_TOKEN_USER => RegistryCredential::AccessToken(hash_token(&password)),
        APP_TOKEN_USER if with_app_tokens => RegistryCredential::AppToken(hash_token(&password)),
        _ => RegistryCredential::Name(name),
    };
    let credential = Credential::Registry(credential);
    Ok(Credentials { credential, password: Some(password), ..Credentials::none() })
}

/// The token that a client shows; whatever else it shows counts as nothing.
fn token_credentials(request: &Request) -> Result<Credentials, ApiError> {
    let Some(token) = bearer_token(request) else { return Ok(Credentials::none()) };
    let received = ReceivedToken::read(token).map_err(ApiError::RegistryToken)?;
    Ok(Credentials::registry_token(received))
}

/// Who shows a token, with what it says. `subject` is the account of the name that it says, `key` the point of the key that it names.
///
/// # Errors
/// 401 with why it does not count; [`ApiError`] when a setting cannot be read.
pub(crate) fn token_holder(
    services: &Services<'_>,
    token: ReceivedToken,
    key: Option<&[u8]>,
    subject: Option<&CallerRow>,
) -> Result<Principal, ApiError> {
    services.load_settings(registry_token::SETTINGS)?;
    let claims = token.verify(services, key).map_err(ApiError::RegistryToken)?;
    let access = claims.access.into_iter().filter(|entry| entry.kind == "repository");
    let access = access.map(|AccessEntry { name, actions, .. }| {
        let allows = |wanted| actions.iter().any(|action| action == wanted || action == "*");
        let (pull, push) = (allows("pull"), allows("push"));
        RepositoryAccess { repository: name, pull, push }
    });
    Ok(Principal::TokenHolder(Arc::new(TokenHolder {
        is_of_nobody: claims.subject == NOBODY,
        account_id: subject.map(|account| account.id),
        access: access.collect(),
        lists_repositories: claims.lists,
        name: claims.subject,
    })))
}

/// The user name and the password that a client shows, in its header or its form (`grant_type=password`).
fn shown(request: &Request) -> Result<Option<(String, String)>, ApiError> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        let refused = || invalid_login("Specified credentials are invalid");
        return request.basic_credentials().ok_or_else(refused).map(Some);
    }
    let form = request.form();
    let value = |name| form.get(name).map(str::to_owned);
    Ok(value("username").zip(value("password")))
}

/// The caller.
///
/// # Errors
/// 401 with the reason; [`ApiError::TooManyAttempts`]; [`ApiError`] when a store does not answer.
pub(crate) fn principal(
    services: &Services<'_>,
    request: &Request,
    credential: &RegistryCredential,
    password: &str,
    login: Option<LoginRow>,
) -> Result<Principal, ApiError> {
    let authority = match credential {
        RegistryCredential::AccessToken(_) => by_access_token(services, login.as_ref())?,
        RegistryCredential::AppToken(_) => by_app_token(services, login.as_ref())?,
        RegistryCredential::Name(name) if name.contains('+') => {
            by_robot_token(services, name, password, login.as_ref())?
        }
        RegistryCredential::Name(name) => {
            by_password(services, request, name, password, login.as_ref())?
        }
    };
    login
        .map_or(Ok(Principal::Anonymous), |login| caller::known(services, login.account, authority))
}

fn by_access_token(
    services: &Services<'_>,
    login: Option<&LoginRow>,
) -> Result<Authority, ApiError> {
    let found = login.and_then(|login| Some((login, login.account.token.as_ref()?)));
    let Some((login, token)) = found else {
        return Err(invalid_login("OAuth access token could not be validated"));
    };
    if login.token_expired {
        return Err(invalid_login("OAuth access token has expired"));
    }
    require_enabled(login)?;
    token_use::note(services, token);
    Ok(caller::of_access_token(token))
}

fn by_app_token(services: &Services<'_>, login: Option<&LoginRow>) -> Result<Authority, ApiError> {
    let found = login.and_then(|login| Some((login, login.app_token.as_ref()?)));
    let (login, token) = found.ok_or_else(|| invalid_login("Invalid token"))?;
    require_enabled(login)?;
    token_use::note_app_token(services, token);
    Ok(Authority::AppToken(AppToken { id: token.id, title: token.title.clone() }))
}

fn by_robot_token(
    services: &Services<'_>,
    name: &str,
    given: &str,
    login: Option<&LoginRow>,
) -> Result<Authority, ApiError> {
    if services.setting(&settings::ROBOTS_DISALLOW) {
        return Err(invalid_login(
            "Robot account have been disabled. Please contact your administrator.",
        ));
    }
    let refused = || {
        let message = format!("Could not find robot with username: {name} and supplied password.");
        invalid_login(message)
    };
    let found = login.and_then(|login| Some((login, login.robot.as_ref()?)));
    let (login, robot) = found.ok_or_else(refused)?;
    let token = services.open(Purpose::RobotToken, &robot.sealed_token)?.ok_or(Unsealable)?;
    if !equal_in_constant_time(token.text.as_bytes(), given.as_bytes()) {
        return Err(refused());
    }
    if !robot.owner_enabled || !login.enabled {
        let owner = &robot.owner;
        return Err(invalid_login(format!("Robot {name} owner {owner} is disabled")));
    }
    token_use::note_robot(services, login.account.id, robot);
    Ok(Authority::Robot { owner_id: robot.owner_id })
}

/// Throttled as signing in is, but for the password for clients, which nobody guesses.
fn by_password(
    services: &Services<'_>,
    request: &Request,
    name: &str,
    given: &str,
    login: Option<&LoginRow>,
) -> Result<Authority, ApiError> {
    let account = login.map(|login| &login.account);
    let known = account.and_then(|row| Some((row.uuid.as_str(), row.password_hash.as_deref()?)));
    let for_clients = match known {
        Some((uuid, hash)) => password::is_for_clients(services, uuid, hash, given)?,
        None => false,
    };
    let account = account.map(|row| (row.uuid.as_str(), row.password_hash.as_deref()));
    let right = for_clients || password::is_right(services, request, account, name, given)?;
    let login = login.filter(|_| right);
    let login = login.ok_or_else(|| invalid_login("Invalid Username or Password"))?;
    require_enabled(login)?;
    if !login.account.verified {
        return Err(invalid_login("The e-mail address of this user is not confirmed yet."));
    }
    Ok(Authority::Session { signed_in_at: services.now() })
}

fn require_enabled(login: &LoginRow) -> Result<(), ApiError> {
    if login.enabled {
        return Ok(());
    }
    Err(invalid_login("This user has been disabled. Please contact your administrator."))
}

/// What is logged of a sign-in. Nobody is known to act before: the entry has no performer. Of a robot it is in the log of its
/// namespace.
#[must_use]
pub fn sign_in_entry(services: &Services<'_>, request: &Request, caller: &Caller) -> LogEntry {
    let useragent = context::user_agent(request);
    let (mut account_id, mut robot, mut app_specific_token_title) = (caller.id, None, None);
    let kind = match &caller.authority {
        Authority::Session { .. } => "user",
        Authority::Token(_) => "oauthtoken",
        Authority::AppToken(token) => {
            app_specific_token_title = Some(token.title.as_str());
            "app_specific_token"
        }
        Authority::Robot { owner_id } => {
            account_id = *owner_id;
            robot = Some(caller.name.as_str());
            "robot"
        }
    };
    let event = LogEvent::LoginSuccessAtRegistry {
        r#type: "v2auth",
        kind,
        robot,
        app_specific_token_title,
        useragent: &useragent,
    };
    let entry = LogEntry::new(Some(account_id), &event, services.now());
    LogEntry { ip: request.client_address(), ..entry }
}

/// Where clients get tokens, for those who show none or a wrong one, and for what of the repository that they ask for.
fn challenge(services: &Services<'_>, request: &Request) -> Result<HeaderValue, ApiError> {
    services.load_settings(BASE_URL)?;
    services.load_settings(registry_token::SETTINGS)?;
    let (url, service) = (services.base_url(), registry_token::service(services));
    let mut text = format!("Bearer realm=\"{url}{TOKEN_PATH}\",service=\"{service}\"");
    if let Some(name) = repository_in(request.uri().path()) {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let actions = if reads { "pull" } else { "pull,push" };
        text += &format!(",scope=\"repository:{name}:{actions}\"");
    }
    HeaderValue::try_from(text)
        .map_err(|_| ApiError::Internal("the address of the registry fits into no header".into()))
}

/// The name of the repository in a path of a registry; none where it has none, or one that fits into no challenge.
fn repository_in(path: &str) -> Option<&str> {
    let path = path.strip_prefix("/v2/")?.trim_end_matches('/');
    let resources = ["/manifests/", "/blobs/", "/tags/", "/referrers/"];
    // A name may have any of the words in it: the last one counts, and behind it is one segment, or those of an upload.
    let end = resources.iter().filter_map(|resource| path.rfind(resource)).max()?;
    let name = &path[..end];
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    (!name.is_empty() && name.bytes().all(is_plain)).then_some(name)
}

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// An answer with the headers that all have.
pub(crate) fn with_headers(mut response: Response) -> Response {
    response.headers_mut().insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
    response
}

/// The answer to an error.
///
/// # Errors
/// [`ApiError`] when a setting cannot be read.
pub(crate) fn error_response(
    services: &Services<'_>,
    request: &Request,
    error: ApiError,
) -> Result<Response, ApiError> {
    let (code, message) = told(&error);
    let mut body = json!({ "errors": [{ "code": code, "message": message, "detail": {} }] });
    if matches!(error, ApiError::ReadOnly) {
        body["is_readonly"] = true.into();
    }
    if let ApiError::RegistryToken(why) = error {
        body = json!({ "error": why });
    }
    let status = match error {
        ApiError::ReadOnly => Some(StatusCode::METHOD_NOT_ALLOWED),
        ApiError::Limited { .. } => Some(StatusCode::FORBIDDEN),
        _ => None,
    };
    let mut response = error.into_response("");
    if let Some(status) = status {
        *response.status_mut() = status;
    }
    if response.status() == StatusCode::UNAUTHORIZED {
        // Where tokens are shown, a client learns of the challenge where to get one.
        let is_told = request.uri().path() != TOKEN_PATH
            || services.read_setting(&settings::FEATURE_ANONYMOUS_ACCESS)?;
        if is_told {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge(services, request)?);
        } else {
            body = json!({ "error": "Anonymous access is not allowed" });
        }
    }
    let told = response::json(response.status(), &body);
    response.headers_mut().extend(told.headers().clone());
    *response.body_mut() = told.into_body();
    Ok(response)
}

/// The code and the message of an error.
fn told(error: &ApiError) -> (&'static str, String) {
    match error {
        ApiError::Registry { code, message, .. } => (code, message.clone()),
        ApiError::RegistryToken(why) => ("UNAUTHORIZED", (*why).into()),
        ApiError::Typed { kind: ErrorType::InvalidToken, .. } => {
            ("UNAUTHORIZED", "access to the requested resource is not authorized".into())
        }
        ApiError::Typed { kind: ErrorType::InsufficientScope, message, .. } => {
            ("DENIED", message.to_string())
        }
        ApiError::Typed { kind: ErrorType::NotFound, .. } => {
            ("NAME_UNKNOWN", "repository not found".into())
        }
        ApiError::Typed { message, .. } => ("INVALID_REQUEST", message.to_string()),
        ApiError::Plain(StatusCode::NOT_FOUND, text) => ("NAME_UNKNOWN", text.to_string()),
        ApiError::Plain(_, text) => ("INVALID_REQUEST", text.to_string()),
        ApiError::MethodNotAllowed(_) => {
            ("UNSUPPORTED", "The method is not allowed for the requested URL.".into())
        }
        ApiError::TooManyAttempts(_) => ("TOOMANYREQUESTS", "Too many login attempts.".into()),
        ApiError::TooManyRequests { message, .. } => ("TOOMANYREQUESTS", message.to_string()),
        ApiError::Limited { limit, most } => ("DENIED", limit.sentence(*most)),
        ApiError::ReadOnly => (
            "DENIED",
            "System is currently read-only. Pulls will succeed but all write operations are \
                currently suspended."
                .into(),
        ),
        ApiError::Busy | ApiError::Unavailable(_) => {
            ("UNAVAILABLE", "The service is busy. Please try again in a moment.".into())
        }
        ApiError::Abort(StatusCode::UNAUTHORIZED, text) => ("UNAUTHORIZED", text.clone()),
        ApiError::Model(text) | ApiError::Abort(_, text) | ApiError::Text(_, text) => {
            ("INVALID_REQUEST", text.clone())
        }
        ApiError::Violations(_) | ApiError::Custom(..) | ApiError::Response(_) => {
            ("INVALID_REQUEST", "The request cannot be fulfilled.".into())
        }
        ApiError::Internal(_) => (
            "UNKNOWN",
            "Something went wrong on our side. It was logged under the request id.".into(),
        ),
    }
}
