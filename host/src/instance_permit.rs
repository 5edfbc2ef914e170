//! The permit that an instance runs under, and that it runs only while it has one.
//!
//! A permit of the pool `running` is for work. An instance that waits for another system (a server that it called, a clock)
//! releases its permit and acquires one again, before new requests do. One that needs much memory, which also costs much
//! processor time, continues under a permit of the pool `heavy`. One whose response is complete continues beside all
//! requests. Each pool has a total and a share for each client. An instance that waits for its database or its key-value store
//! keeps its permit, on this host or on a server: it may hold there what others wait for (the write lock, a stream), and so it
//! never waits for a permit meanwhile. Such a wait is short, or has a bound.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use crate::client::Client;
use crate::fair_semaphore::{Acquire, FairSemaphore, Permit, QueueFull};
use crate::quota::{Quota, Reservation};

/// Where instances are counted.
pub(crate) struct Pools {
    /// Those that run.
    pub(crate) running: Arc<FairSemaphore>,
    /// Those that run and need much memory.
    pub(crate) heavy: Arc<FairSemaphore>,
    /// Those that wait for another system.
    pub(crate) blocked: Arc<Quota>,
    /// Those whose response is complete.
    pub(crate) background: Arc<Quota>,
}

/// The permit of one instance.
pub(crate) struct InstancePermit {
    pools: Arc<Pools>,
    client: Client,
    state: Mutex<State>,
    /// The instance waits for a store.
    is_kept: AtomicBool,
    waker: Arc<InstanceWaker>,
}

/// Wakes an instance. It is apart from the permit, so that a waker which outlives the instance holds no permit.
struct InstanceWaker {
    /// The instance can go on.
    woken: AtomicBool,
    /// The waker of the task that polls the instance.
    task: Mutex<Waker>,
}

#[allow(dead_code, reason = "held until it is replaced")]
enum State {
    /// Of the pool `running`, or of that for probes.
    Running(Permit),
    Heavy(Permit),
    /// Waits for a permit of the pool `heavy`, and has none.
    QueuedForHeavy,
    Blocked(Reservation),
    Background(Reservation),
}

impl InstancePermit {
    /// For an instance that runs under `permit`.
    pub(crate) fn new(pools: Arc<Pools>, client: Client, permit: Permit) -> Arc<Self> {
        Arc::new(Self {
            pools,
            client,
            state: Mutex::new(State::Running(permit)),
            is_kept: AtomicBool::new(false),
            waker: Arc::new(InstanceWaker {
                woken: AtomicBool::new(false),
                task: Mutex::new(Waker::noop().clone()),
            }),
        })
    }

    /// The client that sent the request.
    pub(crate) fn client(&self) -> Client {
        self.client
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the permit while the instance waits for a store, until the guard is dropped.
    pub(crate) fn keep(&self) -> KeepGuard<'_> {
        self.is_kept.store(true, Ordering::Relaxed);
        KeepGuard(self)
    }

    /// Exchanges the permit for one of the pool `heavy`. Meanwhile the instance has none.
    ///
    /// # Errors
    /// [`QueueFull`] if too many wait for that pool already.
    pub(crate) async fn enter_heavy_pool(&self) -> Result<(), QueueFull> {
        if matches!(*self.state(), State::Heavy(_) | State::Background(_)) {
            return Ok(());
        }
        let acquire = self.pools.heavy.acquire(self.client)?;
        drop(std::mem::replace(&mut *self.state(), State::QueuedForHeavy));
        let permit = acquire.await;
        let mut state = self.state();
        if matches!(*state, State::QueuedForHeavy) {
            *state = State::Heavy(permit);
        }
        Ok(())
    }

    /// The response is complete: from now on the instance counts in the pool `background`. If that is full, it goes on under
    /// the permit that it has.
    pub(crate) fn continue_in_background(&self) {
        if let Some(reservation) = self.pools.background.try_reserve(self.client, 1) {
            let before = std::mem::replace(&mut *self.state(), State::Background(reservation));
            drop(before);
        }
    }

    /// Releases the permit of an instance that waits, if one more may.
    fn release_while_blocked(&self) {
        let mut state = self.state();
        if matches!(*state, State::Running(_) | State::Heavy(_))
            && let Some(reservation) = self.pools.blocked.try_reserve(self.client, 1)
        {
            let before = std::mem::replace(&mut *state, State::Blocked(reservation));
            drop(state);
            drop(before);
        }
    }

    fn is_blocked(&self) -> bool {
        matches!(*self.state(), State::Blocked(_))
    }

    fn resume(&self, permit: Permit) {
        let mut state = self.state();
        if matches!(*state, State::Blocked(_)) {
            let before = std::mem::replace(&mut *state, State::Running(permit));
            drop(state);
            drop(before);
        }
    }
}

impl InstanceWaker {
    fn task(&self) -> MutexGuard<'_, Waker> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for InstanceWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        let task = self.task().clone();
        task.wake();
    }
}

/// Whether a request holds the write lock of the database, and since when.
#[derive(Clone, Default)]
pub(crate) struct WriterState(Arc<Mutex<Option<Instant>>>);

impl WriterState {
    /// Since when the request holds the lock. `None`: it does not.
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

/// While it lives, an instance that waits keeps its permit.
pub(crate) struct KeepGuard<'a>(&'a InstancePermit);

impl Drop for KeepGuard<'_> {
    fn drop(&mut self) {
        self.0.is_kept.store(false, Ordering::Relaxed);
    }
}

/// Polls `call`, which is an instance, only while it has its permit.
pub(crate) struct Scheduled<F> {
    call: Pin<Box<F>>,
    permit: Arc<InstancePermit>,
    writer: WriterState,
    /// How long the instance may hold the write lock.
    transaction: Duration,
    /// A permit that is being acquired again.
    resuming: Option<Acquire>,
    /// The end of the transaction that began then.
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
}

/// The instance held the write lock for too long.
pub(crate) struct TransactionTimeout;

impl<F: Future> Scheduled<F> {
    pub(crate) fn new(
        call: F,
        permit: Arc<InstancePermit>,
        writer: WriterState,
        transaction: Duration,
    ) -> Self {
        let call = Box::pin(call);
        Self { call, permit, writer, transaction, resuming: None, timer: None }
    }

    /// Ready when the instance has its permit, or needs none.
    fn poll_permit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.permit.is_blocked() {
            self.resuming = None;
            return Poll::Ready(());
        }
        if !self.permit.waker.woken.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        let running = &self.permit.pools.running;
        let resuming = self.resuming.get_or_insert_with(|| running.reacquire(self.permit.client));
        let permit = ready!(Pin::new(resuming).poll(cx));
        self.resuming = None;
        self.permit.resume(permit);
        Poll::Ready(())
    }

    /// After a poll of an instance that waits now.
    fn on_pending(&mut self, cx: &mut Context<'_>) -> Result<(), TransactionTimeout> {
        match self.writer.since() {
            Some(since) => self.check_transaction(since, cx),
            None => {
                self.timer = None;
                let is_woken = self.permit.waker.woken.load(Ordering::Acquire);
                if !is_woken && !self.permit.is_kept.load(Ordering::Relaxed) {
                    self.permit.release_while_blocked();
                }
                Ok(())
            }
        }
    }

    fn check_transaction(
        &mut self,
        since: Instant,
        cx: &mut Context<'_>,
    ) -> Result<(), TransactionTimeout> {
        let end = since + self.transaction;
        let timer = match &mut self.timer {
            Some((of, timer)) if *of == since => timer,
            other => &mut other.insert((since, Box::pin(tokio::time::sleep_until(end.into())))).1,
        };
        if timer.as_mut().poll(cx).is_ready() { Err(TransactionTimeout) } else { Ok(()) }
    }
}

impl<F: Future> Future for Scheduled<F> {
    type Output = Result<F::Output, TransactionTimeout>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.permit.waker.task().clone_from(cx.waker());
        ready!(this.poll_permit(cx));
        this.permit.waker.woken.store(false, Ordering::Release);
        let waker = Waker::from(this.permit.waker.clone());
        match this.call.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            Poll::Pending => match this.on_pending(cx) {
                Ok(()) => Poll::Pending,
                Err(timeout) => Poll::Ready(Err(timeout)),
            },
        }
    }
}
