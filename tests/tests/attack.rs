//! One client cannot take the service away from others. The attackers are on 127.0.0.2, the victim is on 127.0.0.1; every
//! attack is one that used to work. While it goes on the victim is served, the host's memory stays bounded, and soon after
//! it all is as before.
#![cfg(feature = "end-to-end")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use berth_tests::{Client, Host, Session};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use socket2::{Domain, Socket, Type};

const MEBIBYTE: u64 = 1 << 20;

/// How long an attack goes on before the victim comes, and after that.
const BEFORE: Duration = Duration::from_secs(2);
const DURING: Duration = Duration::from_secs(5);

/// The promises. A connection that the kernel has no room for is asked for again after a second.
const HEALTH: Duration = Duration::from_secs(2);
const READ: Duration = Duration::from_secs(2);
const SIGN_IN: Duration = Duration::from_secs(5);
const MEMORY: u64 = 512 * MEBIBYTE;
const RECOVERY: Duration = Duration::from_secs(60);

/// Attacks take turns: together they would measure each other.
static ATTACK: Mutex<()> = Mutex::new(());

/// A host with a victim, and an ordinary account of the attacker.
struct Scene {
    host: Host,
    token: String,
    attacker: Session,
}

impl Scene {
    fn new() -> Self {
        // Without the limits of rates, which end some of the attacks before they begin.
        let options = Host::options().variable("ssrf_allowed_hosts", "127.0.0.1");
        let host = options.variable("registry_checks_per_minute", "0").start();
        let token = host.client().initialize_token("victim");
        let victim = host.client().bearer(&token);
        victim.post("/api/v1/organization/", &json!({"name": "acme", "email": "a@example.com"}));
        let made = json!({
            "username": "mallory", "password": "password", "email": "mallory@example.com",
        });
        let reply = Session::anonymous(&host.client()).client().post("/api/v1/user/", &made);
        assert_eq!(reply.status, 200, "{reply}");
        let attacker = Session::sign_in(&host.client(), "mallory", "password");
        Self { host, token, attacker }
    }

    /// A request of the attacker's account, or an anonymous one.
    fn request(&self, method: &str, path: &str, body: &str, is_signed_in: bool) -> Vec<u8> {
        let headers = if is_signed_in { self.attacker.headers() } else { Vec::new() };
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             {headers}content-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    fn address(&self) -> SocketAddr {
        self.host.base().trim_start_matches("http://").parse().expect("an address")
    }

    /// Attacks with so many connections, and checks the promises.
    fn withstand(&self, connections: usize, kind: Kind) {
        assert!(self.is_well(), "all is well before");
        let attack = Attack::start(self.address(), connections, kind);
        std::thread::sleep(BEFORE);
        let until = Instant::now() + DURING;
        let mut worst = Measured::default();
        while Instant::now() < until {
            worst = worst.max(self.measure());
        }
        let answered = attack.stop();
        println!("{worst:?}, {answered} of the attackers' requests answered, {}", self.memory());
        let Measured { health, read, sign_in } = worst;
        assert!(health < HEALTH, "a probe took {health:?}");
        assert!(read < READ, "a read took {read:?}");
        assert!(sign_in < SIGN_IN, "a sign-in took {sign_in:?}");
        assert!(self.peak() < MEMORY, "{}", self.memory());
        let end = Instant::now() + RECOVERY;
        while !(self.is_well() && self.resident() < MEMORY / 2) {
            assert!(Instant::now() < end, "it did not recover: {}", self.memory());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Each request on a new connection.
    fn measure(&self) -> Measured {
        let token = &self.token;
        let health = time(|| get(&self.host.client(), "/health/instance"));
        let read = time(|| get(&self.host.client().bearer(token), "/api/v1/organization/acme"));
        let sign_in = time(|| drop(Session::sign_in(&self.host.client(), "victim", "password")));
        Measured { health, read, sign_in }
    }

    fn is_well(&self) -> bool {
        let Measured { health, read, sign_in } = self.measure();
        health < HEALTH && read < READ && sign_in < SIGN_IN
    }

    fn memory(&self) -> String {
        format!("{} MiB resident, {} at most", self.resident() >> 20, self.peak() >> 20)
    }

    fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.host.pid()));
        let status = status.expect("the host runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kibibytes * 1024
    }
}

fn get(client: &Client, path: &str) {
    let reply = client.get(path);
    assert_eq!(reply.status, 200, "{path}: {reply}");
}

fn time(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// How long the victim waited.
#[derive(Debug, Default)]
struct Measured {
    health: Duration,
    read: Duration,
    sign_in: Duration,
}

impl Measured {
    fn max(self, other: Self) -> Self {
        Self {
            health: self.health.max(other.health),
            read: self.read.max(other.read),
            sign_in: self.sign_in.max(other.sign_in),
        }
    }
}

/// How an attacker behaves.
enum Kind {
    /// Sends one request after the other: the n-th.
    Ask(Box<dyn Fn(u64) -> Vec<u8> + Send>),
    /// Sends this and reads so many bytes of the answer now and then. Asks again when refused for now.
    Dawdle { request: Vec<u8>, bytes: usize },
    /// Sends this only.
    Hold(Vec<u8>),
}

/// Attackers, all on one thread.
struct Attack {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

/// The pause between two looks at all connections: attackers are to be cheap.
const PAUSE: Duration = Duration::from_millis(10);
/// The pause between two reads of slow attackers.
const NAP: Duration = Duration::from_secs(1);

impl Attack {
    fn start(to: SocketAddr, connections: usize, kind: Kind) -> Self {
        allow_files();
        let (stop, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (stopped, count) = (stop.clone(), answered.clone());
        let thread = std::thread::spawn(move || {
            let mut all: Vec<_> = (0..connections).map(|_| Attacker::default()).collect();
            while !stopped.load(Ordering::Relaxed) {
                for attacker in &mut all {
                    attacker.go_on(to, &kind, &count);
                }
                std::thread::sleep(PAUSE);
            }
        });
        Self { stop, answered, thread }
    }

    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the attack goes on");
        self.answered.load(Ordering::Relaxed)
    }
}

/// More connections than a process usually may have.
fn allow_files() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// One connection.
#[derive(Default)]
struct Attacker {
    stream: Option<TcpStream>,
    unsent: Vec<u8>,
    asked: bool,
    read_at: Option<Instant>,
}

impl Attacker {
    fn go_on(&mut self, to: SocketAddr, kind: &Kind, answered: &AtomicU64) {
        if self.stream.is_none() {
            *self = Self { stream: connect(to), ..Self::default() };
        }
        if !self.asked {
            self.unsent = kind.request(answered.load(Ordering::Relaxed));
            self.asked = true;
        }
        let went_on = self.send().and_then(|()| self.read(kind, answered));
        if went_on.is_err() {
            self.stream = None;
        }
    }

    fn send(&mut self) -> std::io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while !self.unsent.is_empty() {
            match stream.write(&self.unsent) {
                Ok(size) => drop(self.unsent.drain(..size)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read(&mut self, kind: &Kind, answered: &AtomicU64) -> std::io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        let mut buffer = [0; 4096];
        let begins = match stream.peek(&mut buffer) {
            Ok(0) => return Err(ErrorKind::ConnectionReset.into()),
            Ok(size) => buffer[..size].starts_with(b"HTTP/1.1 503"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        let size = match kind {
            Kind::Dawdle { bytes, .. } if !begins => {
                if self.read_at.is_some_and(|at| at.elapsed() < NAP) {
                    return Ok(());
                }
                self.read_at = Some(Instant::now());
                *bytes
            }
            _ => {
                answered.fetch_add(1, Ordering::Relaxed);
                self.asked = false;
                buffer.len()
            }
        };
        stream.read(&mut buffer[..size]).map(|_| ())
    }
}

impl Kind {
    fn request(&self, number: u64) -> Vec<u8> {
        match self {
            Self::Ask(request) => request(number),
            Self::Dawdle { request, .. } | Self::Hold(request) => request.clone(),
        }
    }
}

/// A connection from 127.0.0.2 that keeps little of what it is sent.
fn connect(to: SocketAddr) -> Option<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).ok()?;
    socket.set_recv_buffer_size(4096).ok()?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 2], 0)).into()).ok()?;
    socket.connect(&to.into()).ok()?;
    socket.set_nonblocking(true).ok()?;
    Some(socket.into())
}

/// Each attack, alone.
fn attack() -> std::sync::MutexGuard<'static, ()> {
    ATTACK.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn guesses_at_names_that_nobody_has() {
    let _alone = attack();
    let base = Scene::new();
    // Basic credentials of an unknown user: `nobody0000000:xxxxxxxx`.
    let guess = |number: u64| {
        let credentials = encode(&format!("nobody{number:07}:xxxxxxxx"));
        format!("GET /api/v1/org HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic {credentials}\r\n\r\n")
            .into_bytes()
    };
    base.withstand(400, Kind::Ask(Box::new(guess)));
}

fn encode(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn readers_that_do_not_read_a_large_answer() {
    let _alone = attack();
    let base = Scene::new();
    let attacker = base.attacker.client();
    let metadata = json!({"unstructured_metadata": {"a": "x".repeat(1_000_000)}});
    for number in 0..12 {
        // As large as it may be.
        attacker.put(&format!("/api/v1/user/robots/r{number}"), &metadata);
    }
    let request = base.request("GET", "/api/v1/user/logs", "", true);
    base.withstand(140, Kind::Dawdle { request, bytes: 1 });
}

#[test]
fn slow_readers_of_a_public_list() {
    let _alone = attack();
    let base = Scene::new();
    let attacker = base.attacker.client();
    for number in 0..100 {
        let repository = json!({
            "namespace": "mallory", "repository": format!("r{number}"), "visibility": "public",
            "description": "x".repeat(64 * 1024 - 1), "repo_kind": "image",
        });
        attacker.post("/api/v1/repository", &repository);
    }
    let request = base.request("GET", "/api/v1/repository?public=true", "", false);
    base.withstand(150, Kind::Dawdle { request, bytes: 200 });
}

#[test]
fn calls_to_a_server_that_does_not_answer() {
    let _alone = attack();
    let base = Scene::new();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let upstream = silent.local_addr().expect("an address").to_string();
    let attacker = base.attacker.client();
    attacker.post("/api/v1/organization/", &json!({"name": "evil", "email": "e@example.com"}));
    let headers = base.request("POST", "/api/v1/organization/evil/validateproxycache", "@", true);
    let headers = String::from_utf8(headers).expect("text");
    let ask = move |number: u64| {
        let body = json!({
            "upstream_registry": upstream, "insecure": true,
            "upstream_registry_username": format!("u{number}"), "upstream_registry_password": "x",
        });
        let body = body.to_string();
        let length = format!("content-length: {}", body.len());
        headers
            .replace("content-length: 1", &length)
            .replace("\r\n\r\n@", &format!("\r\n\r\n{body}"))
            .into_bytes()
    };
    base.withstand(130, Kind::Ask(Box::new(ask)));
}

#[test]
fn bodies_that_fill_the_room() {
    let _alone = attack();
    let base = Scene::new();
    let mut request = base.request("POST", "/x", &"x".repeat(1 << 20), false);
    request.pop();
    base.withstand(130, Kind::Hold(request));
}

#[test]
fn connections_that_ask_for_nothing() {
    let _alone = attack();
    let base = Scene::new();
    base.withstand(1400, Kind::Hold(Vec::new()));
}
