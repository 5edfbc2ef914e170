//! A store that does not answer, or not any more: requests are answered within a bound, and all goes on when it is back.

use std::time::{Duration, Instant};

use berth_tests::{Client, ClosedPort, Host, Reply, Session};
use serde_json::json;

use crate::Stores;

/// What the host waits for sqld, and some time more.
const SQLD_BOUND: Duration = Duration::from_secs(14);
/// What the host waits for Redis, and some time more: an operation, and what a request does without it.
const REDIS_BOUND: Duration = Duration::from_secs(6);
/// How long an answer may take where a server refuses connections.
const REFUSED_BOUND: Duration = Duration::from_secs(2);

/// The answer to a request, which comes within the bound.
fn within(bound: Duration, request: impl FnOnce() -> Reply) -> Reply {
    let begin = Instant::now();
    let reply = request();
    assert!(begin.elapsed() < bound, "after {:?}: {reply}", begin.elapsed());
    reply
}

fn assert_unavailable(reply: &Reply) {
    assert_eq!(reply.status, 503, "{reply}");
    assert!(reply.header("retry-after").is_some(), "{reply}");
}

/// Tries to sign in.
fn sign_in(client: &Client) -> Reply {
    client.post("/api/v1/signin", &json!({ "username": "owner", "password": "password" }))
}

#[test]
fn sqld_frozen_then_stopped() {
    let mut stores = Stores::start_new();
    let host = Host::options().runtime_config(&stores.config()).start();
    let owner = host.client().initialize("owner");
    let read = || owner.get("/api/v1/user/");
    let create = |name: &str| {
        let body = json!({ "name": name, "email": format!("{name}@example.com") });
        owner.post("/api/v1/organization/", &body)
    };
    assert_eq!(read().status, 200);

    stores.sqld.freeze();
    let (reading, writing) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| within(SQLD_BOUND, || create("frozen")));
        (within(SQLD_BOUND, read), writing.join().expect("an answer"))
    });
    assert_unavailable(&reading);
    assert_unavailable(&writing);
    stores.sqld.thaw();
    assert_eq!(within(REFUSED_BOUND, read).status, 200);
    // What was given up holds no lock.
    let reply = within(REFUSED_BOUND, || create("thawed"));
    assert_eq!(reply.status, 201, "{reply}");

    stores.sqld.stop();
    assert_unavailable(&within(REFUSED_BOUND, read));
    assert_unavailable(&within(REFUSED_BOUND, || create("stopped")));
    stores.sqld.start();
    assert_eq!(within(REFUSED_BOUND, read).status, 200);
    let reply = within(REFUSED_BOUND, || create("started"));
    assert_eq!(reply.status, 201, "{reply}");
}

#[test]
fn redis_stopped_then_frozen() {
    let mut stores = Stores::start_new();
    let host = Host::options().runtime_config(&stores.config()).start();
    let owner = host.client().initialize("owner");
    let browser = Session::anonymous(&host.client()).client();
    assert_eq!(sign_in(&browser).status, 200);

    stores.redis.stop();
    // A request with a token needs no session.
    assert_eq!(within(REFUSED_BOUND, || owner.get("/api/v1/user/")).status, 200);
    assert_unavailable(&within(REFUSED_BOUND, || sign_in(&browser)));
    stores.redis.start();
    let reply = within(REFUSED_BOUND, || sign_in(&browser));
    assert_eq!(reply.status, 200, "{reply}");

    stores.redis.freeze();
    assert_eq!(within(REFUSED_BOUND, || owner.get("/api/v1/user/")).status, 200);
    assert_unavailable(&within(REDIS_BOUND, || sign_in(&browser)));
    stores.redis.thaw();
    let reply = within(REFUSED_BOUND, || sign_in(&browser));
    assert_eq!(reply.status, 200, "{reply}");
}

#[test]
fn a_host_starts_before_its_stores() {
    let closed = ClosedPort::take();
    let address = closed.address();
    let config = format!(
        "sqlite_database.default = {{ type = 'libsql', url = 'http://{address}', token = '' }}\n\
        key_value_store.default = {{ type = 'redis', url = 'redis://{address}' }}\n"
    );
    let host = Host::options().runtime_config(&config).start();
    let reply = within(REFUSED_BOUND, || host.client().bearer("abc").get("/api/v1/user/"));
    assert_unavailable(&reply);
}
