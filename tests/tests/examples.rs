//! The files of `examples/` and the `Dockerfile` say what their readers understand, agree with each other and with the code, and
//! `docs/deployment.md` shows nothing else. What readers understand is written in `tests/examples/` and `tests/spin/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use berth_domain::settings;
use berth_tests::components::rows;
use berth_tests::repository_root;
use berth_web::Method;
use serde::Deserialize;
use serde_json::Value;
use yaml_serde::Deserializer;

fn read(path: impl AsRef<Path>) -> String {
    let path = repository_root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files below `examples/`, and what they say, by their paths.
fn examples() -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut directories = vec![repository_root().join("examples")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let name = path.strip_prefix(repository_root()).expect("it is below").to_owned();
                found.insert(name, read(&path));
            }
        }
    }
    found
}

/// The documents of all YAML files, with the directories that they are in.
fn documents() -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    for (path, text) in examples() {
        if path.extension().is_some_and(|is| is == "yaml") {
            for document in Deserializer::from_str(&text) {
                // Its own value refuses a field that is there twice.
                let value = yaml_serde::Value::deserialize(document)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                found.push((path.clone(), serde_json::to_value(value).expect("it is JSON too")));
            }
        }
    }
    found
}

/// Every value below `value`, itself included.
fn values(value: &Value) -> Vec<&Value> {
    let mut found = vec![value];
    match value {
        Value::Array(list) => found.extend(list.iter().flat_map(values)),
        Value::Object(fields) => found.extend(fields.values().flat_map(values)),
        _ => {}
    }
    found
}

/// The texts of the fields called `name`, wherever they are.
fn fields<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    values(value).into_iter().filter_map(|value| value.get(name)?.as_str()).collect()
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// What the grammar in that file finds wrong.
fn faults(grammar: &str, value: &Value) -> Vec<String> {
    let grammar: Value = serde_json::from_str(&read(grammar)).expect("the grammar is JSON");
    let validator = jsonschema::validator_for(&grammar).expect("it is a JSON schema");
    let fault = |error: jsonschema::ValidationError| format!("{}: {error}", error.instance_path());
    validator.iter_errors(value).map(fault).collect()
}

#[test]
fn each_file_has_only_fields_that_its_reader_knows() {
    let (mut wrong, mut kinds) = (Vec::new(), BTreeSet::new());
    for (path, document) in documents() {
        let kind = document["kind"].as_str().unwrap_or("Compose").to_owned();
        let grammar = match kind.as_str() {
            "Compose" => "tests/examples/compose.schema.json",
            "SpinApp" => "tests/examples/spinapp.schema.json",
            _ => "tests/examples/kubernetes.schema.json",
        };
        for fault in faults(grammar, &document) {
            wrong.push(format!("{}, {kind}{fault}", path.display()));
        }
        kinds.insert(kind);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let expected =
        ["Compose", "Deployment", "PersistentVolumeClaim", "Secret", "Service", "SpinApp"];
    assert!(kinds.iter().eq(expected), "{kinds:?}");
}

/// The runtime configurations: files, and values of secrets.
fn runtime_configurations() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, text) in examples() {
        if path.extension().is_some_and(|is| is == "toml") {
            found.push((path.display().to_string(), text));
        }
    }
    for (path, document) in documents() {
        for (name, text) in document["stringData"].as_object().into_iter().flatten() {
            if name.ends_with(".toml") {
                let text = text.as_str().expect("a text").to_owned();
                found.push((format!("{}, {name}", path.display()), text));
            }
        }
    }
    found
}

/// A plain `spin up` let every public name lead to 127.0.0.1: on Spin nothing but `block_networks` keeps components out of
/// private networks.
#[test]
fn runtime_configurations_are_spins_and_block_private_networks() {
    let found = runtime_configurations();
    assert_eq!(found.len(), 4);
    for (place, text) in found {
        let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{place}: {error}"));
        let value = serde_json::to_value(table).expect("JSON can say what TOML does");
        assert_eq!(faults("tests/spin/runtime-config.schema.json", &value), [""; 0], "{place}");
        assert_eq!(value["outbound_networking"]["block_networks"][0], "private", "{place}");
        for store in ["sqlite_database", "key_value_store"] {
            assert!(value[store]["default"].is_object(), "{place} has no {store}.default");
        }
    }
}

/// What the objects of one directory are called: `Secret/berth`, and the keys of secrets, `Secret/berth/key`.
fn named(directory: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, document) in documents() {
        let (Some(kind), Some(name)) =
            (document["kind"].as_str(), document["metadata"]["name"].as_str())
        else {
            continue;
        };
        if path.parent() == Some(directory) {
            let keys = document["stringData"].as_object().into_iter().flat_map(|data| data.keys());
            found.extend(keys.map(|key| format!("{kind}/{name}/{key}")));
            found.insert(format!("{kind}/{name}"));
        }
    }
    found
}

#[test]
fn references_lead_somewhere() {
    let mut missing = Vec::new();
    for (path, document) in documents() {
        let named = named(path.parent().expect("a directory"));
        let mut wanted = Vec::new();
        for reference in values(&document).iter().filter_map(|value| value.get("secretKeyRef")) {
            let text = |name: &str| reference[name].as_str().unwrap_or_default();
            wanted.push(format!("Secret/{}/{}", text("name"), text("key")));
        }
        // The operator reads this key.
        let loaded = fields(&document, "loadFromSecret").into_iter();
        wanted.extend(loaded.map(|name| format!("Secret/{name}/runtime-config.toml")));
        let volumes = fields(&document, "secretName").into_iter();
        wanted.extend(volumes.map(|name| format!("Secret/{name}")));
        let claims = fields(&document, "claimName").into_iter();
        wanted.extend(claims.map(|name| format!("PersistentVolumeClaim/{name}")));
        let absent = wanted.into_iter().filter(|name| !named.contains(name));
        missing.extend(absent.map(|name| format!("{}: {name}", path.display())));
        let pod = "/spec/template/spec";
        let volumes: Vec<&Value> =
            list(&document, &format!("{pod}/volumes")).map(|volume| &volume["name"]).collect();
        for mount in list(&document, &format!("{pod}/containers/0/volumeMounts")) {
            assert!(volumes.contains(&&mount["name"]), "{}: {mount}", path.display());
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The settings that a document gives, with the values that it writes down.
fn given(document: &Value) -> Vec<(String, Option<&str>)> {
    let mut found = Vec::new();
    let environment = list(document, "/spec/template/spec/containers/0/env");
    for entry in list(document, "/spec/variables").chain(environment) {
        let name = entry["name"].as_str().expect("a name").to_owned();
        found.push((name, entry["value"].as_str()));
    }
    let environment = document.pointer("/services/berth/environment").and_then(Value::as_object);
    for (name, value) in environment.into_iter().flatten() {
        // What comes from the environment of `docker compose` is not written down.
        found.push((name.clone(), value.as_str().filter(|value| !value.starts_with('$'))));
    }
    found
}

#[test]
fn settings_are_declared_and_usable_and_secrets_are_not_written_down() {
    let mut wrong = Vec::new();
    for (path, document) in documents() {
        let given = given(&document);
        let serves = !given.is_empty();
        for (variable, value) in given {
            let of_spin = document["kind"] == "SpinApp";
            let name = match variable.strip_prefix("SPIN_VARIABLE_") {
                Some(name) if !of_spin => name.to_lowercase(),
                _ => variable.clone(),
            };
            let row = settings::ALL.iter().find(|row| row.name == name);
            let is_usable = row.is_some_and(|row| match value {
                Some(value) => !row.secret && (row.check)(value).is_ok(),
                None => row.secret || row.name == "server_hostname",
            });
            if !is_usable {
                wrong.push(format!("{}: {variable} {value:?}", path.display()));
            }
        }
        let runs = ["Deployment", "SpinApp"].iter().any(|kind| document["kind"] == *kind);
        assert_eq!(serves, runs || document["kind"].is_null(), "{}", path.display());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Liveness must ask no store: or every pod is restarted while one is away.
#[test]
fn probes_ask_routes() {
    let mut probes = Vec::new();
    for (path, document) in documents() {
        let container = document.pointer("/spec/template/spec/containers/0");
        for (name, place) in [
            ("readiness", document.pointer("/spec/checks/readiness")),
            ("liveness", document.pointer("/spec/checks/liveness")),
            ("readiness", container.and_then(|container| container.get("readinessProbe"))),
            ("liveness", container.and_then(|container| container.get("livenessProbe"))),
            ("liveness", container.and_then(|container| container.get("startupProbe"))),
        ] {
            let Some(probe) = place else { continue };
            let asked = probe["httpGet"]["path"].as_str().expect("a path");
            let expected =
                if name == "readiness" { "/health/instance" } else { "/health/liveness" };
            assert_eq!(asked, expected, "{}, {name}", path.display());
            probes.push(asked.to_owned());
        }
    }
    assert_eq!(probes.len(), 8);
    for asked in probes {
        let is_there = rows().any(|(_, route)| route.method == Method::GET && route.path == asked);
        assert!(is_there, "{asked} is no route");
    }
}

/// The command lines of `berth` in a document.
fn command_lines(document: &Value) -> Vec<Vec<String>> {
    ["/spec/template/spec/containers/0/args", "/services/berth/command"]
        .iter()
        .map(|place| list(document, place).filter_map(Value::as_str).map(str::to_owned).collect())
        .filter(|words: &Vec<String>| !words.is_empty())
        .collect()
}

/// The options of `berth up`, from the struct that clap reads.
fn options() -> BTreeSet<String> {
    let source = read("host/src/main.rs");
    let (_, rest) = source.split_once("struct Up {").expect("the options are there");
    let (fields, _) = rest.split_once("#[command(flatten)]").expect("the hidden ones follow");
    let (mut found, mut long) = (BTreeSet::new(), None);
    for line in fields.lines().map(str::trim) {
        if let Some((_, named)) = line.split_once("long = \"") {
            long = named.split('"').next().map(str::to_owned);
        } else if let Some((name, _)) =
            line.split_once(": ").filter(|(name, _)| !name.contains(['/', ' ', '#']))
        {
            let name = long.take().unwrap_or_else(|| name.replace('_', "-"));
            found.insert(format!("--{name}"));
        }
    }
    found
}

/// The words of a line of the Dockerfile's last stage.
fn dockerfile(instruction: &str) -> String {
    let text = read("Dockerfile");
    let (_, last) = text.rsplit_once("FROM ").expect("stages");
    let line = last.lines().find_map(|line| line.strip_prefix(&format!("{instruction} ")));
    line.unwrap_or_else(|| panic!("no {instruction}")).to_owned()
}

#[test]
fn command_lines_have_options_that_there_are_and_fit_the_image() {
    let (options, port, state) = (options(), dockerfile("EXPOSE"), dockerfile("VOLUME"));
    assert!(options.contains("--state-dir") && options.contains("--variable"), "{options:?}");
    let image: Vec<String> = serde_json::from_str(&dockerfile("CMD")).expect("a list");
    // Written as an option and its value.
    let image = [&image[..1], &[image[1..3].join("="), image[3..5].join("=")]].concat();
    let mut lines = vec![("Dockerfile".into(), Value::Null, image)];
    for (path, document) in documents() {
        for words in command_lines(&document) {
            lines.push((path.clone(), document.clone(), words));
        }
    }
    assert_eq!(lines.len(), 4);
    for (path, document, words) in lines {
        let path = path.display();
        assert_eq!(words[0], "up", "{path}");
        let given: BTreeMap<&str, &str> =
            words[1..].iter().map(|word| word.split_once('=').expect("a value")).collect();
        for option in given.keys() {
            assert!(options.contains(*option), "{path}: {option} is no option of `berth up`");
        }
        assert_eq!(given["--listen"], format!("0.0.0.0:{port}"), "{path}");
        assert_eq!(given["--state-dir"], state, "{path}");
        let file = given.get("--runtime-config-file");
        let blocks = given.get("--block-networks").is_some_and(|networks| *networks == "private");
        assert!(blocks || file.is_some() || document.is_null(), "{path}: private networks");
        if let Some(file) = file {
            assert!(mounted(&document).contains(*file), "{path}: {file} is not mounted");
        }
    }
}

/// The files that a document mounts from secrets or from its directory.
fn mounted(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for volume in list(document, "/services/berth/volumes").filter_map(Value::as_str) {
        found.extend(volume.split(':').nth(1).map(str::to_owned));
    }
    let pod = "/spec/template/spec";
    for mount in list(document, &format!("{pod}/containers/0/volumeMounts")) {
        let volume = list(document, &format!("{pod}/volumes"))
            .find(|volume| volume["name"] == mount["name"]);
        let secret = volume.and_then(|volume| volume["secret"]["secretName"].as_str());
        let place = mount["mountPath"].as_str().expect("a path");
        let (Some(secret), directory) = (secret, Path::new("examples/kubernetes")) else {
            continue;
        };
        let keys = format!("Secret/{secret}/");
        let named = named(directory);
        found.extend(
            named.iter().filter_map(|name| Some(format!("{place}/{}", name.strip_prefix(&keys)?))),
        );
    }
    found
}

#[test]
fn pods_run_as_the_user_of_the_image_and_reach_its_port() {
    let (user, port, state) = (dockerfile("USER"), dockerfile("EXPOSE"), dockerfile("VOLUME"));
    let mut pods = 0;
    for (path, document) in documents().into_iter().filter(|(_, is)| is["kind"] == "Deployment") {
        let path = path.display();
        pods += 1;
        let pod = &document["spec"]["template"]["spec"];
        let context = &pod["securityContext"];
        let expected = format!("{}:{}", context["runAsUser"], context["runAsGroup"]);
        assert_eq!(expected, user, "{path}");
        assert_eq!(context["fsGroup"], context["runAsGroup"], "{path}: the volume is not writable");
        let container = &pod["containers"][0];
        assert_eq!(container["ports"][0]["containerPort"].to_string(), port, "{path}");
        let is_state = |mount: &Value| mount["mountPath"] == *state;
        assert!(list(container, "/volumeMounts").any(is_state), "{path}: no state directory");
        assert_eq!(
            document["spec"]["selector"]["matchLabels"],
            document["spec"]["template"]["metadata"]["labels"],
            "{path}"
        );
    }
    assert_eq!(pods, 2);
    assert!(read("examples/compose/nginx.conf").contains(&format!("server berth:{port} ")));
}

/// `docker build` sees nothing but what `.dockerignore` names.
#[test]
fn the_image_is_built_from_all_that_it_needs() {
    let ignore = read(".dockerignore");
    let seen: BTreeSet<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let manifest: toml::Table = read("Cargo.toml").parse().expect("it is TOML");
    let workspace = &manifest["workspace"];
    let members = workspace["members"].as_array().expect("a list");
    let members = members.iter().map(|member| member.as_str().expect("a path"));
    let others = ["Cargo.toml", "Cargo.lock", ".cargo", "spin.toml", "wit"];
    for path in members.chain(others) {
        let top = path.split('/').next().expect("a part");
        assert!(seen.contains(top), ".dockerignore hides {path}");
        assert!(repository_root().join(top).exists(), "{top} is not there");
    }
    let version = workspace["package"]["rust-version"].as_str().expect("a version");
    assert!(read("Dockerfile").contains(&format!("FROM rust:{version}-")), "Rust {version}");
}

/// Lines without the indentation that they share, without comments and empty ones.
fn essence(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim_end);
    let lines: Vec<&str> = lines
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .collect();
    let depth = |line: &&str| line.len() - line.trim_start().len();
    let shared = lines.iter().map(depth).min().unwrap_or_default();
    lines.into_iter().map(|line| &line[shared..]).collect()
}

/// Whether the lines of `part` follow each other in `whole`, indented by as much as they are there.
fn is_part(part: &[&str], whole: &[&str]) -> bool {
    whole.windows(part.len()).any(|window| essence(&window.join("\n")) == part)
}

/// The blocks of code of a document, with their languages.
fn blocks(document: &str) -> Vec<(&str, String)> {
    let (mut found, mut inside) = (Vec::new(), false);
    for line in document.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            inside = !inside;
            if inside {
                found.push((language, String::new()));
            }
        } else if let Some((_, text)) = found.last_mut().filter(|_| inside) {
            text.push_str(line);
            text.push('\n');
        }
    }
    found
}

#[test]
fn the_page_shows_what_the_examples_have() {
    let page = read("docs/deployment.md");
    let all: Vec<String> =
        examples().into_values().chain([read("Dockerfile"), read("spin.toml")]).collect();
    let mut shown = 0;
    for (_, text) in blocks(&page).into_iter().filter(|(is, _)| ["toml", "yaml"].contains(is)) {
        let part = essence(&text);
        let is_there = all.iter().any(|whole| is_part(&part, &essence(whole)));
        assert!(is_there, "docs/deployment.md shows what no example has:\n{text}");
        shown += 1;
    }
    assert_eq!(shown, 3, "blocks: are they still found?");
}
