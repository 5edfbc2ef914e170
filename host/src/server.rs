//! Accepts connections, sets hyper's limits, and shuts down gracefully. `connections` decides which
//! are admitted, `request` handles requests.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use http::header::CONNECTION;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::app::App;
use crate::client::Client;
use crate::connections::{Admission, Connections};
use crate::min_data_rate::{MinDataRate, MinDataRateStream};
use crate::request::{self, InFlight};

/// The request line and all headers together; more is 431.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// More is 431 as well.
const MAX_HEADERS: usize = 100;
/// How long requests in flight may take when the host shuts down.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection stays open then after its last request, so that the response is delivered.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
/// How much of a response the system buffers for a client, for each connection.
const SEND_BUFFER_BYTES: usize = 256 * 1024;
/// How long a client may take for the head of a request on a spare connection.
const SPARE_HEAD_TIMEOUT: Duration = Duration::from_secs(2);
/// How long data that was sent may be unacknowledged.
#[cfg(target_os = "linux")]
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// The pause after the system refused a connection, so that the log does not fill.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The limits of connections.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// How many there may be.
    pub(crate) connections: usize,
    /// How long a client may take for the head of a request, including the pause before it.
    pub(crate) head: Duration,
    /// How fast a client must read responses.
    pub(crate) response_rate: MinDataRate,
    /// How long a client may read nothing of a response of a component that streams.
    pub(crate) progress: Duration,
    /// How long connections and requests are still accepted when the host shuts down.
    pub(crate) drain: Duration,
}

/// The signals that shut the host down.
pub(crate) struct Shutdown {
    interrupt: Signal,
    terminate: Signal,
}

impl Shutdown {
    /// Begins to listen for SIGINT and SIGTERM.
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Ready when a signal arrives.
    pub(crate) async fn requested(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Serves `app` until `shutdown` is requested, the time to drain is over and the requests in flight are finished.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    limits: Limits,
    mut shutdown: Shutdown,
) {
    let (stopping, in_flight) = watch::channel(false);
    // Accepted connections inherit it.
    let _ = socket2::SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER_BYTES);
    let connections = Connections::new(limits.connections);
    let draining = Arc::new(AtomicBool::new(false));
    let acceptor = Acceptor { listener, connections, app, draining, in_flight, limits };
    acceptor.accept_until(shutdown.requested()).await;
    if !limits.drain.is_zero() {
        acceptor.draining.store(true, Ordering::Relaxed);
        tracing::info!("draining");
        let drained = tokio::time::timeout(limits.drain, shutdown.requested());
        acceptor.accept_until(async { drop(drained.await) }).await;
    }
    drop(acceptor);
    // An error means that there is no connection.
    let _ = stopping.send(true);
    tracing::info!("stopping");
    let finished = tokio::select! {
        finished = tokio::time::timeout(SHUTDOWN_TIMEOUT, stopping.closed()) => finished.is_ok(),
        () = shutdown.requested() => false,
    };
    if !finished {
        tracing::warn!("stopped with requests unfinished");
    }
}

/// Accepts connections, each of which is served by a task.
struct Acceptor {
    listener: TcpListener,
    connections: Arc<Connections>,
    app: Arc<App>,
    draining: Arc<AtomicBool>,
    in_flight: watch::Receiver<bool>,
    limits: Limits,
}

impl Acceptor {
    async fn accept_until(&self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        loop {
            let accepted = tokio::select! {
                () = end.as_mut() => return,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, client)) => self.spawn(stream, client),
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn spawn(&self, stream: TcpStream, client: SocketAddr) {
        let Some(admission) = self.connections.admit(Client::from(client.ip())) else { return };
        set_options(&stream);
        let connection = Connection {
            app: self.app.clone(),
            client,
            draining: self.draining.clone(),
            stopping: self.in_flight.clone(),
            limits: self.limits,
            admission,
        };
        tokio::spawn(connection.serve(stream));
    }
}

/// An option that cannot be set is no reason to refuse a connection: that happens when its client has just closed it.
fn set_options(stream: &TcpStream) {
    // Responses are written whole: there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    // Other systems have no such option.
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(SEND_TIMEOUT));
}

struct Connection {
    app: Arc<App>,
    client: SocketAddr,
    /// Whether each response says that the connection closes: a client that has read so sends no request that is lost.
    draining: Arc<AtomicBool>,
    /// Changes to true when the host shuts down, which waits until all of these are dropped.
    stopping: watch::Receiver<bool>,
    limits: Limits,
    admission: Admission,
}

impl Connection {
    async fn serve(mut self, stream: TcpStream) {
        let (app, client, host) = (self.app.clone(), self.client, self.stopping.clone());
        let (state, is_spare) = (self.admission.state.clone(), self.admission.is_spare());
        let requests = Arc::new(watch::Sender::new(()));
        let (counted, draining) = (requests.clone(), self.draining.clone());
        let has_progress = Arc::<AtomicBool>::default();
        let progress = has_progress.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let in_flight = InFlight { host: host.clone(), connection: counted.subscribe() };
            let (app, draining, active) = (app.clone(), draining.clone(), state.begin_request());
            let progress = progress.clone();
            async move {
                let mut response = if is_spare && !app.is_probe(request.uri().path()) {
                    request::refuse_connection(&app, request)
                } else {
                    request::handle(app, client, in_flight, request).await
                };
                progress.store(response.body().has_progress(), Ordering::Relaxed);
                response.body_mut().keep(active);
                if draining.load(Ordering::Relaxed) {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        });
        let head_timeout = if is_spare { SPARE_HEAD_TIMEOUT } else { self.limits.head };
        let stream = MinDataRateStream::new(
            stream,
            (self.limits.response_rate, self.limits.progress),
            self.admission.state.is_sending(),
            has_progress,
        );
        let connection = http(head_timeout).serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.admission.state.close_requested() => Ok(()),
            // There is one change. An error means that the host has shut down already.
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

/// How connections are served.
fn http(head_timeout: Duration) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new());
    http.header_read_timeout(head_timeout);
    // A client that has closed its side may still wait for a response.
    http.half_close(true);
    http.max_buf_size(MAX_HEAD_BYTES);
    http.max_headers(MAX_HEADERS);
    http
}

/// Ready when a connection has had no request for [`FLUSH_TIMEOUT`].
async fn without_requests(requests: &watch::Sender<()>) {
    loop {
        requests.closed().await;
        tokio::time::sleep(FLUSH_TIMEOUT).await;
        if requests.receiver_count() == 0 {
            return;
        }
    }
}
