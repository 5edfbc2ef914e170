//! Discovery: valid Swagger 2.0, and Quay's names and scopes for Quay's operations.

use std::collections::{BTreeMap, BTreeSet};

use berth_test::App;
use berth_tests::components::described_rows;
use berth_tests::docs::swagger_path;
use berth_tests::quay::recorded_body;
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

/// Documents with other features.
fn documents() -> [Value; 3] {
    let off = [("feature_super_users", "false"), ("feature_mailing", "false")];
    [discovery("", &[]), discovery("", &off), everything()]
}

#[test]
#[cfg(feature = "end-to-end")]
fn it_is_valid() {
    use berth_tests::packages::{client_npm_programs, command, run};

    let directory = tempfile::tempdir().expect("a temporary directory");
    for (number, document) in documents().iter().enumerate() {
        let file = directory.path().join(number.to_string());
        std::fs::write(&file, document.to_string()).expect("the directory is ours");
        run(command("node", "nodejs")
            .env("NODE_PATH", client_npm_programs().join(".."))
            .args(["-e", r#"require("@apidevtools/swagger-parser").validate(process.argv[1])"#])
            .arg(file));
    }
}

/// What the validator does not look at.
#[test]
fn what_operations_name_is_declared() {
    for document in documents() {
        let is_tag = |name: &Value| {
            let tags = document["tags"].as_array().expect("tags");
            tags.iter().any(|tag| tag["name"] == *name)
        };
        let mut keys = BTreeSet::new();
        for (method, path, operation) in each(&document) {
            let place = format!("{method} {path}");
            assert!(keys.insert(key(method, path)), "{place} is there twice");
            for tag in operation["tags"].as_array().expect("tags") {
                assert!(is_tag(tag), "{place}: {tag}");
            }
            let ways = operation["security"].as_array().into_iter().flatten();
            for (name, scopes) in ways.filter_map(Value::as_object).flatten() {
                let definition = &document["securityDefinitions"][name];
                assert!(definition.is_object(), "{place}: {name}");
                for scope in scopes.as_array().expect("scopes") {
                    let scope = scope.as_str().expect("a name");
                    assert!(definition["scopes"][scope].is_string(), "{place}: {scope}");
                }
            }
        }
    }
}

/// The scopes that an operation asks for; Quay's say nothing where any token will do.
fn scopes(security: &Value) -> String {
    let ways = security.as_array().into_iter().flatten();
    let scopes = ways.filter(|way| way["oauth2_implicit"].get(0).is_some());
    let scopes: Vec<String> = scopes.map(Value::to_string).collect();
    scopes.join(" or ")
}

/// The operations of a document: method, path, and what it says.
fn each(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let members = item.as_object().expect("operations");
        members.iter().map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    });
    operations.filter(|(_, _, operation)| operation["operationId"].is_string())
}

/// A method, and a path without the names of its parameters: two paths that differ in nothing else are the same.
type Key = (String, String);

fn key(method: &str, path: &str) -> Key {
    let parts = path.split(['{', '}']).enumerate();
    let anonymous = parts.map(|(index, part)| if index % 2 == 1 { "{}" } else { part });
    (method.to_owned(), anonymous.collect())
}

/// The path, the id and the security of each operation of a document.
fn operations(document: &Value) -> BTreeMap<Key, (&str, &str, String)> {
    let operations = each(document).map(|(method, path, operation)| {
        let id = operation["operationId"].as_str().expect("a name");
        (key(method, path), (path, id, scopes(&operation["security"])))
    });
    operations.collect()
}

#[test]
fn the_operations_of_quay_have_its_names_and_scopes() {
    let mut wrong = BTreeSet::new();
    for (query, ours) in [("", discovery("", &[])), ("?internal=true", everything())] {
        let quays = recorded_body(&format!("/api/v1/discovery{query}"));
        let quays = operations(&quays);
        for (key, ours) in operations(&ours) {
            if let Some(quays) = quays.get(&key).filter(|quays| **quays != ours) {
                wrong.insert(format!("{} {ours:?}: should be {quays:?}", key.0));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_internal_there_is_internal_here() {
    let keys = |document: &Value| -> BTreeSet<Key> {
        each(document).map(|(method, path, _)| key(method, path)).collect()
    };
    let public = keys(&recorded_body("/api/v1/discovery"));
    let all = keys(&recorded_body("/api/v1/discovery?internal=true"));
    for key in keys(&discovery("", &[])).intersection(&all) {
        assert!(public.contains(key), "{key:?} is internal");
    }
}

/// Each operation has a description, and the same place as in Quay's reference.
#[test]
fn operations_are_described_and_grouped() {
    let (ours, quays) = (everything(), recorded_body("/api/v1/discovery?internal=true"));
    let quays: BTreeMap<Key, &Value> =
        each(&quays).map(|(method, path, it)| (key(method, path), &it["tags"])).collect();
    for (method, path, operation) in each(&ours) {
        let tags = &operation["tags"];
        assert_eq!(*quays.get(&key(method, path)).unwrap_or(&tags), tags, "{method} {path}");
        let about = operation["description"].as_str().unwrap_or_default();
        assert!(about.ends_with('.'), "{method} {path}: {about:?}");
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
    for (component, route) in described_rows() {
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
    let page = ["next_page", "limit", "page_token", "q", "sort", "count"];
    let before_page = |own: &[&'static str]| [own, &page].concat();
    assert_eq!(names(members, "get"), before_page(&["includePending"]));
    let entities = names("/api/v1/entities/{prefix}", "get");
    assert_eq!(entities, before_page(&["namespace", "includeTeams", "includeOrgs"]));
    assert_eq!(names("/api/v1/superuser/users/", "get"), before_page(&["disabled"]));
    assert_eq!(names("/api/v1/user/notifications", "get"), before_page(&["page"]));
    assert_eq!(names("/api/v1/user/starred", "get"), page);
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
    for (method, path, operation) in each(&document) {
        let status = |status: &str| operation["responses"].get(status).is_some();
        assert!(status("400") && status("404") && status("405"), "{method} {path}");
        let parameters = operation["parameters"].as_array();
        let has_body = parameters.is_some_and(|all| all.iter().any(|one| one["in"] == "body"));
        assert!(status("415") || !has_body, "{method} {path}");
    }
}
