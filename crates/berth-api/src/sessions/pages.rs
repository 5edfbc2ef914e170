//! The pages that links in mails open. A link changes nothing: its page has a form that does.

use berth_access::Public;
use berth_store::accounts::CodeOwner;
use berth_web::{Context, HandlerResult, Services, StatusCode, WithHeaders};
use maud::{Markup, html};

use crate::html::{HtmlResponse, alert, hidden, message, page};

/// A page that may begin a session, or go on with one.
pub(super) type SessionPage = WithHeaders<HtmlResponse>;

/// The title of what is about a forgotten password.
pub(super) const PASSWORD_TITLE: &str = "New password";

/// The title of what is about an address.
pub(super) const ADDRESS_TITLE: &str = "E-mail address";

/// Asks for a new password: of the account `name` at first, and once more where `failure` tells what was wrong.
pub(super) fn new_password(
    cx: &Context<'_, Public>,
    code: &str,
    name: Option<&str>,
    failure: Option<&str>,
) -> HandlerResult<SessionPage> {
    let content = html! {
        @if let Some(name) = name { p { "Choose a new password for the account " b { (name) } "." } }
        (alert(failure))
        p.soft {
            "The former password stops working, all sessions of the account end, and this browser is signed in."
        }
    };
    let field = html! {
        div.field {
            label for="password" { "New password" }
            input #password type="password" name="password" autocomplete="new-password" minlength="8" required autofocus;
        }
    };
    let form = CodeForm { action: "/recovery", code, field, button: "Set password" };
    let status = if failure.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    form.page(cx, status, PASSWORD_TITLE, &content)
}

/// Asks whether the address is that of the person who opens the page.
pub(super) fn confirmation(
    cx: &Context<'_, Public>,
    code: &str,
    owner: &CodeOwner,
) -> HandlerResult<SessionPage> {
    let address = owner.new_email.as_ref().unwrap_or(&owner.email);
    let content = html! {
        p { "Is " b { (address) } " the address of your account " b { (owner.name) } "?" }
        p.soft {
            "If you did not ask for this, close this page. Otherwise this browser is signed in as "
            b { (owner.name) } "."
        }
    };
    let form =
        CodeForm { action: "/confirm", code, field: html! {}, button: "Confirm this address" };
    form.page(cx, StatusCode::OK, ADDRESS_TITLE, &content)
}

/// A form that sends a code back, from this browser.
struct CodeForm<'a> {
    action: &'a str,
    code: &'a str,
    field: Markup,
    button: &'a str,
}

impl CodeForm<'_> {
    /// The page with the form below `content`. Its CSRF token is bound to the session of the browser, which gets one of
    /// nobody where it has none: no other page can send the form in its place.
    fn page(
        &self,
        cx: &Context<'_, Public>,
        status: StatusCode,
        title: &str,
        content: &Markup,
    ) -> HandlerResult<SessionPage> {
        let services = cx.services();
        let session = cx.session_or_new();
        let form = html! {
            (content)
            form.fields method="post" action=(self.action) {
                (hidden("_csrf_token", &session.csrf_token(services)?))
                (hidden("code", self.code))
                (self.field)
                div.choices { button.first { (self.button) } }
            }
        };
        Ok(session.hand_out(services, page(services, status, title, form)))
    }
}

/// The code of a forgotten password does not work.
pub(super) fn no_recovery(services: &Services<'_>) -> HtmlResponse {
    let text = "This link is no longer valid, or was used before. Ask for a new one.";
    message(services, StatusCode::BAD_REQUEST, PASSWORD_TITLE, text)
}

/// The code of an address does not work.
pub(super) fn no_confirmation(services: &Services<'_>) -> HtmlResponse {
    message(
        services,
        StatusCode::BAD_REQUEST,
        ADDRESS_TITLE,
        "This link is no longer valid, or was used before.",
    )
}

/// The address became somebody else's meanwhile.
pub(super) fn address_taken(services: &Services<'_>) -> HtmlResponse {
    message(
        services,
        StatusCode::BAD_REQUEST,
        ADDRESS_TITLE,
        "Somebody else has this address by now.",
    )
}

/// It is done, and the browser is signed in.
pub(super) fn done(services: &Services<'_>, title: &str, text: &str, name: &str) -> HtmlResponse {
    let content = html! {
        p { (text) " You are signed in as " b { (name) } "." }
        div.choices { a.button href="/" { "Continue" } }
    };
    page(services, StatusCode::OK, title, content)
}
