//! What people change of their own accounts (`docs/contract/quay.md` 5.11).

use crate::mails::outbox::{MailSender, SealedMail};
use berth_access::{Caller, UserAdmin};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::hash_password;
use berth_domain::{EmailAddress, Invalid, NamespaceName, is_acceptable_password, settings};
use berth_store::accounts::{self, AccountChange, NewAddress, ProfileChange};
use berth_store::users::{Metadata, UserAccount};
use berth_store::{Constraint, StoreError, transaction, users};
use berth_web::password::{self, Checked};
use berth_web::session::Session;
use berth_web::{
    ApiError, Context, HandlerResult, Integer, JsonResponse, NoContent, Patch, WithHeaders,
    tag_expiration_option,
};
use serde_json::Number;

use crate::mails::codes::{self, CodeMail};
use crate::names::invalid_name;
use crate::sessions::bodies::Password;
use crate::sessions::handlers::wrong_password;
use crate::users::bodies::OwnUpdate;
use crate::users::handlers::{DepartingUser, delete_account};
use crate::users::views::{AccountVisibility, ClientKey, UserView};

/// The longest name, company or location, in characters.
const LONGEST_METADATA: usize = 255;

/// What a request wants, held against the rules.
#[derive(Clone)]
struct RequestedChange<'a> {
    password_hash: Option<String>,
    /// An address that counts at once.
    email: Option<String>,
    /// An address that must be confirmed first.
    new_address: Option<(String, CodeMail<'a>)>,
    /// The notice of a new password. The address gets its own when it is confirmed.
    notice: Option<SealedMail<'a>>,
    invoice_email: Option<bool>,
    invoice_email_address: Option<Option<String>>,
    tag_expiration: Option<(i64, Number)>,
    name: Option<NamespaceName>,
    metadata: Option<MetadataChange>,
}

type MetadataChange = [Option<Option<String>>; 4];

impl<'a> RequestedChange<'a> {
    fn of(cx: &Context<'a, UserAdmin>, body: OwnUpdate) -> Result<Self, ApiError> {
        let (services, caller) = (cx.services(), cx.caller()?);
        if body.password.as_deref().is_some_and(|password| !is_acceptable_password(password)) {
            return Err(Invalid::Password.into());
        }
        let email = body.email.filter(|email| *email != caller.email);
        if let Some(email) = &email {
            EmailAddress::try_from(email.as_str())?;
        }
        if body.password.is_some() || email.is_some() {
            require_own_password(cx, body.current_password.as_deref())?;
        }
        let hash = |password| hash_password(password, services.random().bytes());
        let password_hash = body.password.as_deref().map(hash);
        let confirms = codes::wants_confirmation(services);
        let (email, pending) = if confirms { (None, email) } else { (email, None) };
        let new_address = match pending {
            Some(email) => {
                let mail = CodeMail::to_new_address(services, &caller.name, &email)?;
                Some((email, mail))
            }
            None => None,
        };
        let tells = password_hash.is_some() && new_address.is_none();
        Ok(Self {
            notice: match tells {
                true => codes::notice(services, &caller.name, &caller.email, "password")?,
                false => None,
            },
            password_hash,
            email,
            new_address,
            invoice_email: body.invoice_email,
            invoice_email_address: body
                .invoice_email_address
                .change()
                .map(|address| address.filter(|address| !address.is_empty())),
            tag_expiration: match body.tag_expiration_s {
                Some(Integer(number))
                    if services.setting(&settings::FEATURE_CHANGE_TAG_EXPIRATION) =>
                {
                    Some((tag_expiration_option(services, &number)?, number))
                }
                _ => None,
            },
            name: new_name(cx, caller, body.username)?,
            metadata: new_metadata(
                cx,
                [body.given_name, body.family_name, body.company, body.location].map(Patch::change),
            )?,
        })
    }

    /// Without the name and the address that are there by now.
    fn changes(&self, before: &UserAccount) -> Self {
        let mut changes = self.clone();
        changes.name.take_if(|name| name.as_str() == before.name);
        changes.email.take_if(|email| *email == before.email);
        changes.new_address.take_if(|(email, _)| *email == before.email);
        changes
    }

    fn account_change(&self) -> AccountChange<'_> {
        AccountChange {
            name: self.name.as_ref().map(NamespaceName::as_str),
            email: self.email.as_deref(),
            enabled: None,
            invoice_email: self.invoice_email,
            invoice_email_address: self.invoice_email_address.as_ref().map(Option::as_deref),
            tag_expiration_s: self.tag_expiration.as_ref().map(|(seconds, _)| *seconds),
        }
    }

    fn profile_change<'b>(&'b self, metadata: &'b Metadata) -> ProfileChange<'b> {
        ProfileChange {
            password_hash: self.password_hash.as_deref(),
            verified: None,
            proven_email: None,
            ends_sessions: self.password_hash.is_some(),
            withdraws_codes: self.password_hash.is_some(),
            new_address: self
                .new_address
                .as_ref()
                .map(|(email, mail)| NewAddress { email, code: mail.code() }),
            metadata: self.metadata.as_ref().map(|_| metadata),
        }
    }

    /// The account as it is afterwards.
    fn apply(&self, before: &UserAccount) -> UserAccount {
        let mut after = before.clone();
        if let Some(name) = &self.name {
            after.name = name.as_str().to_owned();
        }
        if let Some(email) = &self.email {
            after.email.clone_from(email);
        }
        after.invoice_email = self.invoice_email.unwrap_or(after.invoice_email);
        if let Some(address) = &self.invoice_email_address {
            after.invoice_email_address.clone_from(address);
        }
        if let Some((seconds, _)) = self.tag_expiration {
            after.tag_expiration_s = seconds;
        }
        if let Some([given_name, family_name, company, location]) = &self.metadata {
            let metadata = &mut after.metadata;
            set(&mut metadata.given_name, given_name);
            set(&mut metadata.family_name, family_name);
            set(&mut metadata.company, company);
            set(&mut metadata.location, location);
        }
        if self.password_hash.is_some() {
            after.has_password = true;
            after.session_epoch += 1;
        }
        after
    }

    fn events<'b>(&'b self, before: &'b UserAccount) -> Vec<LogEvent<'b>> {
        let username = before.name.as_str();
        let mut events = Vec::new();
        if self.password_hash.is_some() {
            events.push(LogEvent::UserChangePassword { username, superuser: None });
        }
        if let Some(invoice_email) = self.invoice_email {
            events.push(LogEvent::UserChangeInvoicing { invoice_email, username });
        }
        if let Some(address) = &self.invoice_email_address {
            let invoice_email_address = address.as_deref();
            events.push(LogEvent::UserChangeInvoicingAddress { invoice_email_address, username });
        }
        if let Some((_, tag_expiration)) = &self.tag_expiration {
            events.push(LogEvent::UserChangeTagExpiration { tag_expiration, username });
        }
        if let Some(email) = &self.email {
            let old_email = &before.email;
            events.push(LogEvent::UserChangeEmail { email, old_email, username });
        }
        if self.metadata.is_some() {
            events.push(LogEvent::UserChangeMetadata { username });
        }
        if let Some(name) = &self.name {
            events.push(LogEvent::UserChangeName { new_name: name.as_str(), username });
        }
        events
    }
}

/// A token alone does not change what its user signs in with, or whoever has a token of hours had the account for good. A
/// session must be fresh instead. A user without a password gets one by a recovery mail or from a superuser.
fn require_own_password(cx: &Context<'_, UserAdmin>, given: Option<&str>) -> Result<(), ApiError> {
    if cx.person().is_some() {
        return Ok(());
    }
    let Some(given) = given else {
        let message = "With a token, a new password or e-mail address needs current_password.";
        return Err(ApiError::invalid_request(message));
    };
    if cx.is_own_password(given)? { Ok(()) } else { Err(wrong_password()) }
}

fn set(field: &mut Option<String>, change: &Option<Option<String>>) {
    if let Some(value) = change {
        field.clone_from(value);
    }
}

/// The new name, where names may be changed.
fn new_name(
    cx: &Context<'_, UserAdmin>,
    caller: &Caller,
    name: Option<String>,
) -> Result<Option<NamespaceName>, ApiError> {
    let services = cx.services();
    let name = name.filter(|name| !name.is_empty() && *name != caller.name);
    let Some(name) = name else { return Ok(None) };
    if !services.setting(&settings::FEATURE_USER_RENAME) {
        return Ok(None);
    }
    let name = NamespaceName::try_from(name.as_str()).map_err(invalid_name)?;
    match services.superusers().gives_powers_to(name.as_str()) {
        true => Err(name_in_use()),
        false => Ok(Some(name)),
    }
}

fn name_in_use() -> ApiError {
    ApiError::invalid_request("Username is already in use")
}

/// What the person says about themselves, where that is recorded.
fn new_metadata(
    cx: &Context<'_, UserAdmin>,
    change: MetadataChange,
) -> Result<Option<MetadataChange>, ApiError> {
    let given = change.iter().any(Option::is_some);
    if !given || !cx.services().setting(&settings::FEATURE_USER_METADATA) {
        return Ok(None);
    }
    let mut texts = change.iter().flatten().flatten();
    if texts.any(|text| text.chars().count() > LONGEST_METADATA) {
        let message =
            format!("Names, company and location have at most {LONGEST_METADATA} characters");
        return Err(ApiError::invalid_request(message));
    }
    Ok(Some(change))
}

/// Changes what is given; all of it or nothing. A new password ends every session; the caller's goes on as a new one.
pub(crate) fn change(
    cx: &Context<'_, UserAdmin>,
    body: OwnUpdate,
) -> HandlerResult<WithHeaders<JsonResponse<UserView>>> {
    let (services, caller) = (cx.services(), cx.caller()?);
    let requested = RequestedChange::of(cx, body)?;
    let sender = MailSender::of(cx);
    let goes_on = requested.password_hash.is_some() && cx.person().is_some();
    let (after, session) = transaction(cx.db(), |tx| {
        let before = users::account(tx, caller.id)?.ok_or_else(ApiError::not_found)?;
        let requested = requested.changes(&before);
        let after = requested.apply(&before);
        accounts::change(tx, before.id, &requested.account_change()).map_err(taken)?;
        let profile = requested.profile_change(&after.metadata);
        accounts::change_profile(tx, before.id, &profile).map_err(taken)?;
        if let Some((_, mail)) = &requested.new_address {
            mail.enqueue_for(tx, before.id, &sender)?;
        }
        if let Some(notice) = &requested.notice {
            notice.enqueue(tx, before.id)?;
        }
        let session = match goes_on {
            true => {
                Some(Session::begin(tx, services, before.id, after.session_epoch, cx.session())?)
            }
            false => None,
        };
        cx.log_all(tx, before.id, &requested.events(&before))?;
        Ok::<_, ApiError>((after, session))
    })?;
    let shown = AccountVisibility::of(cx);
    let number = requested.tag_expiration.map(|(_, number)| number);
    let answer = JsonResponse(UserView::own(after, &shown).with_tag_expiration(number));
    if requested.password_hash.is_none() {
        return Ok(answer.into());
    }
    password::forgive(services, &caller.name, &caller.email)?;
    let Some(session) = session else { return Ok(answer.into()) };
    let session = session.on_device(services, cx.request(), &caller.uuid)?;
    session.announce(services, answer)
}

fn taken(error: StoreError) -> ApiError {
    if error.violates(Constraint::AccountEmail) {
        ApiError::invalid_request("E-mail address already used")
    } else if error.violates(Constraint::AccountName) {
        name_in_use()
    } else {
        error.into()
    }
}

/// `DELETE /api/v1/user/`: everything of the caller goes at once.
pub(crate) fn delete(cx: &Context<'_, UserAdmin>) -> HandlerResult<NoContent> {
    let caller = cx.caller()?;
    let user = DepartingUser { id: caller.id, name: &caller.name };
    delete_account(cx, &user, None)
}

/// `POST /api/v1/user/clientkey`: what command-line clients show in place of the password.
pub(crate) fn client_key(
    cx: &Context<'_, UserAdmin>,
    body: Password,
) -> HandlerResult<JsonResponse<ClientKey>> {
    let (services, caller) = (cx.services(), cx.caller()?);
    let wrong = || ApiError::invalid_request("Invalid Username or Password");
    let checked = password::check_own(services, cx.request(), caller, &body.password)?;
    let Checked::Right(user) = checked else { return Err(wrong()) };
    let hash = user.password_hash.unwrap_or_default();
    let key = password::for_clients(services, &user.uuid, &hash)?;
    transaction(cx.db(), |tx| {
        let now = accounts::sign_in_row(tx, user.id)?;
        let now = now.filter(|now| now.password_hash.as_ref() == Some(&hash)).ok_or_else(wrong)?;
        cx.log(tx, now.id, &LogEvent::UserGenerateClientKey { username: &now.name })?;
        Ok(JsonResponse(ClientKey { key: key.clone() }))
    })
}
