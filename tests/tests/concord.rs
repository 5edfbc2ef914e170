//! Concord's API on the real components: what native tests of the component cannot show.
#![cfg(feature = "end-to-end")]

use std::thread;

use berth_tests::Host;
use serde_json::json;

/// 64 clients make the same new organization at once: one makes it, the others change it, where they are told to come again
/// (503) with their next try, and there is one.
#[test]
fn one_name_is_made_once() {
    let host = Host::new();
    let admin = host.client().initialize("root");
    let threads: Vec<_> = (0..64)
        .map(|_| {
            let client = admin.clone();
            thread::spawn(move || {
                let made = || client.post("/api/v1/org", &json!({ "name": "sameName" }));
                let mut tries = std::iter::repeat_with(made).take(10);
                tries.find(|reply| reply.status != 503).expect("it is not busy for ever")
            })
        })
        .collect();
    let mut created = 0;
    for thread in threads {
        let reply = thread.join().expect("a request does not panic");
        assert_eq!(reply.status, 200, "{reply}\n{}", host.log());
        created += u32::from(reply.json()["result"] == "CREATED");
    }
    assert_eq!(created, 1);
    let list = admin.get("/api/v1/org").json();
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
}

/// What a host might do otherwise: methods that few know, and names that arrive encoded.
#[test]
fn methods_and_encoded_names_reach_the_component() {
    let host = Host::new();
    let (nobody, admin) = (host.client(), host.client().initialize("root"));
    for (method, status) in [("OPTIONS", 204), ("TRACE", 405)] {
        let reply = nobody.send(method, "/api/v1/org/any/path", None, b"");
        assert_eq!((method, reply.status), (method, status));
        assert_eq!(reply.header("allow"), Some("OPTIONS, GET, POST, PUT, DELETE"), "{method}");
    }
    assert_eq!(nobody.get("/api/v1/org/any/path").status, 401);
    assert_eq!(admin.get("/api/v1/org/any/path").status, 404);
    assert_eq!(admin.post("/api/v1/org", &json!({ "name": "a~b@c" })).status, 200);
    assert_eq!(admin.get("/api/v1/org/a%7Eb%40c").json()["name"], "a~b@c");
    assert_eq!(admin.get("/api/v1/org/a%ff").status, 204);
}
