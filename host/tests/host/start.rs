//! Starting: what is refused and how, and how fast the second start is.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::harness::{Host, changed_manifest, empty_state, fixtures, fresh_state};

/// The message of the host for a changed manifest.
fn refusal(old: &str, new: &str, flags: &[&str]) -> String {
    let (_directory, manifest) = changed_manifest(&[(old, new)]);
    match Host::try_start(&manifest, fresh_state(), flags) {
        Ok(_) => panic!("{new:?} was accepted"),
        Err(said) => said,
    }
}

#[test]
fn what_is_wrong_with_a_manifest_is_said_by_name() {
    for (old, new, said) in [
        ("[variables]", "[variable]", "unknown field `variable`"),
        (
            "sqlite_databases = [\"default\"]",
            "sqlite_databases = [\"other\"]",
            "SQLite database \"other\" is not configured",
        ),
        (
            "key_value_stores = [\"default\"]",
            "key_value_stores = [\"other\"]",
            "key-value store \"other\" is not configured",
        ),
        ("{{secret}}", "{{ unknown }}", "uses undeclared variable \"unknown\""),
        ("https://{{ host }}", "ftp://{{ host }}", "scheme \"ftp\" is not supported"),
        ("fixture_stream.wasm", "missing.wasm", "missing.wasm: build the components first"),
        (
            "fixture_stream.wasm",
            "fixture_greeter.wasm",
            "component \"stream\": it has an HTTP trigger, so it must export wasi:http/incoming-handler",
        ),
        (
            "[component.greeter]",
            "[[trigger.http]]\nroute = { private = true }\ncomponent = \"greeter\"\n[component.greeter]",
            "component \"greeter\": it has an HTTP trigger, so it must export wasi:http/incoming-handler",
        ),
        (
            "\"fixture:greeting/greeter\" =",
            "\"fixture:greeting/other\" =",
            "the component imports nothing of that name",
        ),
        (
            ", inherit_configuration = [\"allowed_outbound_hosts\"]",
            "",
            "add \"allowed_outbound_hosts\" to its inherit_conf",
        ),
        (
            "component = \"greeter\", inherit",
            "component = \"nobody\", inherit",
            "there is no [component.nobody]",
        ),
    ] {
        let message = refusal(old, new, &[]);
        assert!(
            message.contains("berth: ") && message.contains(said),
            "{new:?} was refused with:\n{message}"
        );
    }
}

#[test]
fn a_damaged_component_is_named() {
    let directory = fixtures().join("../../target/wasm32-wasip1/release");
    for (name, component) in [("stream", "stream"), ("greeter", "greeted")] {
        let file = format!("fixture_{name}.wasm");
        let whole = std::fs::read(directory.join(&file)).unwrap();
        let mut scribbled = whole.clone();
        let middle = whole.len() / 2;
        scribbled[middle..middle + 1000].fill(0xff);
        for damaged in [&whole[..middle], &scribbled, b"", b"#!/bin/sh"] {
            let (directory, manifest) = changed_manifest(&[]);
            let path = directory.path().join(&file);
            std::fs::write(&path, damaged).unwrap();
            let text = std::fs::read_to_string(&manifest).unwrap();
            let (before, after) = text.split_once(&file).unwrap();
            let start = before.rfind('"').unwrap();
            let text = format!("{}\"{}{after}", &before[..start], path.display());
            std::fs::write(&manifest, text).unwrap();
            let said = Host::try_start(&manifest, fresh_state(), &[]).err().unwrap();
            assert!(!said.contains("panicked"), "{said}");
            let expected = format!("cannot use {}: ", path.display());
            assert!(said.contains(&expected), "{said}");
            assert!(said.contains(&format!("component {component:?}: ")), "{said}");
        }
    }
}

#[test]
fn what_is_missing_is_said_before_anything_is_compiled() {
    let (_directory, manifest) = changed_manifest(&[("fixture_stream.wasm", "missing.wasm")]);
    let said = Host::try_start(&manifest, empty_state(), &[]).err().unwrap();
    assert!(said.contains("missing.wasm: build the components first"), "{said}");
    assert!(!said.contains("Compiling"), "{said}");
}

#[test]
fn the_state_is_for_the_operator_alone() {
    let state = empty_state();
    std::fs::remove_dir(state.path()).unwrap();
    let mut host = Host::spawn(&fixtures().join("spin.toml"), state.clone(), &[]);
    host.logged("Compiling");
    let mode = std::fs::metadata(state.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    host.signal("INT");
    host.wait();
}

#[test]
fn hosts_that_share_a_cache_start_at_the_same_time() {
    let shared = fresh_state();
    // Each leaves out another component, and so removes what the other keeps.
    let leaving_out = |name: &str| {
        changed_manifest(&[(&format!("component = \"{name}\"\n"), "component = \"stream\"\n")])
    };
    let manifests = [leaving_out("constant"), leaving_out("select")];
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for (_, manifest) in &manifests {
                let state = empty_state();
                let cache = shared.path().join("compiled");
                std::os::unix::fs::symlink(cache, state.path().join("compiled")).unwrap();
                scope.spawn(move || {
                    let host = Host::try_start(manifest, state, &[]).unwrap();
                    assert_eq!(host.get("/greeted").status, 200);
                });
            }
        });
    }
}

#[test]
fn a_missing_or_unknown_variable_is_named() {
    let required = ("host = { default = \"nowhere.invalid\" }", "host = { required = true }");
    let message = refusal(required.0, required.1, &[]);
    assert!(message.contains("variable \"host\" is required but has no value"), "{message}");
    let message = refusal("name = \"fixtures\"", "name = \"other\"", &["--variable", "nobody=1"]);
    assert!(message.contains("the manifest declares no variable \"nobody\""), "{message}");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let manifest = fixtures().join("spin.toml");
    let error = match Host::try_start(&manifest, fresh_state(), &["--listen", &address]) {
        Ok(_) => panic!("the port was free"),
        Err(said) => said,
    };
    assert!(
        error.contains(&format!("cannot listen on {address}: Address already in use")),
        "{error}"
    );
}

#[test]
fn what_is_asked_for_is_compiled_first_and_served_before_the_rest_is() {
    let host = Host::spawn(&fixtures().join("spin.toml"), empty_state(), &[]).listening().unwrap();
    assert_eq!(host.get("/select").status, 200);
    assert!(!host.log().contains("all components are loaded"), "{}", host.log());
    host.logged("all components are loaded");
}

#[test]
fn an_application_is_compiled_without_being_served() {
    let compile = |manifest: &Path, state: &Path| {
        let mut berth = Command::new(env!("CARGO_BIN_EXE_berth"));
        berth.args(["compile", "--from"]).arg(manifest).arg("--state-dir").arg(state);
        berth.output().unwrap()
    };
    let state = empty_state();
    let compiled = compile(&fixtures().join("spin.toml"), state.path());
    assert!(compiled.status.success(), "{compiled:?}");
    assert!(!Host::start_on(state, &[]).log().contains("Compiling"));
    let (_directory, manifest) =
        changed_manifest(&[("fixture_stream.wasm", "fixture_greeter.wasm")]);
    let refused = compile(&manifest, fresh_state().path());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("component \"stream\": it has"), "{said}");
}

#[test]
fn the_second_start_compiles_nothing() {
    let state = empty_state();
    assert!(Host::start_on(state.clone(), &[]).log().contains("Compiling constant…"));
    let host = Host::start_on(state, &[]);
    assert_eq!(host.get("/constant").status, 200);
    assert!(!host.log().contains("Compiling"));
}

#[test]
fn compiled_code_that_is_damaged_or_foreign_is_made_anew() {
    let state = fresh_state();
    let compiled = state.path().join("compiled");
    let codes = || std::fs::read_dir(&compiled).unwrap().map(|entry| entry.unwrap().path());
    let mut damaged = 0;
    for path in
        codes().filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"))
    {
        let mut code = std::fs::read(&path).unwrap();
        match damaged % 3 {
            0 => code.truncate(1000),
            1 => *code.last_mut().unwrap() ^= 1,
            _ => code.clear(),
        }
        std::fs::write(&path, code).unwrap();
        damaged += 1;
    }
    std::fs::write(compiled.join("0123.cwasm"), "of an earlier build").unwrap();
    let host = Host::start_on(state.clone(), &[]);
    assert_eq!(host.get("/constant").status, 200);
    assert_eq!(host.log().matches("is damaged and made anew").count(), damaged);
    assert!(!compiled.join("0123.cwasm").exists());
    drop(host);
    assert!(!Host::start_on(state, &[]).log().contains("Compiling"));
}
