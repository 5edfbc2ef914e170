//! Debian's `docker-registry`, configured as `docs/registry.md` says.

use std::fs::{self, File};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::client::Client;
use crate::closed_port::free_port;
use crate::host::{Host, HostOptions, new_directory};
use crate::image::Descriptor;
use crate::packages;

/// How long a registry may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// The service that it is in the documentation: the audience of its tokens.
pub const SERVICE: &str = "registry.example.com";

/// The secret that it shows with its notifications, in the documentation.
pub const EVENTS_SECRET: &str = "REGISTRY_EVENTS_SECRET";

/// A running registry. What was pushed stays when it is restarted. Dropping it ends it.
pub struct Registry {
    process: Child,
    port: u16,
    directory: TempDir,
}

impl Registry {
    /// Starts an empty one that sends clients to `realm`, its notifications to the same host with [`EVENTS_SECRET`], and takes tokens
    /// of the keys in `certificates`; waits until it serves.
    ///
    /// # Panics
    /// When it does not serve in 20 seconds.
    #[must_use]
    pub fn start(realm: &str, certificates: &str) -> Self {
        Self::configured(realm, certificates, |documented| documented)
    }

    /// The same with another configuration, made of the documented one.
    ///
    /// # Panics
    /// As [`Self::start`].
    #[must_use]
    pub fn configured(
        realm: &str,
        certificates: &str,
        change: impl FnOnce(String) -> String,
    ) -> Self {
        let (directory, port) = (new_directory(), free_port());
        let path = |name: &str| directory.path().join(name).display().to_string();
        let fields = [
            (
                "rootdirectory: /var/lib/docker-registry",
                "rootdirectory: ".to_owned() + &path("data"),
            ),
            ("addr: :5000", format!("addr: 127.0.0.1:{port}")),
            ("realm: https://berth.example.com/v2/auth", format!("realm: {realm}")),
            ("/etc/docker/registry/berth.pem", path("berth.pem")),
            (
                "url: https://berth.example.com",
                format!("url: {}", realm.trim_end_matches("/v2/auth")),
            ),
        ];
        let configuration = fields.iter().fold(documented(), |text, (documented, here)| {
            assert_eq!(text.matches(documented).count(), 1, "docs/registry.md: {documented}");
            text.replace(documented, here)
        });
        fs::write(path("config.yml"), change(configuration)).expect("the directory is ours");
        fs::write(path("berth.pem"), certificates).expect("the directory is ours");
        let process = serve(&directory, port);
        Self { process, port, directory }
    }

    /// Restarts it with other certificates.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn restart(&mut self, certificates: &str) {
        self.end();
        fs::write(self.directory.path().join("berth.pem"), certificates)
            .expect("the directory is ours");
        self.process = serve(&self.directory, self.port);
    }

    /// `127.0.0.1:<port>`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A client of it, without a token.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.name()))
    }

    /// Everything that it has written to its outputs: why it refuses a token, above all.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.end();
    }
}

/// A host with a registry behind it that takes its tokens, and the certificates of its keys. `options` are further ones of the host.
///
/// # Panics
/// When one of them does not serve.
#[must_use]
pub fn with_host(options: impl Fn() -> HostOptions) -> (Host, Registry, String) {
    // The registry has to know the key before it starts, and Berth the registry's address.
    let options = || options().variable("registry_service", SERVICE);
    let first = options().start();
    let certificates = first.client().get("/registry/certificates.pem").body;
    let state = first.kill();
    let address = format!("127.0.0.1:{}", free_port());
    let registry = Registry::start(&format!("http://{address}/v2/auth"), &certificates);
    let host = options()
        .state(state)
        .at(&address)
        .variable("server_hostname", &address)
        .variable("registry_url", &format!("http://{}", registry.name()))
        .start();
    (host, registry, certificates)
}

/// Puts a blob into a repository, with a client that may push there.
///
/// # Panics
/// When the registry does not take it.
pub fn upload(client: &Client, repository: &str, blob: &[u8]) -> Descriptor {
    let descriptor = Descriptor::of(blob);
    let begun = client.send("POST", &format!("/v2/{repository}/blobs/uploads/"), None, &[]);
    let location = begun.header("location").unwrap_or_else(|| panic!("{begun}"));
    // As the documentation configures it: whatever host leads to the registry.
    assert!(location.starts_with('/'), "{location}");
    let done = format!("{location}&digest={}", descriptor.digest);
    let put = client.send("PUT", &done, Some("application/octet-stream"), blob);
    assert_eq!(put.status, 201, "{put}");
    descriptor
}

/// The configuration of the documentation.
fn documented() -> String {
    let text = include_str!("../../docs/registry.md");
    let (_, behind) = text.split_once("```yaml\n").expect("docs/registry.md has a configuration");
    behind.split("```").next().unwrap_or_default().to_owned()
}

/// Starts the process, and waits until it serves.
fn serve(directory: &TempDir, port: u16) -> Child {
    let log = directory.path().join("log");
    let log = File::options().create(true).append(true).open(log).expect("the directory is ours");
    let mut command = packages::command("docker-registry", "docker-registry");
    command.arg("serve").arg("config.yml").current_dir(directory).stdin(Stdio::null());
    command.stdout(log.try_clone().expect("a file")).stderr(log);
    let mut child = command.spawn().expect("docker-registry can be run");
    let end = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let ended = child.try_wait().expect("the process is ours").is_some();
        let log = || fs::read_to_string(directory.path().join("log")).unwrap_or_default();
        if ended || Instant::now() > end {
            let _ = child.kill();
            panic!("docker-registry does not serve:\n{}", log());
        }
        thread::sleep(Duration::from_millis(20));
    }
    child
}
