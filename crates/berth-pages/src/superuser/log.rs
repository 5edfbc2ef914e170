//! What was done in the whole installation.

use maud::Markup;

use super::{Tab, tab_of};
use crate::Answered;
use crate::log::{self, LogOf};
use crate::page::{Page, get};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[get("/superuser/log/download", download)];

/// What the log is about, for the API.
const API: &str = "/api/v1/superuser";

/// The tab.
pub(super) fn tab(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let download = "/superuser/log/download".to_owned();
    log::section(visit, &LogOf { address: tab_of(Tab::Log), api: API.into(), download })
}

/// `GET …/log/download`.
fn download(visit: &Visit<'_>) -> Answered {
    log::download(visit, API)
}
