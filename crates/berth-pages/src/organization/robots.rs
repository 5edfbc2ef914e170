//! The robots of an organization: the tab.

use maud::Markup;

use super::Organization;
use crate::page::Page;
use crate::refusal::Refusal;
use crate::robots::{self, Owner};
use crate::visit::Visit;

/// The pages of robots.
pub(super) const PAGES: &[Page] = robots::OF_ORGANIZATIONS;

/// The tab.
pub(super) fn tab(visit: &Visit<'_>, organization: &Organization) -> Result<Markup, Refusal> {
    robots::section(visit, &Owner::of(visit, organization))
}
