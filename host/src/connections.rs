//! Who may be connected. Accepting never waits: a connection that comes when there are enough takes the place of one that is
//! idle, and where none is, it goes into a small reserve, in which probes are served and all others are told to come later.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::client::{Client, most_of_one};

/// Connections beyond the limit, for probes and for saying no,
pub(crate) const RESERVE: usize = 32;
/// and those of one client.
const RESERVE_OF_ONE: usize = 8;

/// The connections that there are.
pub(crate) struct Connections {
    limit: usize,
    /// What one client may have of it.
    share: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// Counts the connections, so that an older one has a smaller number.
    next: u64,
    all: HashMap<u64, Arc<Entry>>,
    of: HashMap<Client, usize>,
    reserve: HashMap<Client, usize>,
}

/// What is known of one connection.
pub(crate) struct Entry {
    client: Client,
    /// Requests that are being answered: one, or none.
    requests: AtomicUsize,
    /// Whether an answer is being sent.
    sends: Arc<AtomicBool>,
    /// Whether a request has come.
    used: AtomicBool,
    close: Notify,
}

impl Entry {
    fn new(client: Client) -> Arc<Self> {
        Arc::new(Self {
            client,
            requests: AtomicUsize::new(0),
            sends: Arc::default(),
            used: AtomicBool::new(false),
            close: Notify::new(),
        })
    }

    /// Whether an answer is being sent: for whoever sends it to say.
    pub(crate) fn sends(&self) -> Arc<AtomicBool> {
        self.sends.clone()
    }

    /// A request has come, which is answered until this is dropped.
    pub(crate) fn request(self: &Arc<Self>) -> InRequest {
        self.used.store(true, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        InRequest(self.clone())
    }

    /// Comes when another connection is to have the place.
    pub(crate) async fn is_to_close(&self) {
        self.close.notified().await;
    }

    fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0 && !self.sends.load(Ordering::Relaxed)
    }
}

/// A request that is being answered.
pub(crate) struct InRequest(Arc<Entry>);

impl Drop for InRequest {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connections {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, share: limit.div_ceil(2), open: Mutex::default() })
    }

    /// A place for one more connection of `client`, if there is any.
    pub(crate) fn admit(self: &Arc<Self>, client: Client) -> Option<Place> {
        let mut open = self.open();
        let own = open.of.get(&client).copied().unwrap_or_default();
        let others = open.all.len() - own;
        let left = self.limit.saturating_sub(open.all.len());
        let most = most_of_one(self.share, left, others == 0);
        let has_place = if own >= most && own > 0 {
            open.close_idle(Some(client))
        } else {
            open.all.len() < self.limit || open.close_idle(None)
        };
        if !has_place {
            return open.take_reserve(client).then(|| Place {
                connections: self.clone(),
                entry: Entry::new(client),
                number: None,
            });
        }
        let (number, entry) = open.add(client);
        Some(Place { connections: self.clone(), entry, number: Some(number) })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add(&mut self, client: Client) -> (u64, Arc<Entry>) {
        self.next += 1;
        let entry = Entry::new(client);
        self.all.insert(self.next, entry.clone());
        *self.of.entry(client).or_default() += 1;
        (self.next, entry)
    }

    fn remove(&mut self, number: u64) {
        let Some(entry) = self.all.remove(&number) else { return };
        leave(&mut self.of, entry.client);
    }

    /// Closes an idle connection, of `client` or of anybody: first one that has never asked for anything, and the oldest of
    /// those.
    fn close_idle(&mut self, client: Option<Client>) -> bool {
        let candidates = self.all.iter().filter(|(_, entry)| {
            client.is_none_or(|client| entry.client == client) && entry.is_idle()
        });
        let first =
            candidates.min_by_key(|(number, entry)| (entry.used.load(Ordering::Relaxed), **number));
        let Some(number) = first.map(|(number, _)| *number) else { return false };
        if let Some(entry) = self.all.get(&number) {
            entry.close.notify_one();
        }
        self.remove(number);
        true
    }

    fn take_reserve(&mut self, client: Client) -> bool {
        let all: usize = self.reserve.values().sum();
        let own = self.reserve.get(&client).copied().unwrap_or_default();
        let free = all < RESERVE && own < RESERVE_OF_ONE;
        if free {
            *self.reserve.entry(client).or_default() += 1;
        }
        free
    }
}

fn leave(counts: &mut HashMap<Client, usize>, client: Client) {
    if let Some(own) = counts.get_mut(&client) {
        *own -= 1;
        if *own == 0 {
            counts.remove(&client);
        }
    }
}

/// The place of a connection, until it is dropped.
pub(crate) struct Place {
    connections: Arc<Connections>,
    pub(crate) entry: Arc<Entry>,
    /// None in the reserve.
    number: Option<u64>,
}

impl Place {
    /// Whether only probes are served here.
    pub(crate) fn is_reserve(&self) -> bool {
        self.number.is_none()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        match self.number {
            Some(number) => open.remove(number),
            None => leave(&mut open.reserve, self.entry.client),
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

    /// Whether a connection was told to close.
    fn is_closed(place: &Place) -> bool {
        place.connections.open().all.values().all(|entry| !Arc::ptr_eq(entry, &place.entry))
    }

    #[test]
    fn a_client_gets_half_and_then_its_own_idle_ones_make_room() {
        let connections = Connections::new(4);
        let admit = |last| connections.admit(client(last)).unwrap();
        let (used, silent) = (admit(1), admit(1));
        drop(used.entry.request());
        let other = admit(2);
        let third = admit(1);
        assert!(is_closed(&silent) && !is_closed(&used) && !third.is_reserve());
        let fourth = admit(1);
        assert!(is_closed(&third) && !is_closed(&used), "it has never asked for anything");
        assert!(!is_closed(&other) && !is_closed(&fourth));
    }

    #[test]
    fn a_busy_client_gets_a_few_more_to_be_told() {
        let connections = Connections::new(2);
        let busy = connections.admit(client(1)).unwrap();
        let request = busy.entry.request();
        let reserve: Vec<_> =
            (0..RESERVE_OF_ONE).map(|_| connections.admit(client(1)).unwrap()).collect();
        assert!(reserve.iter().all(Place::is_reserve));
        assert!(connections.admit(client(1)).is_none());
        assert!(!connections.admit(client(2)).unwrap().is_reserve(), "others have their half");
        drop(request);
        assert!(!connections.admit(client(1)).unwrap().is_reserve());
        assert!(is_closed(&busy));
    }

    #[test]
    fn several_busy_clients_leave_places_for_the_next() {
        let connections = Connections::new(16);
        let mut busy = Vec::new();
        for attacker in 1..=3 {
            while let Some(place) =
                connections.admit(client(attacker)).filter(|it| !it.is_reserve())
            {
                busy.push((place.entry.request(), place));
            }
        }
        assert_eq!(busy.len(), 8 + 4 + 2);
        assert!(!connections.admit(client(9)).unwrap().is_reserve());
    }

    #[test]
    fn when_all_places_are_taken_the_oldest_idle_one_goes() {
        let connections = Connections::new(3);
        let places: Vec<_> = (1..=3).map(|last| connections.admit(client(last)).unwrap()).collect();
        places[0].entry.sends().store(true, Ordering::Relaxed);
        assert!(!connections.admit(client(4)).unwrap().is_reserve());
        assert!(!is_closed(&places[0]) && is_closed(&places[1]) && !is_closed(&places[2]));
        drop(places);
        assert!(connections.open().all.is_empty() && connections.open().of.is_empty());
    }
}
