//! Exports of the log over TCP: a body of any length in little memory, at the speed of its client.
#![cfg(feature = "end-to-end")]

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use berth_tests::{Host, HostOptions};
use rusqlite::Connection;
use serde_json::{Value, json};

const EXPORT: &str = "/api/v1/organization/acme/logs/export";

/// How many entries the log has: about 150 MB as an export.
const ENTRIES: u32 = 200_000;

/// A host with that log, and a token of its administrator.
fn host(options: HostOptions) -> (Host, String) {
    let host = options.start();
    let token = host.client().initialize_token("ana");
    let acme = json!({ "name": "acme", "email": "acme@example.com" });
    let made = host.client().bearer(&token).post("/api/v1/organization/", &acme);
    assert_eq!(made.status, 201, "{made}");
    let database = Connection::open(host.state().path().join("sqlite_db.db")).expect("a database");
    database.busy_timeout(Duration::from_secs(10)).expect("as said");
    let sql = "WITH RECURSIVE number (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM number WHERE n < ?1 - 1)
        INSERT INTO log_entry (kind, namespace_id, performer_id, metadata, created_at)
        SELECT 'org_create', (SELECT id FROM account WHERE name = 'acme'),
            (SELECT id FROM account WHERE name = 'ana'),
            json_object('n', n, 'text', hex(zeroblob(200))), strftime('%s', 'now') * 1000000 - 60000000
        FROM number";
    database.execute(sql, [ENTRIES]).expect("entries");
    (host, token)
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
    let (host, token) = host(Host::options());
    let client = host.client().bearer(&token);
    assert_eq!(client.get("/api/v1/organization/acme/logs").status, 200);
    let before = memory(&host);
    let mut lines = export(&host, &token);
    let mut first = vec![0; 100_000];
    lines.read_exact(&mut first).expect("the beginning");
    // It waits for its client, and nobody waits for it.
    std::thread::sleep(Duration::from_secs(1));
    let started = std::time::Instant::now();
    let changed = client.put("/api/v1/organization/acme", &json!({ "tag_expiration_s": 86_400 }));
    assert_eq!(changed.status, 200, "{changed}");
    assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
    let (last, most) = read_whole(std::io::Cursor::new(first).chain(lines), &host);
    assert_eq!(last["complete"], true);
    assert!(most < before + 32, "{before} MiB before, {most} MiB meanwhile");
}

#[test]
fn a_client_that_reads_may_take_longer_than_a_request() {
    let (host, token) = host(Host::options().flag("--deadline-ms").flag("2000"));
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
    let (host, token) = host(options);
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
