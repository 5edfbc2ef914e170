//! Turns: so many may go at a time, the others wait, each client in a queue of its own, and the queues are served in turn.
//! So whoever sends a thousand requests waits for himself, and whoever sends one waits for one of them at most.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::client::{Client, most_of_one};

/// How many may go and how many may wait.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) running: usize,
    /// Of one client.
    pub(crate) running_of_one: usize,
    pub(crate) waiting: usize,
    /// Of one client.
    pub(crate) waiting_of_one: usize,
}

impl Size {
    /// So many may go, three quarters of them for one client, and any number may wait.
    pub(crate) fn of(running: usize) -> Self {
        let running = running.max(1);
        Self {
            running,
            running_of_one: (running * 3).div_ceil(4),
            waiting: usize::MAX,
            waiting_of_one: usize::MAX,
        }
    }
}

/// The queue.
pub(crate) struct Turns {
    size: Size,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    running: usize,
    running_of: HashMap<Client, usize>,
    waiting: usize,
    /// Those who had a turn, gave it back while they had no use for it, and go on.
    returning: VecDeque<Waiter>,
    new: HashMap<Client, VecDeque<Waiter>>,
    /// The clients that have somebody in `new`, the next one first.
    order: VecDeque<Client>,
}

struct Waiter {
    client: Client,
    call: oneshot::Sender<()>,
}

/// There are too many who wait.
#[derive(Debug, PartialEq)]
pub(crate) struct Full;

impl Turns {
    pub(crate) fn new(size: Size) -> Arc<Self> {
        Arc::new(Self { size, queue: Mutex::default() })
    }

    /// A turn for `client`, now or when the future that this gives is ready.
    ///
    /// # Errors
    /// [`Full`] if too many wait already.
    pub(crate) fn take(self: &Arc<Self>, client: Client) -> Result<Waiting, Full> {
        let mut queue = self.queue();
        if queue.waiting == 0 && queue.may_run(client, &self.size) {
            queue.begin(client);
            return Ok(Waiting::ready(self, client));
        }
        let of_one = queue.new.get(&client).map_or(0, VecDeque::len);
        let left = self.size.waiting.saturating_sub(queue.waiting);
        let is_alone = queue.new.len() <= usize::from(of_one > 0);
        let most = most_of_one(self.size.waiting_of_one, left, is_alone);
        if queue.waiting >= self.size.waiting || of_one >= most {
            return Err(Full);
        }
        let (call, called) = oneshot::channel();
        queue.enqueue(Waiter { client, call });
        // The one who waits may be a client that has its share.
        queue.call_next(&self.size);
        Ok(Waiting::queued(self, client, called))
    }

    /// A turn for somebody who had one before: ahead of all who had none.
    pub(crate) fn take_again(self: &Arc<Self>, client: Client) -> Waiting {
        let mut queue = self.queue();
        if queue.running < self.size.running {
            queue.begin(client);
            return Waiting::ready(self, client);
        }
        let (call, called) = oneshot::channel();
        queue.waiting += 1;
        queue.returning.push_back(Waiter { client, call });
        Waiting::queued(self, client, called)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn may_run(&self, client: Client, size: &Size) -> bool {
        self.running < size.running
            && self.running_of.get(&client).is_none_or(|own| *own < size.running_of_one)
    }

    fn begin(&mut self, client: Client) {
        self.running += 1;
        *self.running_of.entry(client).or_default() += 1;
    }

    fn end(&mut self, client: Client) {
        self.running -= 1;
        if let Some(own) = self.running_of.get_mut(&client) {
            *own -= 1;
            if *own == 0 {
                self.running_of.remove(&client);
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

    /// Calls as many as may go.
    fn call_next(&mut self, size: &Size) {
        while self.running < size.running {
            let Some(waiter) = self.returning.pop_front().or_else(|| self.next_new(size)) else {
                return;
            };
            self.waiting -= 1;
            let client = waiter.client;
            if waiter.call.send(()).is_ok() {
                self.begin(client);
            }
        }
    }

    /// The first of the next client whose share is not used up. That client is the last one then.
    fn next_new(&mut self, size: &Size) -> Option<Waiter> {
        let place = self.order.iter().position(|client| self.may_run(*client, size))?;
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

    /// Takes out those of `client` who wait no more. They are for the caller to drop, once the queue is free again: what
    /// they would wake may hold a turn.
    fn forget(&mut self, client: Client) -> Vec<Waiter> {
        let mut forgotten = Vec::new();
        take_gone(&mut self.returning, &mut forgotten);
        if let Some(own) = self.new.get_mut(&client) {
            take_gone(own, &mut forgotten);
            if own.is_empty() {
                self.new.remove(&client);
                self.order.retain(|other| *other != client);
            }
        }
        self.waiting -= forgotten.len();
        forgotten
    }
}

/// Moves those that wait no more.
fn take_gone(from: &mut VecDeque<Waiter>, to: &mut Vec<Waiter>) {
    let (gone, left): (VecDeque<_>, _) =
        from.drain(..).partition(|waiter: &Waiter| waiter.call.is_closed());
    *from = left;
    to.extend(gone);
}

/// Somebody who waits. Ready when it is their turn.
pub(crate) struct Waiting {
    turns: Arc<Turns>,
    client: Client,
    state: State,
}

enum State {
    /// It was their turn at once.
    Ready,
    Queued(oneshot::Receiver<()>),
    Over,
}

impl Waiting {
    fn ready(turns: &Arc<Turns>, client: Client) -> Self {
        Self { turns: turns.clone(), client, state: State::Ready }
    }

    fn queued(turns: &Arc<Turns>, client: Client, called: oneshot::Receiver<()>) -> Self {
        Self { turns: turns.clone(), client, state: State::Queued(called) }
    }

    fn permit(&mut self) -> Permit {
        self.state = State::Over;
        Permit { turns: self.turns.clone(), client: self.client }
    }
}

impl Future for Waiting {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit> {
        match &mut self.state {
            State::Ready => Poll::Ready(self.permit()),
            State::Queued(called) => match Pin::new(called).poll(cx) {
                Poll::Ready(Ok(())) => Poll::Ready(self.permit()),
                // Nobody is forgotten who still waits.
                Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
            },
            State::Over => Poll::Pending,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        match &mut self.state {
            State::Ready => drop(self.permit()),
            State::Queued(called) => {
                called.close();
                // Called already, or not any more.
                if called.try_recv().is_ok() {
                    drop(self.permit());
                } else {
                    let forgotten = self.turns.queue().forget(self.client);
                    drop(forgotten);
                }
            }
            State::Over => {}
        }
    }
}

/// A turn, until it is dropped.
pub(crate) struct Permit {
    turns: Arc<Turns>,
    client: Client,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut queue = self.turns.queue();
        queue.end(self.client);
        queue.call_next(&self.turns.size);
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
    fn now(waiting: &mut Waiting) -> Option<Permit> {
        match Pin::new(waiting).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(permit) => Some(permit),
            Poll::Pending => None,
        }
    }

    fn is_empty(turns: &Turns) -> bool {
        let queue = turns.queue();
        let nobody = queue.new.is_empty() && queue.order.is_empty() && queue.returning.is_empty();
        nobody && queue.running == 0 && queue.waiting == 0 && queue.running_of.is_empty()
    }

    #[test]
    fn clients_take_turns_however_many_they_send() {
        let turns = Turns::new(Size::of(1));
        let running = now(&mut turns.take(client(1)).unwrap()).unwrap();
        let mut many: Vec<_> = (0..10).map(|_| turns.take(client(1)).unwrap()).collect();
        let mut one = turns.take(client(2)).unwrap();
        drop(running);
        let first = now(&mut many[0]).unwrap();
        assert!(now(&mut one).is_none());
        drop(first);
        assert!(now(&mut many[1]).is_none());
        drop(now(&mut one).unwrap());
        for waiting in &mut many[1..] {
            drop(now(waiting).unwrap());
        }
        assert!(is_empty(&turns));
    }

    #[test]
    fn a_client_does_not_get_all_turns() {
        let turns = Turns::new(Size::of(4));
        let mut permits: Vec<_> =
            (0..3).map(|_| now(&mut turns.take(client(1)).unwrap()).unwrap()).collect();
        let mut fourth = turns.take(client(1)).unwrap();
        assert!(now(&mut fourth).is_none());
        let other = now(&mut turns.take(client(2)).unwrap()).expect("there is one for others");
        drop(other);
        assert!(now(&mut fourth).is_none());
        permits.pop();
        assert!(now(&mut fourth).is_some());
        drop(permits);
        assert!(is_empty(&turns));
    }

    #[test]
    fn who_had_a_turn_goes_first_and_needs_no_share() {
        let turns = Turns::new(Size::of(1));
        let running = now(&mut turns.take(client(1)).unwrap()).unwrap();
        let mut new = turns.take(client(2)).unwrap();
        let mut again = turns.take_again(client(1));
        drop(running);
        assert!(now(&mut new).is_none());
        drop(now(&mut again).unwrap());
        assert!(now(&mut new).is_some());
        assert!(is_empty(&turns));
    }

    #[test]
    fn too_many_that_wait_are_refused_each_client_on_its_own() {
        let size = Size { running: 1, running_of_one: 1, waiting: 3, waiting_of_one: 2 };
        let turns = Turns::new(size);
        let running = now(&mut turns.take(client(1)).unwrap()).unwrap();
        let own: Vec<_> = (0..2).map(|_| turns.take(client(1)).unwrap()).collect();
        assert!(turns.take(client(1)).is_err());
        let other = turns.take(client(2)).unwrap();
        assert!(turns.take(client(3)).is_err(), "there is no more room for anybody");
        drop(other);
        assert!(turns.take(client(3)).is_ok());
        drop((own, running));
        assert!(is_empty(&turns));
    }

    /// Wakes nobody, but has a turn.
    struct Holder(#[allow(dead_code, reason = "held")] Permit);

    impl std::task::Wake for Holder {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn who_leaves_may_have_a_turn_itself() {
        let turns = Turns::new(Size::of(1));
        let running = now(&mut turns.take(client(1)).unwrap()).unwrap();
        let mut leaves = turns.take(client(2)).unwrap();
        let waker = Waker::from(Arc::new(Holder(running)));
        assert!(Pin::new(&mut leaves).poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        drop(leaves);
        assert!(is_empty(&turns));
    }

    #[test]
    fn nobody_is_lost_who_leaves() {
        let turns = Turns::new(Size::of(1));
        let running = now(&mut turns.take(client(1)).unwrap()).unwrap();
        let leaves = turns.take(client(1)).unwrap();
        let called_and_leaves = turns.take(client(2)).unwrap();
        let mut stays = turns.take(client(3)).unwrap();
        drop(leaves);
        drop(running);
        drop(called_and_leaves);
        drop(now(&mut stays).unwrap());
        drop(turns.take(client(1)).unwrap());
        assert!(is_empty(&turns));
    }
}
