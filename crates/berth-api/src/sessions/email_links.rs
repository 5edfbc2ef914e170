//! Forgotten passwords, and where the links in mails lead. A link shows a page; what it is for happens when the form on it is
//! sent, so that nothing that only follows links uses a code up.

use crate::mails::outbox::MailSender;
use berth_access::Public;
use berth_domain::log_event::LogEvent;
use berth_domain::secret::{hash_password, hash_token};
use berth_domain::{EmailAddress, Invalid, is_acceptable_password};
use berth_store::accounts::{self, AccountChange, Addressee, CodeOwner};
use berth_store::{StoreError, Transaction, logs, members, transaction};
use berth_web::session::Session;
use berth_web::{
    ApiError, Context, Form, HandlerResult, IntoResponse as _, JsonResponse, RequestExt, Services,
    StatusCode, network, password, rate,
};

use super::pages::{self, SessionPage};
use super::views::RecoveryAnswer;
use crate::mails::codes::{self, CodeMail, RECOVERY_LIFETIME_S};
use crate::sessions::bodies::{CodeQuery, Recovery};

/// How often one address gets a recovery mail at most, in seconds.
const RECOVERY_PAUSE_S: i64 = 60;

/// Sends a code to the address, if a user has it; if an organization has it, names of its administrators. What is written is
/// written once the answer is sent, so that its time does not tell whether there is anything to write.
pub(crate) fn ask_for_recovery(
    cx: &Context<'_, Public>,
    body: Recovery,
) -> HandlerResult<JsonResponse<RecoveryAnswer>> {
    let (services, sent) = (cx.services(), JsonResponse(RecoveryAnswer::SENT));
    rate::RECOVERIES.take(services, &network(cx.request()))?;
    let Ok(email) = EmailAddress::try_from(body.email.as_str()) else { return Ok(sent) };
    let Some(found) = accounts::with_address(cx.db(), email.as_str())? else { return Ok(sent) };
    let answer = match found.is_organization {
        true => JsonResponse(RecoveryAnswer::of_organization(body.email, &found.name)),
        false => sent,
    };
    services.defer(move |services| match found.is_organization {
        true => tell_organization(services, &found),
        false => send_recovery_code(services, &found),
    });
    Ok(answer)
}

fn send_recovery_code(services: &Services<'_>, user: &Addressee) -> Result<(), ApiError> {
    let mail = CodeMail::recovery(services, &user.email)?;
    let paused = services.now().plus_seconds(RECOVERY_LIFETIME_S - RECOVERY_PAUSE_S);
    transaction(services.db(), |tx| {
        if !accounts::set_recovery_code(tx, user.id, mail.code(), paused)? {
            return Ok(());
        }
        // Where the address has had its mails for this hour, the former code stays.
        mail.enqueue_for(tx, user.id, &MailSender::recovery(services))
    })
}

fn tell_organization(services: &Services<'_>, organization: &Addressee) -> Result<(), ApiError> {
    let administrators = members::administrators(services.db(), organization.id)?;
    let mail = codes::organization_recovery(services, organization, &administrators)?;
    transaction(services.db(), |tx| {
        mail.enqueue_for(tx, organization.id, &MailSender::recovery(services)).map(drop)
    })
}

/// `GET /recovery?code=…`: asks whoever has the code for a new password.
pub(crate) fn show_recovery(
    cx: &Context<'_, Public>,
    CodeQuery { code }: CodeQuery,
) -> HandlerResult<SessionPage> {
    match accounts::by_recovery_code(cx.db(), &hash_token(&code), cx.services().now())? {
        Some(bearer) => pages::new_password(cx, &code, Some(&bearer.name), None),
        None => Ok(pages::no_recovery(cx.services()).into()),
    }
}

/// `POST /recovery`: sets a new password with the code, and signs in, once. All sessions of the account end.
pub(crate) fn recover(cx: &Context<'_, Public>, form: Form) -> HandlerResult<SessionPage> {
    require_own_page(cx)?;
    let services = cx.services();
    let code = form.0.get("code").unwrap_or_default();
    let wanted = form.0.get("password").unwrap_or_default();
    if !is_acceptable_password(wanted) {
        return pages::new_password(cx, code, None, Some(&Invalid::Password.to_string()));
    }
    // Hashing is costly: only with a valid code.
    if accounts::by_recovery_code(cx.db(), &hash_token(code), services.now())?.is_none() {
        return Ok(pages::no_recovery(cx.services()).into());
    }
    let hash = hash_password(wanted, services.random().bytes());
    let used = transaction(cx.db(), |tx| -> Result<_, ApiError> {
        let now = services.now();
        let sent_since = now.plus_seconds(-RECOVERY_LIFETIME_S);
        let used = accounts::use_recovery_code(tx, &hash_token(code), &hash, now, sent_since)?;
        let Some(bearer) = used else { return Ok(None) };
        let event = LogEvent::UserChangePassword { username: &bearer.name, superuser: None };
        let mut entries = vec![cx.log_entry(bearer.id, &event)];
        entries.extend(cx.sign_in_entry(bearer.id, "recovery"));
        let session = begin_session(cx, tx, &bearer)?;
        logs::append(tx, &entries)?;
        Ok(Some((bearer, session)))
    })?;
    let Some((bearer, session)) = used else { return Ok(pages::no_recovery(cx.services()).into()) };
    password::forgive(services, &bearer.name, &bearer.email)?;
    signed_in(cx, &session, &bearer, pages::PASSWORD_TITLE, "Your new password is set.")
}

/// `GET /confirm?code=…`: asks the person with the code whether the address is theirs.
pub(crate) fn show_confirmation(
    cx: &Context<'_, Public>,
    CodeQuery { code }: CodeQuery,
) -> HandlerResult<SessionPage> {
    let found = accounts::by_email_code(cx.db(), &hash_token(&code), cx.services().now())?;
    let Some(bearer) = found else { return Ok(pages::no_confirmation(cx.services()).into()) };
    pages::confirmation(cx, &code, &bearer)
}

/// `POST /confirm`: the address is confirmed, or the new one becomes the account's; whoever has the code is signed in, once.
pub(crate) fn confirm(cx: &Context<'_, Public>, form: Form) -> HandlerResult<SessionPage> {
    require_own_page(cx)?;
    let services = cx.services();
    let hash = hash_token(form.0.get("code").unwrap_or_default());
    // A mail is sealed in the transaction: the keys must be there before.
    services.sealing_keys()?;
    let used = transaction(cx.db(), |tx| use_email_code(cx, tx, &hash))?;
    let Some((bearer, session)) = used else {
        return Ok(pages::no_confirmation(cx.services()).into());
    };
    signed_in(cx, &session, &bearer, pages::ADDRESS_TITLE, "Your address is confirmed.")
}

fn use_email_code(
    cx: &Context<'_, Public>,
    tx: &Transaction<'_>,
    hash: &[u8],
) -> Result<Option<(CodeOwner, Session)>, ApiError> {
    let used = accounts::use_email_code(tx, hash, cx.services().now())?;
    let Some(bearer) = used else { return Ok(None) };
    let mut entries = Vec::new();
    if let Some(email) = &bearer.new_email {
        let change = AccountChange { email: Some(email), ..AccountChange::default() };
        accounts::change(tx, bearer.id, &change).map_err(|error| match error {
            StoreError::UniqueViolation(_) => {
                ApiError::from(pages::address_taken(cx.services()).into_response())
            }
            error => error.into(),
        })?;
        let notice = codes::notice(cx.services(), &bearer.name, &bearer.email, "e-mail address")?;
        if let Some(notice) = notice {
            notice.enqueue(tx, bearer.id)?;
        }
        let (old_email, username) = (bearer.email.as_str(), bearer.name.as_str());
        let event = LogEvent::UserChangeEmail { email, old_email, username };
        entries.push(cx.log_entry(bearer.id, &event));
    }
    entries.extend(cx.sign_in_entry(bearer.id, "confirmation"));
    let session = begin_session(cx, tx, &bearer)?;
    logs::append(tx, &entries)?;
    Ok(Some((bearer, session)))
}

/// Begins a session of whoever brought a code, in place of the one that the browser had.
fn begin_session(
    cx: &Context<'_, Public>,
    tx: &Transaction<'_>,
    bearer: &CodeOwner,
) -> Result<Session, StoreError> {
    Session::begin(tx, cx.services(), bearer.id, bearer.session_epoch, cx.session())
}

/// The page for somebody who is signed in now.
fn signed_in(
    cx: &Context<'_, Public>,
    session: &Session,
    bearer: &CodeOwner,
    title: &str,
    text: &str,
) -> HandlerResult<SessionPage> {
    session.announce(cx.services(), pages::done(cx.services(), title, text, &bearer.name))
}

/// The form is ours: browsers say when another page sends it, beside that such a page does not know its CSRF token.
fn require_own_page(cx: &Context<'_, Public>) -> Result<(), ApiError> {
    match cx.request().header("sec-fetch-site") {
        None | Some("same-origin") => Ok(()),
        Some(_) => Err(ApiError::Plain(
            StatusCode::FORBIDDEN,
            "This form is not for pages from elsewhere".into(),
        )),
    }
}
