//! One request's life: its route, its limits, an instance of its own, its answer, and its line in
//! the log. Connections belong to `server`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use berth_domain::loggable_path;
use bytes::Bytes;
use cpu_time::ThreadTime;
use http::header::{CONTENT_TYPE, EXPECT, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;
use wasmtime_wasi_http::{Error, WasiHttpView};

use crate::app::{App, Served};
use crate::authority::{NoHost, complete_uri};
use crate::body::{self, Collected, Pieces};
use crate::instance::{Counters, State};
use crate::server::Alive;

/// What a request may take.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) deadline: Duration,
    /// The largest body,
    pub(crate) body_bytes: u64,
    /// how long its sender may pause,
    pub(crate) body_pause: Duration,
    /// and the room for the bodies of all requests together, in bytes.
    pub(crate) body_room: u32,
    /// More requests than this wait for their turn,
    pub(crate) concurrent_requests: u32,
    /// but no longer than this.
    pub(crate) queue: Duration,
    /// Tell in the response what the request cost.
    pub(crate) debug_headers: bool,
}

pub(crate) type Body = Either<Full<Bytes>, GuestBody>;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID_BYTES: usize = 128;
/// What the log has for a request whose connection ended before its answer, as in other servers.
const CLIENT_HAS_GONE: u16 = 499;

/// Answers `request`, whatever happens.
pub(crate) async fn handle(
    app: Arc<App>,
    client: SocketAddr,
    alive: Alive,
    mut request: Request<Incoming>,
) -> Response<Body> {
    let mut entry = LogEntry::new(&mut request);
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
    fn new(request: &mut Request<Incoming>) -> Self {
        Self {
            started: Instant::now(),
            id: take_request_id(request.headers_mut()),
            method: request.method().clone(),
            path: printable_path(request.uri()),
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
    Deadline,
    Failed {
        component: String,
        cause: String,
    },
}

impl Refusal {
    fn into_response(self, id: &HeaderValue) -> Response<Body> {
        let (status, message) = match &self {
            Self::NoHost => (StatusCode::BAD_REQUEST, "The request has no valid Host"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "Not Found"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The request body did not come in time"),
            Self::Broken => (StatusCode::BAD_REQUEST, "The request body is broken"),
            Self::NoRoom => (StatusCode::SERVICE_UNAVAILABLE, "Too many large requests at a time"),
            Self::TooBusy => (StatusCode::SERVICE_UNAVAILABLE, "Too many requests at a time"),
            Self::Deadline => (StatusCode::GATEWAY_TIMEOUT, "The request took too long"),
            Self::Failed { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        };
        if let Self::Failed { component, cause } = &self {
            tracing::error!(
                "component {component:?} failed: {cause} (request {})",
                id.to_str().unwrap_or("-")
            );
        }
        let mut response =
            Response::new(Either::Left(Full::from(format!("{{\"message\":\"{message}\"}}"))));
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
) -> Result<Response<Body>, Refusal> {
    complete_uri(&mut request).map_err(|NoHost| Refusal::NoHost)?;
    let found = app.router.find(request.uri().path()).ok_or(Refusal::NoRoute)?;
    let full_url = request.uri().to_string();
    found.set_headers(request.headers_mut(), &full_url, &client.to_string());
    let served = found.route.target.clone();

    let deadline = started + app.limits.deadline;
    let (parts, body) = request.into_parts();
    let asks_first = parts.headers.contains_key(EXPECT);
    let Collected { bytes, room } =
        body::collect(body, asks_first, &app.limits, &app.body_room, deadline).await?;
    let waiting = tokio::time::timeout(app.limits.queue, app.permits.clone().acquire_owned()).await;
    let Ok(Ok(permit)) = waiting else { return Err(Refusal::TooBusy) };

    let run = Run { app: app.clone(), served, deadline, cost: cost.clone() };
    run.start(Request::from_parts(parts, Full::new(bytes)), (permit, room, alive)).await
}

/// What it takes to run a component for one request.
struct Run {
    app: Arc<App>,
    served: Arc<Served>,
    deadline: Instant,
    cost: Cost,
}

/// How an instance ended.
type End = Result<(), Refusal>;
type Head = Result<Response<HyperOutgoingBody>, ErrorCode>;

impl Run {
    /// Runs an instance until it is done or, if its answer does not fit into the buffer, until it
    /// has begun to answer.
    ///
    /// Nearly every instance is done before its answer is looked at: then the answer is complete,
    /// leaves with its length and in one piece, and no other task was involved. An instance that
    /// goes on does so on a task of its own.
    async fn start<K: Send + 'static>(
        self,
        request: Request<Full<Bytes>>,
        kept: K,
    ) -> Result<Response<Body>, Refusal> {
        let name = self.served.component.name.clone();
        let failed = |cause: String| Refusal::Failed { component: name.clone(), cause };
        let (sender, mut head) = oneshot::channel();
        let broken = Arc::new(AtomicBool::new(false));
        let instance = self.instance(request, sender, broken.clone(), kept);
        let mut instance =
            Instance(Some(Box::pin(instance.map_err(|error| failed(format!("{error:#}")))?)));
        let end = tokio::select! {
            biased;
            end = instance.run() => end,
            Ok(head) = &mut head => {
                // Dropping `instance` lets it go on.
                let response = head.map_err(|code| failed(format!("it answered with error {code}")))?;
                return Ok(response.map(|body| Either::Right(GuestBody { body, broken })));
            }
        };
        end?;
        let head = head.try_recv().map_err(|_| failed("it ended without an answer".to_owned()))?;
        let response = head.map_err(|code| failed(format!("it answered with error {code}")))?;
        let (head, body) = response.into_parts();
        let body =
            buffered(body).map_err(|error| failed(format!("its answer broke off: {error}")))?;
        Ok(Response::from_parts(head, Either::Left(Full::new(body))))
    }

    /// The whole life of an instance. `kept` is dropped when it is over.
    fn instance<K: Send + 'static>(
        self,
        request: Request<Full<Bytes>>,
        answer: oneshot::Sender<Head>,
        broken: Arc<AtomicBool>,
        kept: K,
    ) -> wasmtime::Result<impl Future<Output = End> + Send + 'static> {
        let Self { app, served, deadline, cost } = self;
        let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let state =
            State::new(&served.component, id.unwrap_or("-"), deadline, cost.counters.clone());
        let mut store = Store::new(&app.engine, state);
        store.limiter_async(State::limiter);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let request =
            request.map(|body| body.map_err(|never: Infallible| -> Error { match never {} }));
        let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
        let outparam = store.data_mut().http().new_response_outparam(answer)?;
        Ok(async move {
            let call = async {
                let proxy = served.instances.instantiate_async(&mut store).await?;
                proxy.wasi_http_incoming_handler().call_handle(&mut store, request, outparam).await
            };
            // A running instance yields at each tick of the epoch, a waiting one is not running:
            // this ends both.
            let cpu_micros = app.limits.debug_headers.then_some(&cost.cpu_micros);
            let timed = Timed { call: Box::pin(call), cpu_micros };
            let ended = tokio::time::timeout_at(deadline.into(), timed).await;
            let end = match ended {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(Refusal::Failed {
                    component: served.component.name.clone(),
                    cause: format!("{error:#}"),
                }),
                Err(_) => Err(Refusal::Deadline),
            };
            // Said before the store goes, and with it the sending end of the body.
            broken.store(end.is_err(), Ordering::Relaxed);
            drop(store);
            drop(kept);
            end
        })
    }
}

/// An instance that is finished in the background if nobody waits for it any longer: once begun, a
/// request is carried out within its deadline, also if its client has gone.
struct Instance(Option<Pin<Box<dyn Future<Output = End> + Send>>>);

impl Instance {
    async fn run(&mut self) -> End {
        let Some(instance) = &mut self.0 else { return Ok(()) };
        let end = instance.await;
        self.0 = None;
        end
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let Some(instance) = self.0.take() else { return };
        tokio::spawn(async move {
            match instance.await {
                Err(Refusal::Failed { component, cause }) => {
                    tracing::error!(
                        "component {component:?} failed after it began to answer: {cause}"
                    );
                }
                Err(_) => {
                    tracing::error!(
                        "a component that had begun to answer did not end before its deadline"
                    )
                }
                Ok(()) => {}
            }
        });
    }
}

/// The body of an instance that has ended.
fn buffered(mut body: HyperOutgoingBody) -> Result<Bytes, Error> {
    let mut cx = Context::from_waker(Waker::noop());
    let mut pieces = Pieces::default();
    // Nothing can be pending: whoever could send more is gone.
    while let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut cx) {
        if let Ok(data) = frame?.into_data() {
            pieces.push(data);
        }
    }
    Ok(pieces.join())
}

/// The body of an instance that goes on while it is sent.
pub(crate) struct GuestBody {
    body: HyperOutgoingBody,
    broken: Arc<AtomicBool>,
}

impl http_body::Body for GuestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            // The client must not take a part for the whole.
            Poll::Ready(None) if self.broken.load(Ordering::Relaxed) => {
                Poll::Ready(Some(Err(Error::HttpResponseIncomplete)))
            }
            other => other,
        }
    }
}

/// What a request has cost so far, for tests and the benchmark.
#[derive(Clone, Default)]
struct Cost {
    counters: Arc<Counters>,
    cpu_micros: Arc<AtomicU64>,
}

impl Cost {
    fn set_headers(&self, headers: &mut HeaderMap) {
        headers
            .insert("x-berth-statements", self.counters.statements.load(Ordering::Relaxed).into());
        headers.insert("x-berth-key-value", self.counters.key_value.load(Ordering::Relaxed).into());
        headers.insert("x-berth-cpu-us", self.cpu_micros.load(Ordering::Relaxed).into());
    }
}

/// Adds up the processor time that a future takes, if anybody wants to know.
struct Timed<'a, F> {
    call: Pin<Box<F>>,
    cpu_micros: Option<&'a Arc<AtomicU64>>,
}

impl<F: Future> Future for Timed<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(cpu_micros) = self.cpu_micros else { return self.call.as_mut().poll(cx) };
        let before = ThreadTime::now();
        let result = self.call.as_mut().poll(cx);
        let micros = u64::try_from(before.elapsed().as_micros()).unwrap_or(u64::MAX);
        cpu_micros.fetch_add(micros, Ordering::Relaxed);
        result
    }
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

/// The path for the log: without the query and the codes in it, which are secret, and all on one line.
fn printable_path(uri: &Uri) -> String {
    let mut path = String::with_capacity(uri.path().len());
    for byte in loggable_path(uri.path()).bytes() {
        if byte.is_ascii_graphic() {
            path.push(char::from(byte))
        } else {
            path.push_str(&format!("%{byte:02X}"))
        }
    }
    path
}
