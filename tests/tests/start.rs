//! Starting Berth's components.
#![cfg(feature = "end-to-end")]

use std::time::{Duration, Instant};

use berth_tests::Host;

/// How soon a host answers whose code was compiled before.
const SOON: Duration = Duration::from_secs(1);

/// Machines have other things to do: the best of so many attempts counts.
const ATTEMPTS: usize = 3;

#[test]
fn a_second_start_answers_within_a_second() {
    drop(Host::new());
    let attempts = (0..ATTEMPTS).map(|_| {
        let start = Instant::now();
        let host = Host::new();
        let reply = host.client().get("/api/v1/organization/nope");
        assert_eq!(reply.status, 404, "{reply}");
        start.elapsed()
    });
    // No further attempt is made once one was soon enough.
    let mut took = Vec::new();
    let soon = attempts.inspect(|attempt| took.push(*attempt)).any(|attempt| attempt < SOON);
    assert!(soon, "{took:?}");
}
