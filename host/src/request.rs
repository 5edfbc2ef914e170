//! One request's life: its route, its limits, its slot and its answer. Connections belong to `server`, running an
//! instance to `run`.

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
use crate::fair_semaphore::Permit;
use crate::instance_permit::Seat;
use crate::refusal::Refusal;
use crate::request_body::{self, Collected, Destination};
use crate::response::Answer;
use crate::run::{Cost, Run};

/// Held by everything that must be finished before the host stops, and before its connection ends then.
pub(crate) struct Alive {
    #[allow(dead_code, reason = "counted")]
    pub(crate) host: watch::Receiver<bool>,
    #[allow(dead_code, reason = "counted")]
    pub(crate) connection: watch::Receiver<()>,
}

/// Refuses `request`, since there are too many connections.
pub(crate) fn refuse_connection(app: &App, mut request: Request<Incoming>) -> Response<Answer> {
    let mut entry = LogEntry::new(&mut request, &app.secret_segments);
    let mut response = Refusal::TooManyConnections.into_response(&entry.id);
    entry.status = Some(response.status());
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response.headers_mut().insert(REQUEST_ID, entry.id.clone());
    response
}

/// Answers `request`, whatever happens.
pub(crate) async fn handle(
    app: Arc<App>,
    client: SocketAddr,
    alive: Alive,
    mut request: Request<Incoming>,
) -> Response<Answer> {
    let mut entry = LogEntry::new(&mut request, &app.secret_segments);
    let cost = Cost::default();
    let mut response = match answer(&app, client, alive, request, entry.started, &cost).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(&entry.id),
    };
    if app.limits.debug_headers {
        cost.set_headers(response.headers_mut());
    }
    entry.status = Some(response.status());
    response.headers_mut().insert(REQUEST_ID, entry.id.clone());
    let no_guessing = HeaderValue::from_static("nosniff");
    response.headers_mut().entry(X_CONTENT_TYPE_OPTIONS).or_insert(no_guessing);
    response
}

async fn answer(
    app: &Arc<App>,
    client: SocketAddr,
    alive: Alive,
    mut request: Request<Incoming>,
    started: Instant,
    cost: &Cost,
) -> Result<Response<Answer>, Refusal> {
    complete_uri(&mut request).map_err(|NoHost| Refusal::NoHost)?;
    let found = app.router.find(request.uri().path()).ok_or(Refusal::NoRoute)?;
    let full_url = request.uri().to_string();
    found.set_headers(request.headers_mut(), &full_url, &client.to_string());
    let served = found.route.target.clone();

    let client = Client::from(client.ip());
    let is_probe = app.is_probe(request.uri().path());
    let deadline = started + app.limits.deadline;
    let (parts, body) = request.into_parts();
    let asks_first = parts.headers.contains_key(EXPECT);
    let room = &app.capacity.bodies;
    let to = Destination { client, room, limits: &app.limits, deadline };
    let Collected { bytes, room } = request_body::collect(body, asks_first, to).await?;

    let slot = slot(app, client, is_probe).await?;
    let seat = Seat::new(app.capacity.places.clone(), client, slot);
    let run = Run { app: app.clone(), served, seat, deadline, cost: cost.clone() };
    run.start(Request::from_parts(parts, Full::new(bytes)), (room, alive)).await
}

/// A slot for a request, when it is its turn.
async fn slot(app: &App, client: Client, is_probe: bool) -> Result<Permit, Refusal> {
    let turns = if is_probe { &app.capacity.probes } else { &app.capacity.places.slots };
    let turn = turns.take(client).map_err(|_| Refusal::TooBusy)?;
    tokio::time::timeout(app.limits.queue, turn).await.map_err(|_| Refusal::TooBusy)
}
