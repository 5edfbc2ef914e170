//! Against Debian's `docker-registry`: open, with htpasswd, behind a token server, with TLS.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::token_server::{Policy, TokenServer};
use crate::{CONFIGURATION, Fixture, anonymous, credentials};

/// `user` with the password `pass`, bcrypt.
const HTPASSWD: &str = "user:$2y$05$oEvpeKD4NXnxzXiQA362COSQ1D30mnF.PWzqZyiQz9qwx88m5Pkja\n";

/// A running registry. Dropping it ends it.
struct Registry {
    process: Child,
    port: u16,
    _directory: TempDir,
}

impl Registry {
    /// Starts one whose configuration is `more` beside what all have. `more` gets the directory for its files.
    fn start(more: impl FnOnce(&Path) -> Value) -> Self {
        let directory = TempDir::new().expect("a directory for the test");
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let port = listener.local_addr().expect("it is bound").port();
        drop(listener);
        let mut configuration = json!({
            "version": 0.1,
            "log": { "level": "error" },
            "storage": { "filesystem": { "rootdirectory": directory.path().join("data") } },
            "http": { "addr": format!("127.0.0.1:{port}") },
        });
        for (name, value) in more(directory.path()).as_object().expect("an object") {
            match (configuration.get_mut(name), value) {
                (Some(Value::Object(known)), Value::Object(value)) => known.extend(value.clone()),
                _ => configuration[name] = value.clone(),
            }
        }
        // JSON is YAML.
        let path = directory.path().join("config.yml");
        fs::write(&path, configuration.to_string()).expect("the directory is ours");
        let process = Command::new("/usr/bin/docker-registry")
            .arg("serve")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`cargo xtask test` installs docker-registry");
        // Ended by dropping it, also when it never serves.
        let registry = Self { process, port, _directory: directory };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return registry;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("docker-registry does not serve");
    }

    fn open() -> Self {
        Self::start(|_| json!({}))
    }

    fn with_htpasswd() -> Self {
        Self::start(|directory| {
            let path = write(directory, "htpasswd", HTPASSWD);
            json!({ "auth": { "htpasswd": { "realm": "test", "path": path } } })
        })
    }

    fn behind(server: &TokenServer) -> Self {
        Self::start(|directory| {
            let certificate = write(directory, "issuer.pem", &server.certificate_pem());
            json!({ "auth": { "token": {
                "realm": server.realm(),
                "service": "the registry",
                "issuer": "the test",
                "rootcertbundle": certificate,
            } } })
        })
    }

    /// With a certificate of an unknown authority.
    fn with_tls() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()]);
        let made = made.expect("a certificate");
        Self::start(|directory| {
            let certificate = write(directory, "tls.pem", &made.cert.pem());
            let key = write(directory, "tls.key", &made.signing_key.serialize_pem());
            json!({ "http": { "tls": { "certificate": certificate, "key": key } } })
        })
    }

    fn name(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn write(directory: &Path, name: &str, content: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, content).expect("the directory is ours");
    path
}

#[test]
fn an_open_registry() {
    let (fixture, registry) = (Fixture::new(), Registry::open());
    assert_eq!(fixture.validate(&registry.name(), anonymous()), "Valid");
    assert_eq!(fixture.validate(&format!("{}/library", registry.name()), anonymous()), "Valid");
    assert_eq!(fixture.validate(&registry.name(), credentials("user", "pass")), "Valid");
    assert_eq!(fixture.validate(&registry.name(), json!({ "insecure": false })), "tls");
}

#[test]
fn a_registry_with_passwords() {
    let (fixture, registry) = (Fixture::new(), Registry::with_htpasswd());
    assert_eq!(fixture.validate(&registry.name(), credentials("user", "pass")), "Valid");
    // As Quay has it: the registry is there, and lets only others in.
    assert_eq!(fixture.validate(&registry.name(), credentials("user", "wrong")), "Anonymous");
    assert_eq!(fixture.validate(&registry.name(), anonymous()), "authentication_refused");
}

#[test]
fn a_registry_behind_a_token_server() {
    let fixture = Fixture::new();
    let everybody = TokenServer::start(Policy::Everybody);
    let registry = Registry::behind(&everybody);
    assert_eq!(fixture.validate(&registry.name(), anonymous()), "Valid");
    assert_eq!(fixture.validate(&registry.name(), credentials("user", "pass")), "Valid");

    let known_users = TokenServer::start(Policy::KnownUsers);
    let registry = Registry::behind(&known_users);
    assert_eq!(fixture.validate(&registry.name(), credentials("user", "pass")), "Valid");
    let refused = fixture.validate(&registry.name(), credentials("user", "wrong"));
    assert_eq!(refused, "authentication_refused");
    assert_eq!(fixture.validate(&registry.name(), anonymous()), "Anonymous");

    let forger = TokenServer::start(Policy::Forged);
    let registry = Registry::behind(&forger);
    assert_eq!(fixture.validate(&registry.name(), credentials("user", "pass")), "Anonymous");
}

#[test]
fn a_registry_whose_certificate_nobody_vouches_for() {
    let (fixture, registry) = (Fixture::new(), Registry::with_tls());
    assert_eq!(fixture.validate(&registry.name(), json!({ "insecure": false })), "tls");
}

#[test]
fn names_are_looked_up_and_checked() {
    let registry = Registry::open();
    let options = berth_tests::Host::options()
        .variable("ssrf_allowed_hosts", "closed-network.test")
        .flag("--resolve")
        .flag("inside.test=127.0.0.1")
        .flag("--resolve")
        .flag(&format!("closed-network.test=127.0.0.1:{}", registry.port))
        .flag("--resolve")
        .flag("outside.test=1.1.1.1");
    let fixture = Fixture::with(options);
    assert_eq!(fixture.validate("inside.test", anonymous()), "address_not_allowed");
    assert_eq!(fixture.validate(&registry.name(), anonymous()), "address_not_allowed");
    assert_eq!(fixture.validate("nosuchhost.invalid", anonymous()), "name_not_resolved");
    assert_eq!(fixture.validate("closed-network.test", anonymous()), "Valid");
    for (upstream, status) in
        [("inside.test", 400), ("nosuchhost.invalid", 400), ("outside.test", 201)]
    {
        let reply = fixture.ana.post(CONFIGURATION, &json!({ "upstream_registry": upstream }));
        assert_eq!(reply.status, status, "{upstream}: {reply}");
    }
}

#[test]
fn the_host_blocks_networks_whatever_a_name_said_before() {
    let registry = Registry::open();
    // Allowed by name, so that only the host looks at the address.
    let options = berth_tests::Host::options()
        .variable("ssrf_allowed_hosts", "rebinding.test")
        .flag("--resolve")
        .flag(&format!("rebinding.test=127.0.0.1:{}", registry.port))
        .flag("--block-networks")
        .flag("private,192.0.2.0/24");
    let fixture = Fixture::with(options);
    assert_eq!(fixture.validate("rebinding.test", anonymous()), "address_not_allowed");
    assert!(fixture.host.log().contains("are in blocked networks"), "{}", fixture.host.log());
}

#[test]
fn a_password_is_readable_nowhere() {
    let (fixture, registry) = (Fixture::new(), Registry::with_htpasswd());
    let mut body = credentials("user-2947", "hunter-2947");
    body["upstream_registry"] = registry.name().into();
    body["insecure"] = true.into();
    assert_eq!(fixture.validate(&registry.name(), body.clone()), "Anonymous");
    assert_eq!(fixture.ana.post(CONFIGURATION, &body).status, 201);
    assert_eq!(fixture.ana.put(CONFIGURATION, &json!({ "expiration_s": 5 })).status, 200);
    let state = fixture.host.kill();
    let mut read = 0;
    for entry in fs::read_dir(state.path()).expect("the state directory is ours") {
        let path = entry.expect("an entry").path();
        let Ok(content) = fs::read(&path) else { continue };
        read += content.len();
        let found = content.windows(11).any(|window| window == b"hunter-2947");
        assert!(!found, "{}", path.display());
    }
    assert!(read > 10_000, "the database was not looked at");
}
