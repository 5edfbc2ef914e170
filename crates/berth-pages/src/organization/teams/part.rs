//! The parts of a team's page.

use berth_domain::settings::FEATURE_MAILING;

use super::team::{Team, here};
use crate::api::with_query;
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::texts::Texts;
use crate::visit::Visit;

/// A team with its organization, as the visitor sees both.
pub(super) struct Seen {
    pub(super) organization: Organization,
    pub(super) team: Team,
    /// The address of its page.
    pub(super) page: String,
}

impl Seen {
    /// The team that the path names.
    pub(super) fn load(visit: &Visit<'_>) -> Result<Self, Refusal> {
        let organization = Organization::load(visit)?;
        Ok(Self { team: Team::load(visit)?, organization, page: here(visit) })
    }
}

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Members,
    Invitations,
    Repositories,
}

impl Part {
    pub(super) const ALL: [Self; 3] = [Self::Members, Self::Repositories, Self::Invitations];

    /// Its name in addresses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Invitations => "invitations",
            Self::Repositories => "repositories",
        }
    }

    pub(super) const fn title(self, t: &'static Texts) -> &'static str {
        match self {
            Self::Members => t.members,
            Self::Invitations => t.invitations,
            Self::Repositories => t.repositories,
        }
    }

    /// Whether the visitor may see it.
    pub(super) fn is_shown(self, visit: &Visit<'_>, seen: &Seen) -> bool {
        match self {
            Self::Members => true,
            Self::Invitations => {
                seen.organization.is_admin && visit.services().setting(&FEATURE_MAILING)
            }
            Self::Repositories => seen.organization.is_admin,
        }
    }
}

/// The address of a part of the page of the team that the path names.
pub(super) fn part_here(visit: &Visit<'_>, part: Part) -> String {
    part_address(&here(visit), part.name())
}

/// The address of a part of a team's page.
pub(super) fn part_address(page: &str, part: &str) -> String {
    with_query(page, &[("tab", part)])
}
