//! `docs/endpoints.md`, from the route tables.

use std::fmt::Write as _;

use berth_web::Route;

use berth_api::{RESOURCES, Resource};

const HEAD: &str = "\
# Endpoints

<!-- Made by `cargo xtask docs` from the route tables, crates/berth-api/src/*/routes.rs. -->

*Scope* is what discovery advertises, as Quay's does. *Who* is the rule: a token caps the rights of its user by its scopes, except the reading of a global read-only superuser, who reads with any token.
Session and CSRF token, or a Bearer token: every change needs one of the two.
";

const TABLE: &str =
    "\n| method | path | operation | scope | who | only with |\n|---|---|---|---|---|---|\n";

pub(super) fn text() -> String {
    let mut text = HEAD.to_owned();
    for resource in RESOURCES {
        write_resource(&mut text, resource);
    }
    text
}

fn write_resource(text: &mut String, resource: &Resource) {
    let _ = write!(text, "\n## {}\n{TABLE}", resource.name);
    for route in resource.rows() {
        let own = if route.endpoint.own_name_in_sessions() {
            "; one's own name too, in a session"
        } else {
            ""
        };
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
