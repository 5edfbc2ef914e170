//! Invitations as answers show them.

use berth_store::invitations::PendingInvitation;
use schemars::JsonSchema;
use serde::Serialize;

use crate::members::views::{AddressView, TeamAccountView, TeamMemberView};

/// A pending invitation in the list of an organization: who is invited, with what only administrators need to know.
#[derive(JsonSchema, Serialize)]
pub(crate) struct InvitationView {
    #[serde(flatten)]
    invited: TeamMemberView,
    team: String,
    inviter: Option<String>,
    created: String,
    expires: String,
    delivery: Option<DeliveryView>,
    /// The link of the mail, where administrators pass it on; null where its key is lost: inviting again makes another.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<Option<String>>,
}

/// How far the mail of an invitation is.
#[derive(JsonSchema, Serialize)]
struct DeliveryView {
    state: &'static str,
    attempts: i64,
    next_attempt: Option<String>,
}

impl InvitationView {
    /// An invitation, without a link.
    pub(crate) fn new(invitation: &PendingInvitation) -> Self {
        let invited = match (&invitation.user, &invitation.email) {
            (Some((name, email)), _) => {
                TeamMemberView::Account(TeamAccountView::new(name, email, false, true))
            }
            (None, email) => {
                TeamMemberView::Address(AddressView::new(email.as_deref().unwrap_or_default()))
            }
        };
        Self {
            invited,
            team: invitation.team.clone(),
            inviter: invitation.inviter.clone(),
            created: invitation.created_at.to_rfc2822(),
            expires: invitation.expires_at.to_rfc2822(),
            delivery: invitation.delivery.as_ref().map(|delivery| DeliveryView {
                state: delivery.state(),
                attempts: delivery.attempts,
                next_attempt: delivery.due_at.map(|at| at.to_rfc2822()),
            }),
            link: None,
        }
    }

    /// The same with the link.
    pub(crate) fn with_link(self, link: Option<String>) -> Self {
        Self { link: Some(link), ..self }
    }
}

berth_web::lists! {
    /// The pending invitations of an organization.
    pub(crate) struct Invitations { invitations: Vec<InvitationView> }
}

/// The team that an invitation led into.
#[derive(JsonSchema, Serialize)]
pub(crate) struct AcceptedInvitation {
    pub(super) org: String,
    pub(super) team: String,
}
