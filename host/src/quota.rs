//! Quotas for resources that are refused, not waited for, when there are too few: bytes, memory, calls. A quota has a total and
//! a share for each client. Since nothing waits here, a request never holds one resource while it waits for another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::{Client, max_for_client};

/// A resource of which there is a fixed amount.
pub(crate) struct Quota {
    /// The most that one client may have.
    share: usize,
    counts: Mutex<Counts>,
}

struct Counts {
    free: usize,
    reserved: HashMap<Client, usize>,
}

impl Quota {
    /// A quota of `total`, of which one client gets `share` at most.
    pub(crate) fn new(total: usize, share: usize) -> Arc<Self> {
        Arc::new(Self {
            share,
            counts: Mutex::new(Counts { free: total, reserved: HashMap::new() }),
        })
    }

    /// Reserves `amount` for `client`. `None`: it exceeds what is free, or what the client may have.
    pub(crate) fn try_reserve(
        self: &Arc<Self>,
        client: Client,
        amount: usize,
    ) -> Option<Reservation> {
        let mut reservation = Reservation { quota: self.clone(), client, amount: 0 };
        reservation.grow(amount).then_some(reservation)
    }

    /// Makes `reservation`, which is of this quota and of `client`, at least `amount`. False: it stays as it was.
    pub(crate) fn try_extend(
        self: &Arc<Self>,
        reservation: &mut Option<Reservation>,
        client: Client,
        amount: usize,
    ) -> bool {
        match reservation {
            Some(reservation) => {
                amount <= reservation.amount || reservation.grow(amount - reservation.amount)
            }
            none => {
                *none = self.try_reserve(client, amount);
                none.is_some()
            }
        }
    }

    /// Whether `client` has less than a quarter of its share left.
    pub(crate) fn is_nearly_used_up_by(&self, client: Client) -> bool {
        let own = self.counts().reserved.get(&client).copied().unwrap_or_default();
        own > self.share * 3 / 4
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of a quota, given back when this is dropped.
pub(crate) struct Reservation {
    quota: Arc<Quota>,
    client: Client,
    amount: usize,
}

impl Reservation {
    /// Reserves `more`: all of it (true) or nothing (false).
    fn grow(&mut self, more: usize) -> bool {
        let mut counts = self.quota.counts();
        let Counts { free, reserved } = &mut *counts;
        let own = reserved.get(&self.client).copied().unwrap_or_default();
        let is_alone = reserved.len() <= usize::from(own > 0);
        let most = max_for_client(self.quota.share, *free, is_alone);
        if more > *free || own.saturating_add(more) > most {
            return false;
        }
        *free -= more;
        reserved.insert(self.client, own + more);
        self.amount += more;
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut counts = self.quota.counts();
        counts.free += self.amount;
        if let Some(own) = counts.reserved.get_mut(&self.client) {
            *own -= self.amount;
            if *own == 0 {
                counts.reserved.remove(&self.client);
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
    fn a_client_has_its_share_and_all_have_the_total() {
        let quota = Quota::new(10, 6);
        let mut first = None;
        let mut extend = |amount| quota.try_extend(&mut first, client(1), amount);
        assert!(extend(4) && !extend(7), "more than its share");
        assert!(!quota.is_nearly_used_up_by(client(1)));
        assert!(extend(6) && extend(5));
        assert!(quota.is_nearly_used_up_by(client(1)) && !quota.is_nearly_used_up_by(client(2)));
        assert!(quota.try_reserve(client(1), 1).is_none());
        let second = quota.try_reserve(client(2), 4).unwrap();
        assert!(quota.try_reserve(client(3), 1).is_none(), "nothing is left");
        drop(first);
        assert!(quota.try_reserve(client(1), 6).is_some());
        drop(second);
        assert!(quota.counts().reserved.is_empty() && quota.counts().free == 10);
    }

    #[test]
    fn several_clients_leave_a_part_for_the_next() {
        let quota = Quota::new(1_024, 512);
        let mut kept = Vec::new();
        for attacker in 1..=4 {
            kept.extend(std::iter::from_fn(|| quota.try_reserve(client(attacker), 1)));
        }
        assert_eq!(kept.len(), 512 + 256 + 128 + 64);
        assert!(quota.try_reserve(client(9), 32).is_some());
    }

    #[test]
    fn a_refused_reservation_reserves_nothing() {
        let quota = Quota::new(10, 10);
        assert!(quota.try_reserve(client(1), 11).is_none());
        assert!(quota.try_reserve(client(1), 10).is_some());
    }
}
