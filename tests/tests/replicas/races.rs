//! What only one may get, asked for at several replicas at once.

use std::thread;

use berth_tests::{Client, Host, Session};
use serde_json::json;

use crate::Stores;

/// The answers to one request of each client, sent at the same moment.
fn at_once<T: Send>(clients: &[Client], request: impl Fn(usize, &Client) -> T + Sync) -> Vec<T> {
    let request = &request;
    thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter()
            .enumerate()
            .map(|(number, client)| scope.spawn(move || request(number, client)))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a request does not panic")).collect()
    })
}

/// As many clients, going round the hosts.
fn clients(hosts: &[Host; 3], number: usize) -> Vec<Client> {
    hosts.iter().cycle().take(number).map(Host::client).collect()
}

/// How often a status was answered.
fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|answered| **answered == status).count()
}

fn create(client: &Client, name: &str) -> u16 {
    client.post("/api/v1/organization/", &json!({ "name": name })).status
}

#[test]
fn the_first_user_is_made_once() {
    let stores = Stores::start_new();
    let hosts = stores.hosts(Host::options);
    let statuses = at_once(&clients(&hosts, 12), |number, client| {
        let name = format!("first{number}");
        let body = json!({
            "username": name, "password": "password", "email": format!("{name}@example.com"),
        });
        client.post("/api/v1/user/initialize", &body).status
    });
    assert_eq!((count(&statuses, 200), count(&statuses, 400)), (1, 11), "{statuses:?}");
}

#[test]
fn a_name_an_invitation_and_the_last_owner() {
    let stores = Stores::start_new();
    let hosts = stores.hosts(|| Host::options().variable("require_team_invite", "true"));
    let token = hosts[0].client().initialize_token("ana");
    let body = json!({ "username": "bo", "password": "password", "email": "bo@example.com" });
    let signed_up = Session::anonymous(&hosts[2].client()).client().post("/api/v1/user/", &body);
    assert_eq!(signed_up.status, 200, "{signed_up}");
    let session = Session::sign_in(&hosts[1].client(), "bo", "password").client();
    let ana = hosts.each_ref().map(|host| host.client().bearer(&token));
    let bo = hosts.each_ref().map(|host| session.at(host.base()));
    for round in 0..20 {
        same_name(&ana, round);
        accept_twice(&ana[round % 3], &bo, round);
        last_owner(&ana[round % 3], &bo[(round + 1) % 3], round);
    }
}

fn same_name(ana: &[Client; 3], round: usize) {
    let clients = [ana.clone(), ana.clone()].concat();
    let name = format!("same-{round}");
    let statuses = at_once(&clients, |_, client| create(client, &name));
    assert_eq!((count(&statuses, 201), count(&statuses, 400)), (1, 5), "{statuses:?}");
}

/// An invitation is accepted at each replica: it counts once, and the others are told so.
fn accept_twice(ana: &Client, bo: &[Client; 3], round: usize) {
    let name = format!("invites-{round}");
    assert_eq!(create(ana, &name), 201);
    let team = format!("/api/v1/organization/{name}/team/guests");
    assert_eq!(ana.put(&team, &json!({ "role": "member" })).status, 200);
    let code = invite_bo(ana, &bo[0], &name, "guests");
    let statuses = at_once(bo, |_, bo| bo.put_empty(&code).status);
    assert_eq!((count(&statuses, 200), count(&statuses, 400)), (1, 2), "{statuses:?}");
    assert_eq!(members(ana, &name, "guests"), ["bo"]);
}

/// Two owners remove each other at the same moment: one stays.
fn last_owner(ana: &Client, bo: &Client, round: usize) {
    let name = format!("owned-{round}");
    assert_eq!(create(ana, &name), 201);
    let accepted = bo.put_empty(&invite_bo(ana, bo, &name, "owners"));
    assert_eq!(accepted.status, 200, "{accepted}");
    let statuses = at_once(&[ana.clone(), bo.clone()], |number, client| {
        let other = ["bo", "ana"][number];
        let path = format!("/api/v1/organization/{name}/team/owners/members/{other}");
        client.delete(&path).status
    });
    // Whoever comes second is no owner any more, or would remove the last one.
    assert_eq!(count(&statuses, 204), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 204 | 400 | 403)), "{statuses:?}");
    let (who, client) = if statuses[0] == 204 { ("ana", ana) } else { ("bo", bo) };
    assert_eq!(members(client, &name, "owners"), [who]);
}

/// Invites bo into a team; gives the path at which they accept.
fn invite_bo(ana: &Client, bo: &Client, organization: &str, team: &str) -> String {
    let path = format!("/api/v1/organization/{organization}/team/{team}/members/bo");
    let invited = ana.put_empty(&path);
    assert_eq!(invited.status, 200, "{invited}");
    let notifications = bo.get("/api/v1/user/notifications").json();
    let all = notifications["notifications"].as_array().expect("a list");
    let found = all.iter().find(|one| one["metadata"]["org"] == organization);
    let code = found.and_then(|one| one["metadata"]["code"].as_str());
    let code = code.unwrap_or_else(|| panic!("no invitation: {notifications}"));
    format!("/api/v1/teaminvite/{code}")
}

/// The names of a team's members.
fn members(client: &Client, organization: &str, team: &str) -> Vec<String> {
    let path = format!("/api/v1/organization/{organization}/team/{team}/members");
    let listed = client.get(&path).json();
    let members = listed["members"].as_array().unwrap_or_else(|| panic!("no list: {listed}"));
    members.iter().map(|member| member["name"].as_str().expect("a name").to_owned()).collect()
}
