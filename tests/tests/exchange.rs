//! What the entry of a component makes of requests and answers, on the real components: every header, the length, and mail afterwards.
#![cfg(feature = "end-to-end")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use berth_tests::{Host, Reply};
use serde_json::json;

fn values<'a>(reply: &'a Reply, name: &str) -> Vec<&'a str> {
    let headers = reply.headers.iter();
    headers.filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
}

#[test]
fn an_answer_keeps_headers_that_are_repeated() {
    let reply = Host::new().client().get("/api/v1/org");
    assert_eq!(reply.status, 401, "{reply}");
    assert_eq!(values(&reply, "www-authenticate"), ["Basic", "ConcordApiToken"]);
    assert_eq!(values(&reply, "content-length"), ["0"]);
}

/// A host that passes on what it gets sends head and body in one segment only when the body is there first: in two, each
/// answer on a kept connection takes 40 ms more.
#[test]
fn the_body_is_there_when_the_head_is_handed_over() {
    let host = Host::options().flag("--debug-headers").start();
    let ana = host.client().initialize("ana");
    let made = ana.post("/api/v1/organization/", &json!({ "name": "acme" }));
    let refused = ana.delete("/api/v1/organization/acme/team/none");
    let read = ana.get("/api/v1/organization/acme");
    let head = ana.send("HEAD", "/api/v1/organization/acme", None, &[]);
    let large = ana.get("/api/v1/discovery");
    let empty = ana.delete("/api/v1/organization/acme");
    let replies = [made, refused, read, head, large, empty];
    for (reply, status) in replies.iter().zip([201, 400, 200, 200, 200, 204]) {
        assert_eq!(reply.status, status, "{reply}");
        assert_eq!(reply.header("x-berth-response-split"), Some("0"), "{reply}");
    }
    assert!(!host.log().contains("could not be sent"), "{}", host.log());
}

#[test]
fn two_lines_of_accept_are_one_list() {
    const VALIDATION: &str = "application/vnd.concord-validation-errors-v1+json";
    let host = Host::new();
    let admin = host.client().initialize("root");
    let body = json!({ "name": "no name" });
    for lines in [[VALIDATION, "application/json"], ["application/json", VALIDATION]] {
        let client = admin.header("accept", lines[0]).header("accept", lines[1]);
        let reply = client.post("/api/v1/org", &body);
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (400, Some(VALIDATION)),
            "{reply}"
        );
    }
}

/// A gateway that takes each mail in and answers when it may; gives its address, what lets it answer once, and the mails.
fn slow_gateway() -> (SocketAddr, Sender<()>, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (sender, mails) = channel();
    let (let_answer, may_answer) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a connection"));
            let mut length = 0;
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok_and(|size| size > 2) {
                let (name, value) = line.trim().split_once(':').unwrap_or_default();
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse().expect("a length");
                }
                line.clear();
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).expect("a body");
            may_answer.recv().expect("the test goes on");
            let answer = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.get_mut().write_all(answer).expect("the mailer listens");
            sender.send(String::from_utf8(body).expect("text")).expect("the test listens");
        }
    });
    (address, let_answer, mails)
}

#[test]
fn a_slow_gateway_delays_no_answer_and_the_mail_arrives() {
    let (address, let_answer, mails) = slow_gateway();
    let host = Host::options().variable("mail_gateway_url", &format!("http://{address}/")).start();
    let ana = host.client().initialize("ana");
    let made = ana.post("/api/v1/organization/", &json!({ "name": "acme" }));
    assert_eq!(made.status, 201, "{made}");
    for guest in ["one@example.com", "two@example.com"] {
        let path = format!("/api/v1/organization/acme/team/owners/invite/{guest}");
        let reply = ana.put_empty(&path);
        assert_eq!(reply.status, 200, "{reply}");
        assert!(reply.header("transfer-encoding").is_none(), "{:?}", reply.headers);
        assert_eq!(values(&reply, "content-length"), [reply.body.len().to_string()]);
    }
    let arrived = [(); 2].map(|()| {
        let_answer.send(()).expect("the gateway listens");
        mails.recv_timeout(Duration::from_secs(10)).expect("a mail")
    });
    for guest in ["one@example.com", "two@example.com"] {
        assert!(arrived.iter().any(|mail| mail.contains(guest)), "{arrived:?}");
    }
    // Noted as delivered, so that neither is sent again. A request that waited for the gateway would have given up first.
    host.wait_until("both are delivered, each at the first attempt", || {
        let reply = ana.get("/api/v1/superuser/mails").json();
        let mails = reply["mails"].as_array().expect("mails").iter();
        mails.filter(|mail| mail["delivered"].is_string() && mail["attempts"] == 1).count() == 2
    });
}
