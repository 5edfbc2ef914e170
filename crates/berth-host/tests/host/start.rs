//! Starting: what is refused and how, and how fast it is the second time.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::harness::{Host, changed_manifest, empty_state, fixtures, fresh_state};

/// What the host says to a changed manifest.
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
            "it must export wasi:http/incoming-handler",
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
fn the_second_start_compiles_nothing_and_answers_within_a_second() {
    let state = empty_state();
    assert!(Host::start_on(state.clone(), &[]).log().contains("Compiling constant (1/5)…"));
    let started = Instant::now();
    let host = Host::start_on(state, &[]);
    assert_eq!(host.get("/constant").status, 200);
    assert!(started.elapsed() < Duration::from_secs(1), "it took {:?}", started.elapsed());
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
