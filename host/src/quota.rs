//! Room for things that are counted and need not wait: bytes, memory, calls. There is so much of it in all and so much for
//! one client; who finds none is refused at once, so that nobody holds one thing while waiting for another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::{Client, most_of_one};

/// So much room.
pub(crate) struct Room {
    /// What one client may have of it.
    share: usize,
    counts: Mutex<Counts>,
}

struct Counts {
    free: usize,
    taken: HashMap<Client, usize>,
}

impl Room {
    /// Room for `total`, of which one client gets `share` at most.
    pub(crate) fn new(total: usize, share: usize) -> Arc<Self> {
        Arc::new(Self { share, counts: Mutex::new(Counts { free: total, taken: HashMap::new() }) })
    }

    /// Takes `amount` for `client`, if it is there.
    pub(crate) fn take(self: &Arc<Self>, client: Client, amount: usize) -> Option<Taken> {
        let mut taken = Taken { room: self.clone(), client, amount: 0 };
        taken.grow(amount).then_some(taken)
    }

    /// Whether `client` has less than a quarter of its share left.
    pub(crate) fn is_nearly_full_for(&self, client: Client) -> bool {
        let own = self.counts().taken.get(&client).copied().unwrap_or_default();
        own > self.share * 3 / 4
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What somebody has of a room, until it is dropped.
pub(crate) struct Taken {
    room: Arc<Room>,
    client: Client,
    amount: usize,
}

impl Taken {
    /// Takes so much more, all of it or nothing.
    pub(crate) fn grow(&mut self, more: usize) -> bool {
        let mut counts = self.room.counts();
        let Counts { free, taken } = &mut *counts;
        let own = taken.get(&self.client).copied().unwrap_or_default();
        let is_alone = taken.len() <= usize::from(own > 0);
        let most = most_of_one(self.room.share, *free, is_alone);
        if more > *free || own.saturating_add(more) > most {
            return false;
        }
        *free -= more;
        taken.insert(self.client, own + more);
        self.amount += more;
        true
    }

    /// Takes what is missing to `amount`.
    pub(crate) fn grow_to(&mut self, amount: usize) -> bool {
        amount <= self.amount || self.grow(amount - self.amount)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut counts = self.room.counts();
        counts.free += self.amount;
        if let Some(own) = counts.taken.get_mut(&self.client) {
            *own -= self.amount;
            if *own == 0 {
                counts.taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn client(last: u8) -> Client {
        IpAddr::from([127, 0, 0, last]).into()
    }

    #[test]
    fn a_client_has_its_share_and_all_have_what_there_is() {
        let room = Room::new(10, 6);
        let mut first = room.take(client(1), 4).unwrap();
        assert!(!first.grow(3), "more than its share");
        assert!(!room.is_nearly_full_for(client(1)));
        assert!(first.grow_to(6) && first.grow_to(5));
        assert!(room.is_nearly_full_for(client(1)) && !room.is_nearly_full_for(client(2)));
        assert!(room.take(client(1), 1).is_none());
        let second = room.take(client(2), 4).unwrap();
        assert!(room.take(client(3), 1).is_none(), "nothing is left");
        drop(first);
        assert!(room.take(client(1), 6).is_some());
        drop(second);
        assert!(room.counts().taken.is_empty() && room.counts().free == 10);
    }

    #[test]
    fn several_clients_leave_something_for_the_next() {
        let room = Room::new(1_024, 512);
        let mut kept = Vec::new();
        for attacker in 1..=4 {
            kept.extend(std::iter::from_fn(|| room.take(client(attacker), 1)));
        }
        assert_eq!(kept.len(), 512 + 256 + 128 + 64);
        assert!(room.take(client(9), 32).is_some());
    }

    #[test]
    fn what_is_refused_takes_nothing() {
        let room = Room::new(10, 10);
        assert!(room.take(client(1), 11).is_none());
        assert!(room.take(client(1), 10).is_some());
    }
}
