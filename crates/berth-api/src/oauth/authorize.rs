//! `GET /oauth/authorize`: may this application act in your name? (`docs/contract/quay.md` 5.7)

use berth_access::{Client, ScopeSet};
use berth_domain::{Application, Namespace};
use berth_web::{
    Context, Either, HandlerResult, JsonResponse, Request, RequestExt, StatusCode, WithHeaders,
};

use super::grant;
use super::pages;
use super::person::{assignable, may_use, person};
use super::redirect::{Sent, Target};
use super::request::AuthorizationRequest;
use super::views::ConsentView;
use crate::html::HtmlResponse;

/// The question whether the application may, or an answer that goes to it.
type Asked = Either<WithHeaders<Either<JsonResponse<ConsentView>, HtmlResponse>>, Sent>;

/// Answers with the consent page, or with a form to sign in.
pub(crate) fn authorize(cx: &Context<'_, Client>) -> HandlerResult<Asked> {
    let request = AuthorizationRequest::require(&cx.request().query())?;
    let Some(caller) = person(cx) else { return Err(pages::sign_in(cx, &request)?) };
    let client = cx.grant.target();
    let (Some(application), Some(owner)) = (&client.application, &client.namespace) else {
        return Err(pages::unknown_application(cx.services(), &request));
    };
    if request.assignment_uuid.is_some() && !assignable(cx, &request) {
        return Err(pages::refusal(
            cx.services(),
            &request,
            StatusCode::BAD_REQUEST,
            "This cannot be assigned",
            NOT_ASSIGNABLE,
        ));
    }
    if !may_use(cx, &request, caller, application)? {
        return Err(pages::refusal(
            cx.services(),
            &request,
            StatusCode::FORBIDDEN,
            "Not for you",
            NOT_ALLOWED,
        ));
    }
    // A program that asks again for what it was granted before gets it, as from the original. A browser never does: any link
    // makes it ask, so a person answers each time.
    let covered = is_covered(&request, &client.granted_scopes) && !cx.services().is_read_only();
    if !covered || is_from_browser(cx.request()) {
        return ask(cx, &request, application, owner);
    }
    grant::issue(cx, &request, caller, application, true).map(Either::Right)
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

/// Whether living tokens of the caller cover what is asked for. What cannot be read is covered by anything, as in the
/// original: it is refused later.
fn is_covered(request: &AuthorizationRequest, granted: &[String]) -> bool {
    let Some(requested) = request.scopes() else { return !granted.is_empty() };
    let granted = granted.iter().filter_map(|scope| ScopeSet::parse(scope).ok());
    granted.reduce(ScopeSet::union).is_some_and(|granted| granted.covers(requested))
}

/// Asks for consent, once all else is checked.
fn ask(
    cx: &Context<'_, Client>,
    request: &AuthorizationRequest,
    application: &Application,
    owner: &Namespace,
) -> HandlerResult<Asked> {
    let Some(target) = request.target(cx, application) else {
        return match Target::registered(application) {
            Some(registered) => {
                Ok(Either::Right(registered.answer(&[("error", "redirect_uri_mismatch")], &[])))
            }
            None => Err(pages::refusal(
                cx.services(),
                request,
                StatusCode::BAD_REQUEST,
                "Nowhere to go",
                NO_TARGET,
            )),
        };
    };
    let Some(scopes) = request.scopes() else {
        return Err(pages::refusal(
            cx.services(),
            request,
            StatusCode::NOT_FOUND,
            "Unknown scope",
            NO_SCOPE,
        ));
    };
    if let Some(refused) = grant::refused_flow(request) {
        return Ok(Either::Right(grant::refuse(request, &target, refused)));
    }
    let session = cx.session_or_new();
    let consent = pages::Consent { request, application, owner, target: &target, scopes };
    let csrf_token = session.csrf_token(cx.services())?;
    let question = match request.wants_json {
        true => Either::Left(JsonResponse(consent.view(csrf_token))),
        false => Either::Right(consent.page(cx, &csrf_token)?),
    };
    Ok(Either::Left(session.hand_out(cx.services(), question)))
}

const NO_TARGET: &str = "The redirect URI of the request is not one of this application.";
const NO_SCOPE: &str = "The request asks for a scope that does not exist.";
