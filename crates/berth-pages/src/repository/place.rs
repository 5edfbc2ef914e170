//! A repository, and where it has its pages.

use berth_web::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use crate::api::{segment, segments};
use crate::layout::Crumb;
use crate::organization::place as organization;
use crate::refusal::Refusal;
use crate::texts::Texts;
use crate::visit::Visit;

/// A repository, for somebody who may see it.
#[derive(Deserialize)]
pub(crate) struct Repository {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) is_public: bool,
    pub(super) is_organization: bool,
    pub(super) is_starred: bool,
    pub(super) can_write: bool,
    /// Whether the visitor sees all of it.
    pub(super) can_admin: bool,
}

impl Repository {
    /// The one that the path names.
    pub(super) fn load(visit: &Visit<'_>) -> Result<Self, Refusal> {
        visit.get(&format!("{}?includeTags=false", target(visit)))
    }

    /// The same for pages that ask what only its administrators may do.
    pub(super) fn load_to_change(visit: &Visit<'_>) -> Result<Self, Refusal> {
        let repository = Self::load(visit)?;
        let may_change = repository.may_change(visit);
        may_change.then_some(repository).ok_or_else(forbidden)
    }

    /// The same for pages that ask what those may do who may push to it.
    pub(super) fn load_to_write(visit: &Visit<'_>) -> Result<Self, Refusal> {
        let repository = Self::load(visit)?;
        let may_write = repository.may_write(visit);
        may_write.then_some(repository).ok_or_else(forbidden)
    }

    /// Its name with that of its namespace.
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// The address of its page.
    pub(super) fn address(&self) -> String {
        address_of(&self.namespace, &self.name)
    }

    /// The address of one of its tabs.
    pub(super) fn tab(&self, tab: Tab) -> String {
        format!("{}?tab={}", self.address(), tab.names()[0])
    }

    /// The address of something that is done with it.
    pub(super) fn act(&self, act: &str) -> String {
        format!("{}?act={act}", self.address())
    }

    /// Whether the visitor may change all of it, and does not only see all of it.
    pub(super) fn may_change(&self, visit: &Visit<'_>) -> bool {
        self.can_admin && !visit.only_reads()
    }

    /// Whether the visitor may change what is in it.
    pub(super) fn may_write(&self, visit: &Visit<'_>) -> bool {
        self.can_write && !visit.only_reads()
    }

    /// The place above its page.
    pub(super) fn above(&self, visit: &Visit<'_>) -> [Crumb<'_>; 1] {
        match self.is_organization {
            true => [(&self.namespace, organization::of(&self.namespace))],
            false => [(visit.texts.repositories, "/repository".into())],
        }
    }

    /// The places above the pages that ask something about it.
    pub(super) fn above_act<'a>(
        &'a self,
        visit: &Visit<'_>,
        name: &'a str,
        tab: Tab,
    ) -> [Crumb<'a>; 2] {
        let [first] = self.above(visit);
        [first, (name, self.tab(tab))]
    }
}

pub(super) fn forbidden() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "")
}

/// The address of a repository's page.
pub(crate) fn address_of(namespace: &str, name: &str) -> String {
    format!("/repository/{}/{}", segment(namespace), segments(name))
}

/// The API's address of the repository that the path names.
pub(super) fn target(visit: &Visit<'_>) -> String {
    format!("/api/v1/repository/{}", segments(&visit.named("repository")))
}

/// The address of the page of the repository that the path names.
pub(super) fn page_of(visit: &Visit<'_>) -> String {
    format!("/repository/{}", segments(&visit.named("repository")))
}

/// A tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Information,
    Tags,
    Permissions,
    Log,
    Settings,
}

impl Tab {
    /// All, in the order in which they are shown.
    pub(super) const ALL: [Self; 5] =
        [Self::Information, Self::Tags, Self::Permissions, Self::Log, Self::Settings];

    /// Its name in addresses, then those that consoles of Quay give it.
    pub(super) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Information => &["information", "info"],
            Self::Tags => &["tags", "history"],
            Self::Permissions => &["permissions"],
            Self::Log => &["log", "logs"],
            Self::Settings => &["settings"],
        }
    }

    pub(super) const fn title(self, t: &'static Texts) -> &'static str {
        match self {
            Self::Information => t.repo_information,
            Self::Tags => t.repo_tags,
            Self::Permissions => t.log_permissions,
            Self::Log => t.log,
            Self::Settings => t.settings,
        }
    }

    pub(super) fn is_shown(self, visit: &Visit<'_>, repository: &Repository) -> bool {
        match self {
            Self::Information | Self::Tags => true,
            Self::Permissions | Self::Log => repository.can_admin,
            Self::Settings => repository.may_change(visit),
        }
    }
}

/// Who may see a repository, in a word.
pub(crate) fn visibility(t: &'static Texts, is_public: bool) -> Markup {
    match is_public {
        true => html! { span.badge.accent { (t.repo_public) } },
        false => html! { span.badge { (t.repo_private) } },
    }
}

/// Where the visitor goes when a repository is gone: to the others of its organization, or to all.
pub(super) fn place_of_others(repository: &Repository) -> String {
    match repository.is_organization {
        true => organization::tab_of(&repository.namespace, organization::Tab::Repositories),
        false => "/repository".into(),
    }
}
