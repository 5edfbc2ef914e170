//! An application, and where it has its pages.

use serde::Deserialize;

use crate::api::address;
use crate::layout::Crumb;
use crate::organization::{Tab, above};
use crate::visit::Visit;

/// An application. Its secret is read by the one page that shows it.
#[derive(Deserialize)]
pub(super) struct Application {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) application_uri: String,
    pub(super) client_id: String,
    /// None for those who may only read.
    pub(super) redirect_uri: Option<String>,
    pub(super) avatar_email: Option<String>,
}

/// The name, or what stands for none.
pub(super) fn named<'a>(visit: &Visit<'_>, name: &'a str) -> &'a str {
    if name.trim().is_empty() { visit.texts.unnamed } else { name }
}

/// The address of an application's page.
pub(super) fn page_of(organization: &str, client_id: &str) -> String {
    address!("/organization/{}/application/{}", organization, client_id)
}

/// The address of the page of the application that the path names.
pub(super) fn page_here(visit: &Visit<'_>) -> String {
    page_of(&visit.named("orgname"), &visit.named("client_id"))
}

/// The API's address of the application that the path names.
pub(super) fn target(visit: &Visit<'_>) -> String {
    let (organization, client_id) = (visit.named("orgname"), visit.named("client_id"));
    address!("/api/v1/organization/{}/applications/{}", organization, client_id)
}

/// The places above the pages that are about an application.
pub(super) fn above_application<'a>(
    visit: &Visit<'_>,
    organization: &'a str,
    name: &'a str,
) -> [Crumb<'a>; 3] {
    let [first, second] = above(visit, organization, Tab::Applications);
    [first, second, (name, page_here(visit))]
}
