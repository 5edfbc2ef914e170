//! bits-quay, a Python client that was written for Quay, runs unmodified.
#![cfg(feature = "end-to-end")]

use berth_tests::packages::{python, python_packages, run};
use berth_tests::{Client, Host, Reply, Session, repository_root};
use serde_json::json;

/// The client and what it needs, from PyPI.
const PACKAGES: &str = "bits-quay==1.0.6\nrequests==2.32.3\n";

fn must(reply: Reply) -> Reply {
    assert!(reply.status < 300, "{reply}");
    reply
}

/// The organization that the program expects; gives a token of every scope.
fn organization(client: &Client) -> String {
    let token = client.initialize_token("root");
    let root = client.bearer(&token);
    must(root.post("/api/v1/organization/", &json!({ "name": "acme" })));
    for name in ["mona", "otto"] {
        let email = format!("{name}@example.com");
        let user = json!({ "username": name, "password": "password", "email": email });
        must(Session::anonymous(client).client().post("/api/v1/user/", &user));
    }
    let applications = "/api/v1/organization/acme/applications";
    must(root.post(applications, &json!({ "name": "bits" })));
    let repository = json!({
        "namespace": "acme", "repository": "one", "visibility": "private", "description": ""
    });
    must(root.post("/api/v1/repository", &repository));
    must(root.put("/api/v1/organization/acme/team/builders", &json!({ "role": "member" })));
    let permissions = "/api/v1/repository/acme/one/permissions";
    must(root.put(&format!("{permissions}/team/builders"), &json!({ "role": "write" })));
    must(root.put(&format!("{permissions}/user/otto"), &json!({ "role": "read" })));
    join(client, &root);
    token
}

/// mona is invited to the team and accepts.
fn join(client: &Client, root: &Client) {
    must(root.put_empty("/api/v1/organization/acme/team/builders/members/mona"));
    let invitations = must(root.get("/api/v1/organization/acme/invitations")).json();
    let link = invitations["invitations"][0]["link"].as_str().expect("no mail leaves");
    let (_, code) = link.split_once("code=").expect("a code");
    let mona = Session::sign_in(client, "mona", "password").client();
    must(mona.put_empty(&format!("/api/v1/teaminvite/{code}")));
}

#[test]
fn every_call_of_bits_quay_is_answered() {
    let host = Host::options().variable("require_team_invite", "true").start();
    let token = organization(&host.client());
    let said = run(python(&[python_packages("bits-quay", PACKAGES)])
        .arg(repository_root().join("tests/clients/bits_quay.py"))
        .args([host.base(), &token, "acme", "bits"]));
    assert!(said.ends_with("every call answered\n"), "{said}");
}
