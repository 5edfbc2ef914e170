//! What an application may ask and say of its own tokens: `POST /oauth/introspect` (RFC 7662), `POST /oauth/revoke` (RFC
//! 7009).

use berth_access::Client as ClientPermit;
use berth_domain::log_event::LogEvent;
use berth_domain::secret::hash_token;
use berth_store::logs::LogEntry;
use berth_store::{applications, logs, tokens, transaction};
use berth_web::{ApiError, Context, Form, HandlerResult, JsonResponse, StatusCode};

use super::answers::{OAuthJson, error};
use super::client::{self, Client};
use super::views::{Introspection, LivingToken, Revoked};

/// Whether a token works, and for what. Only for applications that show their secret.
pub(crate) fn introspect(
    cx: &Context<'_, ClientPermit>,
    Form(form): Form,
) -> HandlerResult<OAuthJson<Introspection>> {
    let Some(Client::Confidential(application)) = client::identify(cx)? else {
        return Err(client::refuse(cx));
    };
    let token =
        form.get("token").ok_or_else(|| error(StatusCode::BAD_REQUEST, "invalid_request"))?;
    let services = cx.services();
    let found = tokens::inspect(cx.db(), &hash_token(token), application.id, services.now())?;
    let Some(found) = found else {
        return Ok(OAuthJson(Introspection { active: false, token: None }));
    };
    let token = LivingToken {
        scope: found.scope.replace(',', " "),
        client_id: application.client_id.clone(),
        username: found.account,
        token_type: "Bearer",
        exp: found.expires_at.as_seconds(),
        iat: found.created_at.as_seconds(),
        sub: found.account_uuid,
        iss: services.base_url(),
    };
    Ok(OAuthJson(Introspection { active: true, token: Some(token) }))
}

/// Ends a token. The answer does not say whether there was one. To show the token is proof enough.
pub(crate) fn revoke(
    cx: &Context<'_, ClientPermit>,
    Form(form): Form,
) -> HandlerResult<JsonResponse<Revoked>> {
    let client = client::identify(cx)?.ok_or_else(|| client::refuse(cx))?;
    let token =
        form.get("token").ok_or_else(|| error(StatusCode::BAD_REQUEST, "invalid_request"))?;
    let (services, application) = (cx.services(), client.application());
    let namespace_id = cx.grant.target().namespace.as_ref().map(|namespace| namespace.id);
    transaction(cx.db(), |tx| {
        let found = tokens::inspect(tx, &hash_token(token), application.id, services.now())?;
        let Some(found) = found else { return Ok(()) };
        tokens::delete(tx, found.id)?;
        let event = LogEvent::OauthTokenRevoked {
            oauth_token_uuid: &found.uuid,
            application_name: &applications::current_name(tx, application.id)?,
            client_id: &application.client_id,
        };
        let namespace_id = namespace_id.unwrap_or(found.account_id);
        let performer_id = Some(found.account_id);
        logs::append(tx, &[LogEntry { performer_id, ..cx.log_entry(namespace_id, &event) }])?;
        Ok::<_, ApiError>(())
    })?;
    Ok(JsonResponse(Revoked {}))
}
