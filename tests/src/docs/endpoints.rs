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
    text.push_str(LISTS);
    for route in RESOURCES.iter().flat_map(|resource| resource.rows()) {
        write_list(&mut text, route);
    }
    text
}

const LISTS: &str = "
## Lists

Every list takes the same parameters. A request that names none of them is answered as by Quay: whole, or in its pages.

| parameter | what it is |
|---|---|
| `limit` | how many entries a page has, at most: 1 to 500, otherwise 100 |
| `page_token` | which page: as the `Link` of the page before says it |
| `q` | a text, at most 255 characters: only entries that have it in them, in whatever case (of ASCII letters) |
| `sort` | the order; `-` in front is from the end. Entries with the same key are in the order in which they were made |
| `count` | `true`: with the number of all entries that are found in `X-Total-Count`, which costs more the more there are |

`Link` names the next page (`rel=\"next\"`) until there is none, and the first (`rel=\"first\"`), relative to the request (RFC 8288).
A page may have fewer entries than `limit`, where they are long. What was there all the time is shown once, whatever is added and deleted
meanwhile. A token is good for two days, and for its caller, list, search, filters and order alone; another is 400.

`limit` alone is the original's where it has one (robots, mails, notifications, all users, all organizations, Concord's organizations).

| operation | orders | otherwise | searched |
|---|---|---|---|
";

fn write_list(text: &mut String, route: &Route) {
    let query = route.endpoint.query();
    let find = |name: &str| query.iter().find(|query| query.name == name);
    let (Some(sort), Some(search)) = (find("sort"), find("q")) else { return };
    let orders = sort.choices.iter().filter(|order| !order.starts_with('-'));
    let orders: Vec<_> = orders.map(|order| format!("`{order}`")).collect();
    let usual = sort.about.rsplit_once("Otherwise ").map_or("", |(_, usual)| usual);
    let searched = search.about.strip_prefix("Only those with this text in ");
    let searched = searched.and_then(|text| text.strip_suffix(", in whatever case"));
    let _ = writeln!(
        text,
        "| {} | {} | {usual} | {} |",
        route.name,
        orders.join(", "),
        searched.unwrap_or_default()
    );
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
