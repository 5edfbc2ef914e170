//! Starts hosts on ports and state directories of their own, and speaks HTTP to them plainly enough
//! to be rude.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a host logs when no component is left to be loaded.
const LOADED: &str = "all components are loaded";

/// A running `berth up`.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    pub(crate) state: Arc<TempDir>,
    process: Child,
    log: Arc<Mutex<String>>,
    log_reader: Option<JoinHandle<()>>,
    /// Read no more of the log.
    deaf: Arc<AtomicBool>,
}

impl Host {
    /// Serves `tests/fixtures/spin.toml`.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::start_on(fresh_state(), flags)
    }

    /// Likewise, with the state that another host left.
    pub(crate) fn start_on(state: Arc<TempDir>, flags: &[&str]) -> Self {
        Self::try_start(&fixtures().join("spin.toml"), state, flags)
            .unwrap_or_else(|log| panic!("no start:\n{log}"))
    }

    /// Serves any manifest, or gives what the host said instead.
    pub(crate) fn try_start(
        manifest: &Path,
        state: Arc<TempDir>,
        flags: &[&str],
    ) -> Result<Self, String> {
        Self::spawn(manifest, state, flags).serving()
    }

    /// Waits until it serves and has loaded every component, or gives what it said instead.
    fn serving(self) -> Result<Self, String> {
        let mut host = self.listening()?;
        let has_ended = eventually("its components are loaded", || {
            let has_ended = host.process.try_wait().unwrap().is_some();
            (has_ended || host.log().contains(LOADED)).then_some(has_ended)
        });
        if has_ended { Err(host.last_words()) } else { Ok(host) }
    }

    /// Waits until it serves, or gives what it said instead.
    pub(crate) fn listening(mut self) -> Result<Self, String> {
        let mut first_line = String::new();
        // The rest is not read; it is short enough for the pipe.
        let stdout = self.process.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut first_line).unwrap();
        match first_line.trim().strip_prefix("Serving http://") {
            Some(address) => {
                self.address = address.parse().unwrap();
                Ok(self)
            }
            None => Err(self.last_words()),
        }
    }

    /// What a host said that ends.
    fn last_words(mut self) -> String {
        self.wait();
        self.log_reader.take().map(JoinHandle::join).unwrap().unwrap();
        self.log()
    }

    /// Starts a host and does not wait until it serves. Its address is not known yet.
    pub(crate) fn spawn(manifest: &Path, state: Arc<TempDir>, flags: &[&str]) -> Self {
        Self::spawn_by(Command::new(env!("CARGO_BIN_EXE_berth")), manifest, state, flags)
    }

    /// Serves `tests/fixtures/spin.toml` with limits of the shell's `ulimit`.
    pub(crate) fn start_limited(limits: &str, flags: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        let script = format!("{limits}; exec \"$0\" \"$@\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_berth")]);
        Self::spawn_by(shell, &fixtures().join("spin.toml"), fresh_state(), flags)
            .serving()
            .unwrap_or_else(|log| panic!("no start:\n{log}"))
    }

    fn spawn_by(
        mut command: Command,
        manifest: &Path,
        state: Arc<TempDir>,
        flags: &[&str],
    ) -> Self {
        let mut process = command
            .args(["up", "--debug-headers"])
            .args((!flags.contains(&"--listen")).then_some("--listen=127.0.0.1:0"))
            .arg("--from")
            .arg(manifest)
            .arg("--state-dir")
            .arg(state.path())
            .args(flags)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut stderr = process.stderr.take().unwrap();
        let target = log.clone();
        let deaf = Arc::new(AtomicBool::new(false));
        let is_deaf = deaf.clone();
        let log_reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(size @ 1..) = stderr.read(&mut buffer) {
                target.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..size]));
                if is_deaf.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        Self { address, state, process, log, log_reader: Some(log_reader), deaf }
    }

    /// Closes what the host logs to, once it has logged something more.
    pub(crate) fn stop_reading_the_log(&mut self) {
        self.deaf.store(true, Ordering::Relaxed);
        self.get("/constant");
        self.log_reader.take().map(JoinHandle::join).unwrap().unwrap();
    }

    pub(crate) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection(BufReader::new(stream))
    }

    /// A connection from 127.0.0.`last`.
    pub(crate) fn connect_from(&self, last: u8) -> Connection {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        // Little is read before the test asks for it.
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, last], 0)).into()).unwrap();
        socket.connect(&self.address.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection(BufReader::new(stream))
    }

    /// Sends a request, and does not wait for the answer.
    pub(crate) fn begin(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Connection {
        let mut connection = self.connect();
        connection.begin(method, path, "", body.as_ref());
        connection
    }

    /// Sends a GET from 127.0.0.`last`, and does not wait for the answer.
    pub(crate) fn begin_from(&self, last: u8, path: &str) -> Connection {
        let mut connection = self.connect_from(last);
        connection.begin("GET", path, "", b"");
        connection
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.request("GET", path, b"")
    }

    pub(crate) fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Response {
        self.request("POST", path, body.as_ref())
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: &[u8]) -> Response {
        self.connect().request(method, path, body)
    }

    /// Runs the lines of `script` in one request; see the fixture `misbehave`.
    pub(crate) fn sql(&self, script: &str) -> String {
        self.post("/misbehave/sql", script).text()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let signal = format!("-{name}");
        assert!(
            Command::new("kill")
                .args([&signal, &self.pid().to_string()])
                .status()
                .unwrap()
                .success()
        );
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        eventually("the host ends", || self.process.try_wait().unwrap())
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until so many instances of the fixture `misbehave` have begun what takes time.
    pub(crate) fn begun(&self, count: usize) {
        let begun = || self.log().matches("[misbehave] begun").count();
        eventually(&format!("{count} have begun"), || (begun() >= count).then_some(()));
    }

    /// Waits until the log has a line with `text`.
    pub(crate) fn logged(&self, text: &str) -> String {
        eventually(&format!("{text:?} in the log:\n{}", self.log()), || {
            self.log().lines().find(|line| line.contains(text)).map(str::to_owned)
        })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = self.log_reader.take().map(JoinHandle::join);
    }
}

/// Asks until there is an answer.
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// One connection to a host.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A host that answers early may no longer read: what it answered is what matters.
        let _ = self.0.get_mut().write_all(bytes.as_ref());
    }

    pub(crate) fn request(&mut self, method: &str, path: &str, body: &[u8]) -> Response {
        self.request_with(method, path, "", body)
    }

    /// `headers` end with `\r\n` each.
    pub(crate) fn request_with(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Response {
        self.begin(method, path, headers, body);
        self.receive()
    }

    /// Sends a request, and does not wait for the answer. `headers` end with `\r\n` each.
    pub(crate) fn begin(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) {
        self.send(head(method, path, &format!("content-length: {}\r\n{headers}", body.len())));
        self.send(body);
    }

    /// Whether anything of the answer has come, or the other side has closed.
    pub(crate) fn is_answered(&mut self) -> bool {
        let stream = self.0.get_mut();
        stream.set_nonblocking(true).unwrap();
        let peeked = stream.peek(&mut [0]);
        stream.set_nonblocking(false).unwrap();
        !peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    pub(crate) fn receive(&mut self) -> Response {
        self.try_receive().expect("an answer")
    }

    /// `None` if the connection ends before the answer does.
    pub(crate) fn try_receive(&mut self) -> Option<Response> {
        let mut response = self.receive_head()?;
        match response.header("content-length").map(|length| length.parse::<usize>().unwrap()) {
            Some(length) => response.body = self.exactly(length)?,
            None => loop {
                let size = usize::from_str_radix(&self.line()?, 16).ok()?;
                response.body.extend(self.exactly(size)?);
                self.line()?;
                if size == 0 {
                    break;
                }
            },
        }
        Some(response)
    }

    /// An answer without what may come of its body.
    pub(crate) fn receive_head(&mut self) -> Option<Response> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1)?.parse().ok()?;
        let mut response = Response { status, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            response.headers.push((name.to_lowercase(), value.to_owned()));
        }
        Some(response)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let size = self.0.read_line(&mut line).ok()?;
        (size > 0).then(|| line.trim_end().to_owned())
    }

    fn exactly(&mut self, size: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; size];
        self.0.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Reads so many bytes at most; how many it were.
    pub(crate) fn read_some(&mut self, size: usize) -> usize {
        self.0.read(&mut vec![0; size]).unwrap_or_default()
    }

    /// Sends no more, but still listens.
    pub(crate) fn finish_sending(&mut self) {
        self.0.get_mut().shutdown(Shutdown::Write).unwrap();
    }

    /// Whether the other side has closed.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.0.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            // A time-out of this side.
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }
}

/// The head of a request.
pub(crate) fn head(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Asserts that the host, not a component, answered with `status`.
    pub(crate) fn assert_refused(&self, status: u16, message: &str) {
        let expected = format!("{{\"message\":\"{message}\"}}");
        assert_eq!((self.status, self.text()), (status, expected));
        assert_eq!(self.header("content-type"), Some("application/json"));
    }
}

/// An empty state directory, but for the compiled code of the fixtures: compiling them for each
/// test would take minutes.
pub(crate) fn fresh_state() -> Arc<TempDir> {
    static COMPILED: OnceLock<Arc<TempDir>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let state = empty_state();
        Host::start_on(state.clone(), &[]);
        state
    });
    let state = empty_state();
    std::fs::create_dir(state.path().join("compiled")).unwrap();
    for entry in std::fs::read_dir(compiled.path().join("compiled")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, state.path().join("compiled").join(path.file_name().unwrap()))
            .unwrap();
    }
    state
}

/// A state directory with nothing in it.
pub(crate) fn empty_state() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap())
}

/// `tests/fixtures/`, whose components are built.
pub(crate) fn fixtures() -> &'static Path {
    static FIXTURES: OnceLock<PathBuf> = OnceLock::new();
    FIXTURES.get_or_init(|| {
        let directory =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures").canonicalize().unwrap();
        let entries = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap());
        let crates = entries.filter(|entry| entry.path().join("Cargo.toml").exists());
        let packages =
            crates.map(|entry| format!("--package=fixture-{}", entry.file_name().display()));
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--target", "wasm32-wasip1"])
            .args(packages)
            .current_dir(&directory)
            .status();
        assert!(built.unwrap().success(), "the fixtures do not build");
        directory
    })
}

/// The fixtures' manifest after some replacements, in a directory of its own.
pub(crate) fn changed_manifest(replacements: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let root = fixtures().join("../..").canonicalize().unwrap();
    let text = std::fs::read_to_string(fixtures().join("spin.toml")).unwrap();
    let mut text = text.replace("../../target", root.join("target").to_str().unwrap());
    for (old, new) in replacements {
        assert!(text.contains(old), "{old:?} is not in the manifest");
        text = text.replace(old, new);
    }
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = directory.path().join("spin.toml");
    std::fs::write(&path, text).unwrap();
    (directory, path)
}
