//! How much of everything there is, for all and for one client. What is counted where: `docs/deployment.md` has the table
//! for operators.

use std::sync::Arc;
use std::thread::available_parallelism;

use crate::fair_semaphore::{Size, Turns};
use crate::instance_permit::Places;
use crate::limits::Limits;
use crate::quota::Room;

/// Probes that run at a time: they have slots of their own, and never wait behind other requests.
const PROBES: usize = 4;
/// Instances that wait for the lane of those that need much memory. Who waits behind so many waits for more than a second.
const LANE_WAITING: usize = 32;
/// Instances that wait for somebody else without a slot.
const OUTSIDE: usize = 64;
/// Instances that go on after their answer.
const AFTERWARDS: usize = 32;
/// Calls and look-ups at a time,
const CALLS: usize = 64;
/// of one client,
const CALLS_OF_ONE: usize = 16;
/// and of one component, so that mail still leaves while somebody keeps us waiting elsewhere.
pub(crate) const CALLS_OF_A_COMPONENT: usize = 48;
/// Memory of one instance: all linear memories of the component and its dependencies together.
pub(crate) const MAX_MEMORY_BYTES: usize = 128 * 1024 * 1024;
/// Entries of one table of an instance.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 20_000;
/// Memory of all instances together beyond what each may use without asking, in MiB.
const MEMORY_MIB: usize = 192;
/// Answers that wait to be read, in bytes. Small ones do not count.
const ANSWERS: usize = 128 * 1024 * 1024;

/// All of it.
pub(crate) struct Capacity {
    pub(crate) places: Arc<Places>,
    pub(crate) probes: Arc<Turns>,
    /// In MiB.
    pub(crate) memory: Arc<Room>,
    /// In bytes.
    pub(crate) answers: Arc<Room>,
    /// In bytes.
    pub(crate) bodies: Arc<Room>,
    pub(crate) calls: Arc<Room>,
}

impl Capacity {
    pub(crate) fn new(limits: &Limits) -> Self {
        let lane = Size {
            running: lane(),
            running_of_one: lane() - 1,
            waiting: LANE_WAITING,
            waiting_of_one: LANE_WAITING / 2,
        };
        let places = Places {
            slots: Turns::new(Size::of(limits.concurrent_requests as usize)),
            lane: Turns::new(lane),
            outside: Room::new(OUTSIDE, OUTSIDE / 2),
            afterwards: Room::new(AFTERWARDS, AFTERWARDS / 2),
        };
        Self {
            places: Arc::new(places),
            probes: Turns::new(Size::of(PROBES)),
            memory: Room::new(MEMORY_MIB, MAX_MEMORY_BYTES >> 20),
            answers: Room::new(ANSWERS, ANSWERS / 4),
            bodies: Room::new(limits.body_room, limits.body_room / 4),
            calls: Room::new(CALLS, CALLS_OF_ONE),
        }
    }

    /// The instances that there may be at a time.
    pub(crate) fn instances(limits: &Limits) -> u32 {
        let others = PROBES + lane() + LANE_WAITING + OUTSIDE + AFTERWARDS;
        limits.concurrent_requests + u32::try_from(others).unwrap_or(u32::MAX)
    }
}

/// Requests that run at a time, by default. They hold no slot while they wait, so more would only slow down each other.
pub(crate) fn slots() -> u32 {
    let processors = available_parallelism().map_or(2, usize::from);
    u32::try_from(processors * 8).unwrap_or(u32::MAX).max(16)
}

/// How many run in the lane: more would not be done sooner, but for one that no client takes from the others.
fn lane() -> usize {
    available_parallelism().map_or(2, usize::from).max(2) + 1
}
