//! App-specific tokens: the rules of each operation (`docs/contract/quay.md` 5.12).

use berth_access::{SuperuserAuditView, UserAdmin, path};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::{Opened, Purpose, Unsealable, hash_token};
use berth_domain::settings;
use berth_store::app_tokens::{self, AppToken, Ending, NewAppToken, SealedAppToken};
use berth_store::transaction;
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListResponse, NoContent, Services,
};

use super::bodies::{AppTokensQuery, NewToken};
use super::views::{AppTokenView, AppTokens, OneAppToken};

/// How many characters a token has: the original finds it by the first 60, and compares the others.
const TOKEN_LENGTH: usize = 120;

/// How long tokens live by whose last tenth it is said what ends soon, where they do not end, in seconds: four weeks.
const USUAL_LIFETIME_S: i64 = 4 * 7 * 86_400;

path! {
    /// A token of the caller's.
    pub(crate) struct AppTokenPath { token_uuid }
}

/// `GET /api/v1/user/apptoken`: expired ones too, until they are removed.
pub(crate) fn list(
    cx: &Context<'_, UserAdmin>,
    query: AppTokensQuery,
) -> HandlerResult<ListResponse<AppTokens>> {
    let (page, ending) = (query.list.page(cx)?, ending(cx.services(), query.expiring));
    let found = app_tokens::list(cx.db(), &cx.grant, ending, &page.window)?;
    let listed = page.list(found, AppTokenView::new)?;
    Ok(listed.respond(|tokens, next_page| AppTokens::of(tokens, query.expiring, next_page)))
}

/// `GET /api/v1/superuser/apptokens`: those of all users.
pub(crate) fn list_all(
    cx: &Context<'_, SuperuserAuditView>,
    query: AppTokensQuery,
) -> HandlerResult<ListResponse<AppTokens>> {
    let (page, ending) = (query.list.page(cx)?, ending(cx.services(), query.expiring));
    let found = app_tokens::list_all(cx.db(), ending, &page.window)?;
    let listed = page.list(found, AppTokenView::new)?;
    Ok(listed.respond(|tokens, next_page| AppTokens::of(tokens, query.expiring, next_page)))
}

/// When tokens end that end soon, where those are asked for: in the last tenth of the time that a token lives.
fn ending(services: &Services<'_>, expiring: Option<bool>) -> Option<Ending> {
    let lifetime_s = services.setting(&settings::APP_SPECIFIC_TOKEN_EXPIRATION);
    let (now, lifetime_s) = (services.now(), lifetime_s.unwrap_or(USUAL_LIFETIME_S));
    let soon = now.plus_seconds((lifetime_s + 9) / 10);
    expiring.unwrap_or_default().then_some((now, soon))
}

/// Makes a token of the caller; the answer shows it.
pub(crate) fn create(
    cx: &Context<'_, UserAdmin>,
    body: NewToken,
) -> HandlerResult<JsonResponse<OneAppToken>> {
    let (services, caller) = (cx.services(), cx.caller()?);
    let lifetime_s = services.setting(&settings::APP_SPECIFIC_TOKEN_EXPIRATION);
    let code = services.random().mixed(TOKEN_LENGTH);
    let token = AppToken {
        uuid: services.random().uuid(),
        title: body.title,
        created_at: services.now(),
        expires_at: lifetime_s.map(|seconds| services.now().plus_seconds(seconds)),
        accessed_at: None,
    };
    let sealed_token = services.seal(Purpose::AppToken, &code)?;
    transaction(cx.db(), |tx| {
        let hash = hash_token(&code);
        let new = NewAppToken { token: &token, hash: &hash, sealed_token: &sealed_token };
        app_tokens::create(tx, &cx.grant, &new)?;
        let event = LogEvent::CreateAppSpecificToken {
            app_specific_token_title: &token.title,
            app_specific_token: &token.uuid,
        };
        cx.log(tx, caller.id, &event)?;
        Ok(JsonResponse(OneAppToken::new(token.clone(), Some(code.clone()))))
    })
}

/// `GET /api/v1/user/apptoken/<uuid>`: with the token itself.
pub(crate) fn get(
    cx: &Context<'_, UserAdmin>,
    path: AppTokenPath,
) -> HandlerResult<JsonResponse<OneAppToken>> {
    let services = cx.services();
    let found = app_tokens::get(cx.db(), &cx.grant, &path.token_uuid, services.now())?;
    let found = found.ok_or_else(ApiError::not_found)?;
    let code = open(services, &found)?;
    Ok(JsonResponse(OneAppToken::new(found.token, code)))
}

/// The token itself: none where it does not open because its key is lost. What a former key sealed is sealed anew, once the
/// request is answered.
fn open(services: &Services<'_>, found: &SealedAppToken) -> Result<Option<String>, ApiError> {
    let opened = services.open(Purpose::AppToken, &found.sealed_token)?;
    let Some(Opened { text, is_stale }) = opened else {
        eprintln!("error: the app-specific token {}: {Unsealable}", found.token.uuid);
        return Ok(None);
    };
    if is_stale {
        let (id, before) = (found.id, found.sealed_token.clone());
        let after = services.seal(Purpose::AppToken, &text)?;
        services.defer(move |services| Ok(app_tokens::reseal(services.db(), id, &before, &after)?));
    }
    Ok(Some(text))
}

/// `DELETE /api/v1/user/apptoken/<uuid>`: the token stops at once.
pub(crate) fn revoke(cx: &Context<'_, UserAdmin>, path: AppTokenPath) -> HandlerResult<NoContent> {
    let (caller, uuid) = (cx.caller()?, path.token_uuid.as_str());
    transaction(cx.db(), |tx| {
        let title = app_tokens::revoke(tx, &cx.grant, uuid)?.ok_or_else(ApiError::not_found)?;
        let event = LogEvent::RevokeAppSpecificToken {
            app_specific_token_title: &title,
            app_specific_token: uuid,
        };
        cx.log(tx, caller.id, &event)?;
        Ok(NoContent)
    })
}
