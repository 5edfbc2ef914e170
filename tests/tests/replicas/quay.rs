//! The recorded cases of a real Quay hold for replicas as well, each request at another one.

use berth_tests::Client;
use berth_tests::quay::{Upstreams, recorded_settings, replay, seed};

use crate::Stores;

#[test]
fn recorded_cases_hold_for_three_replicas() {
    let stores = Stores::start_new();
    let upstreams = Upstreams::start();
    let hosts = stores.hosts(|| recorded_settings(&upstreams));
    let client = Client::of_replicas(&hosts.each_ref().map(|host| host.base()));
    let start = seed(client.clone());
    replay("main", client, start, &upstreams);
}
