//! How much there is of every shared resource, in all and for one client. The table in `docs/deployment.md` is for operators.

use std::sync::Arc;
use std::thread::available_parallelism;

use crate::fair_semaphore::{FairSemaphore, Size};
use crate::instance_permit::Pools;
use crate::limits::Limits;
use crate::quota::Quota;

/// Probes that run at a time: they have permits of their own, and never wait for other requests.
const PROBES: usize = 4;
/// Instances that wait for a permit of the pool `heavy`. Behind so many, a wait takes more than a second.
const HEAVY_WAITERS: usize = 32;
/// Instances that wait for another system, without a permit.
const BLOCKED: usize = 64;
/// Instances that go on after their response.
const BACKGROUND: usize = 32;
/// Requests to components that stream, at a time: some have an instance for hours, which waits for its client or another server most of the time,
/// and needs about 2 MiB.
const STREAMS: usize = 192;
/// How many open files each of them may need: its database and that of keys, and two outgoing connections.
pub(crate) const FILES_PER_STREAM: usize = 4;
/// Outgoing calls of such a request at a time: one that is read, one that is written, and one more.
const CALLS_OF_STREAM: usize = 3;
/// Memory of all their instances together, as below, in MiB.
const STREAMS_MEMORY_MIB: usize = 128;
/// Outgoing calls and look-ups at a time,
const CALLS: usize = 64;
/// of one client,
const CALLS_OF_CLIENT: usize = 16;
/// and of one component, so that mail still leaves while the servers that another component calls are slow.
pub(crate) const CALLS_OF_COMPONENT: usize = 48;
/// Memory of one instance, in bytes: all linear memories of the component and its dependencies together.
pub(crate) const MAX_MEMORY_BYTES: usize = 128 * 1024 * 1024;
/// Entries of one table of an instance.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 20_000;
/// Memory of all instances together, beyond what each may use without a reservation, in MiB.
const MEMORY_MIB: usize = 192;
/// Responses of lines that other components stream at a time, and those of one client. Each has an instance for as long as its client reads.
const LINES: usize = 16;
const LINES_OF_CLIENT: usize = 4;
/// Responses that clients have not read yet, in bytes. Small ones do not count.
const RESPONSE_BYTES: usize = 128 * 1024 * 1024;

/// All of it.
pub(crate) struct Capacity {
    /// Of components that do not stream.
    pub(crate) usual: Share,
    /// Of those that do, so that however many streams there are, the others have theirs.
    pub(crate) streaming: Share,
    /// Requests to components that stream.
    pub(crate) streams: Arc<Quota>,
    pub(crate) probes: Arc<FairSemaphore>,
    /// In bytes.
    pub(crate) responses: Arc<Quota>,
    pub(crate) lines: Arc<Quota>,
    /// In bytes.
    pub(crate) bodies: Arc<Quota>,
}

/// What instances share.
pub(crate) struct Share {
    pub(crate) pools: Arc<Pools>,
    /// In MiB.
    pub(crate) memory: Arc<Quota>,
    pub(crate) calls: Arc<Quota>,
}

impl Capacity {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            usual: usual_share(limits),
            streaming: streaming_share(limits),
            streams: Quota::new(limits.streams, two_thirds(limits.streams)),
            probes: FairSemaphore::new(Size::of(PROBES)),
            responses: Quota::new(RESPONSE_BYTES, RESPONSE_BYTES / 4),
            lines: Quota::new(LINES, LINES_OF_CLIENT),
            bodies: Quota::new(limits.body_quota, limits.body_quota / 4),
        }
    }

    /// What the instances of a component share: those of components that stream have their own.
    pub(crate) fn share(&self, streams: bool) -> &Share {
        if streams { &self.streaming } else { &self.usual }
    }

    /// The most instances that there can be at a time.
    pub(crate) fn instances(limits: &Limits) -> u32 {
        let others =
            PROBES + heavy_permits() + HEAVY_WAITERS + BLOCKED + BACKGROUND + limits.streams;
        limits.concurrent_requests + u32::try_from(others).unwrap_or(u32::MAX)
    }
}

fn usual_share(limits: &Limits) -> Share {
    let pools = Pools {
        running: FairSemaphore::new(Size::of(limits.concurrent_requests as usize)),
        heavy: FairSemaphore::new(heavy_size()),
        blocked: Quota::new(BLOCKED, BLOCKED / 2),
        background: Quota::new(BACKGROUND, BACKGROUND / 2),
    };
    Share {
        pools: Arc::new(pools),
        memory: Quota::new(MEMORY_MIB, MAX_MEMORY_BYTES >> 20),
        calls: Quota::new(CALLS, CALLS_OF_CLIENT),
    }
}

/// Every stream may wait at the same time: how many there are is limited before they start.
fn streaming_share(limits: &Limits) -> Share {
    let pools = Pools {
        running: FairSemaphore::new(Size::of(running_streams())),
        heavy: FairSemaphore::new(heavy_size()),
        blocked: Quota::new(limits.streams, limits.streams),
        background: Quota::new(limits.streams, limits.streams),
    };
    let calls = calls_of_streams(limits);
    Share {
        pools: Arc::new(pools),
        memory: Quota::new(STREAMS_MEMORY_MIB, STREAMS_MEMORY_MIB / 2),
        calls: Quota::new(calls, two_thirds(calls)),
    }
}

/// Requests to components that stream, at a time, with at most `files` open files: they may take a quarter of them.
pub(crate) fn streams(files: u64) -> usize {
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    STREAMS.min(files / 4 / FILES_PER_STREAM)
}

/// Outgoing calls at a time, of all components that stream and of each one.
pub(crate) fn calls_of_streams(limits: &Limits) -> usize {
    limits.streams * CALLS_OF_STREAM
}

/// What one client has of it while it is alone. Behind a proxy all clients are one, and a machine that starts pulls a hundred blobs.
fn two_thirds(all: usize) -> usize {
    (all * 2).div_ceil(3)
}

/// Streams that run at a time. Nearly all of them wait: each only hands on what has come.
fn running_streams() -> usize {
    (processors() * 2).max(4)
}

fn heavy_size() -> Size {
    Size {
        permits: heavy_permits(),
        permits_of_client: heavy_permits() - 1,
        waiters: HEAVY_WAITERS,
        waiters_of_client: HEAVY_WAITERS / 2,
    }
}

fn processors() -> usize {
    available_parallelism().map_or(2, usize::from)
}

/// Requests that run at a time, by default. They hold no permit while they wait, so more would only slow each other down.
pub(crate) fn default_concurrent_requests() -> u32 {
    u32::try_from(processors() * 8).unwrap_or(u32::MAX).max(16)
}

/// How many run in the pool `heavy`: one for each processor, and one that a single client cannot take.
fn heavy_permits() -> usize {
    processors().max(2) + 1
}
