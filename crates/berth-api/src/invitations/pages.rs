//! `/confirminvite`: where the links in mails lead. Shows an invitation to the invited user, and takes their answer.

use crate::html::{HtmlResponse, hidden, message, page};
use berth_access::{Caller, Public, UserAdmin};
use berth_domain::secret::hash_token;
use berth_domain::settings;
use berth_store::invitations::{self, Invitation};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use berth_web::{ApiError, Context, Form, HandlerResult, Services, StatusCode};

use crate::invitations::responses::{accept_code, decline_code};
use crate::sessions::bodies::CodeQuery;

const TITLE: &str = "Team invitation";

/// `GET /confirminvite?code=…`.
pub(crate) fn show(
    cx: &Context<'_, Public>,
    CodeQuery { code }: CodeQuery,
) -> HandlerResult<HtmlResponse> {
    let Some(caller) = cx.person() else { return Ok(signed_out(cx, &code)) };
    let found = invitations::find(cx.db(), &hash_token(&code), cx.services().now())?;
    let Some(found) = found else { return Ok(unknown(cx.services())) };
    if !found.is_for(caller.id, &caller.email) {
        return Ok(not_for(cx.services(), &found, caller));
    }
    let form = html! {
        p {
            @match &found.inviter {
                Some(inviter) => { b { (inviter) } " invites" },
                None => "Somebody invited",
            }
            " you to join the team " b { (found.team) } " of the organization " b { (found.organization) } "."
        }
        p.soft { "You are signed in as " b { (caller.name) } "." }
        form method="post" action="/confirminvite" {
            (hidden("_csrf_token", &csrf_token(cx)?))
            (hidden("code", &code))
            div.choices {
                button.first name="answer" value="accept" { "Accept" }
                button name="answer" value="decline" { "Decline" }
            }
        }
    };
    Ok(page(cx.services(), StatusCode::OK, TITLE, form))
}

fn csrf_token(cx: &Context<'_, Public>) -> Result<String, ApiError> {
    let session = cx.session().ok_or_else(ApiError::unauthenticated)?;
    session.csrf_token(cx.services())
}

/// Asks whoever is not signed in to do so. The console's pages lead back here; the code goes along in a form, and in no further address.
fn signed_out(cx: &Context<'_, Public>, code: &str) -> HtmlResponse {
    let services = cx.services();
    let registry = services.setting(&settings::REGISTRY_TITLE);
    let back = format!("/confirminvite?code={}", utf8_percent_encode(code, NON_ALPHANUMERIC));
    let content = match services.setting(&settings::FEATURE_CONSOLE) {
        true => html! {
            p { "You are invited into a team at " (registry) ". Sign in to answer." }
            div.choices {
                (way_back("/signin", &back, html! { button.first { "Sign in" } }))
                @if services.setting(&settings::FEATURE_USER_CREATION) {
                    (way_back("/createaccount", &back, html! { button { "Create an account" } }))
                }
            }
        },
        false => html! {
            p { "Please sign in to " (registry) " with this browser, then open the link again." }
        },
    };
    page(services, StatusCode::UNAUTHORIZED, TITLE, content)
}

/// A form that opens a page of the console which leads to `back` when it is done.
fn way_back(action: &str, back: &str, button: Markup) -> Markup {
    html! { form method="post" action=(action) { (hidden("next", back)) (button) } }
}

fn unknown(services: &Services<'_>) -> HtmlResponse {
    let text = "There is no such invitation: it was answered or withdrawn, or its time is over.";
    message(services, StatusCode::NOT_FOUND, TITLE, text)
}

fn not_for(services: &Services<'_>, invitation: &Invitation, caller: &Caller) -> HtmlResponse {
    let content = html! {
        p {
            "This invitation is for " b { (invitation.addressee) } ", and you are signed in as "
            b { (caller.name) } "."
        }
    };
    page(services, StatusCode::FORBIDDEN, TITLE, content)
}

/// `POST /confirminvite`: the answer of the form.
pub(crate) fn answer(cx: &Context<'_, UserAdmin>, form: Form) -> HandlerResult<HtmlResponse> {
    let caller = cx.caller()?;
    let code = form.0.get("code").unwrap_or_default();
    let done = match form.0.get("answer") {
        Some("accept") => {
            accept_code(cx, code).map(|found| outcome("You are now in the team ", &found))
        }
        Some("decline") => {
            let may = |found: &Invitation| found.is_for(caller.id, &caller.email);
            decline_code(cx, code, may)
                .map(|found| outcome("You declined to join the team ", &found))
        }
        _ => Err(ApiError::model("Please accept or decline.")),
    };
    match done {
        Ok(content) => Ok(page(cx.services(), StatusCode::OK, TITLE, content)),
        Err(ApiError::Model(text)) => {
            Ok(message(cx.services(), StatusCode::BAD_REQUEST, TITLE, &text))
        }
        Err(error) => Err(error),
    }
}

fn outcome(text: &str, invitation: &Invitation) -> Markup {
    html! { p { (text) b { (invitation.team) } " of " b { (invitation.organization) } "." } }
}
