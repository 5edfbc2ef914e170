//! Connections: accepting them, hyper's limits on what comes in, and ending in good order. Who may be
//! connected is `connections`' decision, what a request does is `request`'s.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::app::App;
use crate::client::Client;
use crate::connections::{Connections, Place};
use crate::min_data_rate::{Pace, Paced};
use crate::request::{self, Alive};

/// The request line and all headers together; more is 431.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// More is 431 as well.
const MAX_HEADERS: usize = 100;
/// How long requests in flight may take once the host is asked to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long a connection may go on then that has no request any more: what is sent must still get through, but a request
/// that has not come by then does not count.
const LAST_BYTES: Duration = Duration::from_secs(2);
/// How much the system keeps of an answer that is not read yet, for each connection.
const SEND_BUFFER_BYTES: usize = 256 * 1024;
/// How long a client in the reserve may take for the head of its request.
const RESERVE_HEAD: Duration = Duration::from_secs(2);
/// How long a client may leave what was sent to it unread.
#[cfg(target_os = "linux")]
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// The pause after the system refused a connection, so that the log does not fill.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a connection may take.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// At a time.
    pub(crate) connections: usize,
    /// How long a client may take for the head of a request, the pause before it included.
    pub(crate) head: Duration,
    /// How fast it must read what is sent to it.
    pub(crate) reading: Pace,
}

/// What ends the host.
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Begins to listen for SIGINT and SIGTERM.
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Comes when the host is asked to stop.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Serves `app` until the host is asked to stop and what was begun is finished.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>, limits: Limits, mut stop: Stop) {
    let (stopping, alive) = watch::channel(false);
    let connections = Connections::new(limits.connections);
    // Those that are accepted have it from here.
    let _ = socket2::SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER_BYTES);
    loop {
        let accepted = tokio::select! {
            () = stop.asked() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, client)) => {
                // Else it is closed at once.
                let Some(place) = connections.admit(Client::from(client.ip())) else { continue };
                set_options(&stream);
                let connection =
                    Connection { app: app.clone(), client, stopping: alive.clone(), limits, place };
                tokio::spawn(connection.serve(stream));
            }
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop((listener, alive));
    // Fails if there is no connection, which is fine.
    let _ = stopping.send(true);
    tracing::info!("stopping");
    let finished = tokio::select! {
        finished = tokio::time::timeout(GRACE, stopping.closed()) => finished.is_ok(),
        () = stop.asked() => false,
    };
    if !finished {
        tracing::warn!("stopped with requests unfinished");
    }
}

/// Both options help, and neither is worth a connection: they fail on one that its client has just left.
fn set_options(stream: &TcpStream) {
    // Answers are written whole: nothing is gained by waiting for more.
    let _ = stream.set_nodelay(true);
    // A client that takes no answer does not keep it for ever. Other systems have no such setting.
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(SEND_TIMEOUT));
}

struct Connection {
    app: Arc<App>,
    client: SocketAddr,
    /// Turns true when the host is to stop, which waits until all of these are gone.
    stopping: watch::Receiver<bool>,
    limits: Limits,
    place: Place,
}

impl Connection {
    async fn serve(mut self, stream: TcpStream) {
        let (app, client, host) = (self.app.clone(), self.client, self.stopping.clone());
        let (entry, is_reserve) = (self.place.entry.clone(), self.place.is_reserve());
        let requests = Arc::new(watch::Sender::new(()));
        let counted = requests.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let alive = Alive { host: host.clone(), connection: counted.subscribe() };
            let (app, in_request) = (app.clone(), entry.request());
            async move {
                let answer = if is_reserve && !app.is_probe(request.uri().path()) {
                    request::refuse_connection(&app, request)
                } else {
                    request::handle(app, client, alive, request).await
                };
                drop(in_request);
                Ok::<_, Infallible>(answer)
            }
        });
        let head_timeout = if is_reserve { RESERVE_HEAD } else { self.limits.head };
        let stream = Paced::new(stream, self.limits.reading, self.place.entry.sends());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_timeout)
            // Who sends no more may still wait for an answer.
            .half_close(true)
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.place.entry.is_to_close() => Ok(()),
            // The first change is the last. An error means that the host is gone already.
            _ = self.stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = without_requests(&requests) => Ok(()),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!("connection of {}: {error}", self.client);
        }
    }
}

/// Comes when a connection has had no request for a while.
async fn without_requests(requests: &watch::Sender<()>) {
    loop {
        requests.closed().await;
        tokio::time::sleep(LAST_BYTES).await;
        if requests.receiver_count() == 0 {
            return;
        }
    }
}
