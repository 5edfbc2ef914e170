//! Answers to invitations (`docs/contract/quay.md` 4.7).

use crate::mails::outbox::has_gateway;
use berth_access::{UserAdmin, path};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::hash_token;
use berth_store::accounts::{self, ProfileChange};
use berth_store::invitations::{self, Invitation};
use berth_store::transaction;
use berth_web::{ApiError, Context, HandlerResult, JsonResponse, NoContent};

use super::views::AcceptedInvitation;

path! {
    /// The code of an invitation.
    pub(crate) struct CodePath { code }
}

/// `PUT /api/v1/teaminvite/<code>`.
pub(crate) fn accept(
    cx: &Context<'_, UserAdmin>,
    path: CodePath,
) -> HandlerResult<JsonResponse<AcceptedInvitation>> {
    let Invitation { organization: org, team, .. } = accept_code(cx, &path.code)?;
    Ok(JsonResponse(AcceptedInvitation { org, team }))
}

/// `DELETE /api/v1/teaminvite/<code>`: only what is for the caller's account, not for their address.
pub(crate) fn decline(cx: &Context<'_, UserAdmin>, path: CodePath) -> HandlerResult<NoContent> {
    let caller_id = cx.caller()?.id;
    decline_code(cx, &path.code, |found| found.account_id == Some(caller_id))?;
    Ok(NoContent)
}

/// Puts the caller into every team of the organization of the code that their account is invited into; with a code that went
/// to their address, also into those that the address is invited into. A code that they can only have from their mail proves the
/// address.
pub(crate) fn accept_code(cx: &Context<'_, UserAdmin>, code: &str) -> Result<Invitation, ApiError> {
    let (caller, now) = (cx.caller()?, cx.services().now());
    let leaves_by_mail = has_gateway(cx.services());
    transaction(cx.db(), |tx| {
        let found = invitations::find(tx, &hash_token(code), now)?.ok_or_else(invalid_code)?;
        if !found.is_for(caller.id, &caller.email) {
            return Err(intended_for_another(&found));
        }
        if leaves_by_mail && found.proves(&caller.email) {
            let proven_email = Some(caller.email.as_str());
            let change = ProfileChange { proven_email, ..ProfileChange::default() };
            accounts::change_profile(tx, caller.id, &change)?;
        }
        let accepted = invitations::accept(tx, &found, caller.id, now)?;
        let member = caller.name.as_str();
        let events = accepted.iter().map(|Invitation { team, inviter, .. }| {
            LogEvent::OrgTeamMemberInviteAccepted { member, team, inviter: inviter.as_deref() }
        });
        cx.log_all(tx, found.organization_id, &events.collect::<Vec<_>>())?;
        Ok(found)
    })
}

/// Removes the invitation with the code, if `may` says that the caller may.
pub(crate) fn decline_code(
    cx: &Context<'_, UserAdmin>,
    code: &str,
    may: impl Fn(&Invitation) -> bool,
) -> Result<Invitation, ApiError> {
    let caller = cx.caller()?;
    transaction(cx.db(), |tx| {
        let found = invitations::find(tx, &hash_token(code), cx.services().now())?;
        let found = found.filter(&may).ok_or_else(invalid_code)?;
        invitations::decline(tx, &found)?;
        let event = LogEvent::OrgTeamMemberInviteDeclined {
            member: &caller.name,
            team: &found.team,
            inviter: found.inviter.as_deref(),
        };
        cx.log(tx, found.organization_id, &event)?;
        Ok(found)
    })
}

fn invalid_code() -> ApiError {
    ApiError::model("Invalid confirmation code.")
}

/// The contract's words, and its indentation.
fn intended_for_another(invitation: &Invitation) -> ApiError {
    let (kind, indentation) = match invitation.account_id {
        Some(_) => ("user", 17),
        None => ("email", 19),
    };
    ApiError::model(format!(
        "This invite is intended for {kind} \"{}\".\n{:indentation$}Please login to that account and try again.",
        invitation.addressee, ""
    ))
}
