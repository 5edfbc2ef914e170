//! Clients slow down only themselves: waiting holds nothing, and each client gets a part of every
//! scarce resource. The client in question is on 127.0.0.1, the attackers are on 127.0.0.2 and
//! behind.

use std::net::TcpListener;
use std::time::Duration;

use crate::harness::{Connection, Host, eventually, head};

/// How many of these have been answered with `status`.
fn count(answers: Vec<Connection>, status: u16) -> usize {
    answers
        .into_iter()
        .filter_map(|mut answer| answer.try_receive())
        .filter(|answer| answer.status == status)
        .count()
}

#[test]
fn an_instance_that_waits_holds_no_slot_and_gets_one_again() {
    let host = Host::start(&["--concurrent-requests", "1"]);
    let mut waiting: Vec<_> = (0..5).map(|_| host.begin_from(2, "/misbehave/wait/60000")).collect();
    host.begun(5);
    assert_eq!(host.get("/constant").status, 200);
    assert!(!waiting.iter_mut().any(Connection::is_answered));
    let waiting: Vec<_> = (0..5).map(|_| host.begin_from(3, "/misbehave/wait/1000")).collect();
    let mut computing = host.begin_from(3, "/misbehave/burn/1/1500");
    for mut connection in waiting {
        assert_eq!(connection.receive().text(), "waited");
    }
    assert_eq!(computing.receive().text(), "burnt");
}

#[test]
fn clients_take_turns_and_none_gets_all_slots() {
    let host = Host::start(&["--concurrent-requests", "4"]);
    let loops: Vec<_> = (0..40).map(|_| host.begin_from(2, "/misbehave/loop")).collect();
    host.begun(3);
    for _ in 0..3 {
        assert_eq!(host.get("/constant").status, 200);
    }
    drop(loops);
}

#[test]
fn a_probe_waits_for_no_slot() {
    let flags = ["--concurrent-requests", "1", "--queue-ms", "300", "--probe-path", "/constant"];
    let host = Host::start(&flags);
    let mut computing = host.begin_from(2, "/misbehave/loop");
    host.begun(1);
    assert_eq!(host.get("/constant").status, 200);
    host.get("/select").assert_refused(503, "Too many requests at a time");
    assert!(!computing.is_answered());
}

#[test]
fn requests_that_need_much_memory_have_a_pool_and_beyond_its_queue_are_503() {
    let host = Host::start(&["--concurrent-requests", "2"]);
    let many: Vec<_> = (0..60).map(|_| host.begin_from(2, "/misbehave/burn/8/150")).collect();
    host.begun(1);
    assert_eq!(host.get("/constant").status, 200);
    assert_eq!(host.get("/misbehave/burn/8/10").text(), "burnt");
    let (mut done, mut refused) = (0, 0);
    for mut connection in many {
        let answer = connection.receive();
        if answer.status == 200 {
            done += 1;
        } else {
            answer.assert_refused(503, "Too many requests at a time");
            assert_eq!(answer.header("retry-after"), Some("1"));
            refused += 1;
        }
    }
    assert!(done >= 10 && refused >= 10, "{done} done, {refused} refused");
}

#[test]
fn memory_is_bounded_for_a_client_and_what_finds_none_is_undone() {
    let host = Host::start(&[]);
    host.sql("CREATE TABLE t (a)");
    let mut holding = host.begin_from(1, "/misbehave/burn/80/1500");
    host.begun(1);
    let script = "BEGIN IMMEDIATE\nINSERT INTO t VALUES (1)\ntake 80\nCOMMIT";
    let refused = host.post("/misbehave/sql", script);
    refused.assert_refused(503, "Too many requests at a time");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(host.sql("SELECT count(*) FROM t"), "[\"count(*)\"] 0");
    assert_eq!(holding.receive().text(), "burnt");
    assert_eq!(host.sql(script), "[] ");
    assert_eq!(host.sql("SELECT count(*) FROM t"), "[\"count(*)\"] 1");
}

#[test]
fn a_writer_does_not_wait_for_the_heavy_pool() {
    let host = Host::start(&[]);
    host.sql("CREATE TABLE t (a)");
    // One client does not get all of it.
    let pool = std::thread::available_parallelism().unwrap().get() + 1;
    let burn = |client| host.begin_from(client, "/misbehave/burn/8/60000");
    let mut burning: Vec<_> = (0..pool).flat_map(|_| [burn(2), burn(3)]).collect();
    host.begun(pool);
    assert_eq!(host.sql("BEGIN IMMEDIATE\nINSERT INTO t VALUES (1)\ntake 8\nCOMMIT"), "[] ");
    assert!(!burning.iter_mut().any(Connection::is_answered));
}

#[test]
fn a_transaction_that_waits_for_somebody_is_ended() {
    let host = Host::start(&["--transaction-ms", "300"]);
    host.sql("CREATE TABLE t (a)");
    host.post("/misbehave/sql", "BEGIN IMMEDIATE\nINSERT INTO t VALUES (1)\nwait 20000\nCOMMIT")
        .assert_refused(504, "The request took too long");
    assert_eq!(host.sql("INSERT INTO t VALUES (2)\nSELECT a FROM t"), "[\"a\"] 2");
}

#[test]
fn what_is_done_after_the_answer_holds_no_slot_and_is_done() {
    for then in ["linger", "compute"] {
        // Nobody waits in the queue for as long as they go on.
        let host = Host::start(&["--concurrent-requests", "1", "--queue-ms", "1000"]);
        for _ in 0..3 {
            assert_eq!(host.get(&format!("/stream/1/{then}")).status, 200);
        }
        assert_eq!(host.get("/constant").status, 200);
        eventually("all are done", || {
            (host.log().matches("done at last").count() == 3).then_some(())
        });
    }
}

#[test]
fn more_that_goes_on_than_there_is_room_for_is_done_all_the_same() {
    let host = Host::start(&["--concurrent-requests", "4"]);
    let many: Vec<_> = (0..60).map(|_| host.begin_from(2, "/stream/1/linger")).collect();
    assert_eq!(count(many, 200), 60);
    eventually("all are done", || (host.log().matches("done at last").count() == 60).then_some(()));
}

#[test]
fn a_client_that_does_not_read_holds_neither_slot_nor_others_room() {
    let host = Host::start(&["--concurrent-requests", "1"]);
    let unread = host.begin_from(2, "/stream/400");
    host.logged("GET /stream/400 200");
    assert_eq!(host.get("/constant").status, 200);
    host.begin_from(2, "/stream/400")
        .receive()
        .assert_refused(503, "Too many large answers at a time");
    assert_eq!(host.begin_from(2, "/stream/1").receive().status, 200, "small ones always pass");
    assert_eq!(host.get("/stream/400").status, 200);
    drop(unread);
    eventually("the quota is free again", || {
        (host.begin_from(2, "/stream/400").receive().status == 200).then_some(())
    });
}

#[test]
fn an_answer_must_be_read_at_a_least_speed() {
    let host = Host::start(&["--slow-ms", "500"]);
    let mut slow = host.begin_from(2, "/stream/400");
    // A byte now and then does not help.
    for _ in 0..60 {
        slow.read_some(16);
        std::thread::sleep(Duration::from_millis(50));
    }
    let rest: usize =
        std::iter::from_fn(|| Some(slow.read_some(1 << 20)).filter(|size| *size > 0)).sum();
    assert!(rest < 200 * 64 * 1024, "it was not cut off");
    assert_eq!(host.begin_from(4, "/stream/100").receive().body.len(), 100 * 64 * 1024);
    assert_eq!(host.get("/constant").status, 200);
}

#[test]
fn a_body_must_come_at_a_least_speed() {
    // Nothing else ends the request while the test waits.
    let others = ["--body-pause-ms", "600000", "--deadline-ms", "600000"];
    let host = Host::start(&[&["--slow-ms", "500"], &others[..]].concat());
    let mut connection = host.connect();
    connection.send(head("POST", "/misbehave/echo", "content-length: 100\r\n"));
    for _ in 0..20 {
        connection.send("x");
        std::thread::sleep(Duration::from_millis(50));
    }
    connection.receive().assert_refused(408, "The request body did not come in time");
}

#[test]
fn bodies_of_one_client_leave_room_for_others() {
    let host = Host::start(&[]);
    let size = 1 << 20;
    let mut half_sent: Vec<_> = (0..26).map(|_| host.connect_from(2)).collect();
    for connection in &mut half_sent {
        connection.send(head("POST", "/misbehave/ignore", &format!("content-length: {size}\r\n")));
        connection.send(vec![b'x'; size - 1]);
    }
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(host.post("/misbehave/ignore", vec![b'x'; size]).status, 200);
}

#[test]
fn calls_that_wait_are_bounded_for_a_client_and_hold_no_slot() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = Host::start(&["--concurrent-requests", "2"]);
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let mut calls: Vec<_> = (0..20).map(|_| host.connect_from(2)).collect();
    for call in &mut calls {
        call.begin("POST", "/misbehave/call", "", url.as_bytes());
    }
    // Four are refused at once.
    eventually("some are refused", || {
        (host.log().matches("POST /misbehave/call 200").count() == 4).then_some(())
    });
    assert_eq!(host.get("/constant").status, 200);
    assert_eq!(
        host.connect_from(2).request("POST", "/misbehave/call", url.as_bytes()).text(),
        "error: Http(ErrorCode::ConnectionLimitReached)"
    );
    let look_up = host.begin_from(2, "/misbehave/look-up/localhost").receive().text();
    assert!(look_up.contains("temporary-resolver-failure"), "{look_up}");
    assert!(host.get("/misbehave/look-up/localhost").text().contains("Ipv"));
}

#[test]
fn idle_connections_make_room_for_those_that_ask() {
    // They do not end by themselves.
    let flags = ["--concurrent-requests", "16", "--header-ms", "600000"];
    let host = Host::start_limited("ulimit -n 424", &flags);
    host.logged("only 96 connections at a time");
    let idle: Vec<_> = (0..200).map(|i| host.connect_from(2 + i)).collect();
    std::thread::sleep(Duration::from_millis(200));
    for _ in 0..5 {
        assert_eq!(host.get("/constant").status, 200);
    }
    assert!(!host.log().contains("cannot accept"));
    drop(idle);
}

#[test]
fn with_all_connections_busy_a_probe_is_answered_and_others_are_refused() {
    let flags = ["--concurrent-requests", "16", "--probe-path", "/constant"];
    let host = Host::start_limited("ulimit -n 340", &flags);
    host.logged("only 32 connections at a time");
    let busy: Vec<_> = (0..32).map(|i| host.begin_from(2 + i, "/misbehave/wait/4000")).collect();
    host.begun(32);
    let mut refused = host.connect();
    refused.request("GET", "/select", b"").assert_refused(503, "Too many connections at a time");
    assert!(refused.is_closed());
    assert_eq!(host.get("/constant").status, 200);
    assert_eq!(count(busy, 200), 32);
    assert_eq!(host.get("/select").status, 200);
}
