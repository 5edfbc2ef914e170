//! A host for a test: `berth up` as a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::client::Client;
use crate::workspace::{repository_root, target_directory};

/// How a host is started.
#[derive(Default)]
pub struct HostOptions {
    flags: Vec<String>,
    runtime_config: Option<String>,
    state: Option<Arc<TempDir>>,
    own_cache: bool,
    address: Option<String>,
}

impl HostOptions {
    /// With a setting.
    #[must_use]
    pub fn variable(self, name: &str, value: &str) -> Self {
        self.flag("--variable").flag(&format!("{name}={value}"))
    }

    /// With any flag of `berth up`.
    #[must_use]
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// With a runtime configuration file of that text.
    #[must_use]
    pub fn runtime_config(mut self, text: &str) -> Self {
        self.runtime_config = Some(text.to_owned());
        self
    }

    /// At an address that is known before, in place of any free port: where it tells clients to come to it.
    #[must_use]
    pub fn at(mut self, address: &str) -> Self {
        self.address = Some(address.to_owned());
        self
    }

    /// On the state of an earlier host.
    #[must_use]
    pub fn state(mut self, state: Arc<TempDir>) -> Self {
        self.state = Some(state);
        self
    }

    /// With a separate cache of compiled code, empty at first.
    #[must_use]
    pub fn own_cache(mut self) -> Self {
        self.own_cache = true;
        self
    }

    /// The manifest that it serves.
    fn manifest(&self) -> &str {
        let named = self.flags.iter().skip_while(|flag| *flag != "--from").nth(1);
        named.map_or("spin.toml", String::as_str)
    }

    /// Starts the host and waits until it serves and has loaded its components: what a test measures is not about loading.
    #[must_use]
    pub fn start(self) -> Host {
        let host = self.start_serving();
        host.wait_until_loaded();
        host
    }

    /// Starts the host and waits until it serves.
    #[must_use]
    pub fn start_serving(mut self) -> Host {
        let state = self.state.take().unwrap_or_else(Host::new_state);
        if let Some(text) = self.runtime_config.take() {
            let path = state.path().join("runtime.toml");
            std::fs::write(&path, text).expect("the state directory is ours");
            self = self.flag("--runtime-config-file").flag(&path.to_string_lossy());
        }
        if !self.own_cache {
            share_cache(state.path(), self.manifest());
        }
        let address = self.address.as_deref().unwrap_or("127.0.0.1:0");
        Host::serve(address, &self.flags, state)
    }
}

/// A running host. Dropping it ends it.
pub struct Host {
    child: Child,
    state: Arc<TempDir>,
    base: String,
    /// How often hosts before it on this state had loaded their components.
    loads_before: usize,
}

impl Host {
    /// A host with default settings and a new state directory.
    #[must_use]
    pub fn new() -> Self {
        HostOptions::default().start()
    }

    /// How to start a host otherwise.
    #[must_use]
    pub fn options() -> HostOptions {
        HostOptions::default()
    }

    /// An empty state directory.
    #[must_use]
    pub fn new_state() -> Arc<TempDir> {
        Arc::new(new_directory())
    }

    fn serve(address: &str, flags: &[String], state: Arc<TempDir>) -> Self {
        let loads_before = loads(&state);
        let binary = target_directory().join("debug/berth");
        assert!(binary.is_file(), "{} is missing: run `cargo xtask test`", binary.display());
        let log = File::options().create(true).append(true).open(state.path().join("log"));
        let mut child = Command::new(&binary)
            .current_dir(repository_root())
            .args(["up", "--listen", address, "--state-dir"])
            .arg(state.path())
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("the state directory is ours"))
            .spawn()
            .expect("the host starts");
        let output = child.stdout.take().expect("stdout is piped");
        let base = BufReader::new(output)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("Serving ").map(str::to_owned));
        let base = base.unwrap_or_else(|| {
            let log = std::fs::read_to_string(state.path().join("log")).unwrap_or_default();
            panic!("the host does not serve:\n{log}")
        });
        Self { child, state, base, loads_before }
    }

    /// Waits until no component is left to be loaded.
    ///
    /// # Panics
    /// When that takes two minutes.
    pub fn wait_until_loaded(&self) {
        let end = Instant::now() + LOADING;
        while loads(&self.state) <= self.loads_before {
            assert!(Instant::now() < end, "its components are not loaded:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A client without credentials.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// The state directory, to start another host on it.
    #[must_use]
    pub fn state(&self) -> Arc<TempDir> {
        Arc::clone(&self.state)
    }

    /// Everything that the host has logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.state.path().join("log")).unwrap_or_default()
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the host as `kill -9` does.
    pub fn kill(mut self) -> Arc<TempDir> {
        self.end();
        Arc::clone(&self.state)
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until `condition` holds, 10 seconds at most.
    ///
    /// # Panics
    /// When it does not hold by then.
    pub fn wait_until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        for _ in 0..200 {
            if condition() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("in 10 seconds it never came true that {what}");
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end();
    }
}

/// How long components are waited for: where nothing is compiled, that takes a while.
const LOADING: Duration = Duration::from_secs(120);

/// How often a host of this state has loaded its components, by its log.
fn loads(state: &TempDir) -> usize {
    let log = std::fs::read_to_string(state.path().join("log")).unwrap_or_default();
    log.matches("all components are loaded").count()
}

/// An empty directory, which is removed when it is dropped.
pub(crate) fn new_directory() -> TempDir {
    let base = target_directory().join("test-state");
    std::fs::create_dir_all(&base).expect("the target directory is ours");
    TempDir::new_in(base).expect("the target directory is ours")
}

/// Compiled code is the same for every test: all hosts of a manifest share one cache, where `cargo xtask test` puts it. (A host removes
/// what its manifest does not use.)
fn share_cache(state: &Path, manifest: &str) {
    let name = manifest.replace(['/', '.'], "-");
    let cache = target_directory().join("test-state").join(name).join("compiled");
    std::fs::create_dir_all(&cache).expect("the target directory is ours");
    let link = state.join("compiled");
    if !link.exists() {
        std::os::unix::fs::symlink(&cache, &link).expect("the state directory is ours");
    }
}
