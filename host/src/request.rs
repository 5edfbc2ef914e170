//! The steps of a request: its route, its body, its permit and its response. Connections belong to
//! `server`, running an instance to `run`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::{CONNECTION, EXPECT, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::sync::watch;

use crate::access_log::{LogEntry, REQUEST_ID};
use crate::app::App;
use crate::authority::{NoHost, complete_uri};
use crate::client::Client;
use crate::deadline::Deadline;
use crate::fair_semaphore::Permit;
use crate::instance_permit::InstancePermit;
use crate::refusal::Refusal;
use crate::request_body::{self, BodyLimits, RequestBody};
use crate::response::ResponseBody;
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

    let client = Client::from(client.ip());
    let is_probe = app.is_probe(request.uri().path());
    let deadline = started + app.limits.deadline;
    let (parts, body) = request.into_parts();
    let has_expect = parts.headers.contains_key(EXPECT);
    let quota = &app.capacity.bodies;
    let under = BodyLimits { client, quota, limits: &app.limits, deadline };
    let RequestBody { bytes, reservation } = request_body::read(body, has_expect, under).await?;

    let permit = acquire_permit(app, client, is_probe).await?;
    let permit = InstancePermit::new(app.capacity.pools.clone(), client, permit);
    let deadline = Deadline::new(deadline);
    let run = Run { app: app.clone(), served, permit, deadline, cost: cost.clone() };
    run.start(Request::from_parts(parts, Full::new(bytes)), (reservation, in_flight)).await
}

async fn acquire_permit(app: &App, client: Client, is_probe: bool) -> Result<Permit, Refusal> {
    let pool = if is_probe { &app.capacity.probes } else { &app.capacity.pools.running };
    let acquire = pool.acquire(client).map_err(|_| Refusal::TooBusy)?;
    tokio::time::timeout(app.limits.queue, acquire).await.map_err(|_| Refusal::TooBusy)
}
