//! People's accounts in the hands of superusers.

use crate::quotas::views::Quotas;
use berth_access::{SuperuserNamespace, SuperuserUser, SuperuserUserView, SuperuserView};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::hash_password;
use berth_domain::settings;
use berth_domain::{EmailAddress, Invalid, NamespaceKind, NamespaceName, is_acceptable_password};
use berth_store::accounts::{AccountChange, NewUser, ProfileChange};
use berth_store::users::UserSummary;
use berth_store::{Constraint, StoreError, accounts, transaction, users};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListResponse, NoContent, Services, password,
};

use crate::mails::codes::CodeMail;
use crate::users::bodies::{AccountUpdate, AllUsersQuery, CreateUser};
use crate::users::handlers::{DepartingUser, delete_account};
use crate::users::sign_up::address;
use crate::users::views::{AllUsers, CreatedUser, ListedUser};

/// How long a password is that we choose, in characters.
const PASSWORD_LENGTH: usize = 32;

fn view(services: &Services<'_>) -> impl Fn(UserSummary) -> ListedUser + use<> {
    let (superusers, quotas) = (services.superusers(), Quotas::of(services));
    move |user: UserSummary| ListedUser::new(user, &superusers, quotas)
}

/// `GET /api/v1/superuser/users/`.
pub(crate) fn list(
    cx: &Context<'_, SuperuserView>,
    query: AllUsersQuery,
) -> HandlerResult<ListResponse<AllUsers>> {
    let page = query.page.page(cx)?;
    let found = users::all(cx.db(), query.disabled, &page.window)?;
    Ok(page.list(found, view(cx.services()))?.respond(AllUsers::of))
}

/// `GET /api/v1/superuser/users/<username>`.
pub(crate) fn get(cx: &Context<'_, SuperuserUserView>) -> HandlerResult<JsonResponse<ListedUser>> {
    let user = users::summary(cx.db(), cx.grant.user().id)?.ok_or_else(ApiError::not_found)?;
    Ok(JsonResponse(view(cx.services())(user)))
}

/// Makes an account with a password that only this answer shows.
pub(crate) fn create(
    cx: &Context<'_, SuperuserNamespace>,
    body: CreateUser,
) -> HandlerResult<JsonResponse<CreatedUser>> {
    let services = cx.services();
    let refuse = |invalid: Invalid| ApiError::model(invalid.to_string());
    let mailing = services.setting(&settings::FEATURE_MAILING);
    let email = address(services, body.email.as_deref(), mailing).map_err(refuse)?;
    NamespaceName::try_from(body.username.as_str()).map_err(refuse)?;
    require_free_name(cx, &body.username)?;
    let random = services.random();
    let uuid = random.ordered_uuid(services.now());
    let password = random.upper(PASSWORD_LENGTH);
    let hash = hash_password(&password, random.bytes());
    let mail = CodeMail::to_new_user(services, &body.username, &email)?;
    let new = NewUser {
        uuid: &uuid,
        name: &body.username,
        email: &email,
        password_hash: Some(&hash),
        verified: mail.is_none(),
        proven: false,
        email_code: mail.as_ref().map(CodeMail::code),
        // Superusers expect the people whom they add: the link has no limit of time.
        unconfirmed_until: None,
        is_first: false,
        tag_expiration_s: services.setting(&settings::DEFAULT_TAG_EXPIRATION),
        at: services.now(),
    };
    transaction(cx.db(), |tx| {
        let id = accounts::create(tx, &new).map_err(|error| taken(error, &email))?;
        if let Some(mail) = &mail {
            mail.enqueue(tx, id)?;
        }
        let (email, username) = (body.email.as_deref(), body.username.as_str());
        let superuser = Some(cx.caller()?.name.as_str());
        Ok::<_, ApiError>(cx.log(tx, id, &LogEvent::UserCreate { email, username, superuser })?)
    })?;
    Ok(JsonResponse(CreatedUser {
        encrypted_password: password::for_clients(services, &uuid, &hash)?,
        username: body.username,
        email: body.email,
        password,
    }))
}

fn require_free_name(cx: &Context<'_, SuperuserNamespace>, name: &str) -> Result<(), ApiError> {
    let holder = match cx.grant.namespace().map(|namespace| namespace.kind) {
        None => return Ok(()),
        Some(NamespaceKind::Organization) => "an organization and cannot",
        Some(NamespaceKind::User) => "user cannot",
    };
    if accounts::sign_up_facts(cx.db(), name, "", &[], cx.services().now())?.name_is_free {
        return Ok(());
    }
    Err(ApiError::model(format!("Username has already been taken by {holder} be reused: {name}")))
}

fn taken(error: StoreError, email: &str) -> ApiError {
    if error.violates(Constraint::AccountEmail) {
        ApiError::model(format!("Email has already been used: {email}"))
    } else if error.violates(Constraint::AccountName) {
        ApiError::model("Username is not available")
    } else {
        error.into()
    }
}

/// Changes somebody's password, address (with which they may sign in then, and which nobody has proven) or whether they may use
/// the account. A new password and being disabled end their sessions; codes that confirm the address end too.
pub(crate) fn change(
    cx: &Context<'_, SuperuserUser>,
    body: AccountUpdate,
) -> HandlerResult<JsonResponse<ListedUser>> {
    let services = cx.services();
    let user = cx.grant.user();
    if body.password.as_deref().is_some_and(|password| !is_acceptable_password(password)) {
        return Err(ApiError::model(Invalid::Password.to_string()));
    }
    if let Some(email) = &body.email {
        EmailAddress::try_from(email.as_str())
            .map_err(|invalid| ApiError::model(invalid.to_string()))?;
    }
    let hash = body.password.as_deref().map(|text| hash_password(text, services.random().bytes()));
    let superusers = services.superusers();
    let after = transaction(cx.db(), |tx| {
        let mut after = users::summary(tx, user.id)?.ok_or_else(ApiError::not_found)?;
        if superusers.is_superuser(&after.name, after.is_first) {
            return Err(ApiError::invalid_request("Cannot update a superuser"));
        }
        let account = AccountChange {
            email: body.email.as_deref(),
            enabled: body.enabled,
            ..AccountChange::default()
        };
        accounts::change(tx, user.id, &account).map_err(|error| match error {
            error if error.violates(Constraint::AccountEmail) => {
                ApiError::model("E-mail address already used")
            }
            error => error.into(),
        })?;
        let profile = ProfileChange {
            password_hash: hash.as_deref(),
            verified: body.email.is_some().then_some(true),
            ends_sessions: hash.is_some() || body.enabled == Some(false),
            withdraws_codes: hash.is_some(),
            ..ProfileChange::default()
        };
        accounts::change_profile(tx, user.id, &profile)?;
        cx.log_all(tx, after.id, &change_events(&cx.caller()?.name, &body, &after))?;
        after.email = body.email.clone().unwrap_or(after.email);
        after.verified |= body.email.is_some();
        after.enabled = body.enabled.unwrap_or(after.enabled);
        Ok(after)
    })?;
    let encrypted_password = match &hash {
        Some(hash) => {
            password::forgive(services, &user.name, &after.email)?;
            Some(password::for_clients(services, &user.uuid, hash)?)
        }
        None => None,
    };
    Ok(JsonResponse(view(services)(after).with_encrypted_password(encrypted_password)))
}

fn change_events<'a>(
    superuser: &'a str,
    body: &'a AccountUpdate,
    before: &'a UserSummary,
) -> Vec<LogEvent<'a>> {
    let username = before.name.as_str();
    let password = body
        .password
        .is_some()
        .then_some(LogEvent::UserChangePassword { username, superuser: Some(superuser) });
    let email = body.email.as_ref().map(|email| {
        let old_email = &before.email;
        LogEvent::UserChangeEmailBySuperuser { username, email, old_email, superuser }
    });
    let enabled = match body.enabled {
        Some(true) if !before.enabled => Some(LogEvent::UserEnable { username, superuser }),
        Some(false) if before.enabled => Some(LogEvent::UserDisable { username, superuser }),
        _ => None,
    };
    [password, email, enabled].into_iter().flatten().collect()
}

/// `DELETE /api/v1/superuser/users/<username>`: everything that they own goes at once.
pub(crate) fn delete(cx: &Context<'_, SuperuserUser>) -> HandlerResult<NoContent> {
    let user = users::summary(cx.db(), cx.grant.user().id)?.ok_or_else(ApiError::not_found)?;
    if cx.services().superusers().is_superuser(&user.name, user.is_first) {
        return Err(ApiError::invalid_request("Cannot delete a superuser"));
    }
    let user = DepartingUser { id: user.id, name: &user.name };
    delete_account(cx, &user, Some(&cx.caller()?.name))
}
