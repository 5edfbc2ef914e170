//! Which connections are admitted. Accepting never waits: at the limit a new connection replaces an idle one. Where none is idle,
//! it becomes one of a few spare connections, on which probes are served and all other requests are refused.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::client::{Client, max_for_client};

/// Connections beyond the limit, for probes and for refusals,
pub(crate) const SPARE_CONNECTIONS: usize = 32;
/// and those of one client.
const SPARE_CONNECTIONS_OF_CLIENT: usize = 8;

/// The open connections.
pub(crate) struct Connections {
    limit: usize,
    /// The most that one client may have.
    share: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// The number of the latest connection: older ones have smaller numbers.
    latest: u64,
    all: HashMap<u64, Arc<ConnectionState>>,
    of: HashMap<Client, usize>,
    spare: HashMap<Client, usize>,
}

/// The state of one connection.
pub(crate) struct ConnectionState {
    client: Client,
    /// Requests without a response: one, or none.
    requests: AtomicUsize,
    /// Whether a response is being sent.
    is_sending: Arc<AtomicBool>,
    /// Whether there has been a request.
    used: AtomicBool,
    close: Notify,
}

impl ConnectionState {
    fn new(client: Client) -> Arc<Self> {
        Arc::new(Self {
            client,
            requests: AtomicUsize::new(0),
            is_sending: Arc::default(),
            used: AtomicBool::new(false),
            close: Notify::new(),
        })
    }

    /// Whether a response is being sent. The stream sets it.
    pub(crate) fn is_sending(&self) -> Arc<AtomicBool> {
        self.is_sending.clone()
    }

    /// Counts a request until this is dropped.
    pub(crate) fn begin_request(self: &Arc<Self>) -> ActiveRequest {
        self.used.store(true, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        ActiveRequest(self.clone())
    }

    /// Ready when another connection replaces this one.
    pub(crate) async fn close_requested(&self) {
        self.close.notified().await;
    }

    fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0 && !self.is_sending.load(Ordering::Relaxed)
    }
}

/// A request that has no response yet.
pub(crate) struct ActiveRequest(Arc<ConnectionState>);

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connections {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, share: limit.div_ceil(2), open: Mutex::default() })
    }

    /// Admits a connection of `client`. `None`: it is to be closed at once.
    pub(crate) fn admit(self: &Arc<Self>, client: Client) -> Option<Admission> {
        let mut open = self.open();
        let own = open.of.get(&client).copied().unwrap_or_default();
        let others = open.all.len() - own;
        let left = self.limit.saturating_sub(open.all.len());
        let most = max_for_client(self.share, left, others == 0);
        let is_admitted = if own >= most && own > 0 {
            open.close_idle(Some(client))
        } else {
            open.all.len() < self.limit || open.close_idle(None)
        };
        if !is_admitted {
            return open.take_spare(client).then(|| Admission {
                connections: self.clone(),
                state: ConnectionState::new(client),
                number: None,
            });
        }
        let (number, state) = open.add(client);
        Some(Admission { connections: self.clone(), state, number: Some(number) })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add(&mut self, client: Client) -> (u64, Arc<ConnectionState>) {
        self.latest += 1;
        let state = ConnectionState::new(client);
        self.all.insert(self.latest, state.clone());
        *self.of.entry(client).or_default() += 1;
        (self.latest, state)
    }

    fn remove(&mut self, number: u64) {
        let Some(state) = self.all.remove(&number) else { return };
        decrement(&mut self.of, state.client);
    }

    /// Closes an idle connection, of `client` or of any client: one that has never had a request before others, and the oldest
    /// first.
    fn close_idle(&mut self, client: Option<Client>) -> bool {
        let candidates = self.all.iter().filter(|(_, state)| {
            client.is_none_or(|client| state.client == client) && state.is_idle()
        });
        let first =
            candidates.min_by_key(|(number, state)| (state.used.load(Ordering::Relaxed), **number));
        let Some(number) = first.map(|(number, _)| *number) else { return false };
        if let Some(state) = self.all.get(&number) {
            state.close.notify_one();
        }
        self.remove(number);
        true
    }

    fn take_spare(&mut self, client: Client) -> bool {
        let all: usize = self.spare.values().sum();
        let own = self.spare.get(&client).copied().unwrap_or_default();
        let free = all < SPARE_CONNECTIONS && own < SPARE_CONNECTIONS_OF_CLIENT;
        if free {
            *self.spare.entry(client).or_default() += 1;
        }
        free
    }
}

fn decrement(counts: &mut HashMap<Client, usize>, client: Client) {
    if let Some(own) = counts.get_mut(&client) {
        *own -= 1;
        if *own == 0 {
            counts.remove(&client);
        }
    }
}

/// An admitted connection, until this is dropped.
pub(crate) struct Admission {
    connections: Arc<Connections>,
    pub(crate) state: Arc<ConnectionState>,
    /// `None`: it is a spare connection.
    number: Option<u64>,
}

impl Admission {
    /// Whether only probes are served on it.
    pub(crate) fn is_spare(&self) -> bool {
        self.number.is_none()
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        match self.number {
            Some(number) => open.remove(number),
            None => decrement(&mut open.spare, self.state.client),
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

    /// Whether a connection was closed for another one.
    fn is_closed(admission: &Admission) -> bool {
        let open = admission.connections.open();
        open.all.values().all(|state| !Arc::ptr_eq(state, &admission.state))
    }

    #[test]
    fn beyond_its_half_a_client_replaces_its_own_idle_connections() {
        let connections = Connections::new(4);
        let admit = |last| connections.admit(client(last)).unwrap();
        let (used, silent) = (admit(1), admit(1));
        drop(used.state.begin_request());
        let other = admit(2);
        let third = admit(1);
        assert!(is_closed(&silent) && !is_closed(&used) && !third.is_spare());
        let fourth = admit(1);
        assert!(is_closed(&third) && !is_closed(&used), "it has never had a request");
        assert!(!is_closed(&other) && !is_closed(&fourth));
    }

    #[test]
    fn a_busy_client_gets_a_few_spare_connections() {
        let connections = Connections::new(2);
        let busy = connections.admit(client(1)).unwrap();
        let request = busy.state.begin_request();
        let reserve: Vec<_> = (0..SPARE_CONNECTIONS_OF_CLIENT)
            .map(|_| connections.admit(client(1)).unwrap())
            .collect();
        assert!(reserve.iter().all(Admission::is_spare));
        assert!(connections.admit(client(1)).is_none());
        assert!(!connections.admit(client(2)).unwrap().is_spare(), "others have their half");
        drop(request);
        assert!(!connections.admit(client(1)).unwrap().is_spare());
        assert!(is_closed(&busy));
    }

    #[test]
    fn several_busy_clients_leave_connections_for_the_next() {
        let connections = Connections::new(16);
        let mut busy = Vec::new();
        for attacker in 1..=3 {
            while let Some(admission) =
                connections.admit(client(attacker)).filter(|it| !it.is_spare())
            {
                busy.push((admission.state.begin_request(), admission));
            }
        }
        assert_eq!(busy.len(), 8 + 4 + 2);
        assert!(!connections.admit(client(9)).unwrap().is_spare());
    }

    #[test]
    fn at_the_limit_the_oldest_idle_connection_is_replaced() {
        let connections = Connections::new(3);
        let admitted: Vec<_> =
            (1..=3).map(|last| connections.admit(client(last)).unwrap()).collect();
        admitted[0].state.is_sending().store(true, Ordering::Relaxed);
        assert!(!connections.admit(client(4)).unwrap().is_spare());
        assert!(!is_closed(&admitted[0]) && is_closed(&admitted[1]) && !is_closed(&admitted[2]));
        drop(admitted);
        assert!(connections.open().all.is_empty() && connections.open().of.is_empty());
    }
}
