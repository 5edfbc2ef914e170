//! `/confirminvite`: where the links in mails lead. Shows an invitation to whom it is for, and takes his answer.

use crate::html::{escape, page};
use berth_access::{Caller, Public, UserAdmin};
use berth_domain::secret::hash_token;
use berth_domain::settings;
use berth_store::invitations::{self, Invitation};
use berth_web::{ApiError, Context, Form, HandlerResult, Response};

use crate::invitations::responses::{accept_code, decline_code};

const TITLE: &str = "Team invitation";

/// `GET /confirminvite?code=…`.
pub(crate) fn show(cx: &Context<'_, Public>) -> HandlerResult {
    let Some(caller) = cx.person() else { return signed_out(cx) };
    let query = cx.query();
    let code = query.get("code").unwrap_or_default();
    let found = invitations::find(cx.db(), &hash_token(code), cx.services().now())?;
    let Some(found) = found else { return Ok(unknown()) };
    if !found.is_for(caller.id, &caller.email) {
        return Ok(not_for(&found, caller));
    }
    let form = format!(
        "<p>{} you to join the team <b>{}</b> of the organization <b>{}</b>.</p>\n\
        <p class=\"soft\">You are signed in as <b>{}</b>.</p>\n\
        <form method=\"post\" action=\"/confirminvite\">\n\
        <input type=\"hidden\" name=\"_csrf_token\" value=\"{}\">\n\
        <input type=\"hidden\" name=\"code\" value=\"{}\">\n\
        <div class=\"choices\">\n\
        <button class=\"first\" name=\"answer\" value=\"accept\">Accept</button>\n\
        <button name=\"answer\" value=\"decline\">Decline</button>\n</div>\n</form>",
        match &found.inviter {
            Some(inviter) => format!("<b>{}</b> invites", escape(inviter)),
            None => "Somebody invited".into(),
        },
        escape(&found.team),
        escape(&found.organization),
        escape(&caller.name),
        escape(&csrf_token(cx)?),
        escape(code),
    );
    Ok(page(200, TITLE, &form))
}

fn csrf_token(cx: &Context<'_, Public>) -> Result<String, ApiError> {
    let session = cx.session().ok_or_else(ApiError::unauthenticated)?;
    session.csrf_token(cx.services())
}

fn signed_out(cx: &Context<'_, Public>) -> HandlerResult {
    let registry = cx.services().setting(&settings::REGISTRY_TITLE)?;
    let text = format!(
        "<p>Please sign in to {} with this browser, then open the link again.</p>",
        escape(&registry)
    );
    Ok(page(401, TITLE, &text).with_header("www-authenticate", "Bearer"))
}

fn unknown() -> Response {
    let text =
        "<p>There is no such invitation: it was answered or withdrawn, or its time is over.</p>";
    page(404, TITLE, text)
}

fn not_for(invitation: &Invitation, caller: &Caller) -> Response {
    let text = format!(
        "<p>This invitation is for <b>{}</b>, and you are signed in as <b>{}</b>.</p>",
        escape(&invitation.addressee),
        escape(&caller.name)
    );
    page(403, TITLE, &text)
}

/// `POST /confirminvite`: the answer of the form.
pub(crate) fn answer(cx: &Context<'_, UserAdmin>, form: Form) -> HandlerResult {
    let caller = cx.caller()?;
    let code = form.0.get("code").unwrap_or_default();
    let done = match form.0.get("answer") {
        Some("accept") => accept_code(cx, code).map(|found| {
            format!(
                "You are now in the team <b>{}</b> of <b>{}</b>.",
                found.team, found.organization
            )
        }),
        Some("decline") => {
            let may = |found: &Invitation| found.is_for(caller.id, &caller.email);
            decline_code(cx, code, may).map(|found| {
                format!(
                    "You declined to join the team <b>{}</b> of <b>{}</b>.",
                    found.team, found.organization
                )
            })
        }
        _ => Err(ApiError::model("Please accept or decline.")),
    };
    match done {
        Ok(text) => Ok(page(200, TITLE, &format!("<p>{text}</p>"))),
        Err(ApiError::Model(message)) => {
            Ok(page(400, TITLE, &format!("<p>{}</p>", escape(&message))))
        }
        Err(error) => Err(error),
    }
}
