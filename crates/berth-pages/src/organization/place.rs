//! An organization, and where it has its pages.

use berth_domain::settings::{FEATURE_PROXY_CACHE, FEATURE_QUOTA_MANAGEMENT};
use berth_web::{Response, StatusCode};
use maud::{Markup, html};
use serde::Deserialize;

use super::held::Held;
use crate::api::address;
use crate::layout::Crumb;
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::Texts;
use crate::visit::Visit;

/// An organization, as much of it as the visitor may see.
#[derive(Deserialize)]
pub(crate) struct Organization {
    pub(crate) name: String,
    pub(crate) avatar: parts::Avatar,
    /// Whether the visitor sees all of it.
    pub(crate) is_admin: bool,
    pub(crate) is_member: bool,
    /// What it holds, for its members.
    #[serde(flatten)]
    pub(super) held: Held,
    /// What its administrators set.
    #[serde(flatten)]
    pub(super) chosen: Chosen,
}

impl Organization {
    /// The one that the path names.
    pub(crate) fn load(visit: &Visit<'_>) -> Result<Self, Refusal> {
        visit.get(&address!("/api/v1/organization/{}", visit.named("orgname")))
    }

    /// The same for a page that has a form which changes it.
    ///
    /// # Errors
    /// The refusal for those who may not, or who are not signed in.
    pub(crate) fn load_to_change(visit: &Visit<'_>) -> Result<Self, Refusal> {
        let organization = Self::load(visit)?;
        organization.require_change(visit)?;
        Ok(organization)
    }

    /// Refuses those who may not change it, or are not signed in.
    ///
    /// # Errors
    /// That refusal.
    pub(crate) fn require_change(&self, visit: &Visit<'_>) -> Result<(), Refusal> {
        let status = match visit.caller() {
            _ if self.may_change(visit) => return Ok(()),
            Some(_) => StatusCode::FORBIDDEN,
            None => StatusCode::UNAUTHORIZED,
        };
        Err(Refusal::new(status, ""))
    }

    /// Whether the visitor may change it, and does not only see all of it.
    pub(crate) fn may_change(&self, visit: &Visit<'_>) -> bool {
        self.is_admin && !visit.only_reads()
    }

    /// The address of its page.
    pub(crate) fn address(&self) -> String {
        of(&self.name)
    }

    /// The address of one of its tabs.
    pub(crate) fn tab(&self, tab: Tab) -> String {
        tab_of(&self.name, tab)
    }
}

/// What administrators set; all but the address is for them alone.
#[derive(Deserialize)]
pub(super) struct Chosen {
    pub(super) email: String,
    #[serde(default)]
    pub(super) invoice_email: bool,
    #[serde(default)]
    pub(super) invoice_email_address: Option<String>,
    #[serde(default)]
    pub(super) tag_expiration_s: Option<i64>,
}

/// The address of an organization's page.
pub(crate) fn of(organization: &str) -> String {
    address!("/organization/{}", organization)
}

/// The address of a tab.
pub(crate) fn tab_of(organization: &str, tab: Tab) -> String {
    format!("{}?tab={}", of(organization), tab.names()[0])
}

/// The places above a page of a tab.
pub(crate) fn above<'a>(visit: &Visit<'_>, organization: &'a str, tab: Tab) -> [Crumb<'a>; 2] {
    [(organization, of(organization)), (tab.title(visit.texts), tab_of(organization, tab))]
}

/// A tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Repositories,
    Teams,
    Members,
    Robots,
    DefaultPermissions,
    Applications,
    ProxyCache,
    Log,
    Quota,
    Settings,
}

impl Tab {
    /// All, in the order in which they are shown.
    pub(super) const ALL: [Self; 10] = [
        Self::Repositories,
        Self::Teams,
        Self::Members,
        Self::Robots,
        Self::DefaultPermissions,
        Self::Applications,
        Self::ProxyCache,
        Self::Log,
        Self::Quota,
        Self::Settings,
    ];

    /// Its name in addresses, then those that consoles of Quay give it.
    pub(super) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Repositories => &["repositories", "repos"],
            Self::Teams => &["teams", "teamsandmembership"],
            Self::Members => &["members"],
            Self::Robots => &["robots", "robotaccounts"],
            Self::DefaultPermissions => &["defaultpermissions", "default"],
            Self::Applications => &["applications", "apps", "oauthapplications"],
            Self::ProxyCache => &["proxycache"],
            Self::Log => &["log", "logs"],
            Self::Quota => &["quota", "usage"],
            Self::Settings => &["settings"],
        }
    }

    /// Its title.
    pub(super) const fn title(self, t: &'static Texts) -> &'static str {
        match self {
            Self::Repositories => t.repositories,
            Self::Teams => t.teams,
            Self::Members => t.members,
            Self::Robots => t.robots,
            Self::DefaultPermissions => t.default_permissions,
            Self::Applications => t.applications,
            Self::ProxyCache => t.proxy_cache,
            Self::Log => t.log,
            Self::Quota => t.quota,
            Self::Settings => t.settings,
        }
    }

    /// Whether the visitor may see it.
    pub(super) fn is_shown(self, visit: &Visit<'_>, organization: &Organization) -> bool {
        let is_on = |feature| visit.services().setting(feature);
        match self {
            Self::Repositories => true,
            Self::Teams | Self::Robots => organization.is_member,
            Self::Quota => organization.is_member && is_on(&FEATURE_QUOTA_MANAGEMENT),
            Self::ProxyCache => organization.is_admin && is_on(&FEATURE_PROXY_CACHE),
            Self::Members
            | Self::DefaultPermissions
            | Self::Applications
            | Self::Log
            | Self::Settings => organization.is_admin,
        }
    }
}

/// The page with a tab.
pub(super) fn page(
    visit: &Visit<'_>,
    organization: &Organization,
    tab: Tab,
    content: &Markup,
) -> Response {
    let t = visit.texts;
    let tabs: Vec<_> = Tab::ALL
        .into_iter()
        .filter(|tab| tab.is_shown(visit, organization))
        .map(|shown| (organization.tab(shown), shown.title(t), shown == tab))
        .collect();
    let title = format!("{} · {}", tab.title(t), organization.name);
    let nothing = html! {};
    let content = html! {
        (parts::heading(&organization.name, &organization.avatar.color, &nothing, &nothing))
        (parts::tabs(t.parts_of_organization, &tabs))
        (content)
    };
    visit.page(&title, content)
}
