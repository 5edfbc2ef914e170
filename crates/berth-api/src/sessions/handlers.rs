//! Sessions: beginning, refreshing and ending them, and their CSRF tokens (`docs/contract/quay.md` 0.6, 5.4).

use berth_access::{Public, UserAdmin};
use berth_domain::log_event::LogEvent;
use berth_domain::settings;
use berth_store::{StoreError, accounts, transaction};
use berth_web::password::{self, Checked};
use berth_web::session::Session;
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, StatusCode, WithHeaders};
use serde_json::json;

use crate::sessions::bodies::{Password, SignIn};
use crate::sessions::views::CsrfToken;
use crate::success::Success;
use crate::users::sign_up::proves;

/// The answer to a change of the session, with the cookies and the next CSRF token.
type SessionAnswer = WithHeaders<JsonResponse<Success>>;

/// `GET /csrf_token`: the token of the session, or of a new one of nobody.
pub(crate) fn csrf_token(
    cx: &Context<'_, Public>,
) -> HandlerResult<WithHeaders<JsonResponse<CsrfToken>>> {
    let services = cx.services();
    let session = cx.session_or_new();
    let csrf_token = session.csrf_token(services)?;
    Ok(session.hand_out(services, JsonResponse(CsrfToken { csrf_token })))
}

/// Begins a session. The code of an invitation that was mailed to the address confirms it.
pub(crate) fn sign_in(cx: &Context<'_, Public>, body: SignIn) -> HandlerResult<SessionAnswer> {
    let services = cx.services();
    let user = match password::check(services, cx.request(), &body.username, &body.password)? {
        Checked::Right(user) => user,
        Checked::Disabled => {
            let message = "This user has been disabled. Please contact your administrator.";
            return Err(refusal(false, Some(message)));
        }
        Checked::Wrong => return Err(refusal(false, Some("Invalid Username or Password"))),
    };
    let session = if user.verified {
        cx.begin_session(&user)?
    } else if proves(services, &body.invite_code, &user.email)? {
        cx.begin_confirmed_session(&user)?
    } else {
        return Err(refusal(true, None));
    };
    session.announce(services, JsonResponse(Success::DONE))
}

fn refusal(needs_email_verification: bool, message: Option<&str>) -> ApiError {
    let body = json!({
        "needsEmailVerification": needs_email_verification,
        "invalidCredentials": !needs_email_verification,
        "message": message,
    });
    ApiError::Custom(StatusCode::FORBIDDEN, body)
}

/// `POST /api/v1/signin/verify`: the session counts as fresh again. Who came with a token gets one.
pub(crate) fn verify(cx: &Context<'_, UserAdmin>, body: Password) -> HandlerResult<SessionAnswer> {
    let services = cx.services();
    let caller = cx.caller()?;
    let Checked::Right(user) = password::check_own(services, cx.request(), caller, &body.password)?
    else {
        return Err(wrong_password());
    };
    let session = match cx.session() {
        Some(session) => session.renew(services, user.session_epoch)?,
        None => transaction(cx.db(), |tx| -> Result<_, StoreError> {
            Session::begin(tx, services, user.id, user.session_epoch, None)
        })?,
    };
    let session = session.on_device(services, cx.request(), &user.uuid)?;
    session.announce(services, JsonResponse(Success::DONE))
}

/// The answer to a wrong password of somebody who is known already.
pub(crate) fn wrong_password() -> ApiError {
    let body = json!({ "message": "Invalid Username or Password", "invalidCredentials": true });
    ApiError::Custom(StatusCode::FORBIDDEN, body)
}

/// `POST /api/v1/signout`: ends all sessions of the caller, if their credentials let them administer the account. The cookie
/// lives on as that of nobody.
pub(crate) fn sign_out(cx: &Context<'_, Public>) -> HandlerResult<SessionAnswer> {
    let services = cx.services();
    let administers = cx.rights().is_user_admin();
    if let Some(caller) = cx.grant.caller().filter(|_| administers) {
        let logs = services.setting(&settings::ACTION_LOG_AUDIT_LOGINS);
        let epoch = cx.session().and_then(Session::epoch);
        transaction(cx.db(), |tx| -> Result<_, StoreError> {
            // Otherwise the session has ended already, and those that there are now began later.
            if accounts::end_sessions(tx, caller.id, epoch)? && logs {
                cx.log(tx, caller.id, &LogEvent::LogoutSuccess {})?;
            }
            Ok(())
        })?;
    } else if let Some(session) = cx.session() {
        session.end(services)?;
    }
    let answer = JsonResponse(Success::DONE);
    match cx.session() {
        Some(session) => session.of_nobody().announce(services, answer),
        None => Ok(answer.into()),
    }
}
