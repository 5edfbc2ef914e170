//! Exports of the log over TCP: a body of any length in little memory, at the speed of its client; links that leave; and the
//! removal of old entries beside a running host.
#![cfg(feature = "end-to-end")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use berth_tests::{Host, HostOptions};
use rusqlite::Connection;
use serde_json::{Value, json};

const EXPORT: &str = "/api/v1/organization/acme/logs/export";

/// How many entries the log has: about 150 MB as an export.
const ENTRIES: u32 = 200_000;

/// A host with an organization, and a token of its administrator.
fn host(options: HostOptions) -> (Host, String) {
    let host = options.start();
    let token = host.client().initialize_token("ana");
    let acme = json!({ "name": "acme", "email": "acme@example.com" });
    let made = host.client().bearer(&token).post("/api/v1/organization/", &acme);
    assert_eq!(made.status, 201, "{made}");
    (host, token)
}

/// The same with that log.
fn host_with_entries(options: HostOptions) -> (Host, String) {
    let (host, token) = host(options);
    enter(&host, ENTRIES, 60);
    (host, token)
}

/// Entries of so many seconds ago.
fn enter(host: &Host, number: u32, seconds_ago: u32) {
    let database = Connection::open(host.state().path().join("sqlite_db.db")).expect("a database");
    database.busy_timeout(Duration::from_secs(10)).expect("as said");
    let sql = "WITH RECURSIVE number (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM number WHERE n < ?1 - 1)
        INSERT INTO log_entry (kind, namespace_id, performer_id, metadata, created_at)
        SELECT 'org_create', (SELECT id FROM account WHERE name = 'acme'),
            (SELECT id FROM account WHERE name = 'ana'),
            json_object('n', n, 'text', hex(zeroblob(200))), (strftime('%s', 'now') - ?2) * 1000000
        FROM number";
    database.execute(sql, [number, seconds_ago]).expect("entries");
}

fn export(host: &Host, token: &str) -> impl BufRead + use<> {
    let url = format!("{}{EXPORT}?performer=ana", host.base());
    let reply = ureq::get(&url).header("authorization", format!("Bearer {token}")).call();
    let reply = reply.expect("an answer");
    assert_eq!(reply.headers()["content-type"], "application/x-ndjson");
    assert!(!reply.headers().contains_key("content-length"));
    BufReader::new(reply.into_body().into_reader())
}

/// The memory of the host, in MiB.
fn memory(host: &Host) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.pid())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its size");
    let kib: usize = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib / 1024
}

/// Reads to the end. Returns the last line, and the most memory that the host had meanwhile.
fn read_whole(lines: impl BufRead, host: &Host) -> (Value, usize) {
    let (mut expected, mut most, mut last) = (0, 0, Value::Null);
    for line in lines.lines() {
        let line: Value = serde_json::from_str(&line.expect("the body is whole")).expect("JSON");
        match line["metadata"]["n"].as_u64() {
            Some(n) => {
                assert_eq!(n, expected, "each once, in their order");
                expected += 1;
            }
            None => last = line,
        }
        if expected % 10_000 == 0 {
            most = most.max(memory(host));
        }
    }
    assert_eq!(expected, u64::from(ENTRIES));
    (last, most)
}

#[test]
fn a_long_log_is_streamed_in_little_memory() {
    let (host, token) = host_with_entries(Host::options());
    let client = host.client().bearer(&token);
    assert_eq!(client.get("/api/v1/organization/acme/logs").status, 200);
    let before = memory(&host);
    let mut lines = export(&host, &token);
    let mut first = vec![0; 100_000];
    lines.read_exact(&mut first).expect("the beginning");
    // It waits for its client, and nobody waits for it.
    std::thread::sleep(Duration::from_secs(1));
    let started = Instant::now();
    let changed = client.put("/api/v1/organization/acme", &json!({ "tag_expiration_s": 86_400 }));
    assert_eq!(changed.status, 200, "{changed}");
    assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
    let (last, most) = read_whole(std::io::Cursor::new(first).chain(lines), &host);
    assert_eq!(last["complete"], true);
    assert!(most < before + 48, "{before} MiB before, {most} MiB meanwhile");
}

#[test]
fn a_client_that_reads_may_take_longer_than_a_request() {
    let (host, token) = host_with_entries(Host::options().flag("--deadline-ms").flag("2000"));
    let mut lines = export(&host, &token);
    let mut read = Vec::new();
    for _ in 0..8 {
        let mut part = vec![0; 2_000_000];
        lines.read_exact(&mut part).expect("it goes on");
        read.extend(part);
        std::thread::sleep(Duration::from_millis(500));
    }
    let (last, _) = read_whole(std::io::Cursor::new(read).chain(lines), &host);
    assert_eq!(last["complete"], true);
}

#[test]
fn a_client_that_stops_reading_ends_its_export() {
    let options = Host::options().flag("--deadline-ms").flag("1000").flag("--slow-ms").flag("500");
    let (host, token) = host_with_entries(options);
    let stalled: Vec<_> = (0..4).map(|_| export(&host, &token)).collect();
    let url = format!("{}{EXPORT}", host.base());
    let fifth = ureq::get(&url).header("authorization", format!("Bearer {token}")).call();
    assert!(matches!(fifth, Err(ureq::Error::StatusCode(503))), "{fifth:?}");
    std::thread::sleep(Duration::from_secs(3));
    for mut lines in stalled {
        let mut rest = Vec::new();
        let end = lines.read_to_end(&mut rest);
        let last = rest.split(|byte| *byte == b'\n').rev().nth(1).unwrap_or_default();
        let last: Value = serde_json::from_slice(last).unwrap_or_default();
        assert!(end.is_err() && last["complete"] != true, "{end:?} {last}");
    }
    // What they held is free again.
    let (last, _) = read_whole(export(&host, &token), &host);
    assert_eq!(last["complete"], true);
}

/// A server that takes one request, and answers when it is told to. Gives its address, and what it got.
fn receiver(answer: Receiver<()>) -> (String, JoinHandle<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    let receive = move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut lines = BufReader::new(stream.try_clone().expect("the same stream"));
        let (mut first, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).expect("a line");
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().expect("a number");
            }
            match line.as_str() {
                "" => break,
                line if first.is_empty() => first = line.to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body).expect("the body");
        let _ = answer.recv();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        (first, serde_json::from_slice(&body).expect("JSON"))
    };
    (format!("http://{address}/hook?x=1"), std::thread::spawn(receive))
}

#[test]
fn an_address_is_told_of_an_export_and_nobody_waits_for_it() {
    let (host, token) = host(Host::options().variable("ssrf_allowed_hosts", "127.0.0.1"));
    enter(&host, 3, 60);
    let (answer, answered) = channel();
    let (url, received) = receiver(answered);
    let client = host.client().bearer(&token);
    let started = Instant::now();
    let asked =
        client.post("/api/v1/organization/acme/exportlogs", &json!({ "callback_url": url }));
    assert_eq!(asked.status, 200, "{asked}");
    // The answer is there although the server that is told has not answered, and others may write.
    let changed = client.put("/api/v1/organization/acme", &json!({ "tag_expiration_s": 86_400 }));
    assert_eq!(changed.status, 200, "{changed}");
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    answer.send(()).expect("it waits");
    let (first, notice) = received.join().expect("it was told");
    assert_eq!(first, "post /hook?x=1 http/1.1");
    assert_eq!(notice["export_id"], asked.json()["export_id"]);
    let link = notice["exported_data_url"].as_str().expect("a link");
    let path = link.strip_prefix("http://localhost:3000").expect("this registry");
    let opened = host.client().get(path);
    assert_eq!(opened.status, 200, "{opened}");
    let lines = opened.body.lines().count();
    assert_eq!(lines, 7, "three, org_create, the export, and two that say how far it is: {opened}");
    assert!(!host.log().contains("code="), "{}", host.log());
}

#[test]
fn private_addresses_are_told_of_nothing() {
    let (host, token) = host(Host::options());
    let client = host.client().bearer(&token);
    for url in ["http://127.0.0.1:9/", "http://localhost:9/", "http://10.0.0.1/", "http://[::1]:9/"]
    {
        let body = json!({ "callback_url": url });
        let refused = client.post("/api/v1/user/exportlogs", &body);
        assert_eq!(refused.status, 400, "{url}: {refused}");
    }
}

#[test]
fn old_entries_are_removed_beside_a_running_host() {
    let (host, token) = host(Host::options());
    enter(&host, 20_000, 2 * 86_400);
    enter(&host, 10, 60);
    let client = host.client().bearer(&token);
    let berth = || {
        let mut command = Command::new(berth_tests::target_directory().join("debug/berth"));
        command.current_dir(berth_tests::repository_root());
        command.args(["maintenance", "--variable", "log_retention=1d", "--state-dir"]);
        command.arg(host.state().path()).stdout(Stdio::piped());
        command.spawn().expect("it starts")
    };
    let mut running = berth();
    let mut slowest = Duration::ZERO;
    while running.try_wait().expect("it runs").is_none() {
        let started = Instant::now();
        let changed =
            client.put("/api/v1/organization/acme", &json!({ "tag_expiration_s": 86_400 }));
        assert_eq!(changed.status, 200, "{changed}");
        slowest = slowest.max(started.elapsed());
    }
    let output = running.wait_with_output().expect("it ended");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    let removed = printed.trim().strip_prefix("Removed ").and_then(|text| text.split(' ').next());
    assert_eq!(removed.and_then(|number| number.parse().ok()), Some(20_000), "{printed}");
    assert!(slowest < Duration::from_secs(2), "a change took {slowest:?}");
    let again = berth().wait_with_output().expect("it ended");
    assert_eq!(String::from_utf8_lossy(&again.stdout), "Nothing to remove\n");
}
