//! The parts of the tab about people.

use berth_domain::settings::FEATURE_MAILING;
use maud::{Markup, html};

use crate::api::with_query;
use crate::form::above as refusal_of_form;
use crate::organization::{Organization, Tab};
use crate::texts::Texts;
use crate::visit::Visit;

/// A part of the tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Members,
    Collaborators,
    Invitations,
}

impl Part {
    pub(super) const ALL: [Self; 3] = [Self::Members, Self::Collaborators, Self::Invitations];

    /// Its name in addresses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Members => "",
            Self::Collaborators => "collaborators",
            Self::Invitations => "invitations",
        }
    }

    pub(super) const fn title(self, t: &'static Texts) -> &'static str {
        match self {
            Self::Members => t.members_in_teams,
            Self::Collaborators => t.collaborators,
            Self::Invitations => t.invitations,
        }
    }

    /// Whether the visitor may see it: the whole tab is for those who see all of the organization.
    pub(super) fn is_shown(self, visit: &Visit<'_>) -> bool {
        self != Self::Invitations || visit.services().setting(&FEATURE_MAILING)
    }

    pub(super) fn address(self, organization: &Organization) -> String {
        with_query(&organization.tab(Tab::Members), &[("show", self.name())])
    }
}

/// What a part shows, below the links to all parts.
pub(super) fn with_parts(
    visit: &Visit<'_>,
    organization: &Organization,
    part: Part,
    shown: &Markup,
) -> Markup {
    let t = visit.texts;
    let parts: Vec<_> = Part::ALL.into_iter().filter(|part| part.is_shown(visit)).collect();
    html! {
        nav aria-label=(t.parts_of_members) {
            ul.plain.choices {
                @for other in parts {
                    li {
                        a.button.small href=(other.address(organization))
                            aria-current=[(other == part).then_some("page")] { (other.title(t)) }
                    }
                }
            }
        }
        (refusal_of_form(visit))
        (shown)
    }
}
