//! Registries that behave in one way each, for `validateproxycache`, and a mail gateway that takes everything.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ClosedPort;

/// The behaviours, in the order in which cases number them.
const BEHAVIOURS: [&str; 14] = [
    "ok200",
    "bearer-anon",
    "bearer-deny",
    "err500",
    "timeout",
    "basic",
    "forbid403",
    "redirect",
    "html200",
    "bearer-still401",
    "notfound404",
    "token-notjson",
    "token-empty",
    "noauthheader",
];

/// The number of a port on which nothing listens.
const CLOSED: usize = 39;

/// Running upstream registries; they stop with the process.
pub struct Upstreams {
    ports: Vec<u16>,
    closed: ClosedPort,
    mail: u16,
}

impl Upstreams {
    /// Starts them all on free ports.
    #[must_use]
    pub fn start() -> Self {
        let listeners: Vec<TcpListener> = BEHAVIOURS.iter().map(|_| listen()).collect();
        let ports: Vec<u16> = listeners.iter().map(port_of).collect();
        for (listener, behaviour) in listeners.into_iter().zip(BEHAVIOURS) {
            let registry = Registry { behaviour, port: port_of(&listener), first: ports[0] };
            serve(listener, move |request| registry.answer(request));
        }
        let mail = listen();
        let mail_port = port_of(&mail);
        serve(mail, |_| Answer::new(200, ""));
        Self { ports, closed: ClosedPort::take(), mail: mail_port }
    }

    /// The port with that number.
    #[must_use]
    pub fn port(&self, number: usize) -> u16 {
        if number == CLOSED { self.closed.address().port() } else { self.ports[number] }
    }

    /// Where mail is taken.
    #[must_use]
    pub fn mail_url(&self) -> String {
        format!("http://127.0.0.1:{}/mail", self.mail)
    }
}

fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("loopback has free ports")
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("it is bound").port()
}

fn serve(listener: TcpListener, answer: impl Fn(&Request) -> Answer + Clone + Send + 'static) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || converse(&stream, answer));
        }
    });
}

/// One request, one answer, one connection.
fn converse(stream: &TcpStream, answer: impl Fn(&Request) -> Answer) {
    let Some(request) = Request::read(stream) else { return };
    let Answer { status, headers, body } = answer(&request);
    let mut text =
        format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = stream;
    let _ = write!(stream, "{text}\r\n{body}");
}

struct Request {
    path: String,
    authorization: String,
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let path = line.split(' ').nth(1)?.to_owned();
        let (mut authorization, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "authorization" => value.trim().clone_into(&mut authorization),
                "content-length" => length = value.trim().parse().ok()?,
                _ => {}
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        Some(Self { path, authorization })
    }
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Answer {
    fn new(status: u16, body: &str) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, body: body.to_owned() }
    }

    fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

#[derive(Clone, Copy)]
struct Registry {
    behaviour: &'static str,
    port: u16,
    first: u16,
}

impl Registry {
    fn answer(&self, request: &Request) -> Answer {
        let good_login = request.authorization == format!("Basic {}", STANDARD.encode("user:pass"));
        if request.path.starts_with("/token") {
            return self.token(good_login);
        }
        match self.behaviour {
            "ok200" => Answer::new(200, "{}"),
            "html200" => Answer::new(200, "<html>hi</html>"),
            "err500" => Answer::new(500, "{}"),
            "timeout" => {
                thread::sleep(Duration::from_secs(45));
                Answer::new(200, "{}")
            }
            "forbid403" => Answer::new(403, "{}"),
            "notfound404" => Answer::new(404, "{}"),
            "redirect" => Answer::new(302, "")
                .header("location", format!("http://127.0.0.1:{}/v2/", self.first)),
            "noauthheader" => Answer::new(401, "{}"),
            "basic" if good_login => Answer::new(200, "{}"),
            "basic" => {
                Answer::new(401, "{}").header("www-authenticate", "Basic realm=\"up\"".into())
            }
            behaviour => {
                let known = request.authorization == format!("Bearer tok-{behaviour}");
                if known && behaviour != "bearer-still401" {
                    return Answer::new(200, "{}");
                }
                let realm = format!(
                    "Bearer realm=\"http://127.0.0.1:{}/token\",service=\"fake\"",
                    self.port
                );
                Answer::new(401, "{}").header("www-authenticate", realm)
            }
        }
    }

    fn token(&self, good_login: bool) -> Answer {
        match self.behaviour {
            "bearer-deny" if !good_login => Answer::new(401, "{}"),
            "token-notjson" => Answer::new(200, "hello"),
            "token-empty" => Answer::new(200, "{}"),
            behaviour => {
                Answer::new(200, &format!("{{\"token\":\"tok-{behaviour}\",\"expires_in\":300}}"))
            }
        }
    }
}
