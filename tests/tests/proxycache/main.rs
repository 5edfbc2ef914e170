//! Validation of upstream registries, through the real `.wasm` files: against Debian's `docker-registry`, and against servers
//! that misbehave. Everything is on loopback.

mod debian;
mod misbehaving;
mod server;
mod token_server;

use std::time::Instant;

use berth_tests::{Client, Host, HostOptions};
use serde_json::{Value, json};

const VALIDATE: &str = "/api/v1/organization/acme/validateproxycache";
const CONFIGURATION: &str = "/api/v1/organization/acme/proxycache";

/// A host that may reach registries on this machine, with the organization `acme` and its owner.
struct Stage {
    host: Host,
    ana: Client,
}

impl Stage {
    fn new() -> Self {
        Self::with(Host::options().variable("ssrf_allowed_hosts", "127.0.0.1"))
    }

    fn with(options: HostOptions) -> Self {
        let host = options.start();
        let ana = host.client().initialize("ana");
        let reply = ana.post("/api/v1/organization/", &json!({ "name": "acme" }));
        assert_eq!(reply.status, 201, "{reply}");
        Self { host, ana }
    }

    /// What validation says of a registry: the verdict, or the reason of the failure.
    fn validate(&self, upstream: &str, more: Value) -> String {
        let mut body = json!({ "upstream_registry": upstream, "insecure": true });
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let began = Instant::now();
        let reply = self.ana.post(VALIDATE, &body);
        let took = began.elapsed().as_secs_f32();
        assert!(took < 11.0, "{upstream}: {took} s");
        let answer = reply.json();
        match reply.status {
            202 => answer.as_str().expect("a word").to_owned(),
            400 => {
                assert!(answer["hint"].as_str().is_some_and(|hint| hint.ends_with('.')), "{reply}");
                answer["reason"].as_str().expect("a reason").to_owned()
            }
            _ => panic!("{upstream}: {reply}"),
        }
    }
}

fn credentials(username: &str, password: &str) -> Value {
    json!({ "upstream_registry_username": username, "upstream_registry_password": password })
}

fn anonymous() -> Value {
    json!({})
}
