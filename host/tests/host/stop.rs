//! Stopping in good order.

use std::time::{Duration, Instant};

use crate::harness::{Host, empty_state, fixtures};

/// The head of a request may take so long that no connection ends by itself while the host stops.
const PATIENT: [&str; 2] = ["--header-ms", "600000"];

#[test]
fn a_signal_lets_requests_in_flight_finish_and_ends_with_success() {
    for signal in ["TERM", "INT"] {
        let mut host = Host::start(&PATIENT);
        let mut idle = host.connect();
        assert_eq!(idle.request("GET", "/constant", b"").status, 200);
        let mut busy = host.begin("GET", "/misbehave/wait/500", "");
        host.begun(1);
        host.signal(signal);
        assert_eq!(busy.receive().text(), "waited");
        assert!(idle.is_closed());
        assert!(host.wait().success());
        assert!(!host.log().contains("unfinished"));
        assert!(std::net::TcpStream::connect(host.address).is_err());
    }
}

/// A connection that is kept open could be closed just when its client sent the next request, which was lost.
#[test]
fn a_host_that_drains_goes_on_serving_and_tells_clients_to_connect_elsewhere() {
    let mut host = Host::start(&["--header-ms", "600000", "--drain-s", "2"]);
    let mut kept = host.connect();
    assert_eq!(kept.request("GET", "/constant", b"").header("connection"), None);
    host.signal("TERM");
    host.logged("draining");
    for mut connection in [kept, host.connect()] {
        let last = connection.request("GET", "/constant", b"");
        assert_eq!((last.status, last.header("connection")), (200, Some("close")));
        assert!(connection.is_closed());
    }
    host.logged("stopping");
    assert!(host.wait().success());
    assert!(std::net::TcpStream::connect(host.address).is_err());
}

#[test]
fn a_second_signal_ends_the_draining() {
    let mut host = Host::start(&["--drain-s", "60"]);
    host.signal("TERM");
    host.logged("draining");
    let started = Instant::now();
    host.signal("TERM");
    assert!(host.wait().success());
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[test]
fn a_request_that_outlasts_the_grace_does_not_keep_the_host() {
    let mut host = Host::start(&[]);
    let _busy = host.begin("GET", "/misbehave/wait/60000", "");
    host.begun(1);
    let started = Instant::now();
    host.signal("TERM");
    assert!(host.wait().success());
    assert!(started.elapsed() >= Duration::from_secs(9), "{:?}", started.elapsed());
    host.logged("stopped with requests unfinished");
}

#[test]
fn a_request_that_has_not_come_whole_does_not_delay_a_stop() {
    let mut host = Host::start(&PATIENT);
    let mut unfinished = host.connect();
    assert_eq!(unfinished.request("GET", "/constant", b"").status, 200);
    let (mut fresh, silent) = (host.connect(), host.connect());
    for connection in [&mut unfinished, &mut fresh] {
        connection.send("GET /constant HTTP/1.1\r\nhost: local");
    }
    let mut large = host.begin("GET", "/stream/100", "");
    std::thread::sleep(Duration::from_millis(100));
    host.signal("TERM");
    assert_eq!(large.receive().body.len(), 100 * 64 * 1024);
    assert!(host.wait().success());
    assert!(!host.log().contains("unfinished"));
    drop(silent);
}

#[test]
fn a_signal_while_components_compile_ends_at_once() {
    let mut host = Host::spawn(&fixtures().join("spin.toml"), empty_state(), &[]);
    host.logged("Compiling");
    host.signal("INT");
    assert!(host.wait().success());
    assert!(!host.log().contains("all components are loaded"), "all was compiled first");
}
