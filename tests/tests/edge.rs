//! Hosts without SQLite: the components of `spin-edge.toml`, whose database is a libSQL server that they reach over HTTP.
#![cfg(feature = "end-to-end")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use berth_tests::quay::{Upstreams, recorded_settings, replay, seed};
use berth_tests::surface::{Fixture, Script};
use berth_tests::{Client, ClosedPort, Host, HostOptions, Sqld, repository_root, target_directory};
use serde_json::{Value, json};

/// With the components that have no SQLite. The host grants them none.
fn edge(options: HostOptions, database_url: &str) -> HostOptions {
    options.flag("--from").flag("spin-edge.toml").variable("database_url", database_url)
}

#[test]
fn no_component_wants_sqlite() {
    let manifest = std::fs::read_to_string(repository_root().join("spin-edge.toml"));
    let manifest = manifest.expect("a manifest");
    assert!(!manifest.contains("sqlite_databases"));
    let components = manifest.lines().filter(|line| line.starts_with("source = ")).count();
    let directory = target_directory().join("edge/wasm32-wasip1/release");
    let files = std::fs::read_dir(&directory).expect("run `cargo xtask build --edge`");
    let mut count = 0;
    for file in files {
        let path = file.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let wasm = std::fs::read(&path).expect("a component");
            let imports = String::from_utf8_lossy(imports(&wasm));
            assert!(imports.contains("wasi:http/types@"), "{}", path.display());
            assert!(!imports.contains("sqlite"), "{} imports SQLite", path.display());
            count += 1;
        }
    }
    assert_eq!(count, components, "in {}", directory.display());
}

/// libSQL's server reads SQL by a parser of its own, which refuses some of what SQLite takes. It takes the schema, and every statement
/// of every row.
#[test]
fn the_server_takes_every_statement() {
    let script = Script::read();
    let base = Fixture::set(&script);
    let mut statements = BTreeSet::new();
    for case in &script.cases {
        for ask in case.asks() {
            let mut fixture = base.with(case.before(ask));
            let ask = fixture.fill(ask);
            let _ = fixture.send(&ask);
            statements.extend(fixture.app.latest_statements());
        }
    }
    assert!(statements.len() > 200, "{} statements", statements.len());
    let sqld = Sqld::start_new();
    let server = Client::new(&sqld.url());
    let ask = |requests: &[Value]| {
        let reply = server.post("/v2/pipeline", &json!({ "requests": requests }));
        reply.json()["results"].as_array().unwrap_or_else(|| panic!("{reply}")).clone()
    };
    let schema = include_str!("../../crates/berth-store/schema.sql");
    let made = ask(&[json!({ "type": "sequence", "sql": schema })]);
    assert_eq!(made[0]["type"], "ok", "{}", made[0]);
    let statements: Vec<_> = statements.into_iter().collect();
    for some in statements.chunks(50) {
        let described = some.iter().map(|sql| json!({ "type": "describe", "sql": sql }));
        for (sql, result) in some.iter().zip(ask(&described.collect::<Vec<_>>())) {
            assert_eq!(result["type"], "ok", "{sql}: {result}");
        }
    }
}

/// The section of a module with its imports. (The names of what it might import are elsewhere in it too.)
fn imports(wasm: &[u8]) -> &[u8] {
    const MAGIC_AND_VERSION: usize = 8;
    let mut rest = &wasm[MAGIC_AND_VERSION..];
    loop {
        let (id, after) = rest.split_first().expect("a section");
        let (mut length, mut bytes) = (0_usize, 0);
        for byte in after {
            length |= usize::from(byte & 0x7f) << (7 * bytes);
            bytes += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (section, following) = after[bytes..].split_at(length);
        if *id == 2 {
            return section;
        }
        rest = following;
    }
}

#[test]
fn the_recorded_cases_of_quay_pass() {
    let (sqld, upstreams) = (Sqld::start_new(), Upstreams::start());
    let host = edge(recorded_settings(&upstreams), &sqld.url()).start();
    let start = seed(host.client());
    replay("main", host.client(), start, &upstreams);
}

/// A proxy before sqld, of HTTP with one request for each connection, as the host sends them. It counts them, and loses answers.
struct Proxy {
    url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    count: AtomicUsize,
    /// What is in the request whose answer is lost.
    lost: Mutex<Option<&'static str>>,
}

impl Proxy {
    fn before(server: &str) -> Self {
        let server = server.strip_prefix("http://").expect("plain HTTP").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let seen = Arc::<Seen>::default();
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&server).expect("the server runs");
                let seen = Arc::clone(&shared);
                thread::spawn(move || seen.pass_on(client, server));
            }
        });
        Self { url, seen }
    }

    /// How many requests `work` caused, also after its answer.
    fn count(&self, work: impl FnOnce()) -> usize {
        let before = self.seen.count.load(Ordering::SeqCst);
        work();
        thread::sleep(Duration::from_millis(300));
        self.seen.count.load(Ordering::SeqCst) - before
    }

    /// The next request with that text is passed on, and its answer is lost.
    fn lose_answer_to(&self, text: &'static str) {
        *self.seen.lost.lock().expect("no thread panicked") = Some(text);
    }
}

impl Seen {
    fn pass_on(&self, mut client: TcpStream, mut server: TcpStream) {
        let request = read_request(&client);
        self.count.fetch_add(1, Ordering::SeqCst);
        server.write_all(&request).expect("the server runs");
        let text = String::from_utf8_lossy(&request);
        let lost =
            self.lost.lock().expect("no thread panicked").take_if(|lost| text.contains(*lost));
        if lost.is_some() {
            // It is done once there is an answer.
            let _ = server.read(&mut [0]);
            return;
        }
        let _ = std::io::copy(&mut server, &mut client);
    }
}

/// One request, whose body has a length.
fn read_request(client: &TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(client);
    let (mut request, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        request.extend_from_slice(line.as_bytes());
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    request.extend(body);
    request
}

/// What an operation costs: its method, path and body, the status of its answer, and how many round trips it takes.
type Operation = (&'static str, &'static str, Option<Value>, u16, usize);

/// A read takes one for authentication and one for its rows. A change has at least three: authentication, BEGIN with what is read
/// first, and COMMIT with what was not read. Of those that succeed one in eight looks, after the answer, for what has had its time.
fn operations() -> Vec<Operation> {
    let own = "/api/v1/organization/acme";
    let name = |name: &str| Some(json!({ "name": name }));
    let team = "/api/v1/organization/acme/team/ops";
    let robot = "/api/v1/organization/acme/robots/ci";
    let repository = "/api/v1/repository/acme/app";
    let new = json!({ "repository": "app", "namespace": "acme", "visibility": "private", "description": "" });
    let prototype = json!({ "role": "read", "delegate": { "kind": "team", "name": "ops" } });
    vec![
        ("POST", "/api/v1/organization/", name("acme"), 201, 4),
        ("POST", "/api/v1/organization/", name("acme"), 400, 3),
        ("GET", own, None, 200, 2),
        ("GET", "/api/v1/organization/nope", None, 404, 1),
        ("PUT", own, Some(json!({ "email": "acme@example.com" })), 200, 5),
        ("PUT", team, Some(json!({ "role": "member" })), 200, 3),
        ("PUT", "/api/v1/organization/acme/team/ops/members/ana", None, 200, 4),
        ("GET", "/api/v1/organization/acme/team/ops/members", None, 200, 2),
        ("GET", "/api/v1/organization/acme/members", None, 200, 2),
        ("PUT", robot, Some(json!({ "description": "ci" })), 201, 3),
        ("PUT", robot, Some(json!({ "description": "ci" })), 400, 3),
        ("GET", robot, None, 200, 2),
        ("GET", "/api/v1/organization/acme/robots", None, 200, 2),
        ("POST", "/api/v1/repository", Some(new), 201, 4),
        ("GET", repository, None, 200, 2),
        (
            "PUT",
            "/api/v1/repository/acme/app/permissions/team/ops",
            Some(json!({ "role": "write" })),
            200,
            3,
        ),
        ("POST", "/api/v1/organization/acme/prototypes", Some(prototype), 200, 4),
        ("GET", "/api/v1/organization/acme/logs", None, 200, 2),
        ("DELETE", team, None, 204, 3),
        ("DELETE", own, None, 204, 3),
        ("GET", "/health/instance", None, 200, 1),
        ("GET", "/health/warning", None, 200, 0),
    ]
}

#[test]
fn round_trips_are_few() {
    let sqld = Sqld::start_new();
    let proxy = Proxy::before(&sqld.url());
    let host = edge(Host::options(), &proxy.url).start();
    let client = host.client();
    let token = client.initialize_token("ana");
    let client = client.bearer(&token);
    // The first use of a token is noted.
    assert_eq!(client.get("/api/v1/user/").status, 200);
    thread::sleep(Duration::from_millis(300));
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for (method, path, body, status, round_trips) in operations() {
        let text = body.map(|body| body.to_string()).unwrap_or_default();
        let content_type = (!text.is_empty()).then_some("application/json");
        let mut answered = 0;
        let mut count = proxy.count(|| {
            answered = client.send(method, path, content_type, text.as_bytes()).status;
        });
        if method != "GET" && status < 300 && count == round_trips + 1 {
            // It looked for what has had its time.
            count = round_trips;
        }
        expected.push(format!("{method} {path}: {status}, {round_trips}"));
        found.push(format!("{method} {path}: {answered}, {count}"));
    }
    assert_eq!(expected.join("\n"), found.join("\n"), "{}", host.log());
}

/// The answer and what is logged of a first request, where the database cannot be used.
fn first_request(
    database_url: &str,
    change: impl FnOnce(HostOptions) -> HostOptions,
) -> (u16, String) {
    let host = change(edge(Host::options(), database_url)).start();
    let status = host.client().get("/api/v1/organization/acme").status;
    (status, host.log())
}

#[test]
fn a_database_that_is_not_configured_is_named() {
    let public = first_request("http://db.example.com", |host| host);
    assert_eq!(public.0, 500);
    let message = "the setting `database_url` must be `https://` and the host of a libSQL server";
    assert!(public.1.contains(message), "{}", public.1);
}

/// A server that answers everything alike.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let _ = read_request(&client);
            let _ = client.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn a_server_that_does_not_take_the_token_is_500_and_is_logged() {
    let url = server(concat!(
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 46\r\nconnection: close\r\n\r\n",
        r#"{"error":"Unauthorized: `The JWT is invalid`"}"#,
    ));
    let (status, log) = first_request(&url, |host| host.variable("database_token", "hunter2"));
    assert_eq!(status, 500);
    let message = "the server does not accept `database_token`: Unauthorized: `The JWT is invalid`";
    assert!(log.contains(message) && !log.contains("hunter2"), "{log}");
}

#[test]
fn a_server_that_is_not_there_is_503() {
    let closed = ClosedPort::take();
    let (status, log) = first_request(&format!("http://{}", closed.address()), |host| host);
    assert_eq!(status, 503, "{log}");
    let url = server("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let (status, log) = first_request(&url, |host| host);
    assert_eq!(status, 503, "{log}");
}

/// A server that is frozen answers in time: nothing waits for it for longer than a round trip may take. What was answered stays.
#[test]
fn a_server_that_hangs_is_503_and_comes_back() {
    let mut sqld = Sqld::start_new();
    let host = edge(Host::options(), &sqld.url()).start();
    let client = host.client().initialize("ana");
    let create = |name: &str| client.post("/api/v1/organization/", &json!({ "name": name })).status;
    assert_eq!(create("before"), 201);
    sqld.freeze();
    let begin = Instant::now();
    assert_eq!(client.get("/api/v1/organization/before").status, 503);
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    sqld.thaw();
    assert_eq!(create("thawed"), 201);
    sqld.stop();
    assert_eq!(create("stopped"), 503);
    sqld.start();
    assert_eq!(create("after"), 201);
    for name in ["before", "thawed", "after"] {
        assert_eq!(client.get(&format!("/api/v1/organization/{name}")).status, 200, "{name}");
    }
}

/// Each request is a client of the database of its own. sqld 0.24 with its defaults stops with them after a second or two:
/// `docs/deployment.md` says why, and with which options it does not.
#[test]
fn many_writers_go_on() {
    let sqld = Sqld::start_for_many_clients();
    let host = edge(Host::options(), &sqld.url()).start();
    let client = host.client().initialize("ana");
    let end = Instant::now() + Duration::from_secs(5);
    thread::scope(|scope| {
        for writer in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for number in 0.. {
                    let begin = Instant::now();
                    let name = format!("org-{writer}-{number}");
                    let reply = client.post("/api/v1/organization/", &json!({ "name": name }));
                    assert_eq!(reply.status, 201, "{name}: {reply}");
                    let time = begin.elapsed();
                    assert!(time < Duration::from_secs(5), "{name} took {time:?}");
                    if Instant::now() > end {
                        break;
                    }
                }
            });
        }
    });
}

/// An answer that is lost on its way: what was done is there, what was not is not, and the answer is to try again. Nobody else
/// waits for ever for the transaction that was left open.
#[test]
fn a_lost_answer_is_503_and_leaves_nothing_half_done() {
    let sqld = Sqld::start_new();
    let proxy = Proxy::before(&sqld.url());
    let host = edge(Host::options(), &proxy.url).start();
    let client = host.client().initialize("ana");
    let create = |name: &str| client.post("/api/v1/organization/", &json!({ "name": name })).status;
    let is_there = |name: &str| client.get(&format!("/api/v1/organization/{name}")).status;

    proxy.lose_answer_to("COMMIT");
    assert_eq!(create("committed"), 503);
    assert!(host.log().contains("whether COMMIT was done is unknown"), "{}", host.log());
    assert_eq!((is_there("committed"), create("committed")), (200, 400));

    proxy.lose_answer_to("BEGIN IMMEDIATE");
    assert_eq!((create("begun"), is_there("begun")), (503, 404));
    assert_eq!((create("begun"), is_there("begun")), (201, 200));
}
