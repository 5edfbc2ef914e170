//! skopeo at Debian's `docker-registry`, with the real token server: `docs/contract/registry.md` G, 91 to 96, and every kind of
//! credential.

#![cfg(feature = "end-to-end")]

use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use berth_tests::image::{Image, Skopeo};
use berth_tests::registry::{EVENTS_SECRET, Registry, SERVICE};
use berth_tests::{Client, Host, Session};
use serde_json::{Value, json};

/// The organization `acme` of *ana*, with the repository `app`, *rhea*, who reads it, *otto*, who does not, and the robot
/// `acme+ci`, who writes it; and a registry.
struct Place {
    host: Host,
    registry: Registry,
    skopeo: Skopeo,
    ana: Client,
    robot: String,
}

fn done(reply: &berth_tests::Reply) {
    assert!(reply.status < 300, "{reply}");
}

impl Place {
    fn new() -> Self {
        let host = Host::options()
            .variable("registry_service", SERVICE)
            .variable("registry_events_secret", EVENTS_SECRET)
            .variable("feature_quota_management", "true")
            .variable("feature_superusers_full_access", "true")
            .variable("require_team_invite", "false")
            .start();
        // The challenge of the registry leads to the host.
        let certificates = host.client().get("/registry/certificates.pem").body;
        let registry = Registry::start(&format!("{}/v2/auth", host.base()), &certificates);
        let ana = host.client().initialize("ana");
        done(&ana.post("/api/v1/organization/", &json!({ "name": "acme" })));
        for name in ["rhea", "otto"] {
            let email = format!("{name}@example.com");
            let body = json!({ "username": name, "password": "password", "email": email });
            done(&Session::anonymous(&host.client()).client().post("/api/v1/user/", &body));
        }
        let repository = json!({
            "namespace": "acme", "repository": "app", "visibility": "private", "description": "",
        });
        done(&ana.post("/api/v1/repository", &repository));
        let made = ana.put_empty("/api/v1/organization/acme/robots/ci");
        let robot = made.json()["token"].as_str().expect("a token").to_owned();
        for (name, role) in [("rhea", "read"), ("acme+ci", "write")] {
            let path = format!("/api/v1/repository/acme/app/permissions/user/{name}");
            done(&ana.put(&path, &json!({ "role": role })));
        }
        Self { host, registry, skopeo: Skopeo::new(), ana, robot }
    }

    fn named(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.name())
    }

    fn robot(&self) -> String {
        format!("acme+ci:{}", self.robot)
    }

    fn has_repository(&self, name: &str) -> bool {
        self.ana.get(&format!("/api/v1/repository/acme/{name}")).status == 200
    }
}

impl Place {
    /// The entries of the log of `acme` of these kinds, the oldest first, once there are so many: the registry tells of what it
    /// did a moment later.
    fn logged(&self, kinds: &[&str], number: usize) -> Vec<Value> {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let log = self.ana.get("/api/v1/organization/acme/logs").json();
            let all = log["logs"].as_array().expect("a list").iter().rev();
            let found: Vec<Value> = all
                .filter(|entry| kinds.iter().any(|kind| entry["kind"] == **kind))
                .cloned()
                .collect();
            if found.len() >= number {
                return found;
            }
            assert!(Instant::now() < end, "{found:?}\n{}", self.registry.log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the list says of `acme/app`.
    fn listed(&self) -> Value {
        let list = self.ana.get("/api/v1/repository?namespace=acme&last_modified=true").json();
        let all = list["repositories"].as_array().expect("a list").clone();
        all.into_iter().find(|entry| entry["name"] == "app").expect("acme/app")
    }
}

fn ok(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(err));
    String::from_utf8_lossy(out).into_owned()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_people_do_with_skopeo() {
    let place = Place::new();
    let (skopeo, image) = (&place.skopeo, Image::of(b"a layer"));
    let (app, robot) = (place.named("acme/app"), place.robot());
    ok(&skopeo.push(&image, &format!("{app}:v1"), &robot));
    let docker = format!("docker://{app}:v1");
    let inspect = ["inspect", "--tls-verify=false", "--creds", "rhea:password", &docker];
    let seen: Value = serde_json::from_str(&ok(&skopeo.run(&inspect))).expect("JSON");
    assert_eq!(seen["Digest"], image.manifest.digest, "92");
    assert_eq!(seen["Layers"], json!([image.layer.digest]), "92");
    let copy = format!("docker://{}:v1", place.named("acme/copy"));
    let plain = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    let ana = ["--src-creds", "ana:password", "--dest-creds", "ana:password"];
    ok(&skopeo.run(&[&["copy"], &plain[..], &ana[..], &[&docker, &copy]].concat()));
    assert!(place.has_repository("copy"), "93: the push made it");
    let delete = ["delete", "--tls-verify=false", "--creds", "ana:password", &docker];
    ok(&skopeo.run(&delete));
    assert!(refused(&skopeo.run(&inspect)).contains("manifest unknown"), "94");
    let registry = place.registry.name();
    let login = |name: &str, password: &str| {
        let plain = "--tls-verify=false";
        skopeo.run(&["login", plain, "-u", name, "-p", password, &registry])
    };
    ok(&login("acme+ci", &place.robot));
    let wrong = refused(&login("acme+ci", "wrong"));
    assert!(wrong.contains("unauthorized") || wrong.contains("invalid username"), "95: {wrong}");
    let denied = refused(&skopeo.push(&image, &place.named("acme/new:v1"), "otto:password"));
    assert!(denied.contains("unauthorized") || denied.contains("denied"), "96: {denied}");
    assert!(!place.has_repository("new"), "96");
}

/// Push and pull by each kind of credential; another person's of that kind gets nothing.
#[test]
fn every_credential_pushes_and_pulls() {
    let place = Place::new();
    let (skopeo, image) = (&place.skopeo, Image::of(b"another layer"));
    let session = Session::sign_in(&place.host.client(), "ana", "password").client();
    let made = session.post("/api/v1/user/apptoken", &json!({ "title": "laptop" }));
    let code = made.json()["token"]["token_code"].as_str().expect("a code").to_owned();
    let oauth = place.ana.header_value("authorization").expect("ana has a token");
    let oauth = oauth.trim_start_matches("Bearer ").to_owned();
    let key = session.post("/api/v1/user/clientkey", &json!({ "password": "password" }));
    let key = key.json()["key"].as_str().expect("a key").to_owned();
    let credentials = [
        ("user", "ana:password".to_owned()),
        ("client", format!("ana:{key}")),
        ("app", format!("$app:{code}")),
        ("oauth", format!("$oauthtoken:{oauth}")),
        ("robot", place.robot()),
    ];
    for (kind, credentials) in &credentials {
        let name = place.named(&format!("acme/app:{kind}"));
        ok(&skopeo.push(&image, &name, credentials));
        ok(&skopeo.pull(&name, credentials));
        let otto = refused(&skopeo.pull(&name, "otto:password"));
        assert!(otto.contains("unauthorized") || otto.contains("denied"), "{kind}: {otto}");
    }
}

/// A right that is withdrawn is felt with the next token, which is asked for within 5 minutes.
#[test]
fn a_right_that_is_withdrawn_is_felt() {
    let place = Place::new();
    let (skopeo, image) = (&place.skopeo, Image::of(b"a third layer"));
    let name = place.named("acme/app:v1");
    ok(&skopeo.push(&image, &name, &place.robot()));
    ok(&skopeo.pull(&name, "rhea:password"));
    done(&place.ana.delete("/api/v1/repository/acme/app/permissions/user/rhea"));
    let rhea = refused(&skopeo.pull(&name, "rhea:password"));
    assert!(rhea.contains("unauthorized") || rhea.contains("denied"), "{rhea}");
    done(&place.ana.delete("/api/v1/organization/acme/robots/ci"));
    let robot = refused(&skopeo.pull(&name, &place.robot()));
    assert!(robot.contains("unauthorized") || robot.contains("invalid username"), "{robot}");
    let token = place.host.client().get("/v2/auth?service=x&scope=repository:acme/app:pull");
    assert_eq!(token.json()["expires_in"], 300);
}

/// What the registry tells, configured as the documentation says: who pushed, pulled and deleted what, and how much there is.
#[test]
fn the_registry_tells_what_happens() {
    let place = Place::new();
    let (skopeo, image) = (&place.skopeo, Image::of(b"a layer that is told of"));
    let (name, robot) = (place.named("acme/app:v1"), place.robot());
    assert_eq!(place.listed()["last_modified"], Value::Null);
    ok(&skopeo.push(&image, &name, &robot));
    let push = &place.logged(&["push_repo"], 1)[0];
    let about = &push["metadata"];
    assert_eq!(
        (&about["repo"], &about["namespace"], &about["tag"]),
        (&json!("app"), &json!("acme"), &json!("v1"))
    );
    assert_eq!((&about["username"], &about["is_robot"]), (&json!("acme+ci"), &json!(true)));
    assert!(
        about["user-agent"].as_str().is_some_and(|agent| agent.starts_with("skopeo/")),
        "{about}"
    );
    assert_eq!(push["performer"]["name"], "acme+ci");
    assert_eq!(push["ip"], "127.0.0.1");
    let listed = place.listed();
    assert!(listed["last_modified"].as_i64().is_some_and(|at| at > 1_700_000_000), "{listed}");
    let bytes = image.config.size + image.layer.size;
    assert_eq!(listed["quota_report"]["quota_bytes"], json!(bytes));
    let organization = place.ana.get("/api/v1/organization/acme").json();
    assert_eq!(organization["quota_report"]["quota_bytes"], json!(bytes));
    // The same image elsewhere counts once in the organization.
    ok(&skopeo.push(&image, &place.named("acme/copy:v1"), "ana:password"));
    place.logged(&["push_repo"], 2);
    let organization = place.ana.get("/api/v1/organization/acme").json();
    assert_eq!(organization["quota_report"]["quota_bytes"], json!(bytes));
    ok(&skopeo.pull(&name, "rhea:password"));
    let pull = &place.logged(&["pull_repo"], 1)[0];
    assert_eq!(
        (&pull["performer"]["name"], &pull["metadata"]["username"]),
        (&json!("rhea"), &json!("rhea"))
    );
    let docker = format!("docker://{name}");
    ok(&skopeo.run(&["delete", "--tls-verify=false", "--creds", "ana:password", &docker]));
    place.logged(&["delete_tag"], 1);
    // The tag's own event follows: nothing is logged of it.
    ok(&skopeo.push(&image, &name, &robot));
    place.logged(&["push_repo"], 3);
    let deletions = place.logged(&["delete_tag"], 1);
    let about = &deletions[0]["metadata"];
    assert_eq!(deletions.len(), 1, "{deletions:?}");
    assert_eq!((&about["tag"], &about["digest"]), (&json!("v1"), &json!(image.manifest.digest)));
}

/// Beyond a quota nobody pushes; deleting makes room.
#[test]
fn a_full_namespace_takes_no_pushes() {
    let place = Place::new();
    let (skopeo, image) = (&place.skopeo, Image::of(b"a layer of some length"));
    let (name, robot) = (place.named("acme/app:v1"), place.robot());
    let quota = "/api/v1/organization/acme/quota";
    done(&place.ana.post(quota, &json!({ "limit_bytes": 20 })));
    let id = place.ana.get(quota).json()[0]["id"].clone();
    let limit = json!({ "type": "Reject", "threshold_percent": 100 });
    done(&place.ana.post(&format!("{quota}/{id}/limit"), &limit));
    ok(&skopeo.push(&image, &name, &robot));
    place.logged(&["push_repo"], 1);
    let other = Image::of(b"another one");
    let denied = refused(&skopeo.push(&other, &place.named("acme/app:v2"), &robot));
    assert!(denied.contains("unauthorized") || denied.contains("denied"), "{denied}");
    let told = place.ana.get("/api/v1/user/notifications?limit=100").json();
    assert_eq!(told["notifications"][0]["kind"], "quota_error");
    ok(&skopeo.pull(&name, &robot));
    let docker = format!("docker://{name}");
    ok(&skopeo.run(&["delete", "--tls-verify=false", "--creds", "ana:password", &docker]));
    place.logged(&["delete_tag"], 1);
    ok(&skopeo.push(&other, &place.named("acme/app:v2"), &robot));
}

/// A manifest of 4 MiB, full of what JSON writes with six bytes, makes a notification of 24. One that was refused would be sent for
/// ever, and nothing behind it.
#[test]
fn a_notification_may_be_as_long_as_a_manifest_makes_it() {
    let host = Host::options().variable("registry_events_secret", EVENTS_SECRET).start();
    let registry = host.client().bearer(EVENTS_SECRET);
    let told =
        |bytes: usize| json!({ "events": [{ "id": "long", "annotation": "<".repeat(bytes) }] });
    for bytes in [1_000, 1_200_000, 9_000_000, 24_000_000] {
        let reply = registry.post("/registry/events", &told(bytes));
        assert_eq!(reply.status, 200, "{bytes}: {reply}");
    }
    assert_eq!(registry.post("/registry/events", &told(70_000_000)).status, 413);
    let stranger = host.client().bearer("another");
    assert_eq!(stranger.post("/registry/events", &told(24_000_000)).status, 401);
}
