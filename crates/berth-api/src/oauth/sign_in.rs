//! `POST /oauth/authorize/signin`: signing in on the way, for a browser that came into a flow without a session.

use berth_access::Public;
use berth_web::password::{self, Checked};
use berth_web::{ApiError, Context, Form, HandlerResult, Redirect, WithHeaders};

use super::pages;

/// Begins a session and goes on with the flow; asks again when the password is wrong.
pub(crate) fn sign_in(
    cx: &Context<'_, Public>,
    Form(form): Form,
) -> HandlerResult<WithHeaders<Redirect>> {
    let services = cx.services();
    let field = |name: &str| form.get(name).unwrap_or_default();
    let query = field("continue");
    let again = |failure: &str| Err(pages::sign_in_page(cx, query, Some(failure))?);
    let user = match password::check(services, cx.request(), field("username"), field("password")) {
        Ok(Checked::Right(user)) if user.verified => user,
        Ok(Checked::Right(_)) => return again("Please confirm your e-mail address first."),
        Ok(Checked::Disabled) => {
            return again("This account is disabled. Please ask your administrator.");
        }
        Ok(Checked::Wrong) => return again("This is not the name and password of a user."),
        Err(ApiError::TooManyAttempts(limit)) => {
            let text = format!("Too many attempts. Try again in {} seconds.", limit.reset_s);
            return again(&text);
        }
        Err(error) => return Err(error),
    };
    let session = cx.begin_session(&user)?;
    // Only the query is taken from the form, so this leads nowhere but into the flow.
    let pairs = form_urlencoded::parse(query.as_bytes());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Ok(session.hand_out(services, Redirect(format!("/oauth/authorize?{query}"))))
}
