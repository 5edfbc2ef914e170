//! Where an instance is counted, and that it runs only while it has its place there.
//!
//! A request slot is for running. An instance that waits for somebody else (a server that it called, a clock) gives its slot
//! back and gets one again, before those who are new; one that needs much memory, which is what costs much time, goes on in
//! the lane for such; one whose answer is complete goes on beside all requests. Each of these places has so much room, and
//! so much for one client. What waits for this host's own database keeps its slot: that ends soon, since the one who writes
//! has a slot as well and never waits for anything here.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use crate::client::Client;
use crate::fair_semaphore::{Full, Permit, Turns, Waiting};
use crate::quota::{Room, Taken};

/// The places that there are.
pub(crate) struct Places {
    /// For requests that run.
    pub(crate) slots: Arc<Turns>,
    /// For those of them that need much memory.
    pub(crate) lane: Arc<Turns>,
    /// For those that wait for somebody else.
    pub(crate) outside: Arc<Room>,
    /// For those whose answer is complete.
    pub(crate) afterwards: Arc<Room>,
}

/// The place of one instance.
pub(crate) struct Seat {
    places: Arc<Places>,
    client: Client,
    place: Mutex<Place>,
    /// Waits for something of this host's own.
    stays: AtomicBool,
    call: Arc<Call>,
}

/// Wakes an instance. It is apart from the seat, so that whoever still could wake one that is over keeps no place of it.
struct Call {
    /// Can go on.
    woken: AtomicBool,
    /// Whoever drives the instance.
    driver: Mutex<Waker>,
}

#[allow(dead_code, reason = "held until it is replaced")]
enum Place {
    /// In a slot, or in one of those for probes.
    Running(Permit),
    InLane(Permit),
    /// Waits for the lane, and for nothing else.
    Queued,
    Outside(Taken),
    Afterwards(Taken),
}

impl Seat {
    /// In the slot that was given.
    pub(crate) fn new(places: Arc<Places>, client: Client, slot: Permit) -> Arc<Self> {
        Arc::new(Self {
            places,
            client,
            place: Mutex::new(Place::Running(slot)),
            stays: AtomicBool::new(false),
            call: Arc::new(Call {
                woken: AtomicBool::new(false),
                driver: Mutex::new(Waker::noop().clone()),
            }),
        })
    }

    /// Whose it is.
    pub(crate) fn client(&self) -> Client {
        self.client
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the place while this host itself is waited for.
    pub(crate) fn stay(&self) -> Stay<'_> {
        self.stays.store(true, Ordering::Relaxed);
        Stay(self)
    }

    /// Goes on in the lane, once there is a turn. The slot is free meanwhile and from then on.
    ///
    /// # Errors
    /// [`Full`] if too many wait for it already.
    pub(crate) async fn enter_lane(&self) -> Result<(), Full> {
        if matches!(*self.place(), Place::InLane(_) | Place::Afterwards(_)) {
            return Ok(());
        }
        let turn = self.places.lane.take(self.client)?;
        drop(std::mem::replace(&mut *self.place(), Place::Queued));
        let turn = turn.await;
        let mut place = self.place();
        if matches!(*place, Place::Queued) {
            *place = Place::InLane(turn);
        }
        Ok(())
    }

    /// The answer is complete: what is left counts among what is done afterwards, if there is room. Else it counts where it
    /// did, but is done all the same.
    pub(crate) fn go_on_afterwards(&self) {
        if let Some(taken) = self.places.afterwards.take(self.client, 1) {
            let left = std::mem::replace(&mut *self.place(), Place::Afterwards(taken));
            drop(left);
        }
    }

    /// Gives the slot back, if there is room for one more that waits.
    fn go_outside(&self) {
        let mut place = self.place();
        if matches!(*place, Place::Running(_) | Place::InLane(_))
            && let Some(taken) = self.places.outside.take(self.client, 1)
        {
            let left = std::mem::replace(&mut *place, Place::Outside(taken));
            drop(place);
            drop(left);
        }
    }

    fn is_outside(&self) -> bool {
        matches!(*self.place(), Place::Outside(_))
    }

    fn come_in(&self, slot: Permit) {
        let mut place = self.place();
        if matches!(*place, Place::Outside(_)) {
            let left = std::mem::replace(&mut *place, Place::Running(slot));
            drop(place);
            drop(left);
        }
    }
}

impl Call {
    fn driver(&self) -> MutexGuard<'_, Waker> {
        self.driver.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        let driver = self.driver().clone();
        driver.wake();
    }
}

/// Whether somebody is the writer, and since when.
#[derive(Clone, Default)]
pub(crate) struct Writing(Arc<Mutex<Option<Instant>>>);

impl Writing {
    /// Since when it writes, if it does.
    pub(crate) fn since(&self) -> Option<Instant> {
        *self.lock()
    }

    pub(crate) fn set(&self, since: Option<Instant>) {
        *self.lock() = since;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While it lives, an instance that waits keeps its place.
pub(crate) struct Stay<'a>(&'a Seat);

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        self.0.stays.store(false, Ordering::Relaxed);
    }
}

/// Runs `call` while it has its place.
pub(crate) struct Seated<F> {
    pub(crate) call: Pin<Box<F>>,
    pub(crate) seat: Arc<Seat>,
    pub(crate) writing: Writing,
    /// How long a transaction may hold up those who want to write as well.
    pub(crate) transaction: Duration,
    /// A slot is on its way.
    pub(crate) coming_in: Option<Waiting>,
    pub(crate) overdue: Option<(Instant, Pin<Box<Sleep>>)>,
}

/// A transaction went on for too long.
pub(crate) struct Overdue;

impl<F: Future> Seated<F> {
    pub(crate) fn new(call: F, seat: Arc<Seat>, writing: Writing, transaction: Duration) -> Self {
        let call = Box::pin(call);
        Self { call, seat, writing, transaction, coming_in: None, overdue: None }
    }

    /// Ready when the instance has its place, or needs none.
    fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.seat.is_outside() {
            self.coming_in = None;
            return Poll::Ready(());
        }
        if !self.seat.call.woken.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        let coming_in = self
            .coming_in
            .get_or_insert_with(|| self.seat.places.slots.take_again(self.seat.client));
        let slot = ready!(Pin::new(coming_in).poll(cx));
        self.coming_in = None;
        self.seat.come_in(slot);
        Poll::Ready(())
    }

    /// What is to be done with an instance that does not go on at once.
    fn pause(&mut self, cx: &mut Context<'_>) -> Result<(), Overdue> {
        match self.writing.since() {
            Some(since) => self.watch_transaction(since, cx),
            None => {
                self.overdue = None;
                let goes_on = self.seat.call.woken.load(Ordering::Acquire);
                if !goes_on && !self.seat.stays.load(Ordering::Relaxed) {
                    self.seat.go_outside();
                }
                Ok(())
            }
        }
    }

    fn watch_transaction(&mut self, since: Instant, cx: &mut Context<'_>) -> Result<(), Overdue> {
        let end = since + self.transaction;
        let overdue = match &mut self.overdue {
            Some((of, timer)) if *of == since => timer,
            other => &mut other.insert((since, Box::pin(tokio::time::sleep_until(end.into())))).1,
        };
        if overdue.as_mut().poll(cx).is_ready() { Err(Overdue) } else { Ok(()) }
    }
}

impl<F: Future> Future for Seated<F> {
    type Output = Result<F::Output, Overdue>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.seat.call.driver().clone_from(cx.waker());
        ready!(this.poll_place(cx));
        this.seat.call.woken.store(false, Ordering::Release);
        let waker = Waker::from(this.seat.call.clone());
        match this.call.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            Poll::Pending => match this.pause(cx) {
                Ok(()) => Poll::Pending,
                Err(overdue) => Poll::Ready(Err(overdue)),
            },
        }
    }
}
