//! schemathesis, a fuzzer that reads discovery: no answer has a status, a media type or a body that is not described there, and
//! none is the server's fault.
#![cfg(feature = "end-to-end")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use berth_tests::components::described_rows;
use berth_tests::packages::{client_python_packages, python, run};
use berth_tests::repository_root;
use berth_tests::surface::{Case, Fixture, OverTcp, Script, Step};
use berth_web::Route;
use serde_json::{Value, json};

/// What is held against discovery, and what is not: Concord refuses without a body and so without a media type, which
/// Swagger 2.0 cannot say.
const CHECKS: &str = "
[checks]
enabled = false
not_a_server_error.enabled = true
status_code_conformance.enabled = true
content_type_conformance.enabled = true
response_headers_conformance.enabled = true
response_schema_conformance.enabled = true

[[operations]]
include-tag = 'concord'
checks.content_type_conformance.enabled = false
";

/// How often a parameter or a member of a body has a value that is there, and not any.
const PROBABILITY: f64 = 0.9;

/// How many requests each operation gets of each kind, beside those at the limits of its schema.
const EXAMPLES: &str = "5";

/// What parameters and members of bodies are in the requests of the surface that succeed: names and ids that are there.
#[derive(Default)]
struct Values(BTreeMap<String, BTreeSet<String>>);

impl Values {
    /// Those of an operation.
    fn of(route: &Route, case: &Case, base: &Fixture) -> Self {
        let mut values = Self::default();
        let steps = case.steps.iter().filter_map(|step| match step {
            Step::Ok(ask) if case.before(ask).count() == 0 => Some(ask),
            _ => None,
        });
        for ask in steps.map(|ask| base.fill(ask)) {
            let (path, query) = ask.target.split_once('?').unwrap_or((&ask.target, ""));
            let found = berth_web::parameters_of(route, path).expect("the row knows its requests");
            for name in route.endpoint.parameters().concat() {
                let value = found.get(name);
                values.add(format!("path.{name}"), value);
            }
            for (name, value) in form_urlencoded::parse(query.as_bytes()) {
                values.add(format!("query.{name}"), value.into_owned());
            }
            let body = ask.body.and_then(|body| serde_json::from_str(&body).ok());
            values.add_members("body", &body.unwrap_or_default());
        }
        values
    }

    fn add(&mut self, name: String, value: String) {
        self.0.entry(name).or_default().insert(value);
    }

    fn add_members(&mut self, place: &str, body: &Value) {
        for (name, value) in body.as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            match value {
                Value::String(text) => self.add(place, text.clone()),
                other => self.add_members(&place, other),
            }
        }
    }
}

/// The configuration of schemathesis.
fn configuration(script: &Script, base: &Fixture) -> String {
    let (mut operations, mut dictionaries) = (String::from(CHECKS), String::new());
    for (_, route) in described_rows() {
        let name = route.name;
        let values = Values::of(route, script.case(name), base).0;
        if !values.is_empty() {
            let _ = writeln!(operations, "[[operations]]\ninclude-operation-id = '{name}'");
        }
        for (place, values) in values {
            let dictionary = format!("{name}-{}", place.replace('.', "-"));
            let _ = writeln!(
                operations,
                "parameters.'{place}' = {{ dictionary = '{dictionary}', probability = {PROBABILITY} }}"
            );
            let _ = writeln!(dictionaries, "{dictionary}.values = {}", json!(values));
        }
    }
    format!("{operations}[dictionaries]\n{dictionaries}")
}

/// The operations of a document: how many it has.
fn operations(document: &Value) -> usize {
    let paths = document["paths"].as_object().into_iter().flatten();
    let members = paths.flat_map(|(_, path)| path.as_object().into_iter().flatten());
    members.filter(|(_, member)| member["operationId"].is_string()).count()
}

/// Fuzzes all operations in somebody's name.
fn fuzz(who: &str) {
    let script = Script::read();
    let base = Fixture::set_now(&script);
    let over_tcp = OverTcp::go_on(&base, &script);
    let client = over_tcp.client(who);
    let document = client.get("/api/v1/discovery?internal=true").json();
    let described = described_rows().count();
    assert_eq!(operations(&document), described, "a setting hides operations");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let write = |name: &str, text: String| {
        std::fs::write(directory.path().join(name), text).expect("the directory is ours");
    };
    write("schemathesis.toml", configuration(&script, &base));
    write("discovery.json", document.to_string());
    let succeeded = directory.path().join("succeeded");
    let authorization = client.header_value("authorization").expect("a token");
    let mut fuzzer = python(&[client_python_packages()]);
    fuzzer
        .current_dir(directory.path())
        .env("SCHEMATHESIS_HOOKS", repository_root().join("tests/clients/schemathesis_hooks.py"))
        .env("BERTH_DATABASE", over_tcp.database())
        .env("BERTH_SUCCEEDED", &succeeded)
        .args(["-m", "schemathesis.cli", "run", "discovery.json", "--url", over_tcp.base()])
        .args(["--header", &format!("Authorization: {authorization}")])
        .args(["--phases", "coverage,fuzzing", "--max-examples", EXAMPLES])
        .args(["--seed", "1", "--generation-database", "none", "--no-color"])
        .args(["--continue-on-failure", "--warnings", "off", "--output-sanitize", "false"])
        .args(["--suppress-health-check", "filter_too_much,too_slow"]);
    run(&mut fuzzer);
    // Otherwise all answers could be refusals.
    let succeeded = std::fs::read_to_string(succeeded).expect("the hooks write it");
    let count = succeeded.lines().count();
    assert!(count * 10 > described * 6, "only {count} of {described} ever succeed:\n{succeeded}");
}

#[test]
fn every_answer_to_a_superuser_is_described() {
    fuzz("superuser");
}

#[test]
fn every_answer_to_an_administrator_of_an_organization_is_described() {
    fuzz("admin");
}
