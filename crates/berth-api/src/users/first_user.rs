//! The first user of an installation (`docs/contract/quay.md` 5.1).

use berth_access::Public;
use berth_domain::log_event::LogEvent;
use berth_domain::secret::{equal_in_constant_time, hash_password, reserve_hashing_memory};
use berth_domain::{Invalid, NamespaceName, is_acceptable_password, settings};
use berth_store::accounts::NewUser;
use berth_store::tokens::AutomationToken;
use berth_store::{StoreError, Transaction, accounts, tokens, transaction};
use berth_web::session::Session;
use berth_web::{
    ApiError, Body, Context, HandlerResult, JsonResponse, RequestExt, StatusCode, WithHeaders,
    network, password, rate,
};
use serde_json::Value;

use crate::users::bodies::{FirstUser, UnreadFirstUser};
use crate::users::sign_up::address;
use crate::users::views::{FirstUserView, InitializationView};

/// The answer to the maker of the first user: they are signed in.
type FirstUserAnswer = WithHeaders<JsonResponse<FirstUserView>>;

/// How long the first token lives, in seconds.
const TOKEN_LIFETIME_S: i64 = 9_000;

/// The scopes of the first token: all.
const SCOPE: &str =
    "org:admin repo:admin repo:create repo:read repo:write super:user user:admin user:read";

/// `GET /api/v1/user/initialization`: whether the first user may be made, for pages that offer it.
pub(crate) fn is_awaited(
    cx: &Context<'_, Public>,
) -> HandlerResult<JsonResponse<InitializationView>> {
    let may = cx.services().setting(&settings::FEATURE_USER_INITIALIZE);
    let available = may && !accounts::any_user(cx.db())?;
    Ok(JsonResponse(InitializationView { available }))
}

/// `POST /api/v1/user/initialize`: only while there is no user. Where there is one, the answer says nothing else.
pub(crate) fn initialize(
    cx: &Context<'_, Public>,
    _body: UnreadFirstUser,
) -> HandlerResult<FirstUserAnswer> {
    if !cx.services().setting(&settings::FEATURE_USER_INITIALIZE) {
        return Err(ApiError::Abort(StatusCode::NOT_FOUND, "Not Found".into()));
    }
    refuse_foreign_pages(cx)?;
    let answered = FirstUser::read(cx.request()).and_then(|body| make(cx, body));
    match answered {
        Err(error) if error.cause().is_none() && accounts::any_user(cx.db())? => Err(not_empty()),
        answered => answered,
    }
}

/// Makes the first user. Of several first requests one wins: the schema knows one first user.
fn make(cx: &Context<'_, Public>, body: FirstUser) -> HandlerResult<FirstUserAnswer> {
    let services = cx.services();
    require_setup_token(cx, &body.setup_token)?;
    if !is_acceptable_password(&body.password) {
        return Err(failed(Invalid::Password));
    }
    let mailing = services.setting(&settings::FEATURE_MAILING);
    let given = body.email.value();
    let email = address(services, given.as_deref(), mailing).map_err(failed)?;
    let name = NamespaceName::try_from(body.username.as_str()).map_err(failed)?;
    // Hashing costs, and anybody may call.
    reserve_hashing_memory();
    rate::SIGN_UPS.take(services, &network(cx.request()))?;
    let random = services.random();
    let uuid = random.ordered_uuid(services.now());
    let hash = hash_password(&body.password, random.bytes());
    let token = is_truthy(&body.access_token).then(|| random.upper(40));
    let new = NewUser {
        uuid: &uuid,
        name: name.as_str(),
        email: &email,
        password_hash: Some(&hash),
        verified: true,
        proven: false,
        email_code: None,
        unconfirmed_until: None,
        is_first: true,
        tag_expiration_s: services.setting(&settings::DEFAULT_TAG_EXPIRATION),
        at: services.now(),
    };
    let session = transaction(cx.db(), |tx| {
        let id = accounts::create(tx, &new).map_err(|error| match error {
            StoreError::UniqueViolation(_) => not_empty(),
            error => error.into(),
        })?;
        if let Some(token) = &token {
            create_token(tx, id, &new, &random.uuid(), token)?;
        }
        let (email, username) = (given.as_deref(), body.username.as_str());
        let event = LogEvent::UserCreate { email, username, superuser: None };
        let session = Session::begin(tx, services, id, 0, cx.session())?;
        cx.log(tx, id, &event)?;
        Ok::<_, ApiError>(session)
    })?;
    let view = FirstUserView {
        access_token: token,
        email: given,
        encrypted_password: password::for_clients(services, &uuid, &hash)?,
        username: body.username,
    };
    session.announce(services, JsonResponse(view))
}

fn create_token(
    tx: &Transaction<'_>,
    user_id: i64,
    user: &NewUser<'_>,
    uuid: &str,
    token: &str,
) -> Result<(), StoreError> {
    let new = AutomationToken {
        uuid,
        token,
        user_id,
        user_name: user.name,
        created_by: Some(user_id),
        name: None,
        scope: SCOPE,
        at: user.at,
        lifetime_s: TOKEN_LIFETIME_S,
    };
    tokens::create_for_automation(tx, &new)
}

/// The call needs no CSRF token, so any page that a browser shows could make it: browsers say which page it is.
fn refuse_foreign_pages(cx: &Context<'_, Public>) -> Result<(), ApiError> {
    let (services, request) = (cx.services(), cx.request());
    let origin = request.header("origin");
    let console = services.setting(&settings::CORS_ORIGIN);
    if origin.is_some_and(|origin| origin == console) {
        return Ok(());
    }
    let base_url = services.base_url();
    // Not the `Host` of the request: a name that somebody else owns can lead here as well.
    let is_own = |origin: &str| origin == base_url || is_of_this_machine(origin);
    let is_foreign = matches!(request.header("sec-fetch-site"), Some("cross-site" | "same-site"))
        || origin.is_some_and(|origin| !is_own(origin));
    if !is_foreign {
        return Ok(());
    }
    let message = format!("This call is not for pages from elsewhere, but for those of {base_url}");
    Err(ApiError::Plain(StatusCode::FORBIDDEN, message.into()))
}

/// Whether an origin has a name that means the browser's own machine, wherever it is asked.
fn is_of_this_machine(origin: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let Some(authority) = authority else { return false };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        let port = authority.strip_prefix(name);
        port.is_some_and(|port| port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
    })
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn require_setup_token(cx: &Context<'_, Public>, shown: &str) -> Result<(), ApiError> {
    let wanted = cx.services().setting(&settings::SETUP_TOKEN);
    if wanted.is_empty() || equal_in_constant_time(wanted.as_bytes(), shown.as_bytes()) {
        return Ok(());
    }
    let message = "The setup token is missing or wrong";
    Err(ApiError::Plain(StatusCode::FORBIDDEN, message.into()))
}

fn not_empty() -> ApiError {
    ApiError::model("Cannot initialize user in a non-empty database")
}

fn failed(invalid: Invalid) -> ApiError {
    ApiError::model(format!("Failed to initialize user: {invalid}"))
}

/// Truth as scripting languages have it.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}
