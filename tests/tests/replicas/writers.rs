//! Many writers at three replicas: nothing that was answered is lost, nothing fails, and writing goes on.

use std::slice;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use berth_tests::{Client, Host, HostOptions, Session, require_organizations};
use serde_json::json;

use crate::Stores;

/// How long the long run takes: `BERTH_LOAD_SECONDS`, by default 10.
fn long_run() -> Duration {
    let seconds = std::env::var("BERTH_LOAD_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(10))
}

/// The longest pause in which no write of anybody is answered. An abandoned transaction holds the lock of sqld for 5 seconds at
/// most. An sqld that stops leaves statements without an answer, and waits itself until the host gives them up, after 10.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

#[test]
fn eight_then_sixty_four_writers() {
    let stores = Stores::start_new();
    let hosts = stores.hosts(many_organizations);
    let ana = hosts[0].client().initialize("ana");
    for number in [8, 64] {
        let load = Load { number, gives_up: false, time: Duration::from_secs(10) };
        require_organizations(&ana, &load.run(&hosts, slice::from_ref(&ana)));
    }
}

/// A tenth of the requests are given up in the middle, from 5 to 60 milliseconds after they were sent.
#[test]
fn writing_never_stops_while_clients_give_up() {
    let stores = Stores::start_new();
    let hosts = stores.hosts(many_organizations);
    let ana = hosts[0].client().initialize("ana");
    let load = Load { number: 64, gives_up: true, time: long_run() };
    require_organizations(&ana, &load.run(&hosts, slice::from_ref(&ana)));
}

/// sqld and Redis are stopped and started again, twice each, in the middle of writing with a token and in a session.
#[test]
fn stores_that_stop_and_start_lose_nothing() {
    let mut stores = Stores::start_new();
    let hosts = stores.hosts(many_organizations);
    let ana = hosts[0].client().initialize("ana");
    let answered = thread::scope(|scope| {
        let load = Load { number: 8, gives_up: false, time: Duration::from_secs(16) };
        let clients =
            [ana.clone(), Session::sign_in(&hosts[1].client(), "ana", "password").client()];
        let hosts = &hosts;
        let writing = scope.spawn(move || load.run(hosts, &clients));
        for _ in 0..2 {
            thread::sleep(Duration::from_secs(2));
            stores.sqld.stop();
            thread::sleep(Duration::from_secs(1));
            stores.sqld.start();
            thread::sleep(Duration::from_secs(2));
            stores.redis.kill();
            thread::sleep(Duration::from_secs(1));
            stores.redis.start();
        }
        writing.join().expect("writers go on")
    });
    require_organizations(&ana, &answered);
}

/// Hosts on which one user may make as many organizations as come.
fn many_organizations() -> HostOptions {
    Host::options().variable("limit_organizations_per_user", "1000000")
}

/// Writers that create organizations, going round the hosts.
struct Load {
    number: usize,
    /// Whether each gives up every tenth request.
    gives_up: bool,
    time: Duration,
}

/// What happened so far.
struct Seen {
    answered: Mutex<Vec<String>>,
    last: Mutex<Instant>,
    given_up: AtomicUsize,
    put_off: AtomicUsize,
    is_over: AtomicBool,
}

impl Load {
    /// The names that were answered with 201. No answer is anything else but 503, and there is no long pause.
    /// A writer is one of these clients.
    fn run(&self, hosts: &[Host; 3], clients: &[Client]) -> Vec<String> {
        let seen = Seen {
            answered: Mutex::default(),
            last: Mutex::new(Instant::now()),
            given_up: AtomicUsize::new(0),
            put_off: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        };
        thread::scope(|scope| {
            for writer in 0..self.number {
                let seen = &seen;
                let client = &clients[writer % clients.len()];
                let clients = hosts.each_ref().map(|host| client.at(host.base()));
                scope.spawn(move || {
                    if let Err(refused) = self.write(writer, &clients, seen) {
                        seen.is_over.store(true, Ordering::Relaxed);
                        panic!("{refused}\n{}", errors_of(hosts));
                    }
                });
            }
            let end = Instant::now() + self.time;
            while Instant::now() < end && !seen.is_over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(100));
                let pause = seen.last.lock().expect("no writer panicked").elapsed();
                if pause > LONGEST_PAUSE {
                    seen.is_over.store(true, Ordering::Relaxed);
                    panic!("no write was answered for {pause:?}:\n{}", errors_of(hosts));
                }
            }
            seen.is_over.store(true, Ordering::Relaxed);
        });
        let (given_up, put_off) = (seen.given_up.into_inner(), seen.put_off.into_inner());
        let answered = seen.answered.into_inner().expect("no writer panicked");
        println!(
            "{} writers, {:?}: {} organizations, {put_off} put off, {given_up} given up",
            self.number,
            self.time,
            answered.len()
        );
        assert_eq!(self.gives_up, given_up > 0, "{given_up} gave up");
        assert!(!answered.is_empty(), "nothing was written");
        answered
    }

    /// Creates organizations until it is over; the error is an answer that nobody should get.
    fn write(&self, writer: usize, clients: &[Client; 3], seen: &Seen) -> Result<(), String> {
        for number in 0.. {
            if seen.is_over.load(Ordering::Relaxed) {
                break;
            }
            let name = format!("org-{}-{writer}-{number}", self.number);
            let client = &clients[(writer + number) % 3];
            let gives_up = self.gives_up && (writer + number) % 10 == 9;
            let patience = Duration::from_millis(5 + (writer as u64 * 7 + number as u64) % 56);
            let client = if gives_up { client.patient(patience) } else { client.clone() };
            match client.try_post("/api/v1/organization/", &json!({ "name": name })) {
                Ok(reply) if reply.status == 201 => {
                    seen.answered.lock().expect("no writer panicked").push(name);
                    *seen.last.lock().expect("no writer panicked") = Instant::now();
                }
                // Too many at a time for one client address; or a store is busy or away.
                Ok(reply) if reply.status == 503 && reply.header("retry-after").is_some() => {
                    seen.put_off.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(Duration::from_secs(1));
                }
                Ok(reply) => return Err(format!("{name}: {reply}")),
                Err(_) if gives_up => {
                    seen.given_up.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => return Err(format!("{name}: {error}")),
            }
        }
        Ok(())
    }
}

/// What the hosts logged last as errors.
fn errors_of(hosts: &[Host; 3]) -> String {
    let errors = |host: &Host| {
        let log = host.log();
        let errors: Vec<&str> = log.lines().filter(|line| line.contains("rror")).collect();
        errors[errors.len().saturating_sub(10)..].join("\n")
    };
    hosts.each_ref().map(errors).join("\n")
}
