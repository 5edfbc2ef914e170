//! When a request ends. A response that is streamed has more time, for as long as its client reads; a request to a component that streams
//! has it for as long as bytes pass.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When a request ends.
#[derive(Clone)]
pub(crate) struct Deadline(Arc<Mutex<Instant>>);

impl Deadline {
    pub(crate) fn new(at: Instant) -> Self {
        Self(Arc::new(Mutex::new(at)))
    }

    /// The time, as it is now.
    pub(crate) fn at(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves it, unless it is later already.
    pub(crate) fn extend(&self, until: Instant) {
        let mut at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *at = until.max(*at);
    }

    /// Ready when it has passed.
    pub(crate) async fn passed(&self) {
        loop {
            let at = self.at();
            if Instant::now() >= at {
                return;
            }
            tokio::time::sleep_until(at.into()).await;
        }
    }
}

/// The deadline of a request to a component that streams: it moves with each byte of the request, of the response, and of the outgoing
/// calls, in whichever direction.
#[derive(Clone)]
pub(crate) struct Progress {
    deadline: Deadline,
    pause: Duration,
}

impl Progress {
    /// From now on, the request may go without a byte for `pause`.
    pub(crate) fn new(pause: Duration) -> Self {
        Self { deadline: Deadline::new(Instant::now() + pause), pause }
    }

    /// When the request ends.
    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline.clone()
    }

    /// How long there may be no byte.
    pub(crate) fn pause(&self) -> Duration {
        self.pause
    }

    /// Bytes have passed.
    pub(crate) fn made(&self) {
        self.deadline.extend(Instant::now() + self.pause);
    }
}
