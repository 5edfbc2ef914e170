//! The routes of `spin.toml` agree with the route tables. (Its variables are generated, and so is all of `spin-edge.toml`: see
//! `docs.rs`.)

use std::collections::BTreeSet;
use std::fs;

use berth_domain::SECRET_SEGMENTS;
use berth_html::{SCRIPT, STYLE};
use berth_pages::pages;
use berth_tests::components::{COMPONENTS, CONSOLE, rows};
use berth_tests::repository_root;
use berth_web::{Method, Request};
use routefinder::Router;
use serde_json::json;

fn manifest() -> toml::Table {
    read("spin.toml")
}

fn read(name: &str) -> toml::Table {
    let text = fs::read_to_string(repository_root().join(name));
    text.expect("the manifest is there").parse().expect("it is TOML")
}

/// `(route, component)` of every HTTP trigger.
fn triggers() -> Vec<(String, String)> {
    let manifest = manifest();
    let triggers = manifest["trigger"]["http"].as_array().expect("a list of triggers");
    let text = |value: &toml::Value| value.as_str().expect("a text").to_owned();
    let pair = |trigger: &toml::Value| (text(&trigger["route"]), text(&trigger["component"]));
    triggers.iter().map(pair).collect()
}

/// Spin's precedence: routefinder's, with Spin's spelling of wildcards.
fn router() -> Router<(String, String)> {
    let mut router = Router::new();
    for (route, component) in triggers() {
        let pattern = match route.strip_suffix("/...") {
            Some(prefix) => format!("{prefix}/*"),
            None => route.clone(),
        };
        router.add(pattern.as_str(), (route, component)).expect("a route of Spin's");
    }
    router
}

/// Paths that a row serves.
fn samples(path: &str) -> Vec<String> {
    let filled = |repository: &str| -> String {
        let segments = path.split('/').map(|segment| match segment.as_bytes().first() {
            Some(b'*') => repository,
            Some(b':') => "some-1.thing_x",
            _ => segment,
        });
        segments.collect::<Vec<_>>().join("/")
    };
    if !path.contains('*') {
        return vec![filled("")];
    }
    vec![filled("acme/app"), filled("acme/deep/er/app"), filled("acme/permissions")]
}

#[test]
fn the_host_logs_paths_as_the_api_does() {
    let masked = manifest()["application"]["tool"]["berth"]["secret_segments"].clone();
    let masked: Vec<String> = masked.try_into().expect("a list of texts");
    assert_eq!(masked, SECRET_SEGMENTS);
}

/// The faults of a manifest by what one version of Spin reads: `3.6` or `4`.
fn faults(version: &str, manifest: &toml::Table) -> Vec<String> {
    let path = repository_root().join("tests/spin/manifest.schema.json");
    let text = fs::read_to_string(path).expect("the grammar is there");
    let mut grammar: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    grammar["$defs"]["dependency"] = json!({ "$ref": format!("#/$defs/dependency-{version}") });
    let validator = jsonschema::validator_for(&grammar).expect("it is a JSON schema");
    let manifest = serde_json::to_value(manifest).expect("JSON can say what TOML does");
    let fault = |error: jsonschema::ValidationError| format!("{}: {error}", error.instance_path());
    validator.iter_errors(&manifest).map(fault).collect()
}

#[test]
fn spin_reads_the_manifest() {
    for version in ["3.6", "4"] {
        for name in ["spin.toml", "spin-edge.toml"] {
            assert_eq!(faults(version, &read(name)), [""; 0], "{version}, {name}");
        }
    }
    // Spin 3.6 refused the manifest for this form, which Spin 4 has.
    let text = fs::read_to_string(repository_root().join("spin.toml")).expect("it is there");
    let newer = text.replace(
        "{ component = \"mailer\" }",
        "{ component = \"mailer\", inherit_configuration = [\"allowed_outbound_hosts\"] }",
    );
    let newer = newer.parse().expect("it is TOML");
    assert_eq!(faults("4", &newer), [""; 0]);
    assert_eq!(faults("3.6", &newer).len(), 4, "of console, identity, proxycache and teams");
}

#[test]
fn every_row_is_reached_through_spin_toml() {
    let router = router();
    let mut wrong = Vec::new();
    for (component, route) in rows() {
        for path in samples(route.path) {
            let path = path.trim_end_matches('/');
            for path in [path.to_owned(), format!("{path}/")] {
                let found = router.best_match(&path).map(|found| found.handler().clone());
                let name = found.as_ref().map_or("nobody", |(_, name)| name);
                if name != component.name {
                    let method = route.method.as_str();
                    wrong.push(format!("{method} {path} of {} reaches {name}", component.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_is_reached_through_spin_toml() {
    let router = router();
    let mut wrong = Vec::new();
    for path in pages().map(|page| page.path).chain([STYLE.path, SCRIPT.path]).flat_map(samples) {
        let found = router.best_match(&path).map(|found| found.handler().1.clone());
        if found.as_deref() != Some(CONSOLE) {
            wrong.push(format!("{path} reaches {}", found.unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_is_found_in_its_table() {
    let mut wrong = Vec::new();
    for (component, route) in rows() {
        let path = samples(route.path).remove(0);
        let request = request(route.method.clone(), path);
        let found = berth_web::find(component.tables, &request).map_or("nothing", |row| row.name);
        if found != route.name {
            wrong.push(format!(
                "{} {}: {found}, not {}",
                route.method.as_str(),
                route.path,
                route.name
            ));
        }
    }
    assert!(wrong.is_empty(), "rows hidden by others:\n{}", wrong.join("\n"));
}

fn request(method: Method, path: String) -> Request {
    // Some rows answer only to a body.
    let body = br#"{"a": 1}"#.to_vec();
    http::Request::builder().method(method).uri(path).body(body).expect("a request")
}

#[test]
fn every_route_of_spin_toml_leads_somewhere() {
    let router = router();
    let pages = pages().map(|page| page.path).chain([STYLE.path]);
    let reached: BTreeSet<String> = rows()
        .map(|(_, route)| route.path)
        .chain(pages)
        .flat_map(samples)
        .filter_map(|path| Some(router.best_match(&path)?.handler().0.clone()))
        .collect();
    for (route, _) in triggers() {
        assert!(route == "/..." || reached.contains(&route), "{route} leads to no row");
    }
}

/// Spin refuses to start with an HTTP trigger, even a private one, of a component that serves no HTTP.
#[test]
fn only_what_serves_has_a_trigger() {
    for (route, component) in triggers() {
        let serves =
            component == CONSOLE || COMPONENTS.iter().any(|listed| listed.name == component);
        assert!(serves, "{route} leads to {component}, which has no route table");
    }
}

#[test]
fn every_component_with_a_route_table_is_listed() {
    let components = fs::read_dir(repository_root().join("components")).expect("components/");
    let mut found: Vec<String> = components
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let list = fs::read_to_string(path.join("src/lib.rs"));
            list.is_ok_and(|list| list.contains("resources!("))
        })
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    found.sort();
    let mut listed: Vec<&str> = COMPONENTS.iter().map(|component| component.name).collect();
    listed.sort_unstable();
    assert_eq!(found, listed, "tests/src/components.rs lists the components");
}

/// A component may reach no more than it needs: its dependencies may reach the same.
#[test]
fn only_what_reads_and_tries_registries_reaches_any_host() {
    let reaching = [
        "console http://*:*",
        "console https://*:*",
        "content http://*:*",
        "content https://*:*",
        "identity {{ mail_gateway_url }}",
        "proxycache http://*:*",
        "proxycache https://*:*",
        "repositories {{ registry_url }}",
        "teams {{ mail_gateway_url }}",
    ];
    assert_eq!(granted(&manifest(), "allowed_outbound_hosts"), reaching);
}

/// What the components are granted under a key: `component value`.
fn granted(manifest: &toml::Table, key: &str) -> Vec<String> {
    let mut granted = Vec::new();
    for (name, component) in manifest["component"].as_table().expect("components") {
        let values = component.get(key).and_then(toml::Value::as_array);
        for value in values.into_iter().flatten() {
            granted.push(format!("{name} {}", value.as_str().expect("a text")));
        }
    }
    granted.sort();
    granted
}

/// Spin fills the defaults into the templates of what may be called when it loads an application, and refuses one that then
/// may call no address (spinframework/spin#3549).
#[test]
fn what_may_be_called_by_default_is_an_address() {
    for name in ["spin.toml", "spin-edge.toml"] {
        let manifest = read(name);
        for allowed in granted(&manifest, "allowed_outbound_hosts") {
            let (_, allowed) = allowed.split_once(' ').expect("after the component");
            let variable = allowed.strip_prefix("{{ ").and_then(|rest| rest.strip_suffix(" }}"));
            // Without a default it is not known before there is a value.
            let default = variable.map(|variable| &manifest["variables"][variable]);
            let is_required = default.is_some_and(|variable| variable.get("required").is_some());
            let address = default.map_or(allowed, |variable| {
                variable.get("default").and_then(toml::Value::as_str).unwrap_or_default()
            });
            let host = address.split_once("://").map_or("", |(_, host)| host);
            let is_address = !host.is_empty() && !host.contains('/');
            assert!(is_required || is_address, "{name}: {allowed} is {address:?}");
        }
    }
}

/// At the edge a component that would have SQLite may call the server in its place, and knows where that is. Whatever else it
/// is granted is the same, and so are the routes.
#[test]
fn the_manifest_of_the_edge_differs_in_the_database_alone() {
    let (usual, edge) = (manifest(), read("spin-edge.toml"));
    assert_eq!(granted(&edge, "sqlite_databases"), [""; 0]);
    let with_database = granted(&usual, "sqlite_databases");
    assert_eq!(with_database.len(), COMPONENTS.len() + 1, "the rows' and the console");
    let called: Vec<String> =
        with_database.iter().map(|line| line.replace("default", "{{ database_url }}")).collect();
    let mut hosts = granted(&usual, "allowed_outbound_hosts");
    hosts.extend(called);
    hosts.sort();
    assert_eq!(granted(&edge, "allowed_outbound_hosts"), hosts);
    for key in ["key_value_stores", "dependencies_inherit_configuration", "dependencies"] {
        for (name, component) in usual["component"].as_table().expect("components") {
            assert_eq!(component.get(key), edge["component"][name].get(key), "{name} {key}");
        }
    }
    assert_eq!(usual["trigger"], edge["trigger"]);
    let (variables, secret) = (&edge["variables"], "secret = true");
    assert_eq!(variables["database_url"].to_string(), "{ required = true }");
    assert!(variables["database_token"].to_string().contains(secret));
    for component in COMPONENTS.iter().map(|component| component.name).chain([CONSOLE]) {
        let variables = &edge["component"][component]["variables"];
        for name in ["database_url", "database_token"] {
            assert_eq!(variables[name].as_str(), Some(&*format!("{{{{ {name} }}}}")));
        }
    }
}
