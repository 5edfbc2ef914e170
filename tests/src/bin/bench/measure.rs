//! A server under measurement: requests, processor time, memory, start.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use berth_tests::{Client, Host, HostOptions, Session, large, repository_root};

use crate::database::{self, ListSizes, TOKEN};
use crate::figure::Figure;
use crate::load::Load;
use crate::numbers::median;

/// A running host, and a session for signing in.
pub(crate) struct Server {
    host: Host,
    session: Vec<(String, String)>,
}

impl Server {
    pub(crate) fn start(options: HostOptions) -> Self {
        let host = options.flag("--debug-headers").start();
        let session = match host.client().get("/csrf_token").status {
            200 => Session::anonymous(&host.client()).headers(),
            _ => Vec::new(),
        };
        Self { host, session }
    }

    /// Sends requests, without credentials.
    pub(crate) fn client(&self) -> Client {
        self.host.client()
    }

    /// Sends one request of the kind, so that what happens once has happened.
    pub(crate) fn warm(&self, load: &Load) {
        self.statements(load);
    }

    /// How many statements a request of this kind takes.
    pub(crate) fn statements(&self, load: &Load) -> u64 {
        let (method, path, body) = load.sample();
        let mut client = self.host.client();
        for (name, value) in load.headers(&self.session) {
            client = client.header(&name, &value);
        }
        let content_type = (!body.is_empty()).then_some("application/json");
        let reply = client.send(method, &path, content_type, body.as_bytes());
        assert!(reply.status < 300, "{}: {reply}", load.name);
        reply.header("x-berth-statements").and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// Loads the server and gives the measurement.
    pub(crate) fn drive(&self, load: &Load, connections: u32, seconds: u32) -> Figure {
        let before = self.cpu_seconds();
        let counted = load.run(self.host.base(), connections, seconds, &self.session);
        let cpu = self.cpu_seconds() - before;
        Figure {
            rps: counted.requests / counted.seconds,
            p50_ms: counted.p50_ms,
            p99_ms: counted.p99_ms,
            cpu_ms: cpu * 1_000.0 / counted.requests.max(1.0),
            errors: counted.errors,
            ..Figure::default()
        }
    }

    /// All kinds at once, 64 connections in all; how many requests failed.
    pub(crate) fn drive_mixed(&self, loads: &[Load], seconds: u32) -> u64 {
        thread::scope(|scope| {
            let shares = [16, 16, 8, 12, 10, 2];
            let running: Vec<_> = loads
                .iter()
                .zip(shares)
                .map(|(load, connections)| {
                    scope.spawn(move || {
                        load.run(self.host.base(), connections, seconds, &self.session).errors
                    })
                })
                .collect();
            running.into_iter().map(|load| load.join().expect("wrk runs")).sum()
        })
    }

    /// The most memory that the host was resident in, in MiB.
    pub(crate) fn peak_memory_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.host.pid()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.unwrap_or(0.0) / 1_024.0
    }

    /// Processor time of the host so far, in seconds.
    fn cpu_seconds(&self) -> f64 {
        let stat =
            fs::read_to_string(format!("/proc/{}/stat", self.host.pid())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
        // User and system time, in the kernel's unit of 1/100 s.
        (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
    }
}

/// How long the deletion of one large organization takes, in milliseconds: the median of three.
pub(crate) fn deletion() -> f64 {
    let once = |_| {
        let server = Server::start(database::make_one_large().host());
        let client = server.host.client().bearer(TOKEN);
        assert_eq!(client.get("/api/v1/organization/org-1").status, 200);
        let before = Instant::now();
        let reply = client.delete("/api/v1/organization/org-1");
        let elapsed = before.elapsed().as_secs_f64() * 1_000.0;
        assert_eq!(reply.status, 204, "{reply}");
        elapsed
    };
    median((0..3).map(once).collect())
}

/// Process start to the first 200: without and with compiled code at hand; and then, once all are loaded, the first request to another
/// component.
/// Milliseconds, the medians of five for the last two.
pub(crate) fn starts() -> (f64, f64, f64) {
    let state = Host::new_state();
    let start = || start_once(Host::options().own_cache().state(Arc::clone(&state)));
    let (cold, _) = start();
    let mut warm = Vec::new();
    let mut first = Vec::new();
    for _ in 0..5 {
        let (start, request) = start();
        warm.push(start);
        first.push(request);
    }
    (cold, median(warm), median(first))
}

/// A start, and the first request of a component that is loaded.
fn start_once(options: HostOptions) -> (f64, f64) {
    let before = Instant::now();
    let host = options.start_serving();
    assert_eq!(host.client().get("/health/instance").status, 200);
    let start = before.elapsed().as_secs_f64() * 1_000.0;
    host.wait_until_loaded();
    let before = Instant::now();
    assert_eq!(host.client().get("/api/v1/organization/nope").status, 404);
    (start, before.elapsed().as_secs_f64() * 1_000.0)
}

/// Processor time of the host for each member of a list of 5,000, and for each team of an organization of 2,000, in microseconds: the
/// medians of five.
pub(crate) fn long_answers() -> (f64, f64) {
    let sizes = ListSizes { members: 5_000, entries: 1, days: 1 };
    let members = Server::start(database::make_lists(sizes).0.host());
    let teams = Server::start(database::make_one_large().host());
    let of_one = |server: &Server, path: &str, count: f64| {
        let client = server.host.client().bearer(TOKEN);
        let once = |_| {
            let before = server.cpu_seconds();
            // The kernel counts in hundredths of a second.
            for _ in 0..20 {
                let reply = client.get(path);
                assert_eq!(reply.status, 200, "{reply}");
            }
            (server.cpu_seconds() - before) * 1_000_000.0 / 20.0 / count
        };
        median((0..5).map(once).collect())
    };
    (
        of_one(&members, "/api/v1/organization/org-1/members", 5_000.0),
        of_one(&teams, "/api/v1/organization/org-1", f64::from(large::TEAMS)),
    )
}

/// The size of each component, in KiB.
pub(crate) fn wasm_sizes() -> BTreeMap<String, u64> {
    let directory = repository_root().join("components");
    let entries = fs::read_dir(directory).expect("there are components");
    entries
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let file = format!("release/berth_{}.wasm", name.replace('-', "_"));
            let path = berth_tests::target_directory().join("wasm32-wasip1").join(file);
            let size = fs::metadata(&path).map_or(0, |metadata| metadata.len().div_ceil(1_024));
            (name, size)
        })
        .collect()
}
