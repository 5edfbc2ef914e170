//! `GET /oauth/authorize`: may this application act in your name? (`docs/contract/quay.md` 5.7)

use berth_access::{Caller, Client, ScopeSet};
use berth_domain::{Application, Namespace, settings};
use berth_store::assignments;
use berth_web::{ApiError, Context, HandlerResult, IntoResponse as _, Request};

use super::grant;
use super::pages;
use super::person;
use super::redirect::Target;
use super::request::{AuthorizationRequest, ResponseType};

/// Answers with the consent page; to who is not signed in, with a form to sign in.
pub(crate) fn authorize(cx: &Context<'_, Client>) -> HandlerResult {
    let request = AuthorizationRequest::require(&cx.request().any_query())?;
    let Some(caller) = person(cx) else { return pages::sign_in(cx, &request) };
    let client = cx.grant.target();
    let (Some(application), Some(owner)) = (&client.application, &client.namespace) else {
        return pages::refusal(&request, 404, "Unknown application", pages::UNKNOWN_CLIENT);
    };
    if request.assignment_uuid.is_some() && !assignable(cx, &request)? {
        return pages::refusal(&request, 400, "This cannot be assigned", NOT_ASSIGNABLE);
    }
    if !may_use(cx, &request, caller, application)? {
        return pages::refusal(&request, 403, "Not for you", NOT_ALLOWED);
    }
    // A program that asks again for what it was granted before gets it, as from the original. A browser never does: any link
    // makes it ask, so a person answers each time.
    let read_only = cx.services().setting(&settings::REGISTRY_STATE)? == "readonly";
    let covered = is_covered(&request, &client.granted_scopes) && !read_only;
    if !covered || is_from_browser(cx.request()) {
        return ask(cx, &request, application, owner);
    }
    grant::issue(cx, &request, caller, application, true)
}

const NOT_ASSIGNABLE: &str =
    "Only a token can be assigned, and only where this registry allows it.";
const NOT_ALLOWED: &str = "Only administrators of the organization that owns this application, and \
    people whom they assigned a token, can use it.";

/// Whether a browser sent the request, by its name or by what browsers say of where a request comes from.
fn is_from_browser(request: &Request) -> bool {
    let says_where_from = request.header("sec-fetch-mode").or(request.header("sec-fetch-site"));
    request.has_browser_agent() || says_where_from.is_some()
}

/// Whether the request is one that an assignment can be about.
fn assignable(cx: &Context<'_, Client>, request: &AuthorizationRequest) -> Result<bool, ApiError> {
    let enabled = cx.services().setting(&settings::FEATURE_ASSIGN_OAUTH_TOKEN)?;
    Ok(enabled && request.flow() == Some(ResponseType::Token))
}

/// Whether the caller may let the application act in his name: he administers its organization, or was assigned a token
/// with these scopes.
pub(crate) fn may_use(
    cx: &Context<'_, Client>,
    request: &AuthorizationRequest,
    caller: &Caller,
    application: &Application,
) -> Result<bool, ApiError> {
    if cx.rights().may_authorize_applications() {
        return Ok(true);
    }
    let Some(uuid) = request.assignment_uuid.as_deref() else { return Ok(false) };
    if !assignable(cx, request)? {
        return Ok(false);
    }
    let assigned = assignments::scope(cx.db(), uuid, application.id, caller.id)?;
    let assigned = assigned.and_then(|scope| ScopeSet::parse(&scope).ok());
    Ok(assigned.is_some_and(|assigned| {
        request.scopes().is_none_or(|requested| assigned.covers(requested))
    }))
}

/// Whether living tokens of the caller cover what is asked for. What cannot be read is covered by anything, as in the
/// original: it is refused later.
fn is_covered(request: &AuthorizationRequest, granted: &[String]) -> bool {
    let Some(requested) = request.scopes() else { return !granted.is_empty() };
    let granted = granted.iter().filter_map(|scope| ScopeSet::parse(scope).ok());
    granted.reduce(ScopeSet::union).is_some_and(|granted| granted.covers(requested))
}

/// Asks for consent, once nothing else stands in the way.
fn ask(
    cx: &Context<'_, Client>,
    request: &AuthorizationRequest,
    application: &Application,
    owner: &Namespace,
) -> HandlerResult {
    let Some(target) = request.target(cx, application)? else {
        return match Target::registered(application) {
            Some(registered) => Ok(registered.answer(&[("error", "redirect_uri_mismatch")], &[])),
            None => pages::refusal(request, 400, "Nowhere to go", NO_TARGET),
        };
    };
    let Some(scopes) = request.scopes() else {
        return pages::refusal(request, 404, "Unknown scope", NO_SCOPE);
    };
    if let Some(refused) = grant::refused_flow(request) {
        return Ok(grant::refuse(request, &target, refused));
    }
    let session = cx.session_or_new();
    let consent = pages::Consent { request, application, owner, target: &target, scopes };
    let response = match request.wants_json {
        true => consent.json(&session.csrf_token(cx.services())?),
        false => consent.page(cx, &session.csrf_token(cx.services())?)?,
    };
    Ok(session.hand_out(cx.services(), response)?.into_response())
}

const NO_TARGET: &str = "The redirect URI of the request is not one of this application.";
const NO_SCOPE: &str = "The request asks for a scope that does not exist.";
