//! The pages of the flows: consent, signing in, refusals.

use crate::html::{Page, escape, page};
use berth_access::{Client, Permit, Scope, ScopeSet};
use berth_domain::{Application, Avatar, AvatarKind, Namespace, settings};
use berth_web::{ApiError, Context, ErrorType, HandlerResult, Response};
use serde_json::json;

use super::no_store;
use super::redirect::Target;
use super::request::AuthorizationRequest;
use crate::applications::views;

/// What is told of a client id that nobody has.
pub(crate) const UNKNOWN_CLIENT: &str = "There is no application with this client id.";

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
    pub(crate) fn json(&self, csrf_token: &str) -> Response {
        let (request, application, owner) = (self.request, self.application, self.owner);
        let avatar = views::avatar(application, &owner.email);
        let owner_avatar = Avatar::new(AvatarKind::Org, &owner.name, &owner.email);
        let mut body = json!({
            "application": {
                "avatar": json!(avatar).to_string(),
                "description": application.description,
                "name": application.name,
                "organization": { "avatar": json!(owner_avatar).to_string(), "name": owner.name },
                "url": application.application_uri,
            },
            "assignment_uuid": request.assignment_uuid,
            "client_id": request.client_id,
            "csrf_token_val": csrf_token,
            "has_dangerous_scopes": self.is_dangerous(),
            "redirect_uri": request.redirect_uri,
            "response_type": request.response_type,
            "scope": request.scope,
            "scopes": views::scopes(&request.scope),
            "state": request.state,
        });
        if let Some(challenge) = &request.code_challenge {
            body["code_challenge"] = challenge.as_str().into();
            body["code_challenge_method"] = "S256".into();
        }
        no_store(Response::ok(&body))
    }

    /// The question for people. It works without a script; its two forms post what was asked for back to us.
    pub(crate) fn page(
        &self,
        cx: &Context<'_, Client>,
        csrf_token: &str,
    ) -> Result<Response, ApiError> {
        let application = self.application;
        let named = match application.name.trim() {
            "" => "An application without a name",
            name => name,
        };
        let mut fields = hidden("_csrf_token", csrf_token);
        for (name, value) in self.request.pairs() {
            fields.push_str(&hidden(name, value));
        }
        let content = format!(
            "<p><b>{}</b>, an application of <b>{}</b>, asks to act in the name of <b>{}</b> at {}.</p>\n\
            {}{}<h2>It will be able to</h2>\n<ul>\n{}</ul>\n{}\
            <p class=\"soft\">Your answer goes to <b>{}</b>. You can end what you allow at any time.</p>\n\
            <div class=\"choices\">\n\
            <form method=\"post\" action=\"/oauth/authorizeapp\">{fields}<button class=\"first\" id=\"allow\">Allow</button></form>\n\
            <form method=\"post\" action=\"/oauth/denyapp\">{fields}<button id=\"deny\">Deny</button></form>\n</div>",
            escape(named),
            escape(&self.owner.name),
            escape(&cx.caller()?.name),
            escape(&cx.services().setting(&settings::REGISTRY_TITLE)?),
            paragraph(&application.description),
            paragraph(&application.application_uri),
            self.scopes.granted().map(scope_item).collect::<String>(),
            if self.is_dangerous() { WARNING } else { "" },
            escape(&self.target.origin()),
        );
        let title = format!("Allow {named}?");
        let origin = self.target.origin();
        Ok(Page::new(200, &title, &content).with_form_target(&origin).response())
    }

    fn is_dangerous(&self) -> bool {
        self.scopes.granted().any(Scope::is_dangerous)
    }
}

const WARNING: &str = "<p class=\"alarm-text\"><b>Allow it only if you trust whoever runs this application \
    with everything that is marked as dangerous.</b></p>\n";

fn scope_item(scope: Scope) -> String {
    let (class, mark) = match scope.is_dangerous() {
        true => (" class=\"alarm\"", "<span class=\"mark\">Dangerous</span>"),
        false => ("", ""),
    };
    format!(
        "<li{class}><b>{}</b>{mark}<p>{}</p></li>\n",
        escape(scope.title()),
        escape(scope.description())
    )
}

/// What strangers wrote, as text; nothing where they wrote nothing.
fn paragraph(text: &str) -> String {
    match text.trim() {
        "" => String::new(),
        text => format!("<p class=\"soft\">{}</p>\n", escape(text)),
    }
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value))
}

/// Asks who is there, and comes back to the flow.
pub(crate) fn sign_in<P: Permit>(
    cx: &Context<'_, P>,
    request: &AuthorizationRequest,
) -> HandlerResult {
    if request.wants_json {
        return Err(ApiError::unauthenticated());
    }
    sign_in_page(cx, &cx.request().query, None)
}

/// The form to sign in; the flow goes on with `query`.
pub(crate) fn sign_in_page<P: Permit>(
    cx: &Context<'_, P>,
    query: &str,
    failure: Option<&str>,
) -> HandlerResult {
    let services = cx.services();
    if !services.setting(&settings::FEATURE_DIRECT_LOGIN)? {
        return signed_out();
    }
    let session = cx.session_or_new();
    let failure = failure.map(|text| {
        format!("<p class=\"alarm-text\" role=\"alert\"><b>{}</b></p>\n", escape(text))
    });
    let content = format!(
        "<p>An application asks to act in your name at {}. Who are you?</p>\n{}\
        <form method=\"post\" action=\"/oauth/authorize/signin\">{}{}\n\
        <label>User name or e-mail address<input name=\"username\" autocomplete=\"username\" required autofocus></label>\n\
        <label>Password<input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>\n\
        <div class=\"choices\"><button class=\"first\" id=\"sign-in\">Sign in</button></div>\n</form>",
        escape(&services.setting(&settings::REGISTRY_TITLE)?),
        failure.unwrap_or_default(),
        hidden("_csrf_token", &session.csrf_token(services)?),
        hidden("continue", query),
    );
    let response = page(401, "Sign in", &content);
    session.hand_out(services, response)
}

/// Tells somebody that he is not signed in.
pub(crate) fn signed_out() -> HandlerResult {
    let content = "<p>Sign in to the registry first, then begin again in the application.</p>";
    Ok(page(401, "You are not signed in", content))
}

/// Tells a person, or a program that asked for JSON, why the flow ends here.
pub(crate) fn refusal(
    request: &AuthorizationRequest,
    status: u16,
    title: &str,
    text: &str,
) -> HandlerResult {
    if request.wants_json {
        let kind = match status {
            404 => ErrorType::NotFound,
            403 => ErrorType::InsufficientScope,
            _ => ErrorType::InvalidRequest,
        };
        return Err(ApiError::typed(kind, text.to_owned()));
    }
    Ok(page(status, title, &format!("<p>{}</p>", escape(text))))
}
