//! Invitations, as administrators see them: make, list, withdraw.

use crate::mails::outbox::{Link, Mail, MailSender, SealedMail, has_gateway};
use berth_access::{ExistingTeamAdmin, OrganizationAdminView, path};
use berth_domain::log_event::LogEvent;
use berth_domain::secret::{Purpose, hash_token};
use berth_domain::{EmailAddress, Timestamp, settings};
use berth_store::invitations::{self, Invited, NewInvitation};
use berth_store::{Transaction, transaction};
use berth_web::{
    ApiError, Context, HandlerResult, JsonResponse, ListQuery, ListResponse, NoContent,
};

use super::views::{InvitationView, Invitations};
use crate::members::views::AddressView;

/// What every code begins with.
const CODE_PREFIX: &str = "urn:teaminvite:";

/// The address of the page on which an invitation is answered.
pub(crate) fn link(base_url: &str, code: &str) -> String {
    format!("{base_url}/confirminvite?code={code}")
}

/// What an invitation into the grant's team needs that takes time: made before the transaction.
pub(crate) struct PreparedInvitation<'a> {
    cx: &'a Context<'a, ExistingTeamAdmin>,
    code: String,
    sealed_code: Vec<u8>,
    expires_at: Timestamp,
    sender: MailSender,
}

impl<'a> PreparedInvitation<'a> {
    /// Draws the code, and reads the key that seals it.
    ///
    /// # Errors
    /// [`ApiError`] when the keys cannot be had.
    pub(crate) fn new(cx: &'a Context<'a, ExistingTeamAdmin>) -> Result<Self, ApiError> {
        let services = cx.services();
        let code = format!("{CODE_PREFIX}{}", services.random().mixed(32));
        Ok(Self {
            cx,
            sealed_code: services.seal(Purpose::InvitationCode, &code)?,
            code,
            expires_at: services.now().plus_seconds(services.setting(&settings::INVITATION_TTL_S)),
            sender: MailSender::of(cx),
        })
    }

    /// Makes the invitation, or renews it: the code, the notification, the mail and the entry in the log (with that event). A
    /// person without a usable address gets no mail. Where a limit keeps the mail back, an invitation that is there keeps its
    /// code, of which an earlier mail told; a new one of a user is found in their notifications, and one of an address, of which
    /// nobody would learn, is refused.
    ///
    /// # Errors
    /// [`ApiError`] when the database fails, or a limit keeps back the mail to an address.
    pub(crate) fn make(
        &self,
        tx: &Transaction<'_>,
        invited: &Invited,
        address: &str,
        event: &LogEvent<'_>,
    ) -> Result<(), ApiError> {
        let (cx, services) = (self.cx, self.cx.services());
        let organization_id = cx.grant.target().organization.id;
        let mail = self.mail(address)?;
        let posted = mail.as_ref().map(|mail| mail.enqueue_for(tx, organization_id, &self.sender));
        let mail_id = posted.transpose()?.flatten();
        let kept_back = mail.as_ref().filter(|_| mail_id.is_none());
        let new = NewInvitation {
            invited,
            inviter_id: cx.caller()?.id,
            code_hash: &hash_token(&self.code),
            sealed_code: &self.sealed_code,
            mail_id,
            keeps_code: kept_back.is_some(),
            notification_uuid: &services.random().uuid(),
            at: services.now(),
            expires_at: self.expires_at,
        };
        let has_new_code = invitations::invite(tx, &cx.grant, &new)?;
        if let (Some(mail), true, Invited::Email(_)) = (kept_back, has_new_code, invited) {
            return Err(mail.refusal(tx, organization_id, &self.sender)?);
        }
        Ok(cx.log(tx, organization_id, event)?)
    }

    /// The mail that tells of it. Addresses of invitations are free text; what is none is not written to.
    fn mail(&self, address: &str) -> Result<Option<SealedMail<'a>>, ApiError> {
        if EmailAddress::try_from(address).is_err() {
            return Ok(None);
        }
        let (target, services) = (self.cx.grant.target(), self.cx.services());
        let (team, organization) = (&target.team.name, &target.organization.name);
        let inviter = &self.cx.caller()?.name;
        let mail = Mail {
            to: address,
            subject: format!("{inviter} invites you to the team {team} of {organization}"),
            paragraphs: vec![
                format!(
                    "{inviter} would like you to join the team {team} of the organization {organization}."
                ),
                format!(
                    "The invitation can be accepted until {}. If you do not want it, there is nothing to do.",
                    self.expires_at.to_rfc2822()
                ),
            ],
            link: Link {
                label: "Accept or decline the invitation",
                url: link(&services.base_url(), &self.code),
            },
        };
        Ok(Some(mail.seal(services)?.until(self.expires_at)))
    }
}

path! {
    /// An e-mail address that is invited, or to be invited.
    pub(crate) struct InvitedPath { email }
}

/// `PUT …/team/<teamname>/invite/<email>` (`docs/contract/quay.md` 4.6).
pub(crate) fn invite_address(
    cx: &Context<'_, ExistingTeamAdmin>,
    path: InvitedPath,
) -> HandlerResult<JsonResponse<AddressView>> {
    let (email, team) = (path.email.as_str(), &cx.grant.target().team.name);
    let event = LogEvent::OrgInviteEmail { email, team, member: email };
    let prepared = PreparedInvitation::new(cx)?;
    let invited = Invited::Email(email.to_owned());
    transaction(cx.db(), |tx| prepared.make(tx, &invited, email, &event))?;
    Ok(JsonResponse(AddressView::new(email)))
}

/// `DELETE …/team/<teamname>/invite/<email>` (`docs/contract/quay.md` 4.6).
pub(crate) fn withdraw(
    cx: &Context<'_, ExistingTeamAdmin>,
    path: InvitedPath,
) -> HandlerResult<NoContent> {
    let (target, email) = (cx.grant.target(), path.email.as_str());
    transaction(cx.db(), |tx| {
        let invited = Invited::Email(email.to_owned());
        if !invitations::withdraw(tx, &cx.grant, &invited, cx.services().now())? {
            return Err(ApiError::not_found());
        }
        let event =
            LogEvent::OrgDeleteEmailInvite { email, team: &target.team.name, member: email };
        cx.log(tx, target.organization.id, &event)?;
        Ok(NoContent)
    })
}

/// `GET …/organization/<orgname>/invitations`: every pending one. While no mail leaves, administrators hand the links on.
pub(crate) fn list(
    cx: &Context<'_, OrganizationAdminView>,
    query: ListQuery<invitations::Pending>,
) -> HandlerResult<ListResponse<Invitations>> {
    let (services, page) = (cx.services(), query.page(cx)?);
    let pending = invitations::pending(cx.db(), &cx.grant, services.now(), &page.window)?;
    let shows_links = cx.rights().is_admin() && !has_gateway(services);
    let keys = shows_links.then(|| services.secret_keys()).transpose()?;
    let base_url = services.base_url();
    let listed = page.list(pending, |invitation| {
        let view = InvitationView::new(&invitation);
        // The person to whom the mail went has the link, and nobody else is to have it.
        let was_sent = invitation.delivery.as_ref().is_some_and(|mail| mail.delivered_at.is_some());
        let Some(keys) = keys.as_ref().filter(|_| !was_sent) else { return view };
        let opened = keys.open(Purpose::InvitationCode, &invitation.sealed_code).ok();
        view.with_link(opened.map(|opened| link(&base_url, &opened.text)))
    })?;
    Ok(listed.respond(Invitations::of))
}
