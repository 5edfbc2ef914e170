//! The rows of this resource.

use berth_access::{Scope, Superuser};
use berth_domain::{LogKind, settings};
use berth_web::{Logs, Route, WithBody};

use super::handlers;

/// What all routes of superusers have in common.
const fn superuser(route: Route) -> Route {
    route.feature(&settings::FEATURE_SUPER_USERS).scope(Scope::SuperUser).fresh_login()
}

/// The route table.
pub const ROUTES: &[Route] = &[superuser(
    Route::get(
        "/api/v1/superuser/mails",
        "listMails",
        &WithBody::<Superuser, _, _>(handlers::list),
    )
    .decided_inside(
        "superusers; mails to other superusers without their text, with a token those to the caller too",
    ),
)
.changes(Logs::Kinds(&[LogKind::MailsRead]))
.works_read_only()
.internal()];
