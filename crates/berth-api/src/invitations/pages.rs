//! `/confirminvite`: where the links in mails lead. Shows an invitation to the invited user, and takes their answer.

use crate::html::{HtmlResponse, hidden, message, page};
use berth_access::{Caller, Public, UserAdmin};
use berth_domain::secret::hash_token;
use berth_domain::settings;
use berth_store::invitations::{self, Invitation};
use maud::{Markup, html};

use berth_web::{ApiError, Context, Form, HandlerResult, StatusCode};

use crate::invitations::responses::{accept_code, decline_code};
use crate::sessions::bodies::CodeQuery;

const TITLE: &str = "Team invitation";

/// `GET /confirminvite?code=…`.
pub(crate) fn show(
    cx: &Context<'_, Public>,
    CodeQuery { code }: CodeQuery,
) -> HandlerResult<HtmlResponse> {
    let Some(caller) = cx.person() else { return signed_out(cx) };
    let found = invitations::find(cx.db(), &hash_token(&code), cx.services().now())?;
    let Some(found) = found else { return Ok(unknown()) };
    if !found.is_for(caller.id, &caller.email) {
        return Ok(not_for(&found, caller));
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
    Ok(page(StatusCode::OK, TITLE, form))
}

fn csrf_token(cx: &Context<'_, Public>) -> Result<String, ApiError> {
    let session = cx.session().ok_or_else(ApiError::unauthenticated)?;
    session.csrf_token(cx.services())
}

fn signed_out(cx: &Context<'_, Public>) -> HandlerResult<HtmlResponse> {
    let registry = cx.services().setting(&settings::REGISTRY_TITLE);
    let text = format!("Please sign in to {registry} with this browser, then open the link again.");
    Ok(message(StatusCode::UNAUTHORIZED, TITLE, &text))
}

fn unknown() -> HtmlResponse {
    let text = "There is no such invitation: it was answered or withdrawn, or its time is over.";
    message(StatusCode::NOT_FOUND, TITLE, text)
}

fn not_for(invitation: &Invitation, caller: &Caller) -> HtmlResponse {
    let content = html! {
        p {
            "This invitation is for " b { (invitation.addressee) } ", and you are signed in as "
            b { (caller.name) } "."
        }
    };
    page(StatusCode::FORBIDDEN, TITLE, content)
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
        Ok(content) => Ok(page(StatusCode::OK, TITLE, content)),
        Err(ApiError::Model(text)) => Ok(message(StatusCode::BAD_REQUEST, TITLE, &text)),
        Err(error) => Err(error),
    }
}

fn outcome(text: &str, invitation: &Invitation) -> Markup {
    html! { p { (text) b { (invitation.team) } " of " b { (invitation.organization) } "." } }
}
