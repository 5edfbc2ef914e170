//! Who takes part in a flow, and whether an application may act in their name.

use berth_access::{Caller, Client, Permit, ScopeSet};
use berth_domain::{Application, settings};
use berth_store::assignments;
use berth_web::{ApiError, Context};

use super::pages;
use super::request::{AuthorizationRequest, ResponseType};

/// The person who is there themself, with a confirmed address: a token does not get its holder another.
pub(super) fn person<'a, P: Permit>(cx: &'a Context<'_, P>) -> Option<&'a Caller> {
    cx.person().filter(|caller| caller.verified)
}

/// As [`person`].
///
/// # Errors
/// A page that says that nobody is signed in.
pub(super) fn require<'a, P: Permit>(cx: &'a Context<'_, P>) -> Result<&'a Caller, ApiError> {
    person(cx).ok_or_else(|| pages::signed_out(cx.services()))
}

/// Whether the request is one that an assignment can be about.
pub(super) fn assignable(cx: &Context<'_, Client>, request: &AuthorizationRequest) -> bool {
    cx.services().setting(&settings::FEATURE_ASSIGN_OAUTH_TOKEN)
        && request.flow() == Some(ResponseType::Token)
}

/// Whether the caller may let the application act in their name: they administer its organization, or were assigned a token
/// with these scopes.
pub(super) fn may_use(
    cx: &Context<'_, Client>,
    request: &AuthorizationRequest,
    caller: &Caller,
    application: &Application,
) -> Result<bool, ApiError> {
    if cx.rights().may_authorize_applications() {
        return Ok(true);
    }
    let Some(uuid) = request.assignment_uuid.as_deref() else { return Ok(false) };
    if !assignable(cx, request) {
        return Ok(false);
    }
    let assigned = assignments::scope(cx.db(), uuid, application.id, caller.id)?;
    let assigned = assigned.and_then(|scope| ScopeSet::parse(&scope).ok());
    Ok(assigned.is_some_and(|assigned| {
        request.scopes().is_none_or(|requested| assigned.covers(requested))
    }))
}
