//! The host serves any application: it may use nothing of the workspace that is about organizations.

use std::fs;

use berth_tests::repository_root;

/// What the host may use of the workspace.
const ALLOWED: &[&str] = &["berth-net"];

/// The crates of the workspace that the manifest of `directory` names, whatever for.
fn dependencies(directory: &str) -> Vec<String> {
    let path = repository_root().join(directory).join("Cargo.toml");
    let manifest = fs::read_to_string(&path).expect("it is there").parse().expect("it is TOML");
    let mut named = Vec::new();
    collect(&manifest, &mut named);
    named
}

/// Adds the crates in every table of dependencies, also those for one target alone.
fn collect(table: &toml::Table, named: &mut Vec<String>) {
    for (name, value) in table {
        let Some(inner) = value.as_table() else { continue };
        if name.ends_with("dependencies") {
            named.extend(inner.keys().filter(|name| name.starts_with("berth-")).cloned());
        } else {
            collect(inner, named);
        }
    }
}

#[test]
fn host_dependencies() {
    assert_eq!(dependencies("host"), ALLOWED);
    assert_eq!(
        dependencies("crates/berth-net"),
        Vec::<String>::new(),
        "what the host uses is no detour"
    );
}
