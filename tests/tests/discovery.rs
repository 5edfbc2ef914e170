//! Discovery: valid Swagger 2.0, and Quay's names and scopes for Quay's operations.

use std::collections::{BTreeMap, BTreeSet};

use berth_test::App;
use berth_tests::components::rows;
use berth_tests::docs::swagger_path;
use berth_tests::quay::recorded_body;
use berth_tests::swagger::{anonymous, faults};
use serde_json::{Value, json};

/// The answer with these settings.
fn discovery(query: &str, settings: &[(&str, &str)]) -> Value {
    let app = App::new();
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

/// The scopes that an operation asks for; Quay's say nothing where any token will do.
fn scopes(security: &Value) -> String {
    let ways = security.as_array().into_iter().flatten();
    let scopes = ways.filter(|way| way["oauth2_implicit"].get(0).is_some());
    let scopes: Vec<String> = scopes.map(Value::to_string).collect();
    scopes.join(" or ")
}

/// Each operation of a document, with its place.
fn each(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        let members = item.as_object().into_iter().flatten();
        members.map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    operations.filter(|(_, operation)| operation["operationId"].is_string())
}

/// The operations of a document, by method and path without parameter names: the path, the id, the security.
fn operations(document: &Value) -> BTreeMap<(String, String), (String, String, String)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = BTreeMap::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            if let Some(id) = operation["operationId"].as_str() {
                let security = scopes(&operation["security"]);
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

/// Each operation has a description, and the same place as in Quay's reference.
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

/// An empty URL is none.
#[test]
fn there_are_no_terms_of_service() {
    assert!(discovery("", &[])["info"].get("termsOfService").is_none());
}

#[test]
fn what_is_sent_and_answered_is_json() {
    let document = everything();
    for key in ["consumes", "produces"] {
        assert_eq!(document[key], json!(["application/json"]), "{key}");
    }
    let concords = &document["paths"]["/api/v1/org"]["post"]["produces"];
    assert!(concords.as_array().is_some_and(|types| types.contains(&"text/plain".into())));
}

/// Each operation that needs a caller says how to authenticate: with any token where no scope is advertised, and
/// without one where anybody may.
#[test]
fn operations_that_know_callers_say_so() {
    let document = everything();
    let mut seen = BTreeSet::new();
    for (component, route) in rows().filter(|(_, route)| route.path.starts_with("/api/")) {
        let (path, method) = (swagger_path(route.path), route.method.as_str().to_ascii_lowercase());
        let operation = &document["paths"][&path][&method];
        let security = &operation["security"];
        assert_eq!(security.is_array(), !route.unauthenticated, "{} {path}", component.name);
        let refuses_strangers = operation["responses"].get("401").is_some();
        assert_eq!(refuses_strangers, !route.unauthenticated, "{path}");
        seen.insert(security.to_string());
    }
    for way in [
        r#"[{"oauth2_implicit":["org:admin"]}]"#,
        r#"[{"oauth2_implicit":[]}]"#,
        r#"[{"oauth2_implicit":[]},{}]"#,
        r#"[{"oauth2_implicit":[]},{"basic":[]}]"#,
    ] {
        assert!(seen.contains(way), "{way}: {seen:?}");
    }
}

/// Handlers read no other parameters (`--test structure`).
#[test]
fn the_query_is_what_handlers_obey() {
    let document = everything();
    let names = |path: &str, method: &str| -> Vec<String> {
        let parameters = document["paths"][path][method]["parameters"].as_array();
        let query = parameters.into_iter().flatten().filter(|one| one["in"] == "query");
        let required = |one: &Value| if one["required"] == true { " (required)" } else { "" };
        let name = |one: &Value| one["name"].as_str().unwrap_or_default().to_owned();
        query.map(|one| name(one) + required(one)).collect()
    };
    let members = "/api/v1/organization/{orgname}/team/{teamname}/members";
    assert_eq!(names(members, "get"), ["includePending", "next_page"]);
    let entities = names("/api/v1/entities/{prefix}", "get");
    assert_eq!(entities, ["namespace", "includeTeams", "includeOrgs"]);
    assert_eq!(names("/api/v1/superuser/users/", "get"), ["disabled", "limit", "next_page"]);
    assert_eq!(names("/api/v1/user/notifications", "get"), ["page", "limit"]);
    assert_eq!(names("/api/v1/user/starred", "get"), ["next_page"]);
    assert_eq!(names("/api/v1/org/{orgname}", "delete"), ["confirmation (required)"]);
}

/// Both shapes of a refusal, wherever an operation can answer with them.
#[test]
fn refusals_are_described() {
    let document = everything();
    let refusal = &document["responses"]["BadRequest"]["schema"]["$ref"];
    assert_eq!(refusal, "#/definitions/Refusal");
    let members = &document["definitions"]["Refusal"]["properties"];
    for name in ["detail", "error_message", "error_type", "title", "type", "status", "message"] {
        assert!(members.get(name).is_some(), "{name}");
    }
    for (place, operation) in each(&document) {
        let status = |status: &str| operation["responses"].get(status).is_some();
        assert!(status("400") && status("404") && status("405"), "{place}");
        let parameters = operation["parameters"].as_array();
        let has_body = parameters.is_some_and(|all| all.iter().any(|one| one["in"] == "body"));
        assert!(status("415") || !has_body, "{place}");
    }
}
