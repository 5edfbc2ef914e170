//! What users granted to applications, and what waits for them to accept it (`contract/quay.md` 5.11).

use berth_access::UserAdmin;
use berth_domain::LogKind;
use berth_store::{assignments, log, tokens, transaction};
use berth_web::{Answer, ApiError, Context, Response};
use serde_json::{Value, json};

use crate::views;

/// `GET /api/v1/user/authorizations`.
pub(crate) fn list(cx: &Context<'_, UserAdmin>) -> Answer {
    let found = tokens::authorizations(cx.db(), &cx.grant, cx.caller()?.id, None)?;
    let views: Vec<Value> = found.iter().map(views::authorization).collect();
    Ok(Response::ok(&json!({ "authorizations": views })))
}

/// `GET /api/v1/user/authorizations/<uuid>`.
pub(crate) fn get(cx: &Context<'_, UserAdmin>) -> Answer {
    let uuid = cx.path("access_token_uuid");
    let found = tokens::authorizations(cx.db(), &cx.grant, cx.caller()?.id, Some(uuid))?;
    let found = found.first().ok_or_else(ApiError::not_found)?;
    Ok(Response::ok(&views::authorization(found)))
}

/// `DELETE /api/v1/user/authorizations/<uuid>`: the token stops at once.
pub(crate) fn revoke(cx: &Context<'_, UserAdmin>) -> Answer {
    let (uuid, account_id) = (cx.path("access_token_uuid"), cx.caller()?.id);
    transaction(cx.db(), |tx| {
        let found = tokens::authorizations(tx, &cx.grant, account_id, Some(uuid))?;
        let found = found.first().ok_or_else(ApiError::not_found)?;
        tokens::delete(tx, found.id)?;
        let metadata = json!({
            "oauth_token_uuid": found.uuid,
            "application_name": found.application.name,
            "client_id": found.application.client_id,
        });
        let namespace_id = found.application.namespace_id;
        log::append(tx, &[cx.log_entry(LogKind::OauthTokenRevoked, namespace_id, metadata)])?;
        Ok(Response::no_content())
    })
}

/// `GET /api/v1/user/assignedauthorization`.
pub(crate) fn assigned(cx: &Context<'_, UserAdmin>) -> Answer {
    let found = assignments::list(cx.db(), &cx.grant, cx.caller()?.id)?;
    let views: Vec<Value> = found.iter().map(views::assignment).collect();
    Ok(Response::ok(&json!({ "authorizations": views })))
}

/// `DELETE /api/v1/user/assignedauthorization/<uuid>`: declines it.
pub(crate) fn decline(cx: &Context<'_, UserAdmin>) -> Answer {
    let (uuid, account_id) = (cx.path("assigned_authorization_uuid"), cx.caller()?.id);
    transaction(cx.db(), |tx| match assignments::decline(tx, &cx.grant, uuid, account_id)? {
        true => Ok(Response::no_content()),
        false => Err(ApiError::not_found()),
    })
}
