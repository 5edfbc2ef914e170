//! `examples/registry/up`: Berth, Debian's `docker-registry` and nginx under one host name, and skopeo, which knows no other.

#![cfg(feature = "end-to-end")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

use berth_tests::image::{Image, Skopeo};
use berth_tests::{Client, free_port, repository_root, target_directory};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The running example.
struct Example {
    process: Child,
    state: TempDir,
    /// The one host name, with its port.
    name: String,
    /// Berth itself, to make what is pushed to.
    berth: Client,
}

impl Example {
    fn start() -> Self {
        let base = target_directory().join("test-state");
        fs::create_dir_all(&base).expect("the target directory is ours");
        let state = TempDir::new_in(base).expect("the target directory is ours");
        let [port, berth_port, registry_port] = [(); 3].map(|()| free_port());
        let mut command = Command::new(repository_root().join("examples/registry/up"));
        command.arg(state.path()).env("BERTH", target_directory().join("debug/berth"));
        let ports = [("PORT", port), ("BERTH_PORT", berth_port), ("REGISTRY_PORT", registry_port)];
        command.envs(ports.map(|(name, port)| (name, port.to_string())));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the example can be run");
        let output = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let serves = output.lines().map_while(Result::ok).any(|line| line.starts_with("Serving "));
        let example = Self {
            process,
            state,
            name: format!("localhost:{port}"),
            berth: Client::new(&format!("http://127.0.0.1:{berth_port}")),
        };
        assert!(serves, "{}\n{}", example.log("registry"), example.log("nginx"));
        example
    }

    fn log(&self, of: &str) -> String {
        fs::read_to_string(self.state.path().join(format!("{of}.log"))).unwrap_or_default()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // It ends what it started when it is asked to, not when it is killed.
        let id = self.process.id().to_string();
        let _ = Command::new("kill").arg(id).status();
        let _ = self.process.wait();
    }
}

fn ok(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn one_host_name_is_enough_to_sign_in_push_and_pull() {
    let example = Example::start();
    let skopeo = Skopeo::trusting(&example.state.path().join("front.crt"));
    let ana = example.berth.initialize("ana");
    let made = ana.post("/api/v1/organization/", &json!({ "name": "acme" }));
    assert_eq!(made.status, 201, "{made}");
    let credentials = ["--creds", "ana:password"];
    ok(&skopeo.run(&["login", "-u", "ana", "-p", "password", &example.name]));
    let image = Image::of(b"a layer that goes around");
    let app = format!("docker://{}/acme/app", example.name);
    let tagged = format!("{app}:v1");
    ok(&skopeo.run(&["copy", "--preserve-digests", &image.name(), &tagged]));
    let seen = ok(&skopeo.run(&[&["inspect"], &credentials[..], &[&tagged]].concat()));
    let seen: Value = serde_json::from_str(&seen).expect("JSON");
    assert_eq!(seen["Digest"], image.manifest.digest);
    assert_eq!(seen["RepoTags"], json!(["v1"]));
    let back = example.state.path().join("back");
    let to = format!("oci:{}:latest", back.display());
    ok(&skopeo.run(&["copy", "--preserve-digests", &tagged, &to]));
    let layer = image.layer.digest.trim_start_matches("sha256:");
    let pulled = fs::read(back.join("blobs/sha256").join(layer)).expect("the layer");
    assert_eq!(pulled, b"a layer that goes around");
    let (berth, registry) = (example.log("berth"), example.log("registry"));
    assert!(berth.contains("GET /v2/acme/app/manifests/"), "Berth answers what reads:\n{berth}");
    assert!(!berth.contains("PUT /v2/"), "the registry takes what is written:\n{berth}");
    assert!(registry.contains("PUT /v2/acme/app/manifests/v1"), "{registry}");
    ok(&skopeo.run(&["delete", &tagged]));
    let gone = skopeo.run(&["inspect", &tagged]);
    assert!(!gone.status.success(), "{}", String::from_utf8_lossy(&gone.stdout));
    let logged = || {
        let log = ana.get("/api/v1/organization/acme/logs").json();
        let entries = log["logs"].as_array().expect("a list").clone();
        entries.iter().filter_map(|entry| entry["kind"].as_str().map(str::to_owned)).collect()
    };
    let logged: Vec<String> = logged();
    for kind in ["push_repo", "pull_repo", "delete_tag"] {
        assert!(logged.iter().any(|is| is == kind), "the events arrive: no {kind} in {logged:?}");
    }
}
