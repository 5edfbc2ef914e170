//! What the visitor did, and what was done to their account.

use maud::Markup;

use super::{Own, Tab, of, tab_of};
use crate::Answered;
use crate::log::{self, LogOf};
use crate::page::{Page, get};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[get("/user/:username/log/download", download)];

/// What the log is about, for the API.
const API: &str = "/api/v1/user";

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, name: &str) -> Result<Markup, Refusal> {
    let log = LogOf {
        address: tab_of(name, Tab::Log),
        api: API.into(),
        download: format!("{}/log/download", of(name)),
    };
    log::section(visit, &log)
}

/// `GET …/log/download`.
fn download(visit: &Visit<'_>) -> Answered {
    Own::load(visit)?;
    log::download(visit, API)
}
