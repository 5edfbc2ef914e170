//! The pages of the flows: consent, signing in, refusals.

use berth_access::{Client, Permit, Scope, ScopeSet};
use berth_domain::{Application, Namespace, settings};
use berth_web::{ApiError, Context, ErrorType, IntoResponse as _, Services, StatusCode};
use maud::{Markup, html};

use super::redirect::Target;
use super::request::AuthorizationRequest;
use super::views::{ConsentApplication, ConsentView};
use crate::applications::views::scopes;
use crate::html::{HtmlResponse, alert, hidden, message, page, page_that_leads_to};

/// What a person is asked.
pub(crate) struct Consent<'a> {
    /// What the application asked for.
    pub(crate) request: &'a AuthorizationRequest,
    /// The application.
    pub(crate) application: &'a Application,
    /// Its namespace.
    pub(crate) owner: &'a Namespace,
    /// Where the answer goes.
    pub(crate) target: &'a Target,
    /// The scopes.
    pub(crate) scopes: ScopeSet,
}

impl Consent<'_> {
    /// The question for programs that show it themselves.
    pub(crate) fn view(&self, csrf_token: String) -> ConsentView {
        let request = self.request;
        let code_challenge = request.code_challenge.clone();
        ConsentView {
            application: ConsentApplication::new(self.application, self.owner),
            assignment_uuid: request.assignment_uuid.clone(),
            client_id: request.client_id.clone(),
            csrf_token_val: csrf_token,
            has_dangerous_scopes: self.is_dangerous(),
            redirect_uri: request.redirect_uri.clone(),
            response_type: request.response_type.clone(),
            scope: request.scope.clone(),
            scopes: scopes(&request.scope),
            state: request.state.clone(),
            code_challenge_method: code_challenge.is_some().then_some("S256"),
            code_challenge,
        }
    }

    /// The question for people. It works without a script; its two forms post what was asked for back to us.
    pub(crate) fn page(
        &self,
        cx: &Context<'_, Client>,
        csrf_token: &str,
    ) -> Result<HtmlResponse, ApiError> {
        let application = self.application;
        let named = match application.name.trim() {
            "" => "An application without a name",
            name => name,
        };
        let fields = html! {
            (hidden("_csrf_token", csrf_token))
            @for (name, value) in self.request.pairs() { (hidden(name, value)) }
        };
        let origin = self.target.origin();
        let content = html! {
            p {
                b { (named) } ", an application of " b { (self.owner.name) } ", asks to act in the name of "
                b { (cx.caller()?.name) } " at " (cx.services().setting(&settings::REGISTRY_TITLE)) "."
            }
            (paragraph(&application.description))
            (paragraph(&application.application_uri))
            h2 { "It will be able to" }
            ul.scopes { @for scope in self.scopes.granted() { (scope_item(scope)) } }
            @if self.is_dangerous() {
                div.notice.alarm { p {
                    "Allow it only if you trust whoever runs this application with everything that is marked as dangerous."
                } }
            }
            p.soft {
                "Your answer goes to " b { (origin) } ". You can end what you allow at any time."
            }
            div.choices {
                form method="post" action="/oauth/authorizeapp" {
                    (fields) button.first #allow { "Allow" }
                }
                form method="post" action="/oauth/denyapp" { (fields) button #deny { "Deny" } }
            }
        };
        let title = format!("Allow {named}?");
        Ok(page_that_leads_to(cx.services(), &origin, &title, content))
    }

    fn is_dangerous(&self) -> bool {
        self.scopes.granted().any(Scope::is_dangerous)
    }
}

fn scope_item(scope: Scope) -> Markup {
    let dangerous = scope.is_dangerous();
    html! {
        li class=[dangerous.then_some("alarm")] {
            b { (scope.title()) }
            @if dangerous { " " span.badge.alarm { "Dangerous" } }
            p { (scope.description()) }
        }
    }
}

/// What strangers wrote, as text; nothing where they wrote nothing.
fn paragraph(text: &str) -> Markup {
    let text = text.trim();
    html! { @if !text.is_empty() { p.soft { (text) } } }
}

/// Asks who is there, and comes back to the flow.
pub(crate) fn sign_in<P: Permit>(
    cx: &Context<'_, P>,
    request: &AuthorizationRequest,
) -> Result<ApiError, ApiError> {
    if request.wants_json {
        return Ok(ApiError::unauthenticated());
    }
    sign_in_page(cx, cx.request().uri().query().unwrap_or_default(), None)
}

/// The form to sign in; the flow goes on with `query`.
pub(crate) fn sign_in_page<P: Permit>(
    cx: &Context<'_, P>,
    query: &str,
    failure: Option<&str>,
) -> Result<ApiError, ApiError> {
    let services = cx.services();
    if !services.setting(&settings::FEATURE_DIRECT_LOGIN) {
        return Ok(signed_out(services));
    }
    let session = cx.session_or_new();
    let registry = services.setting(&settings::REGISTRY_TITLE);
    let content = html! {
        p { "An application asks to act in your name at " (registry) ". Who are you?" }
        (alert(failure))
        form.fields method="post" action="/oauth/authorize/signin" {
            (hidden("_csrf_token", &session.csrf_token(services)?))
            (hidden("continue", query))
            div.field {
                label for="username" { "User name or e-mail address" }
                input #username name="username" autocomplete="username" required autofocus;
            }
            div.field {
                label for="password" { "Password" }
                input #password name="password" type="password" autocomplete="current-password" required;
            }
            div.choices { button.first #sign-in { "Sign in" } }
        }
    };
    let answer =
        session.hand_out(services, page(services, StatusCode::UNAUTHORIZED, "Sign in", content));
    Ok(answer.into_response().into())
}

/// Tells somebody that they are not signed in.
pub(crate) fn signed_out(services: &Services<'_>) -> ApiError {
    let text = "Sign in to the registry first, then begin again in the application.";
    message(services, StatusCode::UNAUTHORIZED, "You are not signed in", text)
        .into_response()
        .into()
}

/// Tells that nobody has the client id.
pub(crate) fn unknown_application(
    services: &Services<'_>,
    request: &AuthorizationRequest,
) -> ApiError {
    let text = "There is no application with this client id.";
    refusal(services, request, StatusCode::NOT_FOUND, "Unknown application", text)
}

/// Tells a person, or a program that asked for JSON, why the flow ends here.
pub(crate) fn refusal(
    services: &Services<'_>,
    request: &AuthorizationRequest,
    status: StatusCode,
    title: &str,
    text: &str,
) -> ApiError {
    if request.wants_json {
        let kind = match status {
            StatusCode::NOT_FOUND => ErrorType::NotFound,
            StatusCode::FORBIDDEN => ErrorType::InsufficientScope,
            _ => ErrorType::InvalidRequest,
        };
        return ApiError::typed(kind, text.to_owned());
    }
    message(services, status, title, text).into_response().into()
}
