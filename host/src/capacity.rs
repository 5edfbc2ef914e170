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
/// Responses that are streamed at a time, and those of one client. Each has an instance for as long as its client reads.
const STREAMS: usize = 16;
const STREAMS_OF_CLIENT: usize = 4;
/// Responses that clients have not read yet, in bytes. Small ones do not count.
const RESPONSE_BYTES: usize = 128 * 1024 * 1024;

/// All of it.
pub(crate) struct Capacity {
    pub(crate) pools: Arc<Pools>,
    pub(crate) probes: Arc<FairSemaphore>,
    /// In MiB.
    pub(crate) memory: Arc<Quota>,
    /// In bytes.
    pub(crate) responses: Arc<Quota>,
    pub(crate) streams: Arc<Quota>,
    /// In bytes.
    pub(crate) bodies: Arc<Quota>,
    pub(crate) calls: Arc<Quota>,
}

impl Capacity {
    pub(crate) fn new(limits: &Limits) -> Self {
        let heavy = Size {
            permits: heavy_permits(),
            permits_of_client: heavy_permits() - 1,
            waiters: HEAVY_WAITERS,
            waiters_of_client: HEAVY_WAITERS / 2,
        };
        let pools = Pools {
            running: FairSemaphore::new(Size::of(limits.concurrent_requests as usize)),
            heavy: FairSemaphore::new(heavy),
            blocked: Quota::new(BLOCKED, BLOCKED / 2),
            background: Quota::new(BACKGROUND, BACKGROUND / 2),
        };
        Self {
            pools: Arc::new(pools),
            probes: FairSemaphore::new(Size::of(PROBES)),
            memory: Quota::new(MEMORY_MIB, MAX_MEMORY_BYTES >> 20),
            responses: Quota::new(RESPONSE_BYTES, RESPONSE_BYTES / 4),
            streams: Quota::new(STREAMS, STREAMS_OF_CLIENT),
            bodies: Quota::new(limits.body_quota, limits.body_quota / 4),
            calls: Quota::new(CALLS, CALLS_OF_CLIENT),
        }
    }

    /// The most instances that there can be at a time.
    pub(crate) fn instances(limits: &Limits) -> u32 {
        let others = PROBES + heavy_permits() + HEAVY_WAITERS + BLOCKED + BACKGROUND;
        limits.concurrent_requests + u32::try_from(others).unwrap_or(u32::MAX)
    }
}

/// Requests that run at a time, by default. They hold no permit while they wait, so more would only slow each other down.
pub(crate) fn default_concurrent_requests() -> u32 {
    let processors = available_parallelism().map_or(2, usize::from);
    u32::try_from(processors * 8).unwrap_or(u32::MAX).max(16)
}

/// How many run in the pool `heavy`: one for each processor, and one that a single client cannot take.
fn heavy_permits() -> usize {
    available_parallelism().map_or(2, usize::from).max(2) + 1
}
