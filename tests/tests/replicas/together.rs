//! What one replica does the others know.

use berth_tests::{Host, Session};
use serde_json::json;

use crate::Stores;

#[test]
fn three_replicas_are_one_application() {
    let stores = Stores::start_new();
    let [one, other, third] = stores.hosts(Host::options);
    let owner = one.client().initialize_token("owner");
    let [on_one, on_other, on_third] =
        [&one, &other, &third].map(|host| host.client().bearer(&owner));

    let body = json!({ "name": "acme", "email": "acme@example.com" });
    assert_eq!(on_one.post("/api/v1/organization/", &body).status, 201);
    assert_eq!(on_other.get("/api/v1/organization/acme").status, 200);
    // A name that is taken is so everywhere, and no other error.
    let again = on_third.post("/api/v1/organization/", &body);
    assert_eq!(again.status, 400, "{again}");

    // A robot's token is sealed under a key that one replica made.
    let robot = "/api/v1/organization/acme/robots/ci";
    let made = on_other.put(robot, &json!({}));
    assert_eq!(made.status, 201, "{made}");
    let read = on_third.get(robot);
    assert_eq!(read.json()["token"], made.json()["token"], "{read}");

    // A session and its CSRF token.
    let session = Session::sign_in(&one.client(), "owner", "password");
    let [csrf_name, csrf] = [&session.headers()[1].0, &session.headers()[1].1];
    let (cookie_name, cookie) = session.cookie_header();
    for host in [&other, &third] {
        let browser = host.client().header(cookie_name, &cookie);
        let reply = browser.get("/api/v1/user/");
        assert_eq!((reply.status, &reply.json()["username"]), (200, &json!("owner")), "{reply}");
        let change = json!({ "company": "Acme" });
        assert_eq!(browser.put("/api/v1/user/", &change).status, 403);
        let reply = browser.header(csrf_name, csrf).put("/api/v1/user/", &change);
        assert_eq!(reply.status, 200, "{reply}");
    }
}

#[test]
fn the_schema_is_made_once_when_all_get_their_first_requests_at_once() {
    let stores = Stores::start_new();
    let hosts = stores.hosts(Host::options);
    let initialize = |host: &Host, user: usize| {
        let body = json!({
            "username": format!("user{user}"),
            "password": "password",
            "email": format!("user{user}@example.com"),
        });
        host.client().post("/api/v1/user/initialize", &body).status
    };
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let requests = (0..12).map(|user| {
            let host = &hosts[user % 3];
            scope.spawn(move || initialize(host, user))
        });
        let requests: Vec<_> = requests.collect();
        requests.into_iter().map(|request| request.join().expect("an answer")).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{statuses:?}");
    assert!(statuses[1..].iter().all(|status| *status == 400), "{statuses:?}");
}
