//! The steps of a request: its route, its body, its permit and its response. Connections belong to
//! `server`, running an instance to `run`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::{CONNECTION, EXPECT, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::sync::watch;

use crate::access_log::{LogEntry, REQUEST_ID};
use crate::app::App;
use crate::authority::{NoHost, complete_uri};
use crate::client::Client;
use crate::deadline::{Deadline, Progress};
use crate::fair_semaphore::{FairSemaphore, Permit};
use crate::instance_permit::InstancePermit;
use crate::loader::Served;
use crate::refusal::Refusal;
use crate::request_body::{self, BodyLimits, RequestBody, StreamedBody};
use crate::response::{ResponseBody, Streaming};
use crate::run::{Cost, Run};

/// Kept by what must be finished before the host stops, and before its connection is closed then.
pub(crate) struct InFlight {
    #[allow(dead_code, reason = "counted")]
    pub(crate) host: watch::Receiver<bool>,
    #[allow(dead_code, reason = "counted")]
    pub(crate) connection: watch::Receiver<()>,
}

/// Refuses `request`, because there are too many connections.
pub(crate) fn refuse_connection(
    app: &App,
    mut request: Request<Incoming>,
) -> Response<ResponseBody> {
    let mut entry = LogEntry::new(&mut request, &app.secret_segments);
    let mut response = Refusal::TooManyConnections.into_response(&entry.id);
    entry.status = Some(response.status());
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response.headers_mut().insert(REQUEST_ID, entry.id.clone());
    response
}

/// Responds to `request`, whatever happens.
pub(crate) async fn handle(
    app: Arc<App>,
    client: SocketAddr,
    in_flight: InFlight,
    mut request: Request<Incoming>,
) -> Response<ResponseBody> {
    let mut entry = LogEntry::new(&mut request, &app.secret_segments);
    let cost = Cost::default();
    let mut response = match respond(&app, client, in_flight, request, entry.started, &cost).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(&entry.id),
    };
    if app.limits.debug_headers {
        cost.set_headers(response.headers_mut());
    }
    entry.status = Some(response.status());
    response.headers_mut().insert(REQUEST_ID, entry.id.clone());
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().entry(X_CONTENT_TYPE_OPTIONS).or_insert(nosniff);
    response
}

async fn respond(
    app: &Arc<App>,
    client: SocketAddr,
    in_flight: InFlight,
    mut request: Request<Incoming>,
    started: Instant,
    cost: &Cost,
) -> Result<Response<ResponseBody>, Refusal> {
    complete_uri(&mut request).map_err(|NoHost| Refusal::NoHost)?;
    let found = app.router.find(request.uri().path()).ok_or(Refusal::NoRoute)?;
    let full_url = request.uri().to_string();
    found.set_headers(request.headers_mut(), &full_url, &client.to_string());
    let served = found.route.target.clone();

    // Before anything is held that others wait for.
    if !served.is_loaded() {
        let loaded = tokio::time::timeout(app.limits.queue, app.loader.instances(&served)).await;
        loaded.map_err(|_| Refusal::NotLoaded)?;
    }
    let client = Client::from(client.ip());
    if served.component.streams {
        return stream(app, served, client, in_flight, request, cost).await;
    }
    let is_probe = app.is_probe(request.uri().path());
    let deadline = started + app.limits.deadline;
    let (parts, body) = request.into_parts();
    let has_expect = parts.headers.contains_key(EXPECT);
    let quota = &app.capacity.bodies;
    let under = BodyLimits { client, quota, limits: &app.limits, deadline };
    let RequestBody { bytes, reservation } = request_body::read(body, has_expect, under).await?;

    let pools = &app.capacity.usual.pools;
    let pool = if is_probe { &app.capacity.probes } else { &pools.running };
    let permit = acquire_permit(app, pool, client).await?;
    let permit = InstancePermit::new(pools.clone(), client, permit);
    let deadline = Deadline::new(deadline);
    let run =
        Run { app: app.clone(), served, permit, deadline, streaming: None, cost: cost.clone() };
    let body = Full::new(bytes).map_err(|never: Infallible| -> hyper::Error { match never {} });
    run.start(Request::from_parts(parts, body), (reservation, in_flight)).await
}

/// Has a component that streams respond.
async fn stream(
    app: &Arc<App>,
    served: Arc<Served>,
    client: Client,
    in_flight: InFlight,
    request: Request<Incoming>,
    cost: &Cost,
) -> Result<Response<ResponseBody>, Refusal> {
    let progress = Progress::new(app.limits.progress);
    let has_expect = request.headers().contains_key(EXPECT);
    let request = request.map(|body| StreamedBody::new(body, has_expect, progress.clone()));
    let reservation = app.capacity.streams.try_reserve(client, 1);
    let reservation = Arc::new(reservation.ok_or(Refusal::TooManyStreams)?);
    let pools = &app.capacity.streaming.pools;
    let permit = acquire_permit(app, &pools.running, client).await?;
    let permit = InstancePermit::new(pools.clone(), client, permit);
    let deadline = progress.deadline();
    let streaming = Some(Streaming { progress, reservation });
    let run = Run { app: app.clone(), served, permit, deadline, streaming, cost: cost.clone() };
    run.start(request, in_flight).await
}

async fn acquire_permit(
    app: &App,
    pool: &Arc<FairSemaphore>,
    client: Client,
) -> Result<Permit, Refusal> {
    let acquire = pool.acquire(client).map_err(|_| Refusal::TooBusy)?;
    tokio::time::timeout(app.limits.queue, acquire).await.map_err(|_| Refusal::TooBusy)
}
