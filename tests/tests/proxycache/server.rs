//! A small HTTP server: one request a connection, and a function that writes what it likes.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A request, as far as registries look at it.
pub(crate) struct Request {
    /// Path and query.
    pub(crate) target: String,
    /// The header `Authorization`, or nothing.
    pub(crate) authorization: String,
}

/// A server on a port of loopback. It stops with the process.
pub(crate) struct Server {
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// Serves with `answer`, each connection in a thread of its own.
    pub(crate) fn start(answer: impl Fn(&Request, &TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let port = listener.local_addr().expect("it is bound").port();
        let (answer, requests) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, counted) = (Arc::clone(&answer), Arc::clone(&counted));
                thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    counted.fetch_add(1, Ordering::Relaxed);
                    answer(&request, &stream);
                });
            }
        });
        Self { port, requests }
    }

    /// `127.0.0.1:<port>`.
    pub(crate) fn name(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let authorization = headers.iter().find_map(|header| {
        let (name, value) = header.split_once(": ")?;
        name.eq_ignore_ascii_case("authorization").then(|| value.to_owned())
    });
    Some(Request { target, authorization: authorization.unwrap_or_default() })
}
