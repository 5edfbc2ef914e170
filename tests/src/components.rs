//! The components and their route tables: what documentation and coverage iterate.

use berth_web::Route;

/// A component that serves routes.
#[derive(Clone, Copy)]
pub struct Component {
    /// Its name in `spin.toml`, and of its directory below `components/`.
    pub name: &'static str,
    /// Its route table.
    pub routes: &'static [Route],
}

/// Every component that serves routes.
pub const COMPONENTS: &[Component] = &[
    Component { name: "applications", routes: berth_applications::ROUTES },
    Component { name: "identity", routes: berth_identity::ROUTES },
    Component { name: "organizations", routes: berth_organizations::ROUTES },
    Component { name: "proxycache", routes: berth_proxycache::ROUTES },
    Component { name: "repositories", routes: berth_repositories::ROUTES },
    Component { name: "system", routes: berth_system::ROUTES },
    Component { name: "teams", routes: berth_teams::ROUTES },
];

/// Every row of every table, with its component.
pub fn rows() -> impl Iterator<Item = (Component, &'static Route)> {
    COMPONENTS
        .iter()
        .flat_map(|component| component.routes.iter().map(move |route| (*component, route)))
}
