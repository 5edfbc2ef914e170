//! What instances that run at the same time make of one store, which cannot compare and set.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};

use berth_store::{Database, DatabaseError, Row, Value};

use super::*;
use crate::outbound::Outbound;
use crate::platform::{Clock, Entropy, KeyValue, Platform, PlatformError, Variables};

/// A store that does one thing at a time, in an order that a seed decides. Every call takes one to two units of time: less than two
/// are between a read and the write that follows it, and at least two between the reads of whoever looks again.
struct Store {
    state: Mutex<State>,
    turn: Condvar,
}

#[derive(Default)]
struct State {
    values: BTreeMap<String, Vec<u8>>,
    /// When the call that an instance waits for is served; none while it computes.
    due: BTreeMap<usize, Option<u64>>,
    now: u64,
}

impl Store {
    fn new(instances: usize) -> Self {
        let due = (0..instances).map(|instance| (instance, None)).collect();
        let state = State { due, ..State::default() };
        Self { state: Mutex::new(state), turn: Condvar::new() }
    }

    /// Does `work` after so long, when it is its turn.
    fn call<T>(&self, instance: usize, latency: u64, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().expect("nobody panics");
        let at = state.now + latency;
        state.due.insert(instance, Some(at));
        self.turn.notify_all();
        let is_next = |state: &State| {
            let first = state.due.iter().map(|(instance, due)| (*due, *instance)).min();
            first == Some((Some(at), instance))
        };
        while !is_next(&state) {
            state = self.turn.wait(state).expect("nobody panics");
        }
        state.now = at;
        state.due.insert(instance, None);
        work(&mut state)
    }

    fn leave(&self, instance: usize) {
        self.state.lock().expect("nobody panics").due.remove(&instance);
        self.turn.notify_all();
    }
}

/// One instance.
struct Instance<'a> {
    store: &'a Store,
    number: usize,
    drawn: Cell<u8>,
    random: Cell<u64>,
}

impl Instance<'_> {
    fn call<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let random = self.random.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.random.set(random);
        self.store.call(self.number, 1_000 + (random >> 33) % 1_000, work)
    }
}

impl KeyValue for Instance<'_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, PlatformError> {
        Ok(self.call(|state| state.values.get(key).cloned()))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), PlatformError> {
        self.call(|state| {
            state.values.insert(key.to_owned(), value.to_vec());
        });
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), PlatformError> {
        self.call(|state| state.values.remove(key));
        Ok(())
    }
}

impl Variables for Instance<'_> {
    fn get(&self, name: &str) -> Result<String, PlatformError> {
        Ok(if name == "secret_key" { "a key for tests".into() } else { String::new() })
    }
}

impl Clock for Instance<'_> {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000)
    }
}

impl Entropy for Instance<'_> {
    fn fill(&self, bytes: &mut [u8]) {
        self.drawn.set(self.drawn.get() + 1);
        bytes.fill(self.drawn.get());
        bytes[0] = u8::try_from(self.number).expect("few instances");
    }
}

impl Database for Instance<'_> {
    fn execute(&self, _sql: &str, _values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        Err(DatabaseError("there is none".into()))
    }
}

/// How many of so many instances do `work` at the same moment.
fn succeed(
    instances: usize,
    seed: u64,
    store: &Store,
    work: impl Fn(usize, &Services<'_>) -> bool + Sync,
) -> usize {
    let run = |number| {
        let random = Cell::new(seed ^ ((number as u64 + 1) << 40));
        let instance = Instance { store, number, drawn: Cell::new(0), random };
        let services = Services::new(Platform {
            database: &instance,
            key_value: &instance,
            variables: &instance,
            clock: &instance,
            entropy: &instance,
            outbound: Outbound::default(),
        });
        let done = work(number, &services);
        store.leave(number);
        done
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..instances).map(|number| scope.spawn(move || run(number))).collect();
        let done = threads.into_iter().map(|thread| thread.join().expect("nobody panics"));
        done.filter(|done| *done).count()
    })
}

const RULE: Rule = Rule::Steady { burst: 5, pause: 60_000_000 };

/// Sixteen at once do not exceed a limit of five.
#[test]
fn no_more_are_heard_than_the_limit() {
    for seed in 0..50 {
        let store = Store::new(16);
        let heard = succeed(16, seed, &store, |_, services| {
            let throttle = Throttle::new(services, "kind", &["whom"], RULE, usize::MAX);
            throttle.expect("there is a key").take().is_ok()
        });
        assert!((1..=5).contains(&heard), "seed {seed}: {heard}");
    }
}

/// Of guesses at one name as many are checked at once as may be, and each of them counts.
#[test]
fn every_guess_counts() {
    for seed in 0..20 {
        let store = Store::new(64);
        let heard = succeed(64, seed, &store, |_, services| {
            let name = Throttle::new(services, "name", &["ana"], Rule::Doubling, 8);
            name.expect("there is a key").begin().is_ok()
        });
        let state = store.state.into_inner().expect("nobody panics");
        let value = state.values.values().next().expect("a bucket").clone();
        let bucket = Bucket(String::from_utf8(value).expect("text"));
        let record = bucket.lines().next().expect("a record").record().expect("a record");
        let count = usize::try_from(record.count).expect("a number");
        assert!(
            (1..=8).contains(&heard) && (heard..=8).contains(&count),
            "seed {seed}: {heard}, {count}"
        );
    }
}

/// Those who share a bucket hold up nobody, and no count of theirs is lost.
#[test]
fn neighbours_lose_nothing() {
    for seed in 0..50 {
        let store = Store::new(12);
        let once = Rule::per(1, 3_600);
        let heard = succeed(12, seed, &store, |number, services| {
            let whom = number.to_string();
            let throttle = Throttle::new(services, "kind", &[&whom], once, usize::MAX);
            let throttle = throttle.expect("there is a key");
            let shared = Throttle { key: "berth/throttle/000".into(), ..throttle };
            shared.take().is_ok()
        });
        let state = store.state.into_inner().expect("nobody panics");
        let value = state.values["berth/throttle/000"].clone();
        let bucket = Bucket(String::from_utf8(value).expect("text"));
        assert_eq!((heard, bucket.lines().count()), (12, 12), "seed {seed}");
    }
}
