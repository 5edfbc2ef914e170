//! A semaphore that is fair to clients: a client that asks for many permits waits in a queue of its own, and the queues are
//! served in turn. So a client with one request waits for at most one request of each other client.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::client::{Client, max_for_client};

/// How many permits there are, and how many may wait for one.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) permits: usize,
    pub(crate) permits_of_client: usize,
    pub(crate) waiters: usize,
    pub(crate) waiters_of_client: usize,
}

impl Size {
    /// `permits` in all, three quarters of them for one client. Any number may wait.
    pub(crate) fn of(permits: usize) -> Self {
        let permits = permits.max(1);
        Self {
            permits,
            permits_of_client: (permits * 3).div_ceil(4),
            waiters: usize::MAX,
            waiters_of_client: usize::MAX,
        }
    }
}

/// The semaphore.
pub(crate) struct FairSemaphore {
    size: Size,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// Permits that are held.
    held: usize,
    held_by: HashMap<Client, usize>,
    waiting: usize,
    /// Those that had a permit before: served first.
    returning: VecDeque<Waiter>,
    new: HashMap<Client, VecDeque<Waiter>>,
    /// The clients with waiters in `new`, the next one first.
    order: VecDeque<Client>,
}

struct Waiter {
    client: Client,
    grant: oneshot::Sender<()>,
}

/// Too many wait already.
#[derive(Debug, PartialEq)]
pub(crate) struct QueueFull;

impl FairSemaphore {
    pub(crate) fn new(size: Size) -> Arc<Self> {
        Arc::new(Self { size, queue: Mutex::default() })
    }

    /// A permit for `client`, once the future that this returns is ready.
    ///
    /// # Errors
    /// [`QueueFull`] if too many wait already.
    pub(crate) fn acquire(self: &Arc<Self>, client: Client) -> Result<Acquire, QueueFull> {
        let mut queue = self.queue();
        if queue.waiting == 0 && queue.has_permit_for(client, &self.size) {
            queue.take(client);
            return Ok(Acquire::ready(self, client));
        }
        let own = queue.new.get(&client).map_or(0, VecDeque::len);
        let left = self.size.waiters.saturating_sub(queue.waiting);
        let is_alone = queue.new.len() <= usize::from(own > 0);
        let most = max_for_client(self.size.waiters_of_client, left, is_alone);
        if queue.waiting >= self.size.waiters || own >= most {
            return Err(QueueFull);
        }
        let (grant, granted) = oneshot::channel();
        queue.enqueue(Waiter { client, grant });
        // All others in the queue may belong to clients that have their share.
        queue.grant_next(&self.size);
        Ok(Acquire::queued(self, client, granted))
    }

    /// A permit for one that had a permit before: ahead of all that had none, and beyond the client's share.
    pub(crate) fn reacquire(self: &Arc<Self>, client: Client) -> Acquire {
        let mut queue = self.queue();
        if queue.held < self.size.permits {
            queue.take(client);
            return Acquire::ready(self, client);
        }
        let (grant, granted) = oneshot::channel();
        queue.waiting += 1;
        queue.returning.push_back(Waiter { client, grant });
        Acquire::queued(self, client, granted)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn has_permit_for(&self, client: Client, size: &Size) -> bool {
        self.held < size.permits
            && self.held_by.get(&client).is_none_or(|own| *own < size.permits_of_client)
    }

    fn take(&mut self, client: Client) {
        self.held += 1;
        *self.held_by.entry(client).or_default() += 1;
    }

    fn release(&mut self, client: Client) {
        self.held -= 1;
        if let Some(own) = self.held_by.get_mut(&client) {
            *own -= 1;
            if *own == 0 {
                self.held_by.remove(&client);
            }
        }
    }

    fn enqueue(&mut self, waiter: Waiter) {
        self.waiting += 1;
        let own = self.new.entry(waiter.client).or_default();
        if own.is_empty() {
            self.order.push_back(waiter.client);
        }
        own.push_back(waiter);
    }

    /// Grants the permits that are free.
    fn grant_next(&mut self, size: &Size) {
        while self.held < size.permits {
            let Some(waiter) = self.returning.pop_front().or_else(|| self.next_new(size)) else {
                return;
            };
            self.waiting -= 1;
            let client = waiter.client;
            if waiter.grant.send(()).is_ok() {
                self.take(client);
            }
        }
    }

    /// The first waiter of the next client whose share is not used up. That client is the last one then.
    fn next_new(&mut self, size: &Size) -> Option<Waiter> {
        let place = self.order.iter().position(|client| self.has_permit_for(*client, size))?;
        let client = self.order.remove(place)?;
        let own = self.new.get_mut(&client)?;
        let waiter = own.pop_front();
        if own.is_empty() {
            self.new.remove(&client);
        } else {
            self.order.push_back(client);
        }
        waiter
    }

    /// Removes the waiters of `client` that were cancelled. The caller drops them once the queue is
    /// unlocked: a task that they would wake may hold a permit.
    fn remove_cancelled(&mut self, client: Client) -> Vec<Waiter> {
        let mut removed = Vec::new();
        move_cancelled(&mut self.returning, &mut removed);
        if let Some(own) = self.new.get_mut(&client) {
            move_cancelled(own, &mut removed);
            if own.is_empty() {
                self.new.remove(&client);
                self.order.retain(|other| *other != client);
            }
        }
        self.waiting -= removed.len();
        removed
    }
}

fn move_cancelled(from: &mut VecDeque<Waiter>, to: &mut Vec<Waiter>) {
    let (cancelled, left): (VecDeque<_>, _) =
        from.drain(..).partition(|waiter: &Waiter| waiter.grant.is_closed());
    *from = left;
    to.extend(cancelled);
}

/// Ready with the permit. Dropping it gives up the place in the queue.
pub(crate) struct Acquire {
    semaphore: Arc<FairSemaphore>,
    client: Client,
    state: State,
}

enum State {
    /// The permit was free at once.
    Ready,
    Queued(oneshot::Receiver<()>),
    Done,
}

impl Acquire {
    fn ready(semaphore: &Arc<FairSemaphore>, client: Client) -> Self {
        Self { semaphore: semaphore.clone(), client, state: State::Ready }
    }

    fn queued(
        semaphore: &Arc<FairSemaphore>,
        client: Client,
        granted: oneshot::Receiver<()>,
    ) -> Self {
        Self { semaphore: semaphore.clone(), client, state: State::Queued(granted) }
    }

    fn permit(&mut self) -> Permit {
        self.state = State::Done;
        Permit { semaphore: self.semaphore.clone(), client: self.client }
    }
}

impl Future for Acquire {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit> {
        match &mut self.state {
            State::Ready => Poll::Ready(self.permit()),
            State::Queued(granted) => match Pin::new(granted).poll(cx) {
                Poll::Ready(Ok(())) => Poll::Ready(self.permit()),
                // (No waiter is removed from the queue while its future lives.)
                Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
            },
            State::Done => Poll::Pending,
        }
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        match &mut self.state {
            State::Ready => drop(self.permit()),
            State::Queued(granted) => {
                granted.close();
                // It may have been granted before that.
                if granted.try_recv().is_ok() {
                    drop(self.permit());
                } else {
                    let removed = self.semaphore.queue().remove_cancelled(self.client);
                    drop(removed);
                }
            }
            State::Done => {}
        }
    }
}

/// A permit, released when it is dropped.
pub(crate) struct Permit {
    semaphore: Arc<FairSemaphore>,
    client: Client,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut queue = self.semaphore.queue();
        queue.release(self.client);
        queue.grant_next(&self.semaphore.size);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::net::IpAddr;
    use std::task::Waker;

    use super::*;

    fn client(last: u8) -> Client {
        IpAddr::from([127, 0, 0, last]).into()
    }

    /// The permit, if it is there.
    fn now(acquire: &mut Acquire) -> Option<Permit> {
        match Pin::new(acquire).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(permit) => Some(permit),
            Poll::Pending => None,
        }
    }

    fn is_empty(semaphore: &FairSemaphore) -> bool {
        let queue = semaphore.queue();
        let no_waiter =
            queue.new.is_empty() && queue.order.is_empty() && queue.returning.is_empty();
        no_waiter && queue.held == 0 && queue.waiting == 0 && queue.held_by.is_empty()
    }

    #[test]
    fn clients_are_served_in_turn_however_many_requests_they_have() {
        let semaphore = FairSemaphore::new(Size::of(1));
        let running = now(&mut semaphore.acquire(client(1)).unwrap()).unwrap();
        let mut many: Vec<_> = (0..10).map(|_| semaphore.acquire(client(1)).unwrap()).collect();
        let mut one = semaphore.acquire(client(2)).unwrap();
        drop(running);
        let first = now(&mut many[0]).unwrap();
        assert!(now(&mut one).is_none());
        drop(first);
        assert!(now(&mut many[1]).is_none());
        drop(now(&mut one).unwrap());
        for waiting in &mut many[1..] {
            drop(now(waiting).unwrap());
        }
        assert!(is_empty(&semaphore));
    }

    #[test]
    fn a_client_does_not_get_all_permits() {
        let semaphore = FairSemaphore::new(Size::of(4));
        let mut permits: Vec<_> =
            (0..3).map(|_| now(&mut semaphore.acquire(client(1)).unwrap()).unwrap()).collect();
        let mut fourth = semaphore.acquire(client(1)).unwrap();
        assert!(now(&mut fourth).is_none());
        let other =
            now(&mut semaphore.acquire(client(2)).unwrap()).expect("there is one for others");
        drop(other);
        assert!(now(&mut fourth).is_none());
        permits.pop();
        assert!(now(&mut fourth).is_some());
        drop(permits);
        assert!(is_empty(&semaphore));
    }

    #[test]
    fn reacquiring_comes_first_and_needs_no_share() {
        let semaphore = FairSemaphore::new(Size::of(1));
        let running = now(&mut semaphore.acquire(client(1)).unwrap()).unwrap();
        let mut new = semaphore.acquire(client(2)).unwrap();
        let mut again = semaphore.reacquire(client(1));
        drop(running);
        assert!(now(&mut new).is_none());
        drop(now(&mut again).unwrap());
        assert!(now(&mut new).is_some());
        assert!(is_empty(&semaphore));
    }

    #[test]
    fn waiters_are_limited_in_all_and_for_each_client() {
        let size = Size { permits: 1, permits_of_client: 1, waiters: 3, waiters_of_client: 2 };
        let semaphore = FairSemaphore::new(size);
        let running = now(&mut semaphore.acquire(client(1)).unwrap()).unwrap();
        let own: Vec<_> = (0..2).map(|_| semaphore.acquire(client(1)).unwrap()).collect();
        assert!(semaphore.acquire(client(1)).is_err());
        let other = semaphore.acquire(client(2)).unwrap();
        assert!(semaphore.acquire(client(3)).is_err(), "the queue is full");
        drop(other);
        assert!(semaphore.acquire(client(3)).is_ok());
        drop((own, running));
        assert!(is_empty(&semaphore));
    }

    /// A waker that holds a permit.
    struct Holder(#[allow(dead_code, reason = "held")] Permit);

    impl std::task::Wake for Holder {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn a_cancelled_waiter_may_hold_a_permit() {
        let semaphore = FairSemaphore::new(Size::of(1));
        let running = now(&mut semaphore.acquire(client(1)).unwrap()).unwrap();
        let mut cancelled = semaphore.acquire(client(2)).unwrap();
        let waker = Waker::from(Arc::new(Holder(running)));
        assert!(Pin::new(&mut cancelled).poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        drop(cancelled);
        assert!(is_empty(&semaphore));
    }

    #[test]
    fn cancelled_waiters_lose_no_permit() {
        let semaphore = FairSemaphore::new(Size::of(1));
        let running = now(&mut semaphore.acquire(client(1)).unwrap()).unwrap();
        let cancelled = semaphore.acquire(client(1)).unwrap();
        let granted_and_cancelled = semaphore.acquire(client(2)).unwrap();
        let mut stays = semaphore.acquire(client(3)).unwrap();
        drop(cancelled);
        drop(running);
        drop(granted_and_cancelled);
        drop(now(&mut stays).unwrap());
        drop(semaphore.acquire(client(1)).unwrap());
        assert!(is_empty(&semaphore));
    }
}
