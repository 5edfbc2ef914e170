//! Forgotten passwords, and where the links in mails lead.

use berth_access::Public;
use berth_domain::LogKind;
use berth_domain::secret::hash_token;
use berth_store::accounts::{self, AccountChange, CodeBearer, ProfileChange};
use berth_store::{StoreError, Transaction, log, transaction};
use berth_web::html::page;
use berth_web::session::Session;
use berth_web::{Answer, ApiError, Context, Json, Kind, Property, Response, Schema, password};
use serde::Deserialize;
use serde_json::json;

use crate::mail::{self, CodedLetter, RECOVERY_LIFETIME_S};

/// How often one address gets a recovery mail at most, in seconds.
const RECOVERY_PAUSE_S: i64 = 60;

/// `POST /api/v1/recovery`.
#[derive(Deserialize)]
pub(crate) struct Recovery {
    email: String,
}

impl Json for Recovery {
    const SCHEMA: &'static Schema = &Schema {
        name: "RequestRecovery",
        about: "Information required to sign a user in.",
        properties: &[
            Property::required("email", Kind::String, "The user's email address"),
            Property::optional("recaptcha_response", Kind::String, "Not used: there is no captcha"),
        ],
    };
}

/// Sends a code to the address, if an account has it. The answer is the same for every address, and so is the work.
pub(crate) fn ask_for_recovery(cx: &Context<'_, Public>, body: Recovery) -> Answer {
    let services = cx.services();
    if mail::can_be_written_to(&body.email) {
        let letter = CodedLetter::recovery(services, &body.email)?;
        let paused = services.now().plus_seconds(RECOVERY_LIFETIME_S - RECOVERY_PAUSE_S);
        transaction(cx.db(), |tx| {
            let found = accounts::set_recovery_code(tx, &body.email, letter.code(), paused)?;
            found.map_or(Ok(()), |account_id| letter.post(tx, account_id))
        })?;
    }
    Ok(Response::ok(&json!({ "status": "sent" })))
}

/// `GET /recovery?code=…`: lets whoever has the code in, once, to choose a new password. His address is confirmed by that.
pub(crate) fn recover(cx: &Context<'_, Public>) -> Answer {
    let (services, hash) = (cx.services(), code_hash(cx));
    let found = transaction(cx.db(), |tx| -> Result<_, StoreError> {
        let Some(bearer) = accounts::by_recovery_code(tx, &hash, services.now())? else {
            return Ok(None);
        };
        let change = ProfileChange {
            verified: Some(true),
            withdraws_codes: true,
            ..ProfileChange::default()
        };
        accounts::change_profile(tx, bearer.id, &change)?;
        Ok(Some(bearer))
    })?;
    let Some(bearer) = found else {
        let text = "<p>This link is no longer valid, or was used before. Ask for a new one.</p>";
        return Ok(page(400, "New password", text));
    };
    password::forgive(services, &bearer.name, &bearer.email)?;
    let location = format!("/user/{}?tab=settings&action=password", bearer.name);
    let session = Session::replace(cx.session(), services, &bearer.uuid, bearer.session_epoch)?;
    session.announce(services, Response::redirect(location))
}

/// `GET /confirm?code=…`: the address is confirmed, or the new one becomes the account's; whoever has the code is signed
/// in, once.
pub(crate) fn confirm(cx: &Context<'_, Public>) -> Answer {
    let (services, hash) = (cx.services(), code_hash(cx));
    // A letter is sealed in the transaction: the keys must be there before.
    services.sealing_keys()?;
    let confirmed = transaction(cx.db(), |tx| {
        let found = accounts::by_email_code(tx, &hash, services.now())?;
        if let Some(bearer) = &found {
            use_email_code(cx, tx, bearer)?;
        }
        Ok(found)
    });
    let bearer = match confirmed {
        Ok(Some(bearer)) => bearer,
        Ok(None) => return Ok(refusal("This link is no longer valid, or was used before.")),
        Err(error) if error == address_taken() => {
            return Ok(refusal("Somebody else has this address by now."));
        }
        Err(error) => return Err(error),
    };
    let location = match bearer.new_email {
        Some(_) => format!("/user/{}?tab=settings", bearer.name),
        None => "/".to_owned(),
    };
    let session = Session::replace(cx.session(), services, &bearer.uuid, bearer.session_epoch)?;
    session.announce(services, Response::redirect(location))
}

fn refusal(text: &str) -> Response {
    page(400, "E-mail address", &format!("<p>{text}</p>"))
}

fn use_email_code(
    cx: &Context<'_, Public>,
    tx: &Transaction<'_>,
    bearer: &CodeBearer,
) -> Result<(), ApiError> {
    let change = AccountChange { email: bearer.new_email.as_deref(), ..AccountChange::default() };
    accounts::change(tx, bearer.id, &change).map_err(|error| match error {
        StoreError::Taken(_) => address_taken(),
        error => error.into(),
    })?;
    let change =
        ProfileChange { verified: Some(true), withdraws_codes: true, ..ProfileChange::default() };
    accounts::change_profile(tx, bearer.id, &change)?;
    let Some(email) = &bearer.new_email else { return Ok(()) };
    let notice = mail::notice(cx.services(), &bearer.name, &bearer.email, "e-mail address")?;
    if let Some(notice) = notice {
        notice.post(tx, bearer.id)?;
    }
    let metadata = json!({ "email": email, "old_email": bearer.email, "username": bearer.name });
    log::append(tx, &[cx.log_entry(LogKind::UserChangeEmail, bearer.id, metadata)])?;
    Ok(())
}

fn address_taken() -> ApiError {
    ApiError::invalid_request("E-mail address already used")
}

fn code_hash(cx: &Context<'_, Public>) -> Vec<u8> {
    hash_token(cx.request().query().get("code").unwrap_or_default())
}
