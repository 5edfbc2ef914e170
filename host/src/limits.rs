//! What a request may take.

use std::time::Duration;

use crate::min_data_rate::Pace;

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
