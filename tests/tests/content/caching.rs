//! A proxy cache with a real registry behind it: `docs/contract/registry.md` G, 111 to 137 and 140, but for what needs a host.

use berth_test::{As, Reply};
use berth_tests::small_upstream::{IMAGE, Mode, SmallUpstream, UpstreamImage};
use serde_json::{Value, json};

use crate::place::{Place, code};

const NAME: &str = "px/team/app";

/// The organization `px` of *pia*, with *mia* in a team, which caches a registry.
struct Cache {
    place: Place,
    upstream: SmallUpstream,
}

impl Cache {
    fn new() -> Self {
        let (place, upstream) = (Place::new(), SmallUpstream::start());
        let app = &place.app;
        app.set("ssrf_allowed_hosts", "127.0.0.1");
        app.set("require_team_invite", "false");
        let app = &place.app;
        let done = |reply: Reply| assert!(reply.status() < 300, "{reply}");
        let (pia, px) = (app.as_user("pia"), "/api/v1/organization/px");
        done(pia.put(&format!("{px}/team/devs"), json!({ "role": "member" })));
        done(pia.put_empty(&format!("{px}/team/devs/members/mia")));
        app.execute(&format!(
            "INSERT INTO proxy_cache_config (organization_id, upstream_registry, expiration_s, insecure)
            SELECT id, '{}', 3600, 1 FROM account WHERE name = 'px'",
            upstream.name()
        ));
        Self { place, upstream }
    }

    fn mia(&self) -> As<'_> {
        self.place.pulling_as("mia", NAME)
    }

    fn manifest(&self, reference: &str) -> Reply {
        self.mia().get(&format!("/v2/{NAME}/manifests/{reference}"))
    }

    fn blob(&self, digest: &str) -> Reply {
        self.mia().get(&format!("/v2/{NAME}/blobs/{digest}"))
    }

    fn asked(&self) -> Vec<String> {
        self.upstream.take_requests()
    }

    /// What the registry behind has of a blob.
    fn stored(&self, digest: &str) -> u16 {
        self.place.at_registry(NAME).get(&format!("/v2/{NAME}/blobs/{digest}")).status
    }

    fn usage(&self) -> Value {
        let reply = self.place.app.as_user("mia").get("/api/v1/organization/px/proxycache/use");
        assert_eq!(reply.status(), 200, "{reply}");
        reply.json()
    }

    /// An image that was pulled with all that it names.
    fn pulled(&self, tag: &str) -> UpstreamImage {
        let image = self.upstream.add_image(tag, b"a layer");
        assert_eq!(self.manifest(tag).status(), 200);
        for blob in [&image.config, &image.layer] {
            assert_eq!(self.blob(&blob.digest).status(), 200);
        }
        let _ = self.asked();
        image
    }
}

fn is(reply: &Reply, status: u16, expected: &str) {
    assert_eq!((reply.status(), code(reply)), (status, expected.to_owned()), "{reply}");
}

#[test]
fn a_first_pull_makes_the_repository() {
    let cache = Cache::new();
    let image = cache.upstream.add_image("v1", b"a layer");
    is(&cache.manifest("v2"), 404, "NAME_UNKNOWN"); // 112
    let rows = "SELECT r.name, is_public, a.name, role FROM repository r
        JOIN account n ON n.id = r.namespace_id AND n.name = 'px'
        LEFT JOIN repository_permission p ON p.repository_id = r.id
        LEFT JOIN account a ON a.id = p.account_id";
    assert!(cache.place.app.rows(rows).is_empty(), "112");
    let _ = cache.asked();
    let reply = cache.manifest("v1");
    assert_eq!(reply.status(), 200, "111: {reply}");
    assert_eq!(reply.header("docker-content-digest"), Some(&*image.manifest.digest), "111");
    assert_eq!(reply.header("content-type"), Some(IMAGE), "111");
    assert_eq!(cache.asked(), ["GET manifests/v1"], "111");
    assert_eq!(cache.place.app.rows(rows), [["team/app", "0", "mia", "read"]], "111");
    is(&cache.manifest("v2"), 404, "MANIFEST_UNKNOWN"); // 113
    let logged = cache.place.pulls();
    assert_eq!(logged.len(), 1, "140: {logged:?}");
    assert!(logged[0].starts_with("px mia 192.0.2.1 "), "140: {}", logged[0]);
    assert!(logged[0].contains(r#""tag":"v1""#) && logged[0].contains(IMAGE), "140");
}

#[test]
fn a_tag_is_trusted_for_a_while() {
    let cache = Cache::new();
    let image = cache.upstream.add_image("v1", b"a layer");
    assert_eq!(cache.manifest("v1").status(), 200);
    let _ = cache.asked();
    assert_eq!(cache.manifest("v1").status(), 200, "114");
    assert!(cache.asked().is_empty(), "114: within the time of trust");
    let life = || cache.place.app.rows("SELECT checked_at, expires_at FROM cached_tag");
    let before = life();
    cache.place.app.advance(60);
    let again = cache.manifest("v1");
    assert_eq!(again.header("docker-content-digest"), Some(&*image.manifest.digest), "114");
    assert_eq!(cache.asked(), ["HEAD manifests/v1"], "114");
    assert_ne!(life(), before, "114: its life begins again");
    let other = cache.upstream.add_image("v1", b"another layer");
    cache.place.app.advance(60);
    let moved = cache.manifest("v1");
    assert_eq!(moved.header("docker-content-digest"), Some(&*other.manifest.digest), "115");
    assert_eq!(cache.asked(), ["HEAD manifests/v1", "GET manifests/v1"], "115");
}

#[test]
fn what_is_alive_is_served_while_the_upstream_fails() {
    let cache = Cache::new();
    let image = cache.upstream.add_image("v1", b"a layer");
    assert_eq!(cache.manifest("v1").status(), 200);
    let life = || cache.place.app.rows("SELECT checked_at, expires_at FROM cached_tag");
    let before = life();
    for mode in [
        Mode::HangsUp,
        Mode::Status(500, "x: y"),
        Mode::Status(404, "x: y"),
        Mode::Status(429, "retry-after: 17"),
    ] {
        cache.upstream.set(mode.clone());
        cache.place.app.advance(60);
        let stale = cache.manifest("v1");
        assert_eq!(stale.status(), 200, "116, 118: {mode:?} {stale}");
        assert_eq!(stale.header("warning"), Some("110 - \"Response is Stale\""));
        assert_eq!(life(), before, "116: its life goes on");
    }
    let digest = &image.manifest.digest;
    let _ = cache.asked();
    let by_digest = cache.manifest(digest);
    assert_eq!((by_digest.status(), by_digest.header("warning")), (200, None), "121");
    assert!(cache.asked().is_empty(), "121");
    cache.upstream.set(Mode::Status(401, "x: y"));
    is(&cache.manifest("v1"), 404, "MANIFEST_UNKNOWN"); // 119
    cache.place.app.advance(3_600);
    cache.upstream.set(Mode::HangsUp);
    is(&cache.manifest("v1"), 502, "UNKNOWN"); // 117
    cache.upstream.set(Mode::Status(429, "retry-after: 17"));
    let limited = cache.manifest("v9");
    is(&limited, 429, "TOOMANYREQUESTS"); // 118
    assert_eq!(limited.header("retry-after"), Some("17"), "118");
    cache.upstream.set(Mode::Status(403, "x: y"));
    let refused = cache.manifest("v9");
    is(&refused, 404, "MANIFEST_UNKNOWN");
    assert!(refused.text().contains("insufficient rights to access it (403)"), "{refused}");
    let usage = cache.usage();
    let reason = usage["last_failure_reason"].as_str().expect("a reason");
    assert!(reason.contains("refuses our credentials (403)"), "{reason}");
}

#[test]
fn what_never_expires_is_served_years_later() {
    let cache = Cache::new();
    cache.place.app.execute("UPDATE proxy_cache_config SET expiration_s = 0");
    let _ = cache.upstream.add_image("v1", b"a layer");
    assert_eq!(cache.manifest("v1").status(), 200);
    cache.upstream.set(Mode::HangsUp);
    cache.place.app.advance(3 * 365 * 86_400);
    assert_eq!(cache.manifest("v1").status(), 200, "120");
}

#[test]
fn an_index_is_there_before_its_images() {
    let cache = Cache::new();
    let (amd64, arm64) =
        (cache.upstream.add_image("amd64", b"amd64"), cache.upstream.add_image("arm64", b"arm64"));
    let index = cache.upstream.add_index("v1", &[&amd64.manifest, &arm64.manifest]);
    let got = cache.manifest("v1");
    assert_eq!(got.header("docker-content-digest"), Some(&*index.digest), "122");
    assert_eq!(cache.manifest(&amd64.manifest.digest).status(), 200, "122");
    let accepting = cache.mia().header("accept", "application/json");
    let refused = accepting.get(&format!("/v2/{NAME}/manifests/v1"));
    is(&refused, 404, "MANIFEST_UNKNOWN"); // 123
    for blob in [&amd64.config, &amd64.layer] {
        assert_eq!(cache.blob(&blob.digest).status(), 200, "122");
    }
    let registry = cache.place.at_registry(NAME).header("accept", IMAGE);
    let image = registry.get(&format!("/v2/{NAME}/manifests/{}", amd64.manifest.digest));
    assert_eq!(image.status, 200, "its collector keeps the blobs: {image}");
    is(&cache.blob(&arm64.layer.digest), 404, "BLOB_UNKNOWN"); // 127
}

#[test]
fn a_blob_passes_on_its_way_into_the_store() {
    let cache = Cache::new();
    let image = cache.upstream.add_image("v1", b"a layer");
    assert_eq!(cache.manifest("v1").status(), 200);
    let (digest, _) = (&image.layer.digest, cache.asked());
    let head = cache.mia().head(&format!("/v2/{NAME}/blobs/{digest}"));
    assert_eq!((head.status(), head.header("content-length")), (200, Some("7")), "128");
    assert!(cache.asked().is_empty(), "128");
    assert_eq!(cache.stored(digest), 404);
    let got = cache.blob(digest);
    assert_eq!((got.status(), got.body()), (200, b"a layer".as_slice()), "124");
    assert_eq!(got.header("content-length"), Some("7"), "124");
    assert_eq!(cache.stored(digest), 200, "124");
    assert_eq!(cache.asked(), [format!("GET blobs/{digest}")], "124");
    cache.upstream.set(Mode::HangsUp);
    let again = cache.blob(digest);
    assert_eq!((again.status(), again.body()), (200, b"a layer".as_slice()), "125");
    let part = cache.mia().header("range", "bytes=2-4").get(&format!("/v2/{NAME}/blobs/{digest}"));
    assert_eq!((part.status(), part.body()), (206, b"lay".as_slice()), "126");
    is(&cache.blob(&format!("sha256:{}", "0".repeat(64))), 404, "BLOB_UNKNOWN"); // 127
    assert!(cache.asked().is_empty(), "125 to 127");
    let usage = cache.usage();
    assert_eq!((&usage["hits"], &usage["misses"]), (&json!(2), &json!(2)), "{usage}");
    let fetched = image.manifest.size + 7;
    assert_eq!(usage["fetched_bytes"], json!(fetched), "{usage}");
}

#[test]
fn nothing_wrong_is_served_as_whole_nor_kept() {
    let cache = Cache::new();
    let image = cache.upstream.add_image("v1", b"a layer");
    assert_eq!(cache.manifest("v1").status(), 200);
    let digest = &image.layer.digest;
    for (case, mode) in [("129", Mode::OtherBytes), ("130", Mode::BreaksOff)] {
        cache.upstream.set(mode);
        let broken = cache.blob(digest);
        assert!(broken.broke_off(), "{case}: {broken}");
        assert!(broken.body().len() < 7, "{case}");
        assert_eq!(cache.stored(digest), 404, "{case}");
    }
    cache.upstream.set(Mode::OtherLength);
    is(&cache.blob(digest), 502, "UNKNOWN");
    for (mode, status, expected) in [
        (Mode::HangsUp, 502, "UNKNOWN"),
        (Mode::Status(404, "x: y"), 404, "BLOB_UNKNOWN"),
        (Mode::Status(429, "retry-after: 3"), 429, "TOOMANYREQUESTS"),
    ] {
        cache.upstream.set(mode);
        is(&cache.blob(digest), status, expected);
    }
    cache.upstream.set(Mode::Fine);
    assert_eq!(cache.blob(digest).body(), b"a layer", "whoever failed stands in nobody's way");
    assert_eq!(cache.stored(digest), 200);
}

#[test]
fn without_a_store_blobs_come_from_the_upstream() {
    let cache = Cache::new();
    let image = cache.upstream.add_image("v1", b"a layer");
    assert_eq!(cache.manifest("v1").status(), 200);
    for url in ["http://127.0.0.1:1", ""] {
        cache.place.app.set("registry_url", url);
        assert_eq!(cache.blob(&image.layer.digest).body(), b"a layer", "131: {url:?}");
    }
}

/// What is shown to the upstream is for the upstream: another host that it redirects to does not see it, and a private one is not called.
#[test]
fn redirects_of_blobs_are_followed_with_care() {
    let cache = Cache::new();
    let elsewhere = SmallUpstream::start();
    let image = cache.upstream.add_image("v1", b"a layer");
    let _ = elsewhere.add_image("v1", b"a layer");
    assert_eq!(cache.manifest("v1").status(), 200);
    let digest = &image.layer.digest;
    let _ = (elsewhere.take_authorizations(), elsewhere.take_requests());
    let there = |host: &str| format!("http://{host}/v2/bucket/blobs/{digest}");
    cache.upstream.set(Mode::Redirects(there(elsewhere.name())));
    assert_eq!(cache.blob(digest).body(), b"a layer", "132");
    assert_eq!(elsewhere.take_authorizations(), [None], "132");
    cache.place.app.set("registry_url", "");
    cache.upstream.set(Mode::Redirects("http://169.254.169.254/latest".into()));
    is(&cache.blob(digest), 502, "UNKNOWN"); // 132
    let usage = cache.usage();
    let reason = usage["last_failure_reason"].as_str().unwrap_or_default();
    assert!(reason.contains("169.254.169.254 is private"), "132: {usage}");
}

#[test]
fn the_tags_of_a_cache_are_those_that_were_pulled() {
    let cache = Cache::new();
    for tag in ["v2", "v1"] {
        let _ = cache.upstream.add_image(tag, b"a layer");
        assert_eq!(cache.manifest(tag).status(), 200);
    }
    let _ = (cache.upstream.add_image("v3", b"a layer"), cache.asked());
    let path = format!("/v2/{NAME}/tags/list");
    let page = |path: &str| {
        let reply = cache.mia().get(path);
        (reply.json()["tags"].clone(), reply.header("link").map(str::to_owned))
    };
    assert_eq!(page(&path), (json!(["v1", "v2"]), None), "134");
    let next = format!("<{path}?n=1&last=v1>; rel=\"next\"");
    assert_eq!(page(&format!("{path}?n=1")), (json!(["v1"]), Some(next)), "135");
    assert_eq!(page(&format!("{path}?n=1&last=v1")), (json!(["v2"]), None), "135");
    assert_eq!(page(&format!("{path}?n=0")), (json!([]), None), "136");
    assert!(cache.asked().is_empty());
    let unknown = cache.place.pulling_as("mia", "px/other").get("/v2/px/other/tags/list");
    is(&unknown, 404, "NAME_UNKNOWN");
}

#[test]
fn a_quota_is_named_that_leaves_no_room() {
    let cache = Cache::new();
    let app = &cache.place.app;
    app.set("feature_quota_management", "true");
    app.execute(
        "INSERT INTO quota (namespace_id, limit_bytes) SELECT id, 30 FROM account WHERE name = 'px'",
    );
    app.execute(
        "INSERT INTO quota_limit (quota_id, kind, percent) SELECT id, 'Reject', 100 FROM quota",
    );
    let _ = cache.upstream.add_image("v1", b"a layer");
    assert_eq!(cache.manifest("v1").status(), 200);
    let _ = cache.upstream.add_image("v2", b"a layer that is too large for it");
    let denied = cache.manifest("v2");
    is(&denied, 403, "DENIED"); // 137
    let text = denied.text();
    assert!(text.contains("Quota has been exceeded on namespace: px may hold 30.0 Byte"), "{text}");
    assert_eq!(cache.manifest("v1").status(), 200, "what is there stays");
    let stored = app.rows("SELECT stored_bytes FROM account WHERE name = 'px'");
    assert_eq!(stored, [["18"]], "{stored:?}");
}

#[test]
fn who_may_pull_from_a_cache() {
    let cache = Cache::new();
    let _ = cache.upstream.add_image("v1", b"a layer");
    let path = format!("/v2/{NAME}/manifests/v1");
    let status = |who| cache.place.pulling_as(who, NAME).get(&path).status();
    assert_eq!(status("ana"), 401, "an outsider");
    assert_eq!(cache.place.app.anonymous().get(&path).status(), 401);
    assert!(cache.asked().is_empty());
    assert_eq!((status("mia"), status("pia")), (200, 200));
    cache.place.app.set("feature_proxy_cache", "false");
    assert_eq!(cache.asked().len(), 1);
    is(&cache.manifest("v1"), 404, "MANIFEST_UNKNOWN"); // It is the registry's own then.
}

#[test]
fn a_cache_is_emptied_by_its_administrators() {
    let cache = Cache::new();
    let image = cache.pulled("v1");
    let purge = |who| {
        let path = "/api/v1/organization/px/proxycache/purge";
        cache.place.app.as_user(who).post_empty(path)
    };
    assert_eq!((purge("mia").status(), purge("ana").status()), (403, 403));
    let purged = purge("pia").json();
    assert_eq!(purged, json!({ "manifests": 1, "is_complete": true }));
    assert!(cache.place.app.log().contains("purge_proxy_cache px pia"));
    is(&cache.blob(&image.layer.digest), 404, "BLOB_UNKNOWN");
    cache.upstream.set(Mode::HangsUp);
    is(&cache.manifest("v1"), 502, "UNKNOWN");
    let path = "/api/v1/organization/acme/proxycache";
    let ana = cache.place.app.as_user("ana");
    assert_eq!(ana.get(&format!("{path}/use")).status(), 404);
    assert_eq!(ana.post_empty(&format!("{path}/purge")).status(), 404);
}

/// While nothing is written down, pulls go on.
#[test]
fn a_cache_works_while_the_registry_is_read_only() {
    let cache = Cache::new();
    let image = cache.pulled("v1");
    let _ = cache.upstream.add_image("v2", b"a layer");
    cache.place.app.set("registry_state", "readonly");
    for reference in ["v1", "v2", &*image.manifest.digest] {
        assert_eq!(cache.manifest(reference).status(), 200, "{reference}");
    }
    assert_eq!(cache.blob(&image.layer.digest).status(), 200);
    assert_eq!(cache.place.pulls().len(), 1);
}
