//! Teams on the real components: concurrency, and mail through a real receiver.
#![cfg(feature = "end-to-end")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use berth_tests::{Client, Host, Session};
use serde_json::{Value, json};

const OWNERS: &str = "/api/v1/organization/acme/team/owners/members";
const INVITE: &str = "/api/v1/organization/acme/team/owners/invite";

/// The first user, who owns `acme`.
fn owner(host: &Host) -> Client {
    let ana = host.client().initialize("ana");
    let made = ana.post("/api/v1/organization/", &json!({ "name": "acme" }));
    assert_eq!(made.status, 201, "{made}");
    ana
}

#[test]
fn of_two_admins_who_remove_each_other_one_stays() {
    let host = Host::options().variable("require_team_invite", "false").start();
    let ana = owner(&host);
    let visitor = Session::anonymous(&host.client()).client();
    let body = json!({ "username": "bob", "password": "password", "email": "bob@example.com" });
    assert_eq!(visitor.post("/api/v1/user/", &body).status, 200);
    let bob = Session::sign_in(&host.client(), "bob", "password").client();
    for round in 0..200 {
        // The one who is left lets the other in again.
        for client in [&ana, &bob] {
            for name in ["ana", "bob"] {
                client.put_empty(&format!("{OWNERS}/{name}"));
            }
        }
        let start = Arc::new(Barrier::new(2));
        let removals = [(ana.clone(), "bob"), (bob.clone(), "ana")].map(|(client, name)| {
            let start = Arc::clone(&start);
            thread::spawn(move || {
                start.wait();
                client.delete(&format!("{OWNERS}/{name}")).status
            })
        });
        let statuses = removals.map(|removal| removal.join().expect("an answer"));
        let succeeded = statuses.iter().filter(|status| **status == 204).count();
        assert_eq!(succeeded, 1, "round {round}: {statuses:?}");
    }
}

/// Takes mails in on `listener`; gives the `Authorization` and the body of each.
fn receive(listener: TcpListener) -> Receiver<(String, Value)> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a connection"));
            let (mut length, mut authorization) = (0, String::new());
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).expect("a header");
                let Some((name, value)) = line.trim().split_once(':') else {
                    if line.trim().is_empty() {
                        break;
                    }
                    continue;
                };
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().expect("a length"),
                    "authorization" => authorization = value.trim().to_owned(),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).expect("a body");
            let answer = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.get_mut().write_all(answer).expect("the mailer listens");
            if sender.send((authorization, serde_json::from_slice(&body).expect("JSON"))).is_err() {
                break;
            }
        }
    });
    receiver
}

#[test]
fn mail_arrives_once_and_later_when_the_receiver_was_down() {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = address.expect("a free port");
    let host = Host::options()
        .variable("mail_gateway_url", &format!("http://{address}/send"))
        .variable("mail_gateway_token", "s3cret")
        .start();
    let ana = owner(&host);
    // Nothing listens yet.
    assert_eq!(ana.put_empty(&format!("{INVITE}/down@example.com")).status, 200);
    // It is tried once the request is answered.
    let tried = || ana.get("/api/v1/superuser/mails").json()["mails"][0]["attempts"] == 1;
    for _ in 0..100 {
        if tried() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert!(tried(), "{}", ana.get("/api/v1/superuser/mails"));
    let mails = receive(TcpListener::bind(address).expect("the port is still free"));
    assert_eq!(ana.put_empty(&format!("{INVITE}/up@example.com")).status, 200);
    let next = || mails.recv_timeout(Duration::from_secs(5)).expect("a mail");
    let (authorization, mail) = next();
    assert_eq!((authorization.as_str(), &mail["to"]), ("Bearer s3cret", &json!("up@example.com")));
    assert!(mail["text"].as_str().is_some_and(|text| text.contains("/confirminvite?code=")));
    thread::sleep(Duration::from_secs(11));
    assert_eq!(ana.get("/api/v1/organization/acme/invitations").status, 200);
    assert_eq!(next().1["to"], "down@example.com");
    assert_eq!(ana.get("/api/v1/organization/acme/invitations").status, 200);
    assert!(mails.recv_timeout(Duration::from_secs(1)).is_err(), "each is sent once");
}

/// A gateway may hang up once it has the mail: that is no failure.
#[test]
fn a_gateway_that_hangs_up_at_once_gets_each_mail_once() {
    const MAILS: usize = 40;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let mails = receive(listener);
    let host =
        Host::options().variable("mail_gateway_url", &format!("http://{address}/send")).start();
    let ana = owner(&host);
    for number in 0..MAILS {
        let path = format!("{INVITE}/{number}@example.com");
        assert_eq!(ana.put_empty(&path).status, 200);
    }
    for _ in 0..MAILS {
        mails.recv_timeout(Duration::from_secs(5)).expect("a mail for each invitation");
    }
    host.wait_until("every mail counts as delivered", || {
        let list = ana.get("/api/v1/organization/acme/invitations").json();
        let invitations = list["invitations"].as_array().expect("a list");
        invitations.len() == MAILS
            && invitations.iter().all(|invitation| invitation["delivery"]["state"] == "delivered")
    });
}
