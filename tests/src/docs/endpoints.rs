//! `docs/endpoints.md`, from the route tables.

use std::fmt::Write as _;

use berth_web::Route;

use crate::components::{COMPONENTS, Component};

const HEAD: &str = "\
# Endpoints

<!-- Made by `cargo xtask docs` from the route tables, components/*/src/routes.rs. -->

*Scope* is what discovery advertises, as Quay's does. *Who* is the rule: a token caps the rights of its user by its scopes, except the reading of a global read-only superuser, who reads with any token.
Session and CSRF token, or a Bearer token: every change needs one of the two.
";

const TABLE: &str =
    "\n| method | path | operation | scope | who | only with |\n|---|---|---|---|---|---|\n";

pub(super) fn text() -> String {
    let mut text = HEAD.to_owned();
    for component in COMPONENTS {
        write_component(&mut text, component);
    }
    text
}

fn write_component(text: &mut String, component: &Component) {
    let _ = write!(text, "\n## {}\n{TABLE}", component.name);
    for route in component.routes {
        let own =
            if route.own_name_in_sessions { "; one's own name too, in a session" } else { "" };
        let scope = route.scope.map_or_else(String::new, |scope| format!("`{}`", scope.as_str()));
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {scope} | {}{own} | {} |",
            route.method.as_str(),
            route.path,
            route.name,
            route.who(),
            conditions(route),
        );
    }
}

fn conditions(route: &Route) -> String {
    let features = route.conditions().map(|feature| format!("`{}`", feature.name));
    let fresh_login = route.fresh_login.then(|| "fresh login".to_owned());
    features.chain(fresh_login).collect::<Vec<_>>().join(", ")
}
