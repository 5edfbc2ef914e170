//! The limits of a request.

use std::time::Duration;

use crate::min_data_rate::MinDataRate;

/// The limits of a request.
#[derive(Clone)]
pub(crate) struct Limits {
    /// How long a request may take in all, unless its component streams.
    pub(crate) deadline: Duration,
    /// How long a request to a component that streams may go without a byte, in any direction.
    pub(crate) progress: Duration,
    /// The largest body, in bytes.
    pub(crate) body_bytes: u64,
    /// How long a client may pause while it sends the body.
    pub(crate) body_pause: Duration,
    /// How fast a client must send the body.
    pub(crate) body_rate: MinDataRate,
    /// The bodies of all requests together, in bytes.
    pub(crate) body_quota: usize,
    /// Requests that run at a time. The others wait,
    pub(crate) concurrent_requests: u32,
    /// Requests to components that stream, at a time. More are refused.
    pub(crate) streams: usize,
    /// but no longer than this.
    pub(crate) queue: Duration,
    /// How long a component may hold the write lock of the database.
    pub(crate) transaction: Duration,
    /// The prefix of the paths that probes ask for. Empty: there are none.
    pub(crate) probe_path: String,
    /// Whether the response reports the cost of the request.
    pub(crate) debug_headers: bool,
}
