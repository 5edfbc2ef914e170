//! When a request ends. A response that is streamed has more time, for as long as its client reads.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

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
