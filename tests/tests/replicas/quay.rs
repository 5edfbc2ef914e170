//! The recorded cases of a real Quay hold for replicas as well, each request at another one.

use berth_tests::Client;
use berth_tests::quay::{Replay, Upstreams, differences, recorded_settings, seed};

use crate::Stores;

#[test]
fn recorded_cases_hold_for_three_replicas() {
    let stores = Stores::start_new();
    let upstreams = Upstreams::start();
    let hosts = stores.hosts(|| recorded_settings(&upstreams));
    let client = Client::of_replicas(&hosts.each_ref().map(|host| host.base()));
    let start = seed(client.clone());
    let known = differences();
    let (all, failures) = Replay::new(client, start, &upstreams, &known).run_all("main");
    assert!(failures.is_empty(), "{} of {all} cases fail", failures.len());
}
