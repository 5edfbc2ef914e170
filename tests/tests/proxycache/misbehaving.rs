//! Registries that misbehave: each has its reason, in time, and costs no memory.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use berth_tests::ClosedPort;
use serde_json::json;

use crate::server::{Request, Server};
use crate::{Fixture, VALIDATE, anonymous, credentials};

fn answer(mut stream: &TcpStream, head: &str, body: &str) {
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}");
}

/// Writes a piece again and again until the other side has had enough.
fn without_end(mut stream: &TcpStream, piece: &[u8], pause: Duration) {
    while stream.write_all(piece).is_ok() {
        thread::sleep(pause);
    }
}

fn stall() {
    thread::sleep(Duration::from_secs(30));
}

/// A registry behind a token server of its own, which answers with `token`.
fn with_token(token: impl Fn(&TcpStream) + Send + Sync + 'static) -> Server {
    Server::start(move |request, stream| {
        if request.target.starts_with("/token") {
            return token(stream);
        }
        if request.authorization == "Bearer good" {
            return answer(stream, "200 OK", "{}");
        }
        let port = stream.local_addr().expect("it is connected").port();
        let challenge =
            format!("401 -\r\nwww-authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\"");
        answer(stream, &challenge, "{}");
    })
}

fn with_head(head: &'static str) -> Server {
    Server::start(move |_: &Request, stream: &TcpStream| answer(stream, head, "{}"))
}

/// Every way to misbehave, and the reason that it is given.
#[expect(clippy::too_many_lines, reason = "a table")]
fn misbehaviours() -> Vec<(&'static str, Server, &'static str)> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    vec![
        ("accepts and says nothing", Server::start(|_, _| stall()), "time_out"),
        (
            "stops in the middle of the headers",
            Server::start(move |_, mut stream| {
                let _ = stream.write_all(head.as_bytes());
                stall();
            }),
            "time_out",
        ),
        (
            "writes headers byte by byte",
            Server::start(move |_, stream| {
                let _ = (&*stream).write_all(head.as_bytes());
                without_end(stream, b"a", Duration::from_millis(50));
            }),
            "time_out",
        ),
        (
            "writes headers without end",
            Server::start(move |_, stream| {
                let _ = (&*stream).write_all(head.as_bytes());
                without_end(stream, b"x-more: and more\r\n", Duration::ZERO);
            }),
            "not_a_registry",
        ),
        (
            "writes a token without end",
            with_token(move |stream| {
                let _ = write!(&*stream, "{head}\r\n");
                without_end(stream, &[b' '; 4096], Duration::ZERO);
            }),
            "answer_too_large",
        ),
        (
            "writes a token without end, byte by byte",
            with_token(move |stream| {
                let _ = write!(&*stream, "{head}\r\n");
                without_end(stream, b" ", Duration::from_millis(20));
            }),
            "time_out",
        ),
        (
            "writes a token byte by byte",
            with_token(|mut stream| {
                let _ = stream.set_nodelay(true);
                for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"token\":\"good\"}" {
                    let _ = stream.write_all(&[*byte]);
                    thread::sleep(Duration::from_millis(10));
                }
            }),
            "Valid",
        ),
        (
            "stops in the middle of the token",
            with_token(|mut stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"to");
            }),
            "unreachable",
        ),
        (
            "is open, and its page has no end",
            Server::start(move |_, stream| {
                let _ = write!(&*stream, "{head}\r\n");
                without_end(stream, &[b' '; 4096], Duration::ZERO);
            }),
            "Valid",
        ),
        ("redirects in a circle", with_head("302 Found\r\nlocation: /v2/"), "too_many_redirects"),
        (
            "redirects to the metadata of the cloud",
            with_head("307 -\r\nlocation: http://169.254.169.254/latest/meta-data/"),
            "address_not_allowed",
        ),
        (
            "redirects to another spelling of it",
            with_head("301 -\r\nlocation: http://0xa9fea9fe/latest/meta-data/"),
            "address_not_allowed",
        ),
        (
            "has a token server inside",
            with_head("401 -\r\nwww-authenticate: Bearer realm=\"http://10.0.0.1/token\""),
            "address_not_allowed",
        ),
        (
            "challenges in another way",
            with_head("401 -\r\nwww-authenticate: Negotiate"),
            "not_a_registry",
        ),
        ("challenges in no way", with_head("401 -"), "not_a_registry"),
        (
            "has a realm that is no URL",
            with_head("401 -\r\nwww-authenticate: Bearer realm=\"x\""),
            "not_a_registry",
        ),
        ("has had enough", with_head("429 Too Many Requests\r\nretry-after: 17"), "rate_limited"),
        ("fails", with_head("500 -"), "upstream_error"),
        ("forbids", with_head("403 -"), "authentication_refused"),
        ("is something else", with_head("404 -"), "not_a_registry"),
        (
            "does not speak HTTP",
            Server::start(|_, mut stream| {
                let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
            }),
            "not_a_registry",
        ),
        (
            "hangs up",
            Server::start(|_, stream| {
                let _ = stream.shutdown(Shutdown::Both);
            }),
            "not_a_registry",
        ),
    ]
}

/// As many are tried at a time as an installation lets everybody try together.
#[test]
fn each_has_its_reason_in_time() {
    let (fixture, registries) = (Fixture::new(), misbehaviours());
    let mut wrong = Vec::new();
    for (round, registries) in registries.chunks(16).enumerate() {
        let found: Vec<String> = thread::scope(|scope| {
            let ask = |(number, (_, server, _)): (usize, &(&str, Server, &str))| {
                let (fixture, person) = (&fixture, format!("person-{round}-{number}"));
                let name = server.name();
                scope.spawn(move || fixture.validate_for(&person, &name))
            };
            let asked: Vec<_> = registries.iter().enumerate().map(ask).collect();
            asked.into_iter().map(|asked| asked.join().expect("an answer in time")).collect()
        });
        let compared = registries.iter().zip(found);
        let differing = compared.filter(|((_, _, reason), found)| found != reason);
        wrong.extend(
            differing.map(|((behaviour, _, reason), found)| {
                format!("{behaviour}: {found}, not {reason}")
            }),
        );
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), fixture.host.log());
}

#[test]
fn nobody_listens() {
    let fixture = Fixture::new();
    let closed = ClosedPort::take();
    let name = closed.address().to_string();
    assert_eq!(fixture.validate(&name, anonymous()), "connection_refused");
}

#[test]
fn the_registry_says_how_long_to_wait() {
    let fixture = Fixture::new();
    let registry = with_head("429 Too Many Requests\r\nretry-after: 17");
    let body = json!({ "upstream_registry": registry.name(), "insecure": true });
    let reply = fixture.ana.post(VALIDATE, &body);
    let hint = reply.json()["hint"].clone();
    assert_eq!(hint, "The registry has had enough: try again in 17 seconds.");
}

#[test]
fn endless_answers_cost_no_memory() {
    let fixture = Fixture::alone();
    let endless = || {
        with_token(|stream| {
            let _ = write!(&*stream, "HTTP/1.1 200 OK\r\n\r\n");
            without_end(stream, &[b' '; 65_536], Duration::ZERO);
        })
    };
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", fixture.host.pid()));
        let status = status.expect("Linux tells of processes");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
        let number = line.split_whitespace().nth(1).expect("a number");
        number.parse::<u64>().expect("a number") / 1024
    };
    let ask = || assert_eq!(fixture.validate(&endless().name(), anonymous()), "answer_too_large");
    // Each thread of the host has memory of its own that it keeps for the next time.
    (0..30).for_each(|_| ask());
    let before = resident();
    (0..300).for_each(|_| ask());
    let after = resident();
    assert!(after < before + 64, "from {before} MiB to {after} MiB");
}

#[test]
fn nobody_hammers_a_registry_through_us() {
    let fixture = Fixture::new();
    let registry = Server::start(|_, stream| answer(stream, "500 -", ""));
    for _ in 0..20 {
        assert_eq!(fixture.validate(&registry.name(), anonymous()), "upstream_error");
    }
    assert_eq!(registry.requests(), 1);
    assert_eq!(fixture.validate(&registry.name(), credentials("a", "b")), "upstream_error");
    assert_eq!(registry.requests(), 2);
}
