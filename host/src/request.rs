//! One request's life: its route, its limits, its slot, and its line in the log. Connections belong to `server`, running an
//! instance to `run`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use berth_net::mask_path;
use http::header::{CONNECTION, CONTENT_TYPE, EXPECT, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;

use crate::answer::Answer;
use crate::app::App;
use crate::authority::{NoHost, complete_uri};
use crate::body::{self, Collected, Destination};
use crate::client::Client;
use crate::paced::Pace;
use crate::run::{Cost, Run};
use crate::seat::Seat;
use crate::server::Alive;
use crate::turns::Permit;

/// What a request may take.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) deadline: Duration,
    /// The largest body,
    pub(crate) body_bytes: u64,
    /// how long its sender may pause,
    pub(crate) body_pause: Duration,
    /// how fast it must come,
    pub(crate) body_pace: Pace,
    /// and the room for the bodies of all requests together, in bytes.
    pub(crate) body_room: usize,
    /// More requests than this wait for their turn,
    pub(crate) concurrent_requests: u32,
    /// but no longer than this.
    pub(crate) queue: Duration,
    /// How long a component may be the one that writes.
    pub(crate) transaction: Duration,
    /// How the paths begin that are asked for by probes.
    pub(crate) probe_path: String,
    /// Tell in the response what the request cost.
    pub(crate) debug_headers: bool,
}

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID_BYTES: usize = 128;
/// What the log has for a request whose connection ended before its answer, as in other servers.
const CLIENT_HAS_GONE: u16 = 499;

impl App {
    /// Whether a path is asked for by probes, which tell whether the host is well: they wait for nobody.
    pub(crate) fn is_probe(&self, path: &str) -> bool {
        !self.limits.probe_path.is_empty() && path.starts_with(&self.limits.probe_path)
    }
}

/// Refuses `request`, since there are too many connections.
pub(crate) fn refuse_connection(app: &App, mut request: Request<Incoming>) -> Response<Answer> {
    let mut entry = LogEntry::new(app, &mut request);
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
    let mut entry = LogEntry::new(&app, &mut request);
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

/// The line in the access log, written when this is dropped: when the answer begins, or when the
/// client has gone before.
struct LogEntry {
    started: Instant,
    id: HeaderValue,
    method: Method,
    path: String,
    status: Option<StatusCode>,
}

impl LogEntry {
    fn new(app: &App, request: &mut Request<Incoming>) -> Self {
        Self {
            started: Instant::now(),
            id: take_request_id(request.headers_mut()),
            method: request.method().clone(),
            path: printable_path(&mask_path(request.uri().path(), &app.secret_segments)),
            status: None,
        }
    }
}

impl Drop for LogEntry {
    fn drop(&mut self) {
        let Self { method, path, id, .. } = &*self;
        let status = self.status.map_or(CLIENT_HAS_GONE, |status| status.as_u16());
        let milliseconds = self.started.elapsed().as_secs_f64() * 1000.0;
        let id = id.to_str().unwrap_or("-");
        tracing::info!(target: "berth::access", "{method} {path} {status} {milliseconds:.1}ms {id}");
    }
}

/// Why a request gets no answer of a component.
pub(crate) enum Refusal {
    NoHost,
    NoRoute,
    /// Of the body, as are the next three.
    TooLarge,
    TooSlow,
    Broken,
    NoRoom,
    TooBusy,
    /// The client leaves too much unread already, or all clients together do.
    UnreadAnswers,
    TooManyConnections,
    Deadline,
    Failed {
        component: String,
        cause: String,
    },
}

impl Refusal {
    fn into_response(self, id: &HeaderValue) -> Response<Answer> {
        let (status, message) = match &self {
            Self::NoHost => (StatusCode::BAD_REQUEST, "The request has no valid Host"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "Not Found"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The request body did not come in time"),
            Self::Broken => (StatusCode::BAD_REQUEST, "The request body is broken"),
            Self::NoRoom => (StatusCode::SERVICE_UNAVAILABLE, "Too many large requests at a time"),
            Self::TooBusy => (StatusCode::SERVICE_UNAVAILABLE, "Too many requests at a time"),
            Self::UnreadAnswers => {
                (StatusCode::SERVICE_UNAVAILABLE, "Too many large answers at a time")
            }
            Self::TooManyConnections => {
                (StatusCode::SERVICE_UNAVAILABLE, "Too many connections at a time")
            }
            Self::Deadline => (StatusCode::GATEWAY_TIMEOUT, "The request took too long"),
            Self::Failed { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        };
        if let Self::Failed { component, cause } = &self {
            tracing::error!(
                "component {component:?} failed: {cause} (request {})",
                id.to_str().unwrap_or("-")
            );
        }
        let mut response = Response::new(Answer::from(format!("{{\"message\":\"{message}\"}}")));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
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
    let Collected { bytes, room } = body::collect(body, asks_first, to).await?;

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

/// The request's identifier: the client's if it is sane, else one of our own. The component sees it
/// too, and no other that the client may have sent beside it.
fn take_request_id(headers: &mut HeaderMap) -> HeaderValue {
    let sane = |id: &&HeaderValue| {
        let bytes = id.as_bytes();
        (1..=MAX_REQUEST_ID_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    let made = || HeaderValue::try_from(new_request_id()).unwrap_or(HeaderValue::from_static("-"));
    let id = headers.get(REQUEST_ID).filter(sane).cloned().unwrap_or_else(made);
    headers.insert(REQUEST_ID, id.clone());
    id
}

/// Unique, not secret.
fn new_request_id() -> String {
    use std::hash::{BuildHasher, RandomState};
    static PROCESS: std::sync::LazyLock<u64> =
        std::sync::LazyLock::new(|| RandomState::new().hash_one(0));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{:016x}-{:06x}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A path on one line of plain characters.
fn printable_path(path: &str) -> String {
    let mut printable = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_graphic() {
            printable.push(char::from(byte))
        } else {
            printable.push_str(&format!("%{byte:02X}"))
        }
    }
    printable
}
