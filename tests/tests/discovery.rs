//! Discovery: valid Swagger 2.0, and Quay's names and scopes for Quay's operations.

use std::collections::BTreeMap;

use berth_test::App;
use berth_tests::quay::recorded_body;
use berth_tests::swagger::{anonymous, faults};
use serde_json::Value;

/// The answer with these settings.
fn discovery(query: &str, settings: &[(&str, &str)]) -> Value {
    let app = App::new(&[berth_system::ROUTES]);
    for (name, value) in settings {
        app.set(name, value);
    }
    app.anonymous().get(&format!("/api/v1/discovery{query}")).json()
}

/// Every feature on.
fn everything() -> Value {
    let features =
        berth_domain::settings::ALL.iter().filter(|row| row.name.starts_with("feature_"));
    let on: Vec<_> =
        features.filter(|row| (row.check)("true").is_ok()).map(|row| (row.name, "true")).collect();
    discovery("?internal=true", &on)
}

#[test]
fn it_is_valid() {
    let off = [("feature_super_users", "false"), ("feature_mailing", "false")];
    for document in [discovery("", &[]), discovery("", &off), everything()] {
        let faults = faults(&document);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

/// What a document says of each operation, by method and path without parameter names: the path, the id, the security.
fn operations(document: &Value) -> BTreeMap<(String, String), (String, String, String)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = BTreeMap::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            if let Some(id) = operation["operationId"].as_str() {
                let security = operation.get("security").map_or("none".into(), Value::to_string);
                let said = (path.clone(), id.to_owned(), security);
                operations.insert((method.clone(), anonymous(path)), said);
            }
        }
    }
    operations
}

#[test]
fn the_operations_of_quay_have_its_names_and_scopes() {
    let mut wrong = Vec::new();
    for (internal, ours) in [(false, discovery("", &[])), (true, everything())] {
        let path = if internal { "/api/v1/discovery?internal=true" } else { "/api/v1/discovery" };
        let quays = operations(&recorded_body(path));
        for ((method, _), ours) in operations(&ours).iter().filter_map(|(key, ours)| {
            let quays = quays.get(key)?;
            (ours != quays).then_some((key, (ours, quays)))
        }) {
            let (ours, quays) = ours;
            wrong.push(format!("{method} {ours:?}: should be {quays:?}"));
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_internal_there_is_internal_here() {
    let public = operations(&recorded_body("/api/v1/discovery"));
    let all = operations(&recorded_body("/api/v1/discovery?internal=true"));
    let ours = operations(&discovery("", &[]));
    for key in operations(&everything()).keys().filter(|key| all.contains_key(key)) {
        if ours.contains_key(key) {
            assert!(public.contains_key(key), "{key:?} is internal");
        }
    }
}

/// Each operation says what it does, and stands where it stands in Quay's reference.
#[test]
fn operations_are_described_and_grouped() {
    let (ours, quays) = (everything(), recorded_body("/api/v1/discovery?internal=true"));
    let groups = |document: &Value| -> BTreeMap<(String, String), Value> {
        let paths = document["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            let operations = item.as_object().into_iter().flatten();
            operations.map(|(method, operation)| {
                ((method.clone(), anonymous(path)), operation["tags"].clone())
            })
        });
        operations.filter(|(_, tags)| tags.is_array()).collect()
    };
    let quays = groups(&quays);
    for (key, tags) in groups(&ours) {
        assert_eq!(quays.get(&key).unwrap_or(&tags), &tags, "{key:?}");
    }
    for item in ours["paths"].as_object().into_iter().flat_map(|paths| paths.values()) {
        let operations = item.as_object().into_iter().flat_map(|item| item.values());
        for operation in operations.filter(|operation| operation["operationId"].is_string()) {
            let about = operation["description"].as_str().unwrap_or_default();
            assert!(about.ends_with('.'), "{}: {about:?}", operation["operationId"]);
        }
    }
}
