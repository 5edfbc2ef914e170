//! Every limit: a request beyond it is refused by name, and the host continues.

use std::time::{Duration, Instant};

use crate::harness::{Connection, Host, head};

const MEBIBYTE: usize = 1 << 20;

/// The largest body that is taken by default.
const LARGEST_BODY: usize = MEBIBYTE + 64 * 1024;

#[test]
fn a_body_as_large_as_the_limit_passes_and_one_byte_more_is_413() {
    for (flags, limit) in
        [(&[][..], LARGEST_BODY), (&["--max-body-bytes", "10485760"], 10 * MEBIBYTE)]
    {
        let host = Host::start(flags);
        let body: Vec<u8> = (0..limit).map(|i| (i % 251) as u8).collect();
        let mut connection = host.connect();
        let echoed = connection.request("POST", "/misbehave/echo", &body);
        assert_eq!(echoed.status, 200);
        assert!(echoed.body == body, "the echo differs");
        let large = [body, vec![0]].concat();
        connection
            .request("POST", "/misbehave/echo", &large)
            .assert_refused(413, "The request body is too large");
        assert_eq!(host.get("/constant").status, 200);
    }
}

#[test]
fn a_chunked_body_that_grows_too_large_is_413() {
    let host = Host::start(&[]);
    let mut connection = host.connect();
    connection.send(head("POST", "/misbehave/echo", "transfer-encoding: chunked\r\n"));
    let chunk =
        [format!("{MEBIBYTE:x}\r\n").into_bytes(), vec![b'x'; MEBIBYTE], b"\r\n".to_vec()].concat();
    for _ in 0..2 {
        connection.send(&chunk);
    }
    connection.send("0\r\n\r\n");
    connection.receive().assert_refused(413, "The request body is too large");
    assert_eq!(host.get("/constant").status, 200);
}

#[test]
fn a_body_that_nobody_reads_does_no_harm() {
    let host = Host::start(&[]);
    let response = host.post("/misbehave/ignore", vec![b'x'; MEBIBYTE]);
    assert_eq!(response.text(), "ignored");
}

#[test]
fn headers_that_are_too_many_or_too_large_are_431() {
    let host = Host::start(&[]);
    let many: String = (0..200).map(|i| format!("x-{i}: y\r\n")).collect();
    let large = format!("x-large: {}\r\n", "y".repeat(200_000));
    for headers in [many, large] {
        let mut connection = host.connect();
        connection.send(head("GET", "/constant", &headers));
        assert_eq!(connection.receive().status, 431);
    }
    assert_eq!(host.get("/constant").status, 200);
}

#[test]
fn what_is_no_http_or_has_no_host_is_400() {
    let host = Host::start(&[]);
    for request in [
        "\u{1}\u{2}\u{3}\r\n\r\n",
        "GET /constant HTTP/1.1\r\n\r\n",
        "GET /constant HTTP/1.1\r\nhost: a b\r\n\r\n",
        "GET /constant HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n",
        "GET /constant HTTP/1.1\r\nhost: localhost\r\nHost: other.example\r\n\r\n",
        "GET http://localhost/constant HTTP/1.1\r\nhost: localhost\r\nhost: other.example\r\n\r\n",
        "GET http://localhost/constant HTTP/1.1\r\n\r\n",
        "GET /constant HTTP/1.1\r\nhost:\r\n\r\n",
        "GET /constant HTTP/1.1\r\nhost: user@localhost\r\n\r\n",
        "GET /constant HTTP/1.1\r\nhost: localhost:x\r\n\r\n",
        "GET http://user@localhost/constant HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ] {
        let mut connection = host.connect();
        connection.send(request);
        assert_eq!(connection.receive().status, 400, "{request:?}");
    }
}

#[test]
fn a_client_that_does_not_finish_its_headers_is_cut_off() {
    let host = Host::start(&["--header-ms", "300"]);
    let mut connection = host.connect();
    connection.send("GET /constant HTTP/1.1\r\nhost: local");
    let started = Instant::now();
    assert!(connection.is_closed());
    assert!(started.elapsed() < Duration::from_secs(10), "as without the flag");
}

#[test]
fn an_endless_loop_is_504() {
    let host = Host::start(&["--deadline-ms", "500"]);
    let loops: Vec<_> = (0..4).map(|_| host.begin("GET", "/misbehave/loop", "")).collect();
    for mut connection in loops {
        connection.receive().assert_refused(504, "The request took too long");
    }
    assert_eq!(host.get("/constant").status, 200);
}

#[test]
fn endless_loops_keep_nobody_from_being_served() {
    let host = Host::start(&[]);
    // More than there are threads.
    let mut loops: Vec<_> = (0..4).map(|_| host.begin("GET", "/misbehave/loop", "")).collect();
    host.begun(4);
    assert_eq!(host.get("/constant").status, 200);
    assert!(!loops.iter_mut().any(Connection::is_answered));
}

#[test]
fn a_component_that_waits_too_long_is_504() {
    let host = Host::start(&["--deadline-ms", "300"]);
    let started = Instant::now();
    host.get("/misbehave/wait/60000").assert_refused(504, "The request took too long");
    assert!(started.elapsed() < Duration::from_secs(30), "as without the flag");
}

#[test]
fn a_body_that_does_not_come_is_408() {
    for flag in ["--body-pause-ms", "--deadline-ms"] {
        let host = Host::start(&[flag, "300"]);
        let mut connection = host.connect();
        connection.send(head("POST", "/misbehave/echo", "content-length: 10\r\n"));
        connection.send("begun");
        connection.receive().assert_refused(408, "The request body did not come in time");
    }
}

#[test]
fn bodies_that_are_half_sent_keep_nobody_from_being_served() {
    let host = Host::start(&["--concurrent-requests", "2"]);
    let mut half_sent: Vec<_> = (0..8).map(|_| host.connect()).collect();
    for connection in &mut half_sent {
        connection.send(head("POST", "/misbehave/echo", "content-length: 10\r\n"));
        connection.send("first");
    }
    assert_eq!(host.get("/constant").status, 200);
    for mut connection in half_sent {
        connection.send(" half");
        assert_eq!(connection.receive().text(), "first half");
    }
}

#[test]
fn more_bodies_than_there_is_room_for_are_503() {
    let host = Host::start(&["--body-quota", "4000000"]);
    let body = vec![b'x'; 900_000];
    let mut first = host.connect();
    first.send(head("POST", "/misbehave/ignore", "content-length: 900001\r\n"));
    first.send(&body);
    std::thread::sleep(Duration::from_millis(200));
    let refused = host.post("/misbehave/ignore", &body);
    refused.assert_refused(503, "Too many large requests at a time");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(host.post("/misbehave/ignore", vec![b'x'; 64 * 1024]).status, 200);
    let other = host.connect_from(2).request("POST", "/misbehave/ignore", &body);
    assert_eq!(other.status, 200, "another client has its own share");
    first.send("x");
    assert_eq!(first.receive().status, 200);
    assert_eq!(host.post("/misbehave/ignore", &body).status, 200, "the quota is free again");
}

#[test]
fn a_body_that_is_broken_or_cut_short_is_400() {
    let host = Host::start(&[]);
    for (headers, body) in [
        ("transfer-encoding: chunked\r\n", "5\r\nwhole\r\nnonsense\r\n"),
        ("transfer-encoding: chunked\r\n", "5\r\nwhole\r\n"),
        ("content-length: 10\r\n", "short"),
    ] {
        let mut connection = host.connect();
        connection.send(head("POST", "/misbehave/echo", headers) + body);
        connection.finish_sending();
        connection.receive().assert_refused(400, "The request body is broken");
    }
}

#[test]
fn a_client_that_sends_no_more_gets_its_answer() {
    let host = Host::start(&[]);
    let mut connection = host.connect();
    connection.send(head("GET", "/misbehave/wait/300", ""));
    connection.finish_sending();
    assert_eq!(connection.receive().text(), "waited");
    assert!(connection.is_closed());
}

#[test]
fn the_limit_of_open_files_is_raised() {
    let host = Host::start_limited("ulimit -Sn 100", &[]);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", host.pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let columns: Vec<_> = line.split_whitespace().collect();
    assert_eq!(columns[3], columns[4], "{line}");
}

#[test]
fn connections_leave_files_for_databases() {
    let host = Host::start_limited("ulimit -n 424", &["--concurrent-requests", "16"]);
    host.logged("only 96 connections at a time");
    let mut first = host.connect();
    assert_eq!(first.request("GET", "/constant", b"").status, 200);
    let others: Vec<_> = (0..150).map(|_| host.connect()).collect();
    std::thread::sleep(Duration::from_millis(200));
    let shown = first.request("POST", "/misbehave/sql", b"open\nopen\nSELECT 1");
    assert_eq!(shown.text(), "[\"1\"] 1");
    drop(others);
    assert_eq!(host.get("/constant").status, 200);
    assert!(!host.log().contains("cannot accept"));
}

#[test]
fn an_instance_gets_128_mebibytes_and_no_more() {
    let host = Host::start(&[]);
    assert_eq!(host.get("/misbehave/memory/100").status, 200);
    host.get("/misbehave/memory/130").assert_refused(500, "Internal Server Error");
    let line = host.logged("more than 134217728 bytes of memory");
    assert!(line.contains("component \"misbehave\" asked") && line.contains("(request "), "{line}");
    assert_eq!(host.get("/constant").status, 200);
}

#[test]
fn a_trap_is_500_is_logged_and_leaves_the_host_alone() {
    let host = Host::start(&[]);
    let mut connection = host.connect();
    for _ in 0..3 {
        connection
            .request("GET", "/misbehave/trap", b"")
            .assert_refused(500, "Internal Server Error");
        assert_eq!(connection.request("GET", "/constant", b"").status, 200);
    }
    host.logged("as asked");
    host.logged("component \"misbehave\" failed: wasm trap: wasm `unreachable` instruction executed (request ");
}

#[test]
fn more_requests_than_may_run_wait_and_then_are_503() {
    let host = Host::start(&["--concurrent-requests", "1", "--queue-ms", "300"]);
    let mut short = host.begin("GET", "/misbehave/burn/1/100", "");
    host.begun(1);
    assert_eq!(host.get("/constant").status, 200, "it had only to wait");
    let mut long = host.begin("GET", "/misbehave/burn/1/1000", "");
    host.begun(2);
    let refused = host.get("/constant");
    refused.assert_refused(503, "Too many requests at a time");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!((short.receive().status, long.receive().status), (200, 200));
}

#[test]
fn an_answer_in_many_pieces_arrives_whole() {
    let host = Host::start(&[]);
    // Fits into the host's buffer, and does not.
    for pieces in [3, 400] {
        assert_eq!(host.get(&format!("/stream/{pieces}")).body.len(), pieces * 64 * 1024);
    }
}

#[test]
fn an_answer_that_breaks_off_is_none() {
    let host = Host::start(&["--deadline-ms", "1000"]);
    for pieces in [1, 400] {
        host.get(&format!("/stream/{pieces}/trap")).assert_refused(500, "Internal Server Error");
    }
    host.get("/stream/400/wait").assert_refused(504, "The request took too long");
    host.logged("component \"stream\" failed: wasm trap");
}

#[test]
fn an_answer_has_32_mebibytes_at_most() {
    let host = Host::start(&[]);
    assert_eq!(host.get("/stream/512").body.len(), 32 * MEBIBYTE);
    host.get("/stream/513").assert_refused(500, "Internal Server Error");
    host.logged("component \"stream\" failed: its answer is larger than 33554432 bytes");
    assert_eq!(host.get("/constant").status, 200);
}

#[test]
fn a_request_whose_client_has_gone_is_carried_out() {
    let host = Host::start(&[]);
    host.sql("CREATE TABLE t (a)");
    let script = "BEGIN IMMEDIATE\nINSERT INTO t VALUES (1)\nwait 300\nCOMMIT";
    let connection = host.begin("POST", "/misbehave/sql", script);
    host.begun(1);
    drop(connection);
    host.logged("POST /misbehave/sql ");
    assert_eq!(host.sql("INSERT INTO t VALUES (2)\nSELECT a FROM t"), "[\"a\"] 1;2");
}
