//! Invitations, as administrators see them: make, list, withdraw.

use berth_access::{ExistingTeamAdmin, OrganizationAdminView};
use berth_domain::secret::{Purpose, hash_token};
use berth_domain::{LogKind, Timestamp, is_email_address, settings};
use berth_store::invitations::{self, Invited, NewInvitation};
use berth_store::{log, transaction};
use berth_web::mail::{Letter, Link, has_gateway};
use berth_web::{Answer, ApiError, Context, Response};
use serde_json::{Value, json};

use crate::views;

/// What every code begins with.
const CODE_PREFIX: &str = "urn:teaminvite:";

/// The address of the page on which an invitation is answered.
pub(crate) fn link(base_url: &str, code: &str) -> String {
    format!("{base_url}/confirminvite?code={code}")
}

/// Makes an invitation into the grant's team, or renews it: the code, the notification, the mail and the entry in the log
/// (with that metadata). A person without a usable address gets no mail.
pub(crate) fn invite(
    cx: &Context<'_, ExistingTeamAdmin>,
    invited: &Invited,
    address: &str,
    metadata: Value,
) -> Result<(), ApiError> {
    let (services, target, caller) = (cx.services(), cx.grant.target(), cx.caller()?);
    let code = format!("{CODE_PREFIX}{}", services.random().mixed(32));
    let expires_at = services.now().plus_seconds(services.setting(&settings::INVITATION_TTL_S)?);
    let letter = match can_be_written_to(address) {
        true => {
            let letter = letter(cx, address, &caller.name, &code, expires_at)?;
            Some(letter.seal(services)?.until(expires_at))
        }
        false => None,
    };
    let sealed_code = services.seal(Purpose::InvitationCode, &code)?;
    let notification_uuid = services.random().uuid();
    transaction(cx.db(), |tx| {
        let organization_id = target.organization.id;
        let mail_id = letter.map(|letter| letter.post(tx, organization_id)).transpose()?;
        let new = NewInvitation {
            invited,
            inviter_id: caller.id,
            code_hash: &hash_token(&code),
            sealed_code: &sealed_code,
            mail_id,
            notification_uuid: &notification_uuid,
            at: services.now(),
            expires_at,
        };
        invitations::invite(tx, &cx.grant, &new)?;
        let entry = cx.log_entry(LogKind::OrgInviteTeamMember, organization_id, metadata);
        Ok(log::append(tx, &[entry])?)
    })
}

/// Addresses of invitations are free text; what is none, or would break a mail's header, is not written to.
fn can_be_written_to(address: &str) -> bool {
    is_email_address(address) && !address.chars().any(char::is_control)
}

fn letter<'a>(
    cx: &Context<'_, ExistingTeamAdmin>,
    address: &'a str,
    inviter: &str,
    code: &str,
    expires_at: Timestamp,
) -> Result<Letter<'a>, ApiError> {
    let target = cx.grant.target();
    let (team, organization) = (&target.team.name, &target.organization.name);
    Ok(Letter {
        to: address,
        subject: format!("{inviter} invites you to the team {team} of {organization}"),
        paragraphs: vec![
            format!(
                "{inviter} would like you to join the team {team} of the organization {organization}."
            ),
            format!(
                "The invitation can be accepted until {}. If you do not want it, there is nothing to do.",
                expires_at.to_rfc2822()
            ),
        ],
        link: Link {
            label: "Accept or decline the invitation",
            url: link(&cx.services().base_url()?, code),
        },
    })
}

/// `PUT …/team/<teamname>/invite/<email>` (`contract/quay.md` 4.6).
pub(crate) fn invite_address(cx: &Context<'_, ExistingTeamAdmin>) -> Answer {
    let (email, team) = (cx.path("email"), &cx.grant.target().team.name);
    let metadata = json!({ "email": email, "team": team, "member": email });
    invite(cx, &Invited::Email(email.to_owned()), email, metadata)?;
    Ok(Response::ok(&views::address(email)))
}

/// `DELETE …/team/<teamname>/invite/<email>` (`contract/quay.md` 4.6).
pub(crate) fn withdraw(cx: &Context<'_, ExistingTeamAdmin>) -> Answer {
    let (target, email) = (cx.grant.target(), cx.path("email"));
    transaction(cx.db(), |tx| {
        let invited = Invited::Email(email.to_owned());
        if !invitations::withdraw(tx, &cx.grant, &invited, cx.services().now())? {
            return Err(ApiError::not_found());
        }
        let metadata = json!({ "email": email, "team": target.team.name, "member": email });
        let kind = LogKind::OrgDeleteTeamMemberInvite;
        log::append(tx, &[cx.log_entry(kind, target.organization.id, metadata)])?;
        Ok(Response::no_content())
    })
}

/// `GET …/organization/<orgname>/invitations`: every pending one. While no mail leaves, administrators hand the links on.
pub(crate) fn list(cx: &Context<'_, OrganizationAdminView>) -> Answer {
    let services = cx.services();
    let pending = invitations::pending(cx.db(), &cx.grant, services.now())?;
    let mut views: Vec<Value> = pending.iter().map(views::invitation).collect();
    if cx.grant.rights().is_admin() && !has_gateway(services)? {
        let (keys, base_url) = (services.secret_keys()?, services.base_url()?);
        for (view, invitation) in views.iter_mut().zip(&pending) {
            // Null where the key is lost: inviting again makes another.
            let opened = keys.open(Purpose::InvitationCode, &invitation.sealed_code).ok();
            view["link"] = opened.map(|opened| link(&base_url, &opened.text)).into();
        }
    }
    Ok(Response::ok(&json!({ "invitations": views })))
}
