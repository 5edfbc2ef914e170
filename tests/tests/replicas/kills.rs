//! A replica that is killed in a stream of writes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use berth_tests::{Client, Host, require_organizations};
use serde_json::json;

use crate::Stores;

/// How often: `BERTH_KILLS`, by default 10.
fn kills() -> usize {
    std::env::var("BERTH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(10)
}

/// One of three is killed again and again, with SIGKILL, while all write: no answered write is lost, no organization is left
/// without its owner, and the others go on.
#[test]
fn no_answered_write_is_lost() {
    let stores = Stores::start_new();
    let [one, two, mut killed] = stores.hosts(Host::options);
    let token = one.client().initialize_token("ana");
    let is_over = AtomicBool::new(false);
    let mut answered: Vec<String> = Vec::new();
    thread::scope(|scope| {
        let others = [&one, &two].map(|host| {
            let (client, is_over) = (host.client().bearer(&token), &is_over);
            scope.spawn(move || write(&client, host.base(), || is_over.load(Ordering::Relaxed)))
        });
        for round in 0..kills() {
            let client = killed.client().bearer(&token);
            let writer = scope.spawn(move || write(&client, &format!("killed{round}"), || false));
            thread::sleep(Duration::from_millis(60 + (17 * round as u64) % 250));
            let state = killed.kill();
            answered.extend(writer.join().expect("the writer ends by itself"));
            killed = Host::options().state(state).runtime_config(&stores.config()).start();
        }
        is_over.store(true, Ordering::Relaxed);
        for other in others {
            let written = other.join().expect("the others write on");
            assert!(!written.is_empty(), "the others stood still");
            answered.extend(written);
        }
    });
    let ana = two.client().bearer(&token);
    require_organizations(&ana, &answered);
    require_owners(&stores);
    println!("{} kills, {} answered writes", kills(), answered.len());
}

/// Creates organizations until it is over, or no answer comes.
fn write(client: &Client, who: &str, is_over: impl Fn() -> bool) -> Vec<String> {
    let who: String = who.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut answered = Vec::new();
    for number in 0.. {
        if is_over() {
            break;
        }
        let name = format!("org-{who}-{number}");
        match client.try_post("/api/v1/organization/", &json!({ "name": name })) {
            // An abandoned transaction may hold the lock for 5 seconds.
            Ok(reply) if reply.status == 503 => {}
            Ok(reply) => {
                assert_eq!(reply.status, 201, "{reply}");
                answered.push(name);
            }
            Err(_) => break,
        }
    }
    answered
}

/// No organization, not even one whose answer was lost, is without a person in a team with role admin.
fn require_owners(stores: &Stores) {
    let orphans = "SELECT count(*) FROM account WHERE kind = 'organization' AND NOT EXISTS (
        SELECT 1 FROM team JOIN team_member ON team_id = team.id
        WHERE team.organization_id = account.id AND role = 'admin' AND account_kind = 'user')";
    let execute = json!({ "type": "execute", "stmt": { "sql": orphans } });
    let pipeline = json!({ "requests": [execute, { "type": "close" }] });
    let answer = Client::new(&stores.sqld.url()).post("/v2/pipeline", &pipeline).json();
    assert_eq!(answer["results"][0]["response"]["result"]["rows"][0][0]["value"], "0", "{answer}");
}
