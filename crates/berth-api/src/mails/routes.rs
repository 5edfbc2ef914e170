//! The rows of this resource.

use berth_access::Superuser;
use berth_domain::LogKind;
use berth_web::{Logs, Route, WithBody};

use super::handlers;

/// The route table.
pub const ROUTES: &[Route] = &[Route::get(
    "/api/v1/superuser/mails",
    "listMails",
    &WithBody::<Superuser, _, _>(handlers::list),
)
.decided_inside(
    "superusers; mails to other superusers without their text, with a token those to the \
            caller too",
)
.superuser()
.changes(Logs::Kinds(&[LogKind::MailsRead]))
.works_read_only()
.internal()];
