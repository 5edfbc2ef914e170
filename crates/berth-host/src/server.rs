//! Connections: accepting them, hyper's limits on what comes in, and ending in good order. What a
//! request does is `request`'s.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::app::App;
use crate::request;

/// The request line and all headers together; more is 431.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// More is 431 as well.
const MAX_HEADERS: usize = 100;
/// How long requests in flight may take once the host is asked to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long a connection may go on then that has no request any more: what is sent must still get through, but a request
/// that has not come by then does not count.
const LAST_BYTES: Duration = Duration::from_secs(2);
/// How long a client may leave what was sent to it unread.
#[cfg(target_os = "linux")]
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// The pause after the system refused a connection, so that the log does not fill.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Held by everything that must be finished before the host stops, and before its connection ends then.
pub(crate) struct Alive {
    #[allow(dead_code, reason = "counted")]
    host: watch::Receiver<bool>,
    #[allow(dead_code, reason = "counted")]
    connection: watch::Receiver<()>,
}

/// What a connection may take.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// At a time; more wait in the system's queue.
    pub(crate) connections: usize,
    /// How long a client may take for the head of a request, the pause before it included.
    pub(crate) head: Duration,
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
    let connections = Arc::new(Semaphore::new(limits.connections));
    loop {
        let accepted = tokio::select! {
            () = stop.asked() => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        match accepted {
            Ok((stream, client, permit)) => {
                let connection = Connection {
                    app: app.clone(),
                    client,
                    stopping: alive.clone(),
                    head_timeout: limits.head,
                    permit,
                };
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

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, Option<OwnedSemaphorePermit>)> {
    // Never closed, so there is always a permit in the end.
    let permit = connections.clone().acquire_owned().await.ok();
    let (stream, client) = listener.accept().await?;
    set_options(&stream);
    Ok((stream, client, permit))
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
    head_timeout: Duration,
    #[allow(dead_code, reason = "held until the connection ends")]
    permit: Option<OwnedSemaphorePermit>,
}

impl Connection {
    async fn serve(mut self, stream: TcpStream) {
        let (app, client, host) = (self.app.clone(), self.client, self.stopping.clone());
        let requests = Arc::new(watch::Sender::new(()));
        let counted = requests.clone();
        let service = service_fn(move |request| {
            let alive = Alive { host: host.clone(), connection: counted.subscribe() };
            let app = app.clone();
            async move { Ok::<_, Infallible>(request::handle(app, client, alive, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_timeout)
            // Who sends no more may still wait for an answer.
            .half_close(true)
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
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
