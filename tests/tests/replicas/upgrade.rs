//! Another build of the application under load, replica by replica.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::Duration;

use berth_tests::{Client, Host, HostOptions, require_organizations};
use serde_json::json;

use crate::Stores;

/// The names of the variables with the two manifests: `cargo xtask upgrade` builds both applications and sets them.
const MANIFESTS: [&str; 2] = ["BERTH_UPGRADE_FROM", "BERTH_UPGRADE_TO"];

/// As a load balancer sees a replica: none, or one at that address. Who sends a request holds it for reading.
type Slot = RwLock<String>;

/// From a build to one whose schema has a column more: no request fails, whoever answers, and nothing is lost.
#[test]
#[ignore = "needs two builds: cargo xtask upgrade"]
fn a_rolling_upgrade_fails_no_request() {
    let [from, to] =
        MANIFESTS.map(|name| std::env::var(name).expect("cargo xtask upgrade sets it"));
    let stores = Stores::start_new();
    let options = |manifest: &str| Host::options().flag("--from").flag(manifest);
    let start = |options: HostOptions| options.runtime_config(&stores.config()).start();
    let mut hosts: Vec<Host> = (0..3).map(|_| start(options(&from))).collect();
    let token = hosts[0].client().initialize_token("ana");
    let slots: Vec<Slot> = hosts.iter().map(|host| RwLock::new(host.base().to_owned())).collect();
    let (is_over, answered) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for writer in 0..8 {
            let client = hosts[0].client().bearer(&token);
            let (slots, is_over, answered) = (&slots, &is_over, &answered);
            scope.spawn(move || use_replicas(writer, &client, slots, is_over, answered));
        }
        for (slot, host) in slots.iter().zip(&mut hosts) {
            thread::sleep(Duration::from_secs(3));
            let newer = start(options(&to));
            assert_eq!(newer.client().get("/health/instance").status, 200);
            // No request is sent to the older one from here on, and none is on its way.
            *slot.write().expect("nobody panicked") = newer.base().to_owned();
            *host = newer;
        }
        thread::sleep(Duration::from_secs(3));
        is_over.store(true, Ordering::Relaxed);
    });
    let answered = answered.into_inner().expect("nobody panicked");
    println!("{} organizations were made meanwhile", answered.len());
    assert!(!answered.is_empty(), "nothing was written");
    require_organizations(&hosts[2].client().bearer(&token), &answered);
}

/// Creates organizations and reads them at another replica, until it is over.
fn use_replicas(
    writer: usize,
    client: &Client,
    slots: &[Slot],
    is_over: &AtomicBool,
    answered: &Mutex<Vec<String>>,
) {
    for number in 0.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let name = format!("org-{writer}-{number}");
        let at = |slot: usize, request: &dyn Fn(&Client) -> u16| {
            let base = slots[slot % slots.len()].read().expect("nobody panicked");
            request(&client.at(&base))
        };
        let created = at(writer + number, &|client| {
            client.post("/api/v1/organization/", &json!({ "name": name })).status
        });
        let read = at(writer + number + 1, &|client| {
            client.get(&format!("/api/v1/organization/{name}")).status
        });
        if (created, read) != (201, 200) {
            is_over.store(true, Ordering::Relaxed);
            panic!("{name}: created {created}, read {read}");
        }
        answered.lock().expect("nobody panicked").push(name);
    }
}
