//! What clients of registries ask: tokens, manifests, blobs. What passes through Berth is compared with the registry behind it.

use std::fmt::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_tests::image::{Image, Skopeo};
use berth_tests::registry::{Registry, SERVICE, with_host};
use berth_tests::small_upstream::SmallUpstream;
use berth_tests::{Client, Host};
use serde_json::{Map, Value, json};

use crate::load::Load;
use crate::numbers::median;
use crate::numbers::round;

/// How long a blob is, in bytes.
const BLOB_BYTES: usize = 256 * 1024 * 1024;

/// How often each is read.
const TIMES: usize = 3;

/// Connections at a time.
const CONNECTIONS: u32 = 8;

/// The measurements, by what was asked.
#[derive(Default)]
pub(crate) struct RegistryFigures {
    /// Requests a second.
    requests: Vec<(&'static str, f64)>,
    /// MiB a second.
    blobs: Vec<(&'static str, f64)>,
}

impl RegistryFigures {
    pub(crate) fn table(&self) -> String {
        let mut text = format!("\nregistry, {CONNECTIONS} connections\n");
        for (name, per_second) in &self.requests {
            let _ = writeln!(text, "{name:<52} {per_second:>9.0} requests/s");
        }
        for (name, per_second) in &self.blobs {
            let _ = writeln!(text, "{name:<52} {per_second:>9.0} MiB/s");
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        let all = self.requests.iter().chain(&self.blobs);
        let all = all.map(|(name, per_second)| ((*name).to_owned(), json!(round(*per_second))));
        Value::Object(all.collect::<Map<_, _>>())
    }
}

/// A host, a registry behind it, and another that it caches.
struct Place {
    host: Host,
    behind: Registry,
    upstream: SmallUpstream,
    ana: Client,
    /// `Authorization` of the robot `acme+ci`, and of ana by an access token.
    robot: String,
    oauth: String,
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

impl Place {
    fn new() -> Self {
        let (host, behind, _) =
            with_host(|| Host::options().variable("ssrf_allowed_hosts", "127.0.0.1"));
        let (ana, upstream) = (host.client().initialize("ana"), SmallUpstream::start());
        let done = |reply: berth_tests::Reply| assert!(reply.status < 300, "{reply}");
        for name in ["acme", "px"] {
            done(ana.post("/api/v1/organization/", &json!({ "name": name })));
        }
        let body = json!({ "upstream_registry": upstream.name(), "insecure": true, "expiration_s": 86_400 });
        done(ana.post("/api/v1/organization/px/proxycache", &body));
        let body = json!({ "namespace": "acme", "repository": "app", "visibility": "private", "description": "" });
        done(ana.post("/api/v1/repository", &body));
        let made = ana.put_empty("/api/v1/organization/acme/robots/ci");
        let robot = basic("acme+ci", made.json()["token"].as_str().expect("a token"));
        let path = "/api/v1/repository/acme/app/permissions/user/acme+ci";
        done(ana.put(path, &json!({ "role": "write" })));
        let token = ana.header_value("authorization").expect("ana has a token");
        let oauth = basic("$oauthtoken", token.trim_start_matches("Bearer "));
        Self { host, behind, upstream, ana, robot, oauth }
    }

    /// The path that asks for a token.
    fn token_path(repository: &str) -> String {
        format!("/v2/auth?service={SERVICE}&scope=repository:{repository}:pull,push")
    }

    /// `Authorization` with a token for a repository.
    fn token(&self, repository: &str) -> String {
        let asked = self.host.client().header("authorization", &self.oauth);
        let reply = asked.get(&Self::token_path(repository));
        format!("Bearer {}", reply.json()["token"].as_str().expect("a token"))
    }

    /// How fast a blob is read, in MiB a second.
    fn speed(base: &str, repository: &str, digest: &str, authorization: &str) -> f64 {
        let url = format!("{base}/v2/{repository}/blobs/{digest}");
        let header = format!("authorization: {authorization}");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--fail", "--output", "/dev/null", "--header", &header]);
        curl.args(["--write-out", "%{speed_download} %{size_download}", &url]);
        let output = curl.output().expect("curl runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (speed, size) = text.split_once(' ').expect("two numbers");
        assert_eq!(size.parse(), Ok(BLOB_BYTES), "{url}");
        speed.parse::<f64>().expect("a number") / (1024.0 * 1024.0)
    }
}

/// Measures all of it, each load for `seconds`.
pub(crate) fn measure(seconds: u32) -> RegistryFigures {
    let place = Place::new();
    let (berth, behind) = (place.host.base(), format!("http://{}", place.behind.name()));
    RegistryFigures {
        requests: requests(&place, berth, &behind, seconds),
        blobs: blobs(&place, berth, &behind),
    }
}

fn requests(place: &Place, berth: &str, behind: &str, seconds: u32) -> Vec<(&'static str, f64)> {
    let skopeo = Skopeo::new();
    let pushed = format!("{}/acme/app:v1", place.behind.name());
    let output = skopeo.push(&Image::of(b"a layer"), &pushed, "ana:password");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let _ = place.upstream.add_image("v1", b"a layer");
    let (app, cached) = (place.token("acme/app"), place.token("px/app"));
    let at = |base: &str, path: &str, authorization: &str| {
        let load = Load::get("registry", path).authorized(authorization);
        // What happens once has happened then.
        load.run(base, 1, 1, &[]);
        let counted = load.run(base, CONNECTIONS, seconds, &[]);
        assert_eq!(counted.errors, 0, "{path}");
        counted.requests / counted.seconds
    };
    let (token, manifest) = (Place::token_path("acme/app"), "/v2/acme/app/manifests/v1");
    vec![
        ("tokens, of a robot", at(berth, &token, &place.robot)),
        ("tokens, by an access token", at(berth, &token, &place.oauth)),
        (
            "manifest of a proxy cache, from the database",
            at(berth, "/v2/px/app/manifests/v1", &cached),
        ),
        ("manifest of the registry, through Berth", at(berth, manifest, &app)),
        ("manifest of the registry, directly", at(behind, manifest, &app)),
    ]
}

fn blobs(place: &Place, berth: &str, behind: &str) -> Vec<(&'static str, f64)> {
    let upstream = format!("http://{}", place.upstream.name());
    let (mut cold, mut direct, mut through, mut stored) = (vec![], vec![], vec![], vec![]);
    for time in 0..TIMES {
        let tag = format!("big{time}");
        let mut layer = vec![0; BLOB_BYTES];
        layer[..tag.len()].copy_from_slice(tag.as_bytes());
        let digest = place.upstream.add_image(&tag, &layer).layer.digest;
        drop(layer);
        let token = place.token("px/app");
        let client = place.host.client().header("authorization", &token);
        assert_eq!(client.get(&format!("/v2/px/app/manifests/{tag}")).status, 200);
        direct.push(Place::speed(&upstream, "app", &digest, &token));
        cold.push(Place::speed(berth, "px/app", &digest, &token));
        let at_registry = place.behind.client().header("authorization", &token);
        place.host.wait_until("the registry behind has it", || {
            at_registry.send("HEAD", &format!("/v2/px/app/blobs/{digest}"), None, &[]).status == 200
        });
        through.push(Place::speed(berth, "px/app", &digest, &token));
        stored.push(Place::speed(behind, "px/app", &digest, &token));
    }
    let usage = place.ana.get("/api/v1/organization/px/proxycache/use").json();
    assert!(usage["misses"].as_i64() >= Some(3), "{usage}");
    vec![
        ("blob, from the upstream directly", median(direct)),
        ("blob, cold: upstream to client and registry", median(cold)),
        ("blob, stored: through Berth", median(through)),
        ("blob, stored: from the registry directly", median(stored)),
    ]
}
