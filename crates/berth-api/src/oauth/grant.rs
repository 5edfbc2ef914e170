//! Granting and denying (`docs/contract/quay.md` 5.8): `POST /oauth/authorizeapp` and `POST /oauth/denyapp`.

use berth_access::{Caller, Client};
use berth_domain::Application;
use berth_domain::log_event::LogEvent;
use berth_domain::secret::hash_token;
use berth_store::codes::NewCode;
use berth_store::tokens::NewToken;
use berth_store::{Transaction, applications, assignments, codes, tokens, transaction};
use berth_web::{ApiError, Context, Form, HandlerResult, RequestExt, StatusCode, rate};

use super::answers::error;
use super::person::{self, may_use};
use super::redirect::{Sent, Target};
use super::request::{AuthorizationRequest, ResponseType};
use crate::applications::tokens::{LIFETIME_S, TOKEN_LENGTH};

/// How long a code lives, in seconds: ten minutes.
const CODE_LIFETIME_S: i64 = 600;

/// The person agrees.
pub(crate) fn allow(cx: &Context<'_, Client>, _form: Form) -> HandlerResult<Sent> {
    let request = AuthorizationRequest::read(&cx.request().values())?;
    let caller = person::require(cx)?;
    let application = cx.grant.target().application.as_ref();
    let application =
        application.ok_or_else(|| error(StatusCode::BAD_REQUEST, "invalid_request"))?;
    let allowed = may_use(cx, &request, caller, application)?;
    issue(cx, &request, caller, application, allowed)
}

/// The person does not agree.
pub(crate) fn deny(cx: &Context<'_, Client>, _form: Form) -> HandlerResult<Sent> {
    let request = AuthorizationRequest::read(&cx.request().values())?;
    person::require(cx)?;
    let target = match &cx.grant.target().application {
        Some(application) => request.target(cx, application),
        None => None,
    };
    let target = target.ok_or_else(|| error(StatusCode::BAD_REQUEST, "invalid_request"))?;
    Ok(refuse(&request, &target, "authorization_denied"))
}

/// Gives the application what it asks for, in the caller's name, where they are `allowed` to. Nothing goes to a URI that is not verified, errors
/// neither.
pub(crate) fn issue(
    cx: &Context<'_, Client>,
    request: &AuthorizationRequest,
    caller: &Caller,
    application: &Application,
    allowed: bool,
) -> HandlerResult<Sent> {
    let target = request.target(cx, application);
    let target = target.ok_or_else(|| error(StatusCode::BAD_REQUEST, "invalid_request"))?;
    if !allowed {
        return Ok(refuse(request, &target, "unauthorized_client"));
    }
    if request.scopes().is_none() {
        return Ok(refuse(request, &target, "invalid_scope"));
    }
    // A code becomes one token.
    rate::TOKENS.take(cx.services(), &caller.uuid)?;
    let grant = Granting { cx, request, caller, application, target };
    match (request.flow(), refused_flow(request)) {
        (Some(ResponseType::Token), None) => grant.token(),
        (Some(ResponseType::Code), None) => grant.code(),
        (_, refused) => {
            Ok(refuse(request, &grant.target, refused.unwrap_or("unsupported_response_type")))
        }
    }
}

/// What is wrong with the flow that is asked for, or with its PKCE parameters.
pub(crate) fn refused_flow(request: &AuthorizationRequest) -> Option<&'static str> {
    match request.flow() {
        None => Some("unsupported_response_type"),
        Some(ResponseType::Code) if request.challenge().is_err() => Some("invalid_request"),
        Some(_) => None,
    }
}

/// Tells the application what went wrong.
pub(crate) fn refuse(request: &AuthorizationRequest, target: &Target, code: &str) -> Sent {
    let mut query = vec![("error", code)];
    query.extend(request.state.as_deref().map(|state| ("state", state)));
    target.answer(&query, &[])
}

/// A grant that may be made.
struct Granting<'a, 'b> {
    cx: &'a Context<'b, Client>,
    request: &'a AuthorizationRequest,
    caller: &'a Caller,
    application: &'a Application,
    target: Target,
}

impl Granting<'_, '_> {
    /// The implicit flow: a token in the fragment. An assignment is used up.
    fn token(&self) -> HandlerResult<Sent> {
        let services = self.cx.services();
        let token = services.random().mixed(TOKEN_LENGTH);
        let uuid = services.random().uuid();
        let new = NewToken {
            uuid: &uuid,
            hash: &hash_token(&token),
            application_id: self.application.id,
            account_id: self.caller.id,
            created_by: Some(self.caller.id),
            name: None,
            scope: &self.request.scope,
            at: services.now(),
            expires_at: services.now().plus_seconds(LIFETIME_S),
        };
        transaction(self.cx.db(), |tx| {
            tokens::create(tx, &new)?;
            if let Some(uuid) = self.request.assignment_uuid.as_deref() {
                assignments::accept(tx, uuid, self.caller.id)?;
            }
            self.log(tx, Some(&uuid))
        })?;
        let lifetime = LIFETIME_S.to_string();
        let fragment =
            [("access_token", token.as_str()), ("token_type", "Bearer"), ("expires_in", &lifetime)];
        Ok(self.target.answer(&self.query(), &fragment))
    }

    /// The code flow: a code in the query.
    fn code(&self) -> HandlerResult<Sent> {
        let services = self.cx.services();
        let code = services.random().mixed(TOKEN_LENGTH);
        let new = NewCode {
            hash: &hash_token(&code),
            application_id: self.application.id,
            account_id: self.caller.id,
            redirect_uri: &self.request.redirect_uri,
            scope: &self.request.scope,
            code_challenge: self.request.challenge().unwrap_or(None),
            at: services.now(),
            expires_at: services.now().plus_seconds(CODE_LIFETIME_S),
        };
        transaction(self.cx.db(), |tx| {
            codes::create(tx, &new)?;
            self.log(tx, None)
        })?;
        let mut query = self.query();
        query.push(("code", &code));
        Ok(self.target.answer(&query, &[]))
    }

    fn query(&self) -> Vec<(&str, &str)> {
        let mut query = vec![("scope", self.request.scope.as_str())];
        query.extend(self.request.state.as_deref().map(|state| ("state", state)));
        query
    }

    fn log(&self, tx: &Transaction<'_>, token_uuid: Option<&str>) -> Result<(), ApiError> {
        let namespace = self.cx.grant.target().namespace.as_ref();
        let namespace_id = namespace.map_or(self.caller.id, |namespace| namespace.id);
        let event = LogEvent::OauthTokenGranted {
            oauth_token_uuid: token_uuid,
            scope: &self.request.scope,
            application_name: &applications::current_name(tx, self.application.id)?,
            client_id: &self.application.client_id,
        };
        Ok(self.cx.log(tx, namespace_id, &event)?)
    }
}
