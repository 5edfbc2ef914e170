//! Where the installation has its pages.

use berth_web::Response;
use maud::{Markup, html};

use crate::layout::Crumb;
use crate::parts;
use crate::refusal::Refusal;
use crate::texts::Texts;
use crate::visit::Visit;

/// The address of a tab.
pub(super) fn tab_of(tab: Tab) -> String {
    format!("/superuser?tab={}", tab.names()[0])
}

/// The places above a page of a tab.
pub(super) fn above(visit: &Visit<'_>, tab: Tab) -> [Crumb<'static>; 2] {
    let t = visit.texts;
    [(t.superuser, "/superuser".into()), (tab.title(t), tab_of(tab))]
}

/// A tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Users,
    Organizations,
    Messages,
    Mails,
    Log,
    Settings,
    Health,
}

impl Tab {
    /// All, in the order in which they are shown.
    pub(super) const ALL: [Self; 7] = [
        Self::Users,
        Self::Organizations,
        Self::Messages,
        Self::Mails,
        Self::Log,
        Self::Settings,
        Self::Health,
    ];

    /// Its name in addresses, then those that consoles of Quay give it.
    pub(super) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["users"],
            Self::Organizations => &["organizations", "orgs"],
            Self::Messages => &["messages"],
            Self::Mails => &["mails"],
            Self::Log => &["log", "logs"],
            Self::Settings => &["settings"],
            Self::Health => &["health"],
        }
    }

    pub(super) const fn title(self, t: &'static Texts) -> &'static str {
        match self {
            Self::Users => t.users,
            Self::Organizations => t.organizations,
            Self::Messages => t.messages,
            Self::Mails => t.mails,
            Self::Log => t.log,
            Self::Settings => t.settings_in_force,
            Self::Health => t.health,
        }
    }
}

/// For pages that ask nothing else of the API that only those may who see the installation.
pub(super) fn require_view(visit: &Visit<'_>) -> Result<(), Refusal> {
    visit.get::<serde_json::Value>("/api/v1/superuser/registrystatus").map(drop)
}

/// The page with a tab. Those who read everything read no mails: these hold links that let people in.
pub(super) fn page(visit: &Visit<'_>, tab: Tab, content: &Markup) -> Response {
    let t = visit.texts;
    let tabs: Vec<_> = Tab::ALL
        .into_iter()
        .filter(|shown| *shown != Tab::Mails || !visit.only_reads())
        .map(|shown| (tab_of(shown), shown.title(t), shown == tab))
        .collect();
    let title = format!("{} · {}", tab.title(t), t.superuser);
    let about = if visit.only_reads() { t.installation_read_only } else { t.installation_about };
    let content = html! {
        div.heading { div { h1 { (t.superuser) } p.soft { (about) } } }
        (parts::tabs(t.parts_of_installation, &tabs))
        (content)
    };
    visit.page(&title, content)
}
