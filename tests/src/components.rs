//! The components and their route tables: what documentation and coverage iterate.

use berth_web::Route;

/// A component that serves routes.
#[derive(Clone, Copy)]
pub struct Component {
    /// Its name in `spin.toml`, and of its directory below `components/`.
    pub name: &'static str,
    /// The route tables of its resources.
    pub tables: &'static [&'static [Route]],
}

/// Every component that serves routes.
pub const COMPONENTS: &[Component] = &[
    Component { name: "applications", tables: berth_applications::TABLES },
    Component { name: "content", tables: berth_content::TABLES },
    Component { name: "identity", tables: berth_identity::TABLES },
    Component { name: "organizations", tables: berth_organizations::TABLES },
    Component { name: "proxycache", tables: berth_proxycache::TABLES },
    Component { name: "registry", tables: berth_registry::TABLES },
    Component { name: "repositories", tables: berth_repositories::TABLES },
    Component { name: "system", tables: berth_system::TABLES },
    Component { name: "teams", tables: berth_teams::TABLES },
];

/// The component of the console: it serves pages, and calls the rows of others in its own process.
pub const CONSOLE: &str = "console";

impl Component {
    /// The rows that it serves.
    pub fn rows(self) -> impl Iterator<Item = &'static Route> {
        self.tables.iter().flat_map(|table| table.iter())
    }
}

/// The rows that discovery describes, with their components.
pub fn described_rows() -> impl Iterator<Item = (Component, &'static Route)> {
    rows().filter(|(_, route)| route.path.starts_with("/api/"))
}

/// Every row of every table, with its component.
pub fn rows() -> impl Iterator<Item = (Component, &'static Route)> {
    COMPONENTS.iter().flat_map(|component| component.rows().map(move |route| (*component, route)))
}
