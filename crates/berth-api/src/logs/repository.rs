//! The log of a repository (`docs/contract/quay.md` 8.1).

use crate::logs::pages::{counts, no_export, page};
use berth_access::RepositoryAdminView;
use berth_store::logs::Reach;
use berth_web::{Answer, Context};

/// `GET /api/v1/repository/<repository>/logs`.
pub(crate) fn list(cx: &Context<'_, RepositoryAdminView>) -> Answer {
    page(cx, Reach::repository(&cx.grant), false)
}

/// `GET /api/v1/repository/<repository>/aggregatelogs`.
pub(crate) fn aggregate(cx: &Context<'_, RepositoryAdminView>) -> Answer {
    counts(cx, Reach::repository(&cx.grant))
}

/// `POST /api/v1/repository/<repository>/exportlogs`.
pub(crate) fn export(cx: &Context<'_, RepositoryAdminView>) -> Answer {
    cx.grant.repository()?;
    Err(no_export())
}
