//! Signing up (`docs/contract/quay.md` 5.3).

use crate::mails::outbox::{MailSender, has_gateway};
use berth_access::PublicNamespace;
use berth_domain::log_event::LogEvent;
use berth_domain::secret::{
    equal_in_constant_time, hash_password, hash_token, reserve_hashing_memory,
};
use berth_domain::{
    EmailAddress, Invalid, NamespaceKind, NamespaceName, is_acceptable_password, settings,
};
use berth_store::accounts::{NewUser, SignUpFacts};
use berth_store::{Constraint, StoreError, Transaction, accounts, invitations, transaction};
use berth_web::session::Session;
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, Services, WithHeaders, network, rate,
};

use crate::mails::codes::CodeMail;
use crate::users::bodies::SignUp;
use crate::users::views::{SignedUp, UserView};

/// Makes an account. Where mail leaves, its address must be confirmed first, unless the code of an invitation that was mailed
/// there does it; otherwise the caller is signed in at once, with an address that nobody has proven.
pub(crate) fn create(
    cx: &Context<'_, PublicNamespace>,
    body: SignUp,
) -> HandlerResult<WithHeaders<JsonResponse<SignedUp>>> {
    let services = cx.services();
    let facts = facts(cx, &body)?;
    let email = acceptable(cx, &body, facts)?;
    reserve_hashing_memory();
    rate::SIGN_UPS.take(services, &network(cx.request()))?;
    let precedence = Precedence::of(services, &body)?;
    let proven = facts.proves_address && has_gateway(services);
    // Hashing costs: what is known to be in vain is refused before.
    if facts.address_is_proven || (facts.address_is_held && !proven) {
        return Err(address_in_use(&email));
    }
    let random = services.random();
    let uuid = random.ordered_uuid(services.now());
    let hash = hash_password(&body.password, random.bytes());
    let to_new_user = || CodeMail::to_new_user(services, &body.username, &email);
    let mail = if proven { None } else { to_new_user()? };
    let (sender, no_email) = (MailSender::of(cx), random.uuid());
    let new = NewUser {
        uuid: &uuid,
        name: &body.username,
        email: &email,
        password_hash: Some(&hash),
        verified: mail.is_none(),
        proven,
        email_code: mail.as_ref().map(CodeMail::code),
        unconfirmed_until: mail.as_ref().map(|mail| mail.code().expires_at),
        is_first: precedence == Precedence::First,
        tag_expiration_s: services.setting(&settings::DEFAULT_TAG_EXPIRATION),
        at: services.now(),
    };
    let session = transaction(cx.db(), |tx| {
        if proven {
            accounts::leave_address(tx, &email, &no_email)?;
        }
        let id = precedence.create(tx, &new).map_err(|error| taken(error, &new))?;
        if let Some(mail) = &mail {
            mail.enqueue_for(tx, id, &sender)?;
        }
        let (email, username) = (body.email.as_deref(), body.username.as_str());
        let event = LogEvent::UserCreate { email, username, superuser: None };
        let begin = || Session::begin(tx, services, id, 0, cx.session());
        let session = mail.is_none().then(begin).transpose()?;
        cx.log(tx, id, &event)?;
        Ok::<_, ApiError>(session)
    })?;
    let Some(session) = session else {
        return Ok(JsonResponse(SignedUp::Awaiting { awaiting_verification: true }).into());
    };
    let view = SignedUp::User(Box::new(UserView::of_new(services, &new)));
    session.announce(services, JsonResponse(view))
}

/// What a sign-up must know of the accounts that exist.
fn facts(cx: &Context<'_, PublicNamespace>, body: &SignUp) -> Result<SignUpFacts, ApiError> {
    let (services, email) = (cx.services(), body.email.as_deref().unwrap_or_default());
    let code_hash = hash_token(&body.invite_code);
    Ok(accounts::sign_up_facts(cx.db(), &body.username, email, &code_hash, services.now())?)
}

/// Whether whoever brings the code reads the mail of the address: it is that of an invitation that went there by mail.
pub(crate) fn proves(services: &Services<'_>, code: &str, email: &str) -> Result<bool, ApiError> {
    if code.is_empty() || !has_gateway(services) {
        return Ok(false);
    }
    let found = invitations::find(services.db(), &hash_token(code), services.now())?;
    Ok(found.is_some_and(|found| found.proves(email)))
}

/// Holds a sign-up against the rules, in the contract's order; returns the address.
fn acceptable(
    cx: &Context<'_, PublicNamespace>,
    body: &SignUp,
    facts: SignUpFacts,
) -> Result<String, ApiError> {
    let services = cx.services();
    // The name of an account that nobody confirmed in time is free.
    let holder = cx.grant.namespace().map(|namespace| namespace.kind);
    let holder = holder.filter(|_| !facts.name_is_free);
    let mailing = services.setting(&settings::FEATURE_MAILING);
    if holder == Some(NamespaceKind::User) {
        return Err(ApiError::invalid_request("The username already exists"));
    }
    if mailing && body.email.as_deref().unwrap_or_default().is_empty() {
        return Err(ApiError::invalid_request("Email address is required"));
    }
    if !facts.is_invited && services.setting(&settings::FEATURE_INVITE_ONLY_USER_CREATION) {
        return Err(ApiError::invalid_request(match body.invite_code.as_str() {
            "" => "Cannot create non-invited user",
            _ => {
                "Creation of a user account for this e-mail is disabled; please contact an administrator"
            }
        }));
    }
    if !is_acceptable_password(&body.password) {
        return Err(Invalid::Password.into());
    }
    let email = address(services, body.email.as_deref(), mailing)?;
    NamespaceName::try_from(body.username.as_str())?;
    if holder.is_some() {
        return Err(ApiError::invalid_request(format!(
            "Username has already been taken by an organization and cannot be reused: {}",
            body.username
        )));
    }
    Ok(email)
}

/// The place of a new account among the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Precedence {
    /// It may be the only one.
    Any,
    /// It is the first of the installation, under a name that `super_users` lists.
    First,
    /// It comes after the first user, who could not be made any more otherwise.
    BesideOthers,
}

impl Precedence {
    /// The place of a name. One that carries powers is for whoever installed Berth: before there is any user, as
    /// `POST /api/v1/user/initialize` is, or with the setup token.
    fn of(services: &Services<'_>, body: &SignUp) -> Result<Self, ApiError> {
        let setup_token = services.setting(&settings::SETUP_TOKEN);
        let superusers = services.superusers();
        let initializes =
            superusers.enabled && services.setting(&settings::FEATURE_USER_INITIALIZE);
        if !superusers.gives_powers_to(&body.username) {
            return Ok(if initializes { Self::BesideOthers } else { Self::Any });
        }
        let shown = body.setup_token.as_bytes();
        let is_superuser = superusers.is_named(&body.username);
        if !setup_token.is_empty() && equal_in_constant_time(setup_token.as_bytes(), shown) {
            // A global reader alone would be nobody who administers the installation.
            return Ok(if initializes && !is_superuser { Self::BesideOthers } else { Self::Any });
        }
        if initializes && setup_token.is_empty() && is_superuser {
            return Ok(Self::First);
        }
        Err(not_available())
    }

    fn create(self, tx: &Transaction<'_>, new: &NewUser<'_>) -> Result<i64, StoreError> {
        match self {
            Self::Any | Self::First => accounts::create(tx, new),
            Self::BesideOthers => accounts::create_beside_others(tx, new),
        }
    }
}

/// The longest address, in characters, where mail is off and any text may be one.
const LONGEST_ADDRESS: usize = 254;

/// The address that an account gets: the one given, which must be one where mail is on, or else a random UUID.
///
/// # Errors
/// [`Invalid::EmailAddress`].
pub(crate) fn address(
    services: &Services<'_>,
    given: Option<&str>,
    mailing: bool,
) -> Result<String, Invalid> {
    let usable = |text: &&str| match mailing {
        true => EmailAddress::try_from(*text).is_ok(),
        false => text.chars().count() <= LONGEST_ADDRESS,
    };
    match given {
        None | Some("") if !mailing => Ok(services.random().uuid()),
        Some(text) if usable(&text) => Ok(text.to_owned()),
        other => Err(Invalid::EmailAddress(other.unwrap_or("None").to_owned())),
    }
}

fn taken(error: StoreError, new: &NewUser<'_>) -> ApiError {
    if error.violates(Constraint::AccountEmail) {
        address_in_use(new.email)
    } else if error.violates(Constraint::AccountName) || error.violates(Constraint::FirstUser) {
        // Somebody was faster, or an organization has the name in another case, or there is a first user.
        not_available()
    } else if error == StoreError::NotFound {
        ApiError::invalid_request(
            "Nobody can sign up before the first user is made, with POST /api/v1/user/initialize",
        )
    } else {
        error.into()
    }
}

fn address_in_use(email: &str) -> ApiError {
    ApiError::invalid_request(format!("Email has already been used: {email}"))
}

fn not_available() -> ApiError {
    ApiError::invalid_request("Username is not available")
}
