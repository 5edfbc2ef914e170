//! Validation of upstream registries, through the real `.wasm` files: against Debian's `docker-registry`, and against servers
//! that misbehave. Everything is on loopback.
#![cfg(feature = "end-to-end")]

mod debian;
mod misbehaving;
mod server;
mod token_server;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use berth_tests::{Client, Host, HostOptions, Session};
use serde_json::{Value, json};

const VALIDATE: &str = "/api/v1/organization/acme/validateproxycache";
const PASSWORD: &str = "battery-staple";
const CONFIGURATION: &str = "/api/v1/organization/acme/proxycache";

/// Held by every host, and for writing by a test that measures memory: other work on the machine would disturb it.
static MACHINE: RwLock<()> = RwLock::new(());

#[allow(dead_code, reason = "held")]
enum Machine {
    Shared(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

/// A host that may reach registries on this machine, with the organization `acme` and its owner.
struct Fixture {
    host: Host,
    ana: Client,
    _machine: Machine,
}

impl Fixture {
    fn new() -> Self {
        Self::with(Host::options().variable("ssrf_allowed_hosts", "127.0.0.1"))
    }

    /// The same, while no other test of this file has one.
    fn alone() -> Self {
        let machine = Machine::Alone(MACHINE.write().unwrap_or_else(PoisonError::into_inner));
        Self::start(Host::options().variable("ssrf_allowed_hosts", "127.0.0.1"), machine)
    }

    fn with(options: HostOptions) -> Self {
        let machine = Machine::Shared(MACHINE.read().unwrap_or_else(PoisonError::into_inner));
        Self::start(options, machine)
    }

    fn start(options: HostOptions, machine: Machine) -> Self {
        // One person tries more registries here than anybody else does.
        let host = options.variable("registry_checks_per_minute", "0").start();
        let ana = host.client().initialize("ana");
        let reply = ana.post("/api/v1/organization/", &json!({ "name": "acme" }));
        assert_eq!(reply.status, 201, "{reply}");
        Self { host, ana, _machine: machine }
    }

    /// The result of validating a registry as the owner of `acme`: the verdict, or the reason of the failure.
    fn validate(&self, upstream: &str, more: Value) -> String {
        verdict(&self.ana, VALIDATE, upstream, more)
    }

    /// The same as another person, with another organization: one person tries few registries at a time.
    fn validate_for(&self, person: &str, upstream: &str) -> String {
        let user = json!({ "username": person, "password": PASSWORD, "email": format!("{person}@example.com") });
        let reply = Session::anonymous(&self.host.client()).client().post("/api/v1/user/", &user);
        assert_eq!(reply.status, 200, "{reply}");
        let client = Session::sign_in(&self.host.client(), person, PASSWORD).client();
        let organization = format!("{person}-org");
        let reply = client.post("/api/v1/organization/", &json!({ "name": organization }));
        assert_eq!(reply.status, 201, "{reply}");
        let path = VALIDATE.replace("acme", &organization);
        verdict(&client, &path, upstream, anonymous())
    }
}

fn verdict(client: &Client, path: &str, upstream: &str, more: Value) -> String {
    let mut body = json!({ "upstream_registry": upstream, "insecure": true });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    let started = Instant::now();
    let reply = client.post(path, &body);
    // The client ends after 10 seconds; without its deadline it would be the host's 30.
    assert!(started.elapsed() < Duration::from_secs(25), "as without a deadline: {reply}");
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

fn credentials(username: &str, password: &str) -> Value {
    json!({ "upstream_registry_username": username, "upstream_registry_password": password })
}

fn anonymous() -> Value {
    json!({})
}
