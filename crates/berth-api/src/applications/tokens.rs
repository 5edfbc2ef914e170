//! Tokens of an application: the rules of each operation (`docs/contract/quay.md` 2.4).

use berth_access::{ApplicationAdmin, ApplicationAdminView, ScopeSet, path};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::hash_token;
use berth_domain::settings;
use berth_store::tokens::{NewToken, TokenLine};
use berth_store::{applications, tokens, transaction};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent, StatusCode,
    rate,
};
use serde_json::Number;

use crate::applications::bodies::NewApiToken;
use crate::applications::views::{TokenView, Tokens};

/// Length of a token.
pub(crate) const TOKEN_LENGTH: usize = 40;

/// How long a token lives unless it is said, and at most, in seconds: ten years.
pub(crate) const LIFETIME_S: i64 = 315_576_000;

/// `GET …/tokens`: the living ones, newest first.
pub(crate) fn list(
    cx: &Context<'_, ApplicationAdminView>,
    query: ListQuery<tokens::ApplicationTokens>,
) -> HandlerResult<ListResponse<Tokens>> {
    let (page, now) = (query.page(cx)?, cx.services().now());
    let found = tokens::list(cx.db(), &cx.grant, now, &page.window)?;
    Ok(page.list(found, TokenView::new)?.respond(Tokens::of))
}

/// Makes a token that acts in the caller's name, without a browser.
pub(crate) fn create(
    cx: &Context<'_, ApplicationAdmin>,
    body: NewApiToken,
) -> HandlerResult<JsonResponse<TokenView>> {
    let (services, caller) = (cx.services(), cx.caller()?);
    let name = body.name.trim();
    if name.is_empty() {
        return Err(ApiError::Plain(StatusCode::BAD_REQUEST, "'name' must not be empty".into()));
    }
    let scope = requested_scope(cx, &body.scope)?;
    rate::TOKENS.take(services, &caller.uuid)?;
    let limit = services.setting(&settings::OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT);
    let token = services.random().mixed(TOKEN_LENGTH);
    let target = cx.grant.target();
    let new = NewToken {
        uuid: &services.random().uuid(),
        hash: &hash_token(&token),
        application_id: target.application.id,
        account_id: caller.id,
        created_by: Some(caller.id),
        name: Some(name),
        scope: &scope,
        at: services.now(),
        expires_at: services.now().plus_seconds(lifetime_s(body.expiration.as_ref())),
    };
    transaction(cx.db(), |tx| {
        if limit > 0 && tokens::count(tx, &cx.grant, limit, services.now())? >= limit {
            return Err(too_many(limit));
        }
        tokens::create(tx, &new)?;
        let event = LogEvent::CreateOauthApiToken {
            oauth_token_uuid: new.uuid,
            scope: new.scope,
            token_display_name: name,
            application_name: &applications::current_name(tx, new.application_id)?,
            auth_method: "OAuth",
            client_id: &target.application.client_id,
        };
        cx.log(tx, target.organization.id, &event)?;
        let line = TokenLine {
            uuid: new.uuid.to_owned(),
            name: Some(name.to_owned()),
            scope: scope.clone(),
            created_at: new.at,
            expires_at: new.expires_at,
            created_by: Some(caller.name.clone()),
            accessed_at: None,
        };
        Ok(JsonResponse(TokenView::new(line).with_token(token.clone())))
    })
}

/// The scopes asked for, in the form in which they are stored: each must be within the caller's own authority, and
/// `super:user` is for superusers only.
fn requested_scope(cx: &Context<'_, ApplicationAdmin>, text: &str) -> Result<String, ApiError> {
    let invalid =
        |_| ApiError::Plain(StatusCode::BAD_REQUEST, format!("Invalid scope: {text}").into());
    let scopes = ScopeSet::parse(text).map_err(invalid)?;
    if !cx.rights().may_hand_out(scopes) {
        return Err(ApiError::unauthorized());
    }
    ScopeSet::normalize(text).map_err(invalid)
}

/// Seconds as asked for: fractions are cut off, ten years are the most.
fn lifetime_s(expiration: Option<&Number>) -> i64 {
    let Some(seconds) = expiration.and_then(Number::as_f64) else { return LIFETIME_S };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates, and then the cap counts"
    )]
    let seconds = seconds as i64;
    seconds.min(LIFETIME_S)
}

fn too_many(limit: i64) -> ApiError {
    let text = format!("Token limit reached: maximum {limit} non-expired tokens per application");
    ApiError::Plain(StatusCode::BAD_REQUEST, text.into())
}

path! {
    /// A token of the application.
    pub(crate) struct TokenPath { token_uuid }
}

/// `DELETE …/tokens/<uuid>`: the token stops at once.
pub(crate) fn revoke(
    cx: &Context<'_, ApplicationAdmin>,
    path: TokenPath,
) -> HandlerResult<NoContent> {
    let (target, uuid) = (cx.grant.target(), path.token_uuid.as_str());
    transaction(cx.db(), |tx| {
        if !tokens::revoke(tx, &cx.grant, uuid)? {
            return Err(ApiError::not_found());
        }
        let event = LogEvent::RevokeOauthApiToken {
            oauth_token_uuid: uuid,
            application_name: &applications::current_name(tx, target.application.id)?,
            client_id: &target.application.client_id,
        };
        cx.log(tx, target.organization.id, &event)?;
        Ok(NoContent)
    })
}
