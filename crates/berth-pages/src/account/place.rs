//! Where an account has its pages.

use berth_domain::settings::FEATURE_APP_SPECIFIC_TOKENS;
use berth_web::StatusCode;
use serde::Deserialize;

use crate::api::address;
use crate::layout::Crumb;
use crate::refusal::Refusal;
use crate::texts::Texts;
use crate::visit::Visit;

/// The visitor's own account.
#[derive(Deserialize)]
pub(crate) struct Own {
    pub(crate) username: String,
    #[serde(default)]
    pub(super) email: String,
    #[serde(default)]
    pub(super) verified: bool,
    #[serde(default)]
    pub(super) has_password_set: bool,
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
    pub(super) company: Option<String>,
    pub(super) location: Option<String>,
}

impl Own {
    /// The account that the path names, which is the visitor's: there are no such pages of anybody else's.
    pub(crate) fn load(visit: &Visit<'_>) -> Result<Self, Refusal> {
        let own: Self = visit.get("/api/v1/user/")?;
        match own.username == visit.named("username") {
            true => Ok(own),
            false => Err(Refusal::new(StatusCode::NOT_FOUND, "")),
        }
    }

    /// The address; none in the place of one.
    pub(super) fn address(&self) -> &str {
        if self.email.contains('@') { &self.email } else { "" }
    }
}

/// The address of an account's page.
pub(crate) fn of(name: &str) -> String {
    address!("/user/{}", name)
}

/// The address of a tab of the visitor's own page.
pub(crate) fn tab_of(name: &str, tab: Tab) -> String {
    format!("{}?tab={}", of(name), tab.names()[0])
}

/// The places above a page of a tab.
pub(super) fn above<'a>(visit: &Visit<'_>, name: &'a str, tab: Tab) -> [Crumb<'a>; 2] {
    [(name, of(name)), (tab.title(visit.texts), tab_of(name, tab))]
}

/// A tab of the visitor's own page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Account,
    Robots,
    AppTokens,
    Applications,
    Notifications,
    Log,
}

impl Tab {
    /// All, in the order in which they are shown.
    pub(super) const ALL: [Self; 6] = [
        Self::Account,
        Self::Robots,
        Self::AppTokens,
        Self::Applications,
        Self::Notifications,
        Self::Log,
    ];

    /// Its name in addresses, then those that consoles of Quay give it.
    pub(super) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Account => &["account", "settings"],
            Self::Robots => &["robots", "robotaccounts"],
            Self::AppTokens => &["tokens", "apptokens"],
            Self::Applications => &["applications", "external"],
            Self::Notifications => &["notifications"],
            Self::Log => &["log", "logs"],
        }
    }

    pub(super) const fn title(self, t: &'static Texts) -> &'static str {
        match self {
            Self::Account => t.account,
            Self::Robots => t.robots,
            Self::AppTokens => t.app_tokens,
            Self::Applications => t.applications_with_access,
            Self::Notifications => t.notifications,
            Self::Log => t.log,
        }
    }

    pub(super) fn is_shown(self, visit: &Visit<'_>) -> bool {
        self != Self::AppTokens || visit.services().setting(&FEATURE_APP_SPECIFIC_TOKENS)
    }
}
