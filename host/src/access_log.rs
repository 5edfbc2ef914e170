//! The access log: a line for each request, and the identifier that goes with it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use berth_net::mask_path;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};

/// The header with the identifier of a request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID_BYTES: usize = 128;
/// What the log has for a request whose connection ended before its answer, as in other servers.
const CLIENT_HAS_GONE: u16 = 499;

/// The line in the access log, written when this is dropped: when the answer begins, or when the
/// client has gone before.
pub(crate) struct LogEntry {
    pub(crate) started: Instant,
    /// The request's identifier.
    pub(crate) id: HeaderValue,
    method: Method,
    path: String,
    /// Of the answer, once there is one.
    pub(crate) status: Option<StatusCode>,
}

impl LogEntry {
    /// For `request`, which gets the identifier. `secret_segments` say what is masked in its path.
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
        let status = self.status.map_or(CLIENT_HAS_GONE, |status| status.as_u16());
        let milliseconds = self.started.elapsed().as_secs_f64() * 1000.0;
        let id = id.to_str().unwrap_or("-");
        tracing::info!(target: "berth::access", "{method} {path} {status} {milliseconds:.1}ms {id}");
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
