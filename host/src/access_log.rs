//! The access log: a line for each request, and the request's identifier.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use berth_net::mask_path;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};

/// The header with the identifier of a request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID_BYTES: usize = 128;
/// The status in the log of a request whose connection was closed before the response, as in nginx.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// The line in the access log, written when this is dropped: when the response begins, or when the client closes the
/// connection before that.
pub(crate) struct LogEntry {
    pub(crate) started: Instant,
    /// The request's identifier.
    pub(crate) id: HeaderValue,
    method: Method,
    path: String,
    /// Of the response, once there is one.
    pub(crate) status: Option<StatusCode>,
}

impl LogEntry {
    /// Begins the line of `request`, and sets the request's identifier. `secret_segments` are masked in its path.
    pub(crate) fn new<B>(request: &mut Request<B>, secret_segments: &[String]) -> Self {
        Self {
            started: Instant::now(),
            id: take_request_id(request.headers_mut()),
            method: request.method().clone(),
            path: printable_path(&mask_path(request.uri().path(), secret_segments)),
            status: None,
        }
    }
}

impl Drop for LogEntry {
    fn drop(&mut self) {
        let Self { method, path, id, .. } = &*self;
        let status = self.status.map_or(CLIENT_CLOSED_REQUEST, |status| status.as_u16());
        let milliseconds = self.started.elapsed().as_secs_f64() * 1000.0;
        let id = id.to_str().unwrap_or("-");
        tracing::info!(target: "berth::access", "{method} {path} {status} {milliseconds:.1}ms {id}");
    }
}

/// The request's identifier: the client's if it is short and printable, else a new one. The component gets it in the same
/// header, once.
fn take_request_id(headers: &mut HeaderMap) -> HeaderValue {
    let is_valid = |id: &&HeaderValue| {
        let bytes = id.as_bytes();
        (1..=MAX_REQUEST_ID_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    let new = || HeaderValue::try_from(new_request_id()).unwrap_or(HeaderValue::from_static("-"));
    let id = headers.get(REQUEST_ID).filter(is_valid).cloned().unwrap_or_else(new);
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

/// `path` in visible ASCII, so that a path cannot fake lines of the log.
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
