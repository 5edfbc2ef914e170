//! Tokens for registries: the rules of each operation (`docs/contract/registry.md` A.3, A.4).

use berth_access::{Caller, Public, RegistryAdmin, RegistryDelete, RegistryPull, RegistryPush};
use berth_domain::settings;
use berth_store::auth::Asked;
use berth_store::{StoreError, logs, transaction};
use berth_web::registry::{NOBODY, error, sign_in_entry};
use berth_web::registry_token::{self, AccessEntry, Claims};
use berth_web::{ApiError, Context, Form, HandlerResult, StatusCode};

use super::asked::load;
use super::bodies::TokenQuery;
use super::creation::make_pushed;
use super::scope::{Action, Rules, Scope};
use super::views::{RegistryToken, TokenView};

/// How many scopes one token is for, at most: clients ask for one or two.
const MOST_SCOPES: usize = 100;

/// `GET /v2/auth`.
pub(crate) fn get(cx: &Context<'_, Public>, query: TokenQuery) -> HandlerResult<RegistryToken> {
    let scopes: Vec<_> = query.scopes.iter().map(String::as_str).collect();
    Ok(RegistryToken(issue(cx, &scopes, query.service.as_deref())?))
}

/// `POST /v2/auth`: the same as a form, with the scopes in one text (RFC 6749, 4.3). There are no refresh tokens.
pub(crate) fn post(cx: &Context<'_, Public>, Form(form): Form) -> HandlerResult<RegistryToken> {
    if form.get("grant_type") != Some("password") {
        let message = "grant_type must be password: this service gives no refresh tokens";
        return Err(error(StatusCode::BAD_REQUEST, "UNSUPPORTED", message));
    }
    let texts: Vec<_> = form.all("scope").collect();
    let scopes: Vec<_> = texts.iter().flat_map(|text| text.split_ascii_whitespace()).collect();
    let issued = issue(cx, &scopes, form.get("service"))?;
    Ok(RegistryToken(issued.of_form(scopes.join(" "))))
}

/// A token for what of `scopes` the caller may. Want of rights is no error.
fn issue(
    cx: &Context<'_, Public>,
    scopes: &[&str],
    audience: Option<&str>,
) -> Result<TokenView, ApiError> {
    let services = cx.services();
    let caller = cx.grant.caller();
    if caller.is_none() && scopes.is_empty() {
        return Err(ApiError::unauthenticated());
    }
    if scopes.len() > MOST_SCOPES {
        let message = format!("a token is for {MOST_SCOPES} scopes at most");
        return Err(error(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message));
    }
    let (scopes_read, failure) = read(cx, scopes);
    let mut asked = load(cx, &scopes_read)?;
    if let Some(disabled) = asked.iter().position(|asked| asked.is_disabled) {
        let namespace = &scopes_read[disabled].namespace;
        let message = format!(
            "Namespace {namespace} has been disabled. Please contact a system administrator."
        );
        return Err(error(StatusCode::METHOD_NOT_ALLOWED, "DENIED", message));
    }
    failure.map_or(Ok(()), Err)?;
    let made = make_pushed(cx, &scopes_read, &mut asked)?;
    let mut access = Vec::new();
    for (scope, asked) in scopes_read.iter().zip(&asked) {
        let is_made = made.is_some_and(|made| made.is_about_that_of(scope));
        access.push(entry(cx, scope, asked, is_made));
    }
    if let Some(caller) = caller.filter(|_| scopes.is_empty()) {
        log_sign_in(cx, caller);
    }
    let signed = registry_token::sign(
        services,
        &Claims {
            issuer: services.setting(&settings::REGISTRY_TOKEN_ISSUER),
            subject: caller.map_or(NOBODY, |caller| &caller.name).to_owned(),
            audience: audience.map(str::to_owned),
            access,
            lists: cx.rights().reads_own_repositories(),
        },
    )?;
    Ok(TokenView::new(signed))
}

/// The scopes up to the first that is none, which is an error, but not before the errors of those before it. An empty one asks
/// for nothing, of a caller who is known.
fn read(cx: &Context<'_, Public>, scopes: &[&str]) -> (Vec<Scope>, Option<ApiError>) {
    let services = cx.services();
    let rules = Rules {
        hostname: services.setting(&settings::SERVER_HOSTNAME),
        library: services.setting(&settings::LIBRARY_NAMESPACE),
        nested: services.setting(&settings::FEATURE_EXTENDED_REPOSITORY_NAMES),
    };
    let is_known = cx.grant.caller().is_some();
    let mut read = Vec::new();
    for text in scopes {
        match Scope::parse(text, &rules) {
            _ if text.is_empty() && is_known => {}
            _ if text.is_empty() => return (read, Some(ApiError::unauthenticated())),
            Ok(scope) => read.push(scope),
            Err(error) => return (read, Some(error)),
        }
    }
    (read, None)
}

/// What the caller may do of what they ask for. The order is the original's, whatever the order of asking. A registry knows no
/// read-only mode: in ours nobody gets to change anything there.
fn entry(cx: &Context<'_, Public>, scope: &Scope, asked: &Asked, is_made: bool) -> AccessEntry {
    let facts = || asked.facts.clone();
    let may = |action| match action {
        Action::Push => is_made || cx.authorize::<RegistryPush>(facts()).is_ok(),
        Action::Pull => cx.authorize::<RegistryPull>(facts()).is_ok(),
        Action::All => cx.authorize::<RegistryAdmin>(facts()).is_ok(),
        Action::Delete => cx.authorize::<RegistryDelete>(facts()).is_ok(),
    };
    let read_only = cx.services().is_read_only();
    let exists = asked.facts.namespace.is_some();
    // Everything would let them push. Where that is all that is wrong, they get the rest of everything: so they can make room.
    let in_place = |action| {
        asked.facts.is_full
            && matches!(action, Action::Pull | Action::Delete)
            && scope.asks_for(Action::All)
    };
    let granted = Action::EACH.into_iter().filter(|action| {
        let asks = exists && (scope.asks_for(*action) || in_place(*action));
        asks && (*action == Action::Pull || !read_only) && may(*action)
    });
    AccessEntry {
        kind: "repository".to_owned(),
        name: scope.asked.clone(),
        actions: granted.map(|action| action.as_str().to_owned()).collect(),
    }
}

/// Has a sign-in logged once the token is on its way: a client that asks for a token of nothing signs in (`docker login`).
fn log_sign_in(cx: &Context<'_, Public>, caller: &Caller) {
    if !cx.services().setting(&settings::ACTION_LOG_AUDIT_LOGINS) {
        return;
    }
    let entry = sign_in_entry(cx.services(), cx.request(), caller);
    cx.services().defer(move |services| {
        let logged = transaction(services.db(), |tx| -> Result<_, StoreError> {
            logs::append(tx, std::slice::from_ref(&entry))
        });
        Ok(logged?)
    });
}
