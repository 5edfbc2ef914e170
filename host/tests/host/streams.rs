//! Components that stream: bodies of any length pass, in little memory, for as long as bytes come, and others go on beside them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::{Connection, Host, changed_manifest, eventually, fresh_state, head};

const MEBIBYTE: usize = 1 << 20;

/// Another server: a path says how it answers.
struct Server {
    address: SocketAddr,
    /// Bytes of the latest answer that were sent so far.
    sent: Arc<AtomicU64>,
    /// Bodies that came whole, by their lengths.
    taken: Arc<Mutex<Vec<u64>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sent, taken) = (Arc::<AtomicU64>::default(), Arc::<Mutex<Vec<u64>>>::default());
        let (count, bodies) = (sent.clone(), taken.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (count, bodies) = (count.clone(), bodies.clone());
                std::thread::spawn(move || {
                    let _ = serve(stream.unwrap(), &count, &bodies);
                });
            }
        });
        Self { address, sent, taken }
    }

    /// Headers for the fixture `relay`: it gets what `path` answers here.
    fn source(&self, path: &str) -> String {
        format!("x-from: http://{}{path}\r\n", self.address)
    }

    /// It also sends that here.
    fn copy(&self, path: &str) -> String {
        format!("x-to: http://{}{path}\r\n", self.address)
    }
}

/// `/N` sends so many bytes, `/N/stall` only half of them, `/N/break` closes then, `/N/drip` sends them in ten parts with pauses, `/take` takes
/// a body in chunks, `/ignore` reads none.
fn serve(stream: TcpStream, sent: &AtomicU64, taken: &Mutex<Vec<u64>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? <= 2 {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let path = lines[0].split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
    let (size, then) = path.split_once('/').unwrap_or((&path, ""));
    match size {
        "take" => {
            let length = read_chunks(&mut stream)?;
            taken.lock().unwrap().push(length);
            return stream
                .get_mut()
                .write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
        }
        "ignore" => std::thread::sleep(Duration::from_secs(600)),
        _ => {}
    }
    let size: u64 = size.parse().unwrap();
    let client = stream.get_mut();
    client.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n").as_bytes())?;
    let parts = if then == "drip" { 10 } else { 2 };
    sent.store(0, Ordering::Relaxed);
    for _ in 0..parts {
        send(client, size / parts, sent)?;
        match then {
            "stall" => std::thread::sleep(Duration::from_secs(600)),
            "break" => return Ok(()),
            "drip" => std::thread::sleep(Duration::from_millis(300)),
            _ => {}
        }
    }
    Ok(())
}

fn send(client: &mut TcpStream, size: u64, sent: &AtomicU64) -> std::io::Result<()> {
    let piece = vec![b'x'; 64 * 1024];
    let mut left = size;
    while left > 0 {
        let now = left.min(piece.len() as u64);
        client.write_all(&piece[..usize::try_from(now).unwrap()])?;
        sent.fetch_add(now, Ordering::Relaxed);
        left -= now;
    }
    Ok(())
}

/// The length of a body in chunks. An error if it ends before its last one.
fn read_chunks(stream: &mut BufReader<TcpStream>) -> std::io::Result<u64> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
        let skipped = std::io::copy(&mut stream.by_ref().take(size + 2), &mut std::io::sink())?;
        if skipped < size + 2 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if size == 0 {
            return Ok(length);
        }
        length += size;
    }
}

/// Begins a GET with headers.
fn begin(host: &Host, path: &str, headers: &str) -> Connection {
    let mut connection = host.connect();
    connection.begin("GET", path, headers, b"");
    connection
}

/// Reads a body until it ends or breaks off; how long it was.
fn drain(connection: &mut Connection) -> usize {
    std::iter::from_fn(|| Some(connection.read_some(MEBIBYTE)).filter(|size| *size > 0)).sum()
}

/// The most memory that the host had, in KiB.
fn peak_memory(host: &Host) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn the_answer_to_head_has_a_length_and_no_body_whether_its_component_streams_or_not() {
    let streaming = "streaming_components = [\"relay\"]";
    for replaced in [streaming, "streaming_components = []"] {
        let (_directory, manifest) = changed_manifest(&[(streaming, replaced)]);
        let host =
            Host::try_start(&manifest, fresh_state(), &[]).unwrap_or_else(|log| panic!("{log}"));
        let mut connection = host.connect();
        for path in ["/relay/bytes/5000000000", "/relay/bytes/0"] {
            connection.begin("HEAD", path, "", b"");
            let answer = connection.receive_head().unwrap();
            let length = path.rsplit('/').next();
            assert_eq!((answer.status, answer.header("content-length")), (200, length));
        }
        assert_eq!(connection.request("GET", "/relay/bytes/7", b"").text(), "xxxxxxx");
        assert!(!host.log().contains("failed"), "{}", host.log());
    }
}

#[test]
fn an_answer_of_any_length_passes_with_its_length_or_without() {
    let host = Host::start(&["--deadline-ms", "1"]);
    for (path, length) in
        [("/relay/bytes/40000000", Some("40000000")), ("/relay/chunked/40000000", None)]
    {
        let answer = host.get(path);
        assert_eq!((answer.status, answer.body.len()), (200, 40_000_000), "{path}");
        assert_eq!(answer.header("content-length"), length);
    }
    // What was written before the head is handed over leaves with it.
    assert_eq!(host.get("/relay/bytes/1").text(), "x");
}

#[test]
fn an_answer_that_breaks_off_breaks_its_connection() {
    let host = Host::start(&[]);
    for path in ["/relay/short/1000000", "/relay/trap/1000000"] {
        let mut connection = begin(&host, path, "");
        assert!(connection.try_receive().is_none(), "{path} came whole");
    }
    host.logged("component \"relay\" failed after it began to answer: wasm trap");
    let server = Server::start();
    let mut broken = begin(&host, "/relay/get", &server.source("/1000000/break"));
    assert_eq!(broken.receive_head().unwrap().status, 200);
    assert!(drain(&mut broken) <= 500_000);
    assert!(broken.is_closed());
}

#[test]
fn a_request_body_of_any_length_passes() {
    let host = Host::start(&["--deadline-ms", "1"]);
    let body = vec![b'x'; 50 * MEBIBYTE];
    assert_eq!(host.post("/relay/count", &body).text(), body.len().to_string());
    let mut chunked = host.connect();
    chunked.send(head("POST", "/relay/count", "transfer-encoding: chunked\r\n"));
    for _ in 0..3 {
        chunked.send("3\r\nabc\r\n");
        std::thread::sleep(Duration::from_millis(50));
    }
    chunked.send("0\r\n\r\n");
    assert_eq!(chunked.receive().text(), "9");
    // One that nobody reads hides neither the answer nor the next request.
    let mut connection = host.connect();
    assert_eq!(connection.request("POST", "/relay/bytes/3", &body).text(), "xxx");
    assert_eq!(connection.request("GET", "/relay/bytes/1", b"").text(), "x");
}

#[test]
fn a_request_body_that_breaks_off_is_no_whole_one() {
    let host = Host::start(&[]);
    let mut connection = host.connect();
    connection.send(head("POST", "/relay/count", "content-length: 1000\r\n") + "x");
    connection.finish_sending();
    host.logged("[relay] broke off: the request broke off");
    drop(connection);
}

#[test]
fn a_request_ends_when_no_byte_passes() {
    let host = Host::start(&["--progress-ms", "1000"]);
    let server = Server::start();
    let started = Instant::now();
    let mut stalled = begin(&host, "/relay/get", &server.source("/1000000/stall"));
    assert_eq!(stalled.receive_head().unwrap().status, 200);
    assert_eq!(drain(&mut stalled), 500_000);
    host.get("/relay/silent").assert_refused(504, "The request took too long");
    let mut unsent = host.connect();
    unsent.send(head("POST", "/relay/count", "content-length: 1000\r\n") + "x");
    unsent.receive().assert_refused(504, "The request took too long");
    let seconds = started.elapsed().as_secs();
    assert!((3..25).contains(&seconds), "{seconds}");
    // Each has room for the next again.
    assert_eq!(host.get("/relay/bytes/1").text(), "x");
}

#[test]
fn a_request_goes_on_for_as_long_as_bytes_pass() {
    let host = Host::start(&["--deadline-ms", "500", "--progress-ms", "1500"]);
    let server = Server::start();
    let started = Instant::now();
    let mut dripping = begin(&host, "/relay/get", &server.source("/1000000/drip"));
    assert_eq!(dripping.receive().body.len(), 1_000_000);
    assert!(started.elapsed() > Duration::from_secs(2));
}

#[test]
fn a_client_may_pause_for_as_long_as_there_may_be_no_byte() {
    let host = Host::start(&["--slow-ms", "300", "--progress-ms", "10000"]);
    let mut connection = host.begin_from(2, "/relay/bytes/20000000");
    connection.read_some(1000);
    std::thread::sleep(Duration::from_secs(2));
    assert!(drain(&mut connection) > 19_000_000, "it was cut off");
}

#[test]
fn what_comes_first_is_passed_on_first_and_no_faster_than_it_is_read() {
    let host = Host::start(&[]);
    let server = Server::start();
    let mut connection = host.connect_from(2);
    connection.begin("GET", "/relay/get", &server.source("/500000000"), b"");
    assert_eq!(connection.receive_head().unwrap().status, 200);
    connection.read_some(1000);
    std::thread::sleep(Duration::from_secs(1));
    let sent = server.sent.load(Ordering::Relaxed);
    assert!(sent < 50_000_000, "{sent} bytes are on their way");
    assert!(drain(&mut connection) > 499_000_000);
}

#[test]
fn a_gibibyte_passes_in_both_directions_at_once_in_little_memory() {
    let host = Host::start(&[]);
    let server = Server::start();
    let headers = server.source("/1073741824") + &server.copy("/take");
    let mut connection = begin(&host, "/relay/tee", &headers);
    let before = peak_memory(&host);
    assert_eq!(connection.receive_head().unwrap().header("content-length"), Some("1073741824"));
    let mut length = 0;
    while length < 1 << 30 {
        length += connection.read_some(MEBIBYTE);
    }
    host.logged("[relay] copied: 202");
    assert_eq!(*server.taken.lock().unwrap(), [1 << 30]);
    let peak = peak_memory(&host);
    assert!(peak < 96 * 1024 && peak - before < 16 * 1024, "{peak} KiB, {before} before");
}

#[test]
fn a_copy_that_takes_nothing_does_not_stop_the_download() {
    let host = Host::start(&[]);
    let server = Server::start();
    let headers = server.source("/30000000") + &server.copy("/ignore") + "x-pause: 500\r\n";
    let mut connection = begin(&host, "/relay/tee", &headers);
    assert_eq!(connection.receive().body.len(), 30_000_000);
    host.logged("[relay] the copy broke off: TimedOut");
}

#[test]
fn a_copy_whose_source_breaks_off_is_no_whole_one() {
    let host = Host::start(&[]);
    let server = Server::start();
    let headers = server.source("/1000000/break") + &server.copy("/take");
    let mut connection = begin(&host, "/relay/tee", &headers);
    assert!(connection.try_receive().is_none());
    std::thread::sleep(Duration::from_millis(300));
    assert!(server.taken.lock().unwrap().is_empty());
}

#[test]
fn streams_have_a_pool_of_which_each_client_has_a_part_and_more_are_503() {
    // A quarter of the files is for 26 streams.
    let host = Host::start_limited("ulimit -n 424", &["--concurrent-requests", "16"]);
    let slow = |client| {
        let mut connection = host.begin_from(client, "/relay/bytes/100000000");
        (connection.receive_head().unwrap().status, connection)
    };
    let mut streams: Vec<_> = (0..18).map(|_| slow(2)).collect();
    assert!(streams.iter().all(|(status, _)| *status == 200));
    let refused = host.begin_from(2, "/relay/bytes/1").receive();
    refused.assert_refused(503, "Too many streams at a time");
    assert_eq!(refused.header("retry-after"), Some("1"));
    streams.extend((0..4).map(|_| slow(3)));
    assert!(streams.iter().all(|(status, _)| *status == 200));
    assert_eq!(host.get("/relay/bytes/1").text(), "x");
    assert_eq!(host.get("/constant").status, 200);
    drop(streams);
    eventually("the pool is free again", || {
        (host.begin_from(2, "/relay/bytes/1").receive().status == 200).then_some(())
    });
}

/// How many requests to another component are answered in a second.
fn rate(host: &Host) -> usize {
    let mut connection = host.connect();
    let end = Instant::now() + Duration::from_secs(1);
    let mut count = 0;
    while Instant::now() < end {
        assert_eq!(connection.request("GET", "/constant", b"").status, 200);
        count += 1;
    }
    count
}

#[test]
fn a_hundred_slow_downloads_leave_others_half_of_their_rate() {
    let host = Host::start(&[]);
    rate(&host);
    let alone = rate(&host);
    let mut downloads: Vec<_> =
        (0..100).map(|_| host.begin_from(2, "/relay/bytes/1000000000")).collect();
    for download in &mut downloads {
        assert_eq!(download.receive_head().unwrap().status, 200);
    }
    let reading = std::thread::spawn(move || {
        let (mut rounds, end) = (0, Instant::now() + Duration::from_secs(4));
        while Instant::now() < end {
            for download in &mut downloads {
                assert!(download.read_some(16 * 1024) > 0, "a download ended");
            }
            rounds += 1;
            std::thread::sleep(Duration::from_millis(50));
        }
        rounds
    });
    let beside = (0..3).map(|_| rate(&host)).max().unwrap();
    let rounds = reading.join().unwrap();
    assert!(rounds > 5, "{rounds}");
    assert!(beside * 2 >= alone, "{beside} instead of {alone}");
}

#[test]
fn a_component_that_streams_must_be_there() {
    let replaced = ("streaming_components = [\"relay\"]", "streaming_components = [\"delay\"]");
    let (_directory, manifest) = changed_manifest(&[replaced]);
    let log = Host::try_start(&manifest, fresh_state(), &[]).err().unwrap();
    let said = "streaming_components names \"delay\", but there is no [component.delay]";
    assert!(log.contains(said), "{log}");
}
