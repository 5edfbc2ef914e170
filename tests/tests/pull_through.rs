//! A proxy cache end to end: the real components, skopeo, Debian's registries. `docs/contract/registry.md` G, 111, 124, 125, 133.

#![cfg(feature = "end-to-end")]

use std::process::Output;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use berth_test::TcpClient;
use berth_tests::image::{Descriptor, Image, Skopeo};
use berth_tests::registry::{Registry, SERVICE, with_host};
use berth_tests::small_upstream::{Mode, SmallUpstream};
use berth_tests::{Client, Host, Reply, Session};
use berth_web::outbound::streaming::{StreamingClient as _, Timeouts};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Berth, a registry behind it, and the organization `px` of *ana*, with *mia* in a team.
struct Place {
    host: Host,
    behind: Registry,
    certificates: String,
    ana: Client,
}

fn done(reply: &Reply) {
    assert!(reply.status < 300, "{reply}");
}

impl Place {
    fn new() -> Self {
        let (host, behind, certificates) = with_host(|| {
            Host::options()
                .variable("ssrf_allowed_hosts", "127.0.0.1")
                .variable("require_team_invite", "false")
        });
        let ana = host.client().initialize("ana");
        for name in ["acme", "px"] {
            done(&ana.post("/api/v1/organization/", &json!({ "name": name })));
        }
        let body = json!({ "username": "mia", "password": "password", "email": "mia@example.com" });
        done(&Session::anonymous(&host.client()).client().post("/api/v1/user/", &body));
        let px = "/api/v1/organization/px";
        done(&ana.put(&format!("{px}/team/devs"), &json!({ "role": "member" })));
        done(&ana.put_empty(&format!("{px}/team/devs/members/mia")));
        Self { host, behind, certificates, ana }
    }

    /// Has `px` cache a registry.
    fn cache(&self, upstream: &str, credentials: Option<(&str, &str)>) {
        let (username, password) = credentials.unzip();
        let body = json!({
            "upstream_registry": upstream, "insecure": true, "expiration_s": 86_400,
            "upstream_registry_username": username, "upstream_registry_password": password,
        });
        done(&self.ana.post("/api/v1/organization/px/proxycache", &body));
    }

    fn named(&self, name: &str) -> String {
        format!("{}/{name}", self.host.base().trim_start_matches("http://"))
    }

    /// A token of *mia* to pull from a repository.
    fn token(&self, repository: &str) -> String {
        let query = format!("service={SERVICE}&scope=repository:{repository}:pull");
        let mia = self.host.client().header("authorization", "Basic bWlhOnBhc3N3b3Jk");
        let reply = mia.get(&format!("/v2/auth?{query}"));
        reply.json()["token"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
    }

    fn usage(&self) -> Value {
        self.ana.get("/api/v1/organization/px/proxycache/use").json()
    }

    /// Whether the registry behind has a blob, waiting for what follows an answer.
    fn wait_until_stored(&self, repository: &str, digest: &str) {
        let client = self.behind.client().bearer(&self.token(repository));
        let path = format!("/v2/{repository}/blobs/{digest}");
        self.host.wait_until("the registry behind has the blob", || {
            client.send("HEAD", &path, None, &[]).status == 200
        });
    }
}

fn ok(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// skopeo pushes to a registry, and pulls through the cache of it: with the upstream, and without.
#[test]
fn skopeo_pulls_through() {
    let place = Place::new();
    let (skopeo, image) = (Skopeo::new(), Image::of(b"a layer"));
    let realm = format!("{}/v2/auth", place.host.base());
    let upstream = Registry::start(&realm, &place.certificates);
    let name = upstream.name();
    ok(&skopeo.push(&image, &format!("{name}/acme/app:v1"), "ana:password"));
    place.cache(&format!("{name}/acme"), Some(("ana", "password")));
    let pulled = place.named("px/app:v1");
    ok(&skopeo.pull(&pulled, "mia:password"));
    place.wait_until_stored("px/app", &image.layer.digest);
    drop(upstream);
    ok(&skopeo.pull(&pulled, "mia:password"));
    let refused = skopeo.pull(&place.named("px/app:v2"), "mia:password");
    assert!(!refused.status.success(), "there is no such tag");
    let outsider = skopeo.pull(&place.named("acme/app:v1"), "mia:password");
    assert!(!outsider.status.success(), "mia is nobody in acme");
    // What was pushed to the registry behind itself is read through Berth, too.
    let behind = format!("{}/acme/own:v1", place.behind.name());
    ok(&skopeo.push(&image, &behind, "ana:password"));
    ok(&skopeo.pull(&place.named("acme/own:v1"), "ana:password"));
    let logs = place.ana.get("/api/v1/organization/px/logs").json();
    let kinds = logs["logs"].as_array().expect("a list").iter().map(|entry| entry["kind"].clone());
    let pulls = kinds.filter(|kind| kind == "pull_repo").count();
    assert!(pulls >= 2, "{logs}");
    let usage = place.usage();
    assert!(usage["misses"] == 3 && usage["hits"].as_i64() > Some(2), "{usage}");
}

/// Clients that pull the same cold image at once: the upstream sends each blob once, and all others get it from the registry behind.
#[test]
fn a_cold_image_is_fetched_once() {
    const CLIENTS: usize = 32;
    let place = Place::new();
    let upstream = SmallUpstream::start();
    let layer = vec![b'x'; 1024 * 1024];
    let image = upstream.add_image("v1", &layer);
    place.cache(upstream.name(), None);
    upstream.set(Mode::Slow(Duration::from_millis(20)));
    let client = place.host.client().bearer(&place.token("px/team/app"));
    let barrier = Barrier::new(CLIENTS);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                barrier.wait();
                let manifest = client.get("/v2/px/team/app/manifests/v1");
                assert_eq!(manifest.status, 200, "{manifest}");
                for blob in [&image.config, &image.layer] {
                    let got = client.get(&format!("/v2/px/team/app/blobs/{}", blob.digest));
                    assert_eq!(got.status, 200, "{got}");
                    assert_eq!(&Descriptor::of(got.body.as_bytes()), blob);
                }
            });
        }
    });
    let asked = upstream.take_requests();
    for blob in [&image.config, &image.layer] {
        let of_it = |request: &&String| request.ends_with(&blob.digest);
        assert_eq!(asked.iter().filter(of_it).count(), 1, "{asked:?}\n{}", place.host.log());
    }
}

/// A client has the first bytes of a blob while the upstream still sends, and all of it however large it is: the host keeps a few pieces.
#[test]
fn a_large_blob_passes_through_a_small_host() {
    let mebibytes = std::env::var("BERTH_BLOB_MIB").ok().and_then(|size| size.parse().ok());
    let size = mebibytes.unwrap_or(1024) * 1024 * 1024;
    let place = Place::new();
    let upstream = SmallUpstream::start();
    let layer: Vec<u8> = (0..size).map(|at| (at >> 10) as u8 ^ at as u8).collect();
    let image = upstream.add_image("v1", &layer);
    drop(layer);
    place.cache(upstream.name(), None);
    let token = place.token("px/big");
    let client = place.host.client().bearer(&token);
    assert_eq!(client.get("/v2/px/big/manifests/v1").status, 200);
    // As the first reader does, and one from the registry behind.
    for _ in 0..2 {
        // What checking passwords needed before is another matter.
        let of_host = format!("/proc/{}", place.host.pid());
        std::fs::write(format!("{of_host}/clear_refs"), "5").expect("the peak begins anew");
        let (first, whole, digest, length) = read(&place, &token, &image.layer.digest);
        assert_eq!((length, digest), (size, image.layer.digest.clone()));
        assert!(first < whole / 4, "the first byte came after {first:?} of {whole:?}");
        let status = std::fs::read_to_string(format!("{of_host}/status")).expect("it runs");
        let kib = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("its size");
            line.trim().trim_end_matches(" kB").parse().expect("a number")
        };
        // Without the code, which is mapped from files: the kernel takes that back when it likes.
        let peak = kib("VmHWM:") - kib("RssFile:");
        assert!(peak < 96 * 1024, "the host needed {peak} KiB");
        place.wait_until_stored("px/big", &image.layer.digest);
    }
    let blobs =
        upstream.take_requests().into_iter().filter(|request| request.contains("GET blobs"));
    assert_eq!(blobs.count(), 1);
}

/// When the first byte came and the last, the digest, and the length.
fn read(place: &Place, token: &str, digest: &str) -> (Duration, Duration, String, usize) {
    let uri = format!("{}/v2/px/big/blobs/{digest}", place.host.base());
    let request = http::Request::get(uri).header("authorization", format!("Bearer {token}"));
    let pause = Duration::from_secs(30);
    let begun = Instant::now();
    let answer = TcpClient
        .send(request.body(Vec::new()).expect("a request"), Timeouts { head: pause, pause })
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    let (mut body, mut hash, mut length, mut first) =
        (answer.into_body(), Sha256::new(), 0, Duration::MAX);
    while let Some(piece) = body.read().expect("it does not break off") {
        first = first.min(begun.elapsed());
        length += piece.len();
        hash.update(piece);
    }
    (first, begun.elapsed(), format!("sha256:{:x}", hash.finalize()), length)
}
