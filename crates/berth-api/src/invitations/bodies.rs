//! What requests about invitations carry.

use berth_web::Query;

/// The query of a link in a mail.
#[derive(Query)]
pub(crate) struct InvitationQuery {
    /// The code of the invitation
    #[query(required)]
    pub(super) code: String,
}
