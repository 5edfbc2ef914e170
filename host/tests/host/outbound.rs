//! What a component may reach, and how that is enforced.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::harness::{Host, changed_manifest, fresh_state};

/// A server that answers every request with the head it got.
fn mirror() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let size = stream.read(&mut buffer).unwrap();
            let answer =
                format!("HTTP/1.1 202 OK\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n");
            stream.write_all(&[answer.as_bytes(), &buffer[..size]].concat()).unwrap();
        }
    });
    port
}

#[test]
fn an_allowed_host_is_reached() {
    let (host, port) = (Host::start(&[]), mirror());
    let answer = host.post("/misbehave/call", format!("http://127.0.0.1:{port}/path?q=1")).text();
    assert!(answer.starts_with("202 GET /path?q=1 HTTP/1.1\r\nhost: 127.0.0.1:"), "{answer}");
}

#[test]
fn a_host_that_is_not_declared_is_denied_and_the_log_says_what_to_declare() {
    let host = Host::start(&[]);
    for url in [
        "http://localhost:1/",
        "https://127.0.0.1/",
        "http://allowed.test/",
        "http://169.254.169.254/",
    ] {
        assert_eq!(
            host.post("/misbehave/call", url).text(),
            "error: Http(ErrorCode::HttpRequestDenied)",
            "{url}"
        );
    }
    host.logged(
        "component \"misbehave\" may not call https://127.0.0.1:443: add \"https://127.0.0.1:443\"",
    );
}

#[test]
fn a_pinned_name_is_where_the_flag_says_in_look_ups_and_calls() {
    let port = mirror();
    let pin = format!("allowed.test=127.0.0.1:{port}");
    let host = Host::start(&["--resolve", &pin, "--resolve", "other.test=::1"]);
    let answer = host.post("/misbehave/call", "http://allowed.test:8080/").text();
    assert!(answer.contains("host: allowed.test:8080"), "{answer}");
    assert_eq!(
        host.get("/misbehave/look-up/allowed.test").text(),
        "[IpAddress::Ipv4((127, 0, 0, 1))]"
    );
    assert_eq!(
        host.get("/misbehave/look-up/OTHER.test").text(),
        "[IpAddress::Ipv6((0, 0, 0, 0, 0, 0, 0, 1))]"
    );
    assert_eq!(
        host.get("/misbehave/look-up/127.0.0.2").text(),
        "[IpAddress::Ipv4((127, 0, 0, 2))]"
    );
    assert!(
        host.get("/misbehave/look-up/no.such.name.invalid").text().contains("name-unresolvable")
    );
}

#[test]
fn without_outbound_hosts_there_are_no_look_ups_and_never_sockets() {
    let hosts = r#"["http://allowed.test:8080", "http://127.0.0.1:*", "https://{{ host }}"]"#;
    let (_directory, manifest) =
        changed_manifest(&[(&format!("allowed_outbound_hosts = {hosts}"), "")]);
    let host = Host::try_start(&manifest, fresh_state(), &[]).unwrap();
    assert!(host.get("/misbehave/look-up/localhost").text().contains("access-denied"));
    let port = mirror();
    assert!(
        Host::start(&[])
            .get(&format!("/misbehave/connect/127.0.0.1:{port}"))
            .text()
            .starts_with("Err(")
    );
}

#[test]
fn a_template_names_the_host() {
    let host = Host::start(&["--variable", "host=127.0.0.1:9"]);
    assert!(
        host.post("/misbehave/call", "https://127.0.0.1:9/").text().contains("ConnectionRefused")
    );
}

#[test]
fn a_server_that_does_not_answer_costs_no_more_than_the_deadline() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = Host::start(&["--deadline-ms", "500"]);
    let started = Instant::now();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    host.post("/misbehave/call", url).assert_refused(504, "The request took too long");
    assert!(started.elapsed() < Duration::from_secs(30), "as without the flag");
}

#[test]
fn a_dependency_reaches_what_it_inherits() {
    let (host, port) = (Host::start(&[]), mirror());
    assert_eq!(host.post("/greeted", format!("http://127.0.0.1:{port}/")).text(), "202");
    assert_eq!(
        host.post("/greeted", "http://localhost/").text(),
        "error: Http(ErrorCode::HttpRequestDenied)"
    );
}
