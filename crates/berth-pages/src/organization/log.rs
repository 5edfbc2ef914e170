//! What happened in an organization.

use maud::Markup;

use super::{Organization, Tab};
use crate::Answered;
use crate::api::address;
use crate::log::{self, LogOf};
use crate::page::{Page, get};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// The pages.
pub(super) const PAGES: &[Page] = &[get("/organization/:orgname/log/download", download)];

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    let log = LogOf {
        address: organization.tab(Tab::Log),
        api: api(&organization.name),
        download: address!("/organization/{}/log/download", organization.name),
    };
    log::section(visit, &log)
}

fn api(organization: &str) -> String {
    address!("/api/v1/organization/{}", organization)
}

/// `GET …/log/download`.
fn download(visit: &Visit<'_>) -> Answered {
    log::download(visit, &api(&visit.named("orgname")))
}
