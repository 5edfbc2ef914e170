//! Whose robots they are: an organization's, or the visitor's own.

use crate::account::place::{self as account, Own};
use crate::api::address;
use crate::layout::Crumb;
use crate::organization::place::{self as organization, Organization};
use crate::refusal::Refusal;
use crate::texts::Texts;
use crate::visit::Visit;

/// Who owns robots.
pub(crate) enum Owner {
    /// An organization, and what the visitor may see and change of it; nothing where it was not asked for.
    Organization { name: String, sees_all: bool, may_change: bool },
    /// The visitor.
    Visitor(String),
}

/// What is said differently of the two.
pub(crate) struct Words {
    /// Which repositories may be named.
    pub(crate) repositories_hint: &'static str,
    /// Which repository may be named.
    pub(crate) repository_hint: &'static str,
}

impl Owner {
    /// The one that the path names, and what the visitor may do.
    pub(crate) fn load(visit: &Visit<'_>) -> Result<Self, Refusal> {
        match visit.named("orgname").is_empty() {
            true => Ok(Self::Visitor(Own::load(visit)?.username)),
            false => Ok(Self::of(visit, &Organization::load(visit)?)),
        }
    }

    /// The one that the path names, for what only calls the API: it decides.
    pub(crate) fn named(visit: &Visit<'_>) -> Result<Self, Refusal> {
        match visit.named("orgname") {
            name if name.is_empty() => Self::load(visit),
            name => Ok(Self::Organization { name, sees_all: false, may_change: false }),
        }
    }

    /// An organization.
    pub(crate) fn of(visit: &Visit<'_>, organization: &Organization) -> Self {
        Self::Organization {
            name: organization.name.clone(),
            sees_all: organization.is_admin,
            may_change: organization.may_change(visit),
        }
    }

    /// Its name, which begins the names of its robots.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Organization { name, .. } | Self::Visitor(name) => name,
        }
    }

    /// Whether the visitor sees the pages of robots, and where these have access.
    pub(crate) const fn sees_all(&self) -> bool {
        match self {
            Self::Organization { sees_all, .. } => *sees_all,
            Self::Visitor(_) => true,
        }
    }

    /// Whether the visitor may change the robots.
    pub(crate) fn may_change(&self, visit: &Visit<'_>) -> bool {
        match self {
            Self::Organization { may_change, .. } => *may_change,
            Self::Visitor(_) => !visit.only_reads(),
        }
    }

    /// The address of its page.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Organization { name, .. } => organization::of(name),
            Self::Visitor(name) => account::of(name),
        }
    }

    /// The address of the list of robots.
    pub(crate) fn list(&self) -> String {
        match self {
            Self::Organization { name, .. } => {
                organization::tab_of(name, organization::Tab::Robots)
            }
            Self::Visitor(name) => account::tab_of(name, account::Tab::Robots),
        }
    }

    /// The places above the page of a robot.
    pub(crate) fn above(&self, visit: &Visit<'_>) -> [Crumb<'_>; 2] {
        [(self.name(), self.address()), (visit.texts.robots, self.list())]
    }

    /// The address of a robot's page.
    pub(crate) fn robot(&self, robot: &str) -> String {
        format!("{}{}", self.address(), address!("/robots/{}", robot))
    }

    /// The API's address of the robots.
    pub(crate) fn target(&self) -> String {
        match self {
            Self::Organization { name, .. } => address!("/api/v1/organization/{}/robots", name),
            Self::Visitor(_) => "/api/v1/user/robots".into(),
        }
    }

    /// The API's address of a robot.
    pub(crate) fn robot_target(&self, robot: &str) -> String {
        format!("{}{}", self.target(), address!("/{}", robot))
    }

    /// What is said of its robots.
    pub(crate) const fn words(&self, t: &'static Texts) -> Words {
        match self {
            Self::Organization { .. } => Words {
                repositories_hint: t.repositories_hint,
                repository_hint: t.repository_in_organization,
            },
            Self::Visitor(_) => Words {
                repositories_hint: t.own_repositories_hint,
                repository_hint: t.own_repository_hint,
            },
        }
    }
}
