//! What was answered is stored, whatever happens to the host.
#![cfg(feature = "end-to-end")]

use std::thread;

use berth_tests::{Client, Host, HostOptions, require_organizations};
use serde_json::json;

/// Kills the host and starts another on the same state.
fn restart(host: Host) -> Host {
    let state = host.kill();
    HostOptions::default().state(state).start()
}

/// SIGKILL between any two requests of a stream of writes: no answered write is lost, and the database opens clean.
#[test]
fn a_killed_host_loses_no_answered_write() {
    const ROUNDS: usize = 20;
    let mut host = Host::new();
    let token = host.client().initialize_token("ana");
    let mut answered: Vec<String> = Vec::new();
    for round in 0..ROUNDS {
        let client = host.client().bearer(&token);
        let writer = thread::spawn(move || write_until_it_fails(&client, round));
        thread::sleep(std::time::Duration::from_millis(60 + 17 * round as u64));
        host = restart(host);
        answered.extend(writer.join().expect("the writer ends by itself"));
        require_organizations(&host.client().bearer(&token), &answered);
    }
    assert!(answered.len() > ROUNDS, "only {} writes were answered", answered.len());
}

/// Creates organizations until the host is gone; gives the names of those that were answered.
fn write_until_it_fails(client: &Client, round: usize) -> Vec<String> {
    let mut answered = Vec::new();
    for number in 0.. {
        let name = format!("org-{round}-{number}");
        match client.try_post("/api/v1/organization/", &json!({ "name": name })) {
            Ok(reply) => assert_eq!(reply.status, 201, "{reply}"),
            Err(_) => break,
        }
        answered.push(name);
    }
    answered
}

/// The first requests to an empty host come at once, to several components: one migrates, none fails.
#[test]
fn concurrent_first_requests_meet_a_migrated_schema() {
    for _ in 0..5 {
        let host = Host::new();
        let paths =
            ["/api/v1/organization/nope", "/api/v1/users/nope", "/api/v1/organization/x/members"];
        let threads: Vec<_> = (0..16)
            .map(|number| {
                let client = host.client();
                let path = paths[number % paths.len()];
                thread::spawn(move || client.get(path).status)
            })
            .collect();
        for thread in threads {
            let status = thread.join().expect("a request does not panic");
            assert!(matches!(status, 401 | 404), "{status}\n{}", host.log());
        }
    }
}

/// The first user is made once, by the first call.
#[test]
fn one_of_many_first_users_wins() {
    let host = Host::new();
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let client = host.client();
            thread::spawn(move || {
                let body = json!({
                    "username": format!("first{number}"),
                    "password": "password",
                    "email": format!("first{number}@example.com"),
                });
                client.post("/api/v1/user/initialize", &body).status
            })
        })
        .collect();
    let mut statuses: Vec<u16> =
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400, 400, 400, 400, 400, 400]);
}
