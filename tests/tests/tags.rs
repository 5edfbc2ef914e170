//! Tags at Debian's `docker-registry`: deleted there, read from there, compared with what is known.

#![cfg(feature = "end-to-end")]

use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_test::App;
use berth_tests::image::Descriptor;
use berth_tests::registry::{Registry, SERVICE, upload};
use berth_tests::{Client, ClosedPort, Host};
use serde_json::{Value, json};

const TAGS: &str = "/api/v1/repository/acme/lib/x/tag/";
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The organization `acme` of *ana*, with the repository `lib/x`, and a registry.
struct Place {
    app: App,
    registry: Registry,
}

impl Place {
    fn new() -> Self {
        let app = app();
        let registry = Registry::start("http://127.0.0.1:1/v2/auth", &certificates(&app));
        Self::of(app, registry)
    }

    fn of(app: App, registry: Registry) -> Self {
        app.set("registry_url", &format!("http://{}", registry.name()));
        Self { app, registry }
    }

    /// A client of the registry with all of ana's rights.
    fn client(&self) -> Client {
        let encoded = STANDARD.encode("ana:password");
        let ana = self.app.anonymous().header("authorization", &format!("Basic {encoded}"));
        let reply = ana.get(&format!(
            "/v2/auth?service={SERVICE}&scope=repository:acme/lib/x:push,pull,delete"
        ));
        self.registry.client().bearer(reply.json()["token"].as_str().expect("a token"))
    }

    fn push_blob(&self, content: &[u8]) -> Value {
        upload(&self.client(), "acme/lib/x", content).written("application/octet-stream")
    }

    /// Pushes a manifest under a tag or its digest; gives the digest.
    fn push(&self, reference: Option<&str>, media_type: &str, manifest: &Value) -> String {
        let manifest = manifest.to_string();
        let digest = sha256(manifest.as_bytes());
        let path = format!("/v2/acme/lib/x/manifests/{}", reference.unwrap_or(&digest));
        let pushed = self.client().send("PUT", &path, Some(media_type), manifest.as_bytes());
        assert_eq!(pushed.status, 201, "{pushed}");
        digest
    }

    /// Pushes an image whose one layer has that content.
    fn push_image(&self, reference: Option<&str>, layer: &str) -> String {
        let image = json!({
            "schemaVersion": 2, "mediaType": IMAGE, "config": self.push_blob(b"{}"),
            "layers": [self.push_blob(layer.as_bytes())],
        });
        self.push(reference, IMAGE, &image)
    }

    /// The tags of the registry.
    fn tags_there(&self) -> Vec<String> {
        let reply = self.client().get("/v2/acme/lib/x/tags/list");
        let Value::Array(names) = reply.json()["tags"].take() else { return Vec::new() };
        let mut names: Vec<String> =
            names.iter().map(|name| name.as_str().expect("a text").to_owned()).collect();
        names.sort();
        names
    }

    fn has_manifest(&self, reference: &str) -> bool {
        let client = self.client().header("accept", &format!("{IMAGE}, {INDEX}"));
        client.get(&format!("/v2/acme/lib/x/manifests/{reference}")).status == 200
    }

    /// The tags that Berth knows.
    fn tags_here(&self) -> Vec<String> {
        let rows = self.app.rows("SELECT name FROM tag WHERE ended_at IS NULL ORDER BY name");
        rows.into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// Compares with the registry, until nothing is left.
    fn sync(&self) -> Vec<Value> {
        let (mut answers, mut last) = (Vec::new(), String::new());
        loop {
            let reply = self.app.as_user("ana").post_empty(&format!("{TAGS}sync?last={last}"));
            assert_eq!(reply.status(), 200, "{reply}\n{}", self.registry.log());
            let answer = reply.json();
            let next = answer["next"].as_str().map(str::to_owned);
            answers.push(answer);
            match next {
                Some(next) => last = next,
                None => return answers,
            }
        }
    }

    fn stored(&self) -> String {
        let rows = self.app.rows(
            "SELECT r.stored_bytes, n.stored_bytes FROM repository r JOIN account n ON n.id = r.namespace_id",
        );
        rows[0].join(" ")
    }

    /// How often tags were deleted, as the log says.
    fn deletions(&self) -> usize {
        self.app.rows("SELECT 1 FROM log_entry WHERE kind = 'delete_tag'").len()
    }
}

fn app() -> App {
    let app = App::new()
        .with("registry_service", SERVICE)
        .with_user("ana")
        .with_user("bob")
        .with_organization("acme", "ana");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    app.advance(i64::try_from(now).expect("not so late") - app.time());
    let body = json!({
        "namespace": "acme", "repository": "lib/x", "visibility": "private", "description": ""
    });
    assert_eq!(app.as_user("ana").post("/api/v1/repository", body).status(), 201);
    app
}

fn certificates(app: &App) -> String {
    app.anonymous().get("/registry/certificates.pem").text().to_string()
}

fn sha256(content: &[u8]) -> String {
    Descriptor::of(content).digest
}

fn counts(checked: u64, changed: u64, ended: u64) -> Value {
    json!({ "checked": checked, "changed": changed, "ended": ended, "unreadable": 0 })
}

/// Distribution 2.8 deletes a manifest with all its tags: here one tag goes, and nothing else.
#[test]
fn one_tag_is_deleted() {
    let place = Place::new();
    let digest = place.push_image(Some("v1"), "a layer");
    assert_eq!(place.push_image(Some("v2"), "a layer"), digest);
    place.sync();
    let ana = place.app.as_user("ana");
    let deleted = ana.delete(&format!("{TAGS}v1"));
    assert_eq!(deleted.status(), 204, "{deleted}\n{}", place.registry.log());
    assert_eq!(place.tags_there(), ["v2"]);
    assert!(place.has_manifest("v2") && place.has_manifest(&digest));
    assert_eq!(place.tags_here(), ["v2"]);

    let log = place.app.rows(
        "SELECT a.name, l.metadata FROM log_entry l JOIN account a ON a.id = performer_id
        WHERE l.kind = 'delete_tag'",
    );
    assert_eq!((log.len(), log[0][0].as_str()), (1, "ana"));
    let metadata: Value = serde_json::from_str(&log[0][1]).expect("JSON");
    for (name, value) in [
        ("username", "ana"),
        ("repo", "lib/x"),
        ("namespace", "acme"),
        ("tag", "v1"),
        ("digest", &digest),
    ] {
        assert_eq!(metadata[name], value, "{metadata}");
    }

    assert_eq!(ana.delete(&format!("{TAGS}v1")).status(), 404, "a second time");
    assert_eq!(place.deletions(), 1);
    // The last tag of a manifest too: whoever has the digest can go on with it.
    assert_eq!(ana.delete(&format!("{TAGS}v2")).status(), 204);
    assert!(place.tags_there().is_empty() && place.has_manifest(&digest));
    assert_eq!(place.deletions(), 2);
    // It can be pushed again.
    place.push_image(Some("v1"), "a layer");
    assert_eq!(place.sync(), [counts(1, 1, 0)]);
}

/// The image of a platform has a tag of its own, and an index names it.
#[test]
fn an_index_keeps_its_images() {
    let place = Place::new();
    let image = place.push_image(Some("amd64"), "a layer");
    let size = place.push_image(None, "a layer").len();
    let child = json!({ "mediaType": IMAGE, "digest": image, "size": size });
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [child] });
    place.push(Some("latest"), INDEX, &index);
    place.sync();
    let ana = place.app.as_user("ana");
    assert_eq!(ana.delete(&format!("{TAGS}amd64")).status(), 204);
    assert!(place.has_manifest("latest") && place.has_manifest(&image));
    assert_eq!(ana.delete(&format!("{TAGS}latest")).status(), 204);
    assert!(place.has_manifest(&image));
}

#[test]
fn a_tag_that_the_registry_lost_is_deleted_here() {
    let place = Place::new();
    let digest = place.push_image(Some("v1"), "a layer");
    place.sync();
    let path = format!("/v2/acme/lib/x/manifests/{digest}");
    assert_eq!(place.client().delete(&path).status, 202);
    assert_eq!(place.app.as_user("ana").delete(&format!("{TAGS}v1")).status(), 204);
    assert!(place.tags_here().is_empty() && place.tags_there().is_empty());
    assert_eq!(place.deletions(), 1);
}

/// Whoever cannot write does not reach the registry.
#[test]
fn who_may_not_delete() {
    let place = Place::new();
    place.push_image(Some("v1"), "a layer");
    place.sync();
    assert_eq!(place.app.as_user("bob").delete(&format!("{TAGS}v1")).status(), 403);
    assert_eq!(place.app.as_user("bob").post_empty(&format!("{TAGS}sync")).status(), 403);
    assert_eq!(place.tags_there(), ["v1"]);
}

#[test]
fn a_registry_that_deletes_nothing_keeps_its_tag() {
    let app = app();
    let registry =
        Registry::configured("http://127.0.0.1:1/v2/auth", &certificates(&app), |text| {
            text.replace("enabled: true", "enabled: false")
        });
    let place = Place::of(app, registry);
    let digest = place.push_image(Some("v1"), "a layer");
    place.sync();
    let refused = place.app.as_user("ana").delete(&format!("{TAGS}v1"));
    assert_eq!(refused.status(), 400, "{refused}");
    assert!(refused.text().contains("configured to delete nothing"), "{refused}");
    let reply = place.client().header("accept", IMAGE).get("/v2/acme/lib/x/manifests/v1");
    assert_eq!(reply.header("docker-content-digest"), Some(digest.as_str()), "{reply}");
    assert_eq!((place.tags_here(), place.deletions()), (vec!["v1".to_owned()], 0));
}

#[test]
fn a_registry_that_does_not_answer() {
    let place = Place::new();
    place.push_image(Some("v1"), "a layer");
    place.sync();
    let ana = place.app.as_user("ana");
    let closed = ClosedPort::take();
    let (there, away) = (place.registry.name(), closed.address());
    for (what, url, service) in [
        ("it is not there", format!("http://{away}"), SERVICE),
        ("it takes tokens of another service", format!("http://{there}"), "elsewhere"),
    ] {
        place.app.set("registry_url", &url);
        place.app.set("registry_service", service);
        let manifest = format!("/api/v1/repository/acme/lib/x/manifest/{}", sha256(b"x"));
        for reply in [
            ana.delete(&format!("{TAGS}v1")),
            ana.post_empty(&format!("{TAGS}sync")),
            ana.get(&manifest),
        ] {
            assert_eq!(reply.status(), 520, "{what}: {reply}");
            assert_eq!(reply.json()["error_type"], "downstream_issue", "{what}");
        }
    }
    assert_eq!((place.tags_here(), place.deletions()), (vec!["v1".to_owned()], 0));
}

#[test]
fn lost_notifications_are_made_good() {
    let place = Place::new();
    assert_eq!(place.sync(), [counts(0, 0, 0)], "the registry knows no such repository");
    let first = place.push_image(Some("v1"), "0123456789");
    place.push_image(Some("v2"), "0123456789");
    place.push_image(Some("old"), "another");
    assert_eq!(place.sync(), [counts(3, 3, 0)]);
    // The configuration and two layers.
    assert_eq!(place.stored(), "19 19");
    assert_eq!(place.sync(), [counts(3, 0, 0)], "nothing is new");

    place.app.advance(60);
    let second = place.push_image(Some("v1"), "a third layer");
    let old = sha256(b"nothing");
    let path = format!("/v2/acme/lib/x/manifests/{old}");
    assert_eq!(place.client().delete(&path).status, 404);
    let reply = place.client().header("accept", IMAGE).get("/v2/acme/lib/x/manifests/old");
    let old = reply.header("docker-content-digest").expect("a digest").to_owned();
    assert_eq!(place.client().delete(&format!("/v2/acme/lib/x/manifests/{old}")).status, 202);
    assert_eq!(place.sync(), [counts(2, 1, 1)]);
    let rows = place.app.rows("SELECT name, digest FROM tag WHERE ended_at IS NULL ORDER BY name");
    assert_eq!(rows, [["v1", second.as_str()], ["v2", first.as_str()]]);
    assert_eq!(place.tags_here(), place.tags_there());
    let manifests = place.app.rows("SELECT digest FROM manifest");
    assert_eq!(manifests.len(), 3, "a manifest stays as long as its tag is shown");
}

#[test]
fn many_tags_are_pages() {
    let place = Place::new();
    let image = json!({
        "schemaVersion": 2, "mediaType": IMAGE, "config": place.push_blob(b"{}"), "layers": [],
    });
    for number in 0..120 {
        place.push(Some(&format!("t{number:03}")), IMAGE, &image);
    }
    let answers = place.sync();
    let sum = |name: &str| answers.iter().filter_map(|answer| answer[name].as_u64()).sum::<u64>();
    assert_eq!((sum("checked"), sum("changed"), answers.len()), (120, 120, 2), "{answers:?}");
    assert_eq!(place.tags_here(), place.tags_there());
    // More are known than are there, and more are there than are known.
    place.app.execute("DELETE FROM tag WHERE name < 't060'");
    for number in 0..150 {
        place.app.execute(&format!(
            "INSERT INTO pushed_tag SELECT repository_id, 'a{number:03}', digest, 1 FROM manifest"
        ));
    }
    let answers = place.sync();
    let sum = |name: &str| answers.iter().filter_map(|answer| answer[name].as_u64()).sum::<u64>();
    assert_eq!((sum("changed"), sum("ended")), (60, 150), "{answers:?}");
    assert_eq!(place.tags_here(), place.tags_there());
}

/// What is pushed while the registry is read is later than what was read: whatever was read, it stays.
#[test]
fn a_push_meanwhile_stays() {
    let place = Place::new();
    let digest = place.push_image(Some("v1"), "a layer");
    place.sync();
    assert_eq!(place.client().delete(&format!("/v2/acme/lib/x/manifests/{digest}")).status, 202);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("db");
    place.app.save_database(&path);
    let at = (place.app.time() + 1) * 1_000_000;
    let (app, other) = (place.app.over(&path).among_others(), place.app.over(&path));
    let push = format!("UPDATE tag SET started_at = {at}");
    // Before the transaction: after the caller, what is known, and the key.
    let (reply, was_stopped) = app.interrupted(3, Rc::new(move || other.execute(&push)), |app| {
        app.as_user("ana").post_empty(&format!("{TAGS}sync"))
    });
    assert!(was_stopped, "{reply}");
    assert_eq!(reply.json(), counts(0, 0, 0), "{reply}");
    let reply = app.as_user("ana").post_empty(&format!("{TAGS}sync"));
    assert_eq!(reply.json(), counts(0, 0, 1), "{reply}");
}

#[test]
fn a_manifest_is_shown_as_it_is() {
    let place = Place::new();
    let digest = place.push_image(Some("v1"), "0123456789");
    let ana = place.app.as_user("ana");
    let path = format!("/api/v1/repository/acme/lib/x/manifest/{digest}");
    let reply = ana.get(&path);
    assert_eq!(reply.status(), 200, "{reply}\n{}", place.registry.log());
    let shown = reply.json();
    assert_eq!(shown["digest"], digest);
    assert_eq!(sha256(shown["manifest_data"].as_str().expect("a text").as_bytes()), digest);
    assert_eq!(shown["is_manifest_list"], false);
    assert_eq!(shown["layers"][0]["compressed_size"], 10);
    assert_eq!(shown["layers"][0]["blob_digest"], sha256(b"0123456789"));

    let child = json!({ "mediaType": IMAGE, "digest": digest, "size": 7 });
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [child] });
    let index = place.push(None, INDEX, &index);
    let shown = ana.get(&format!("/api/v1/repository/acme/lib/x/manifest/{index}"));
    let shown = shown.json();
    assert_eq!((&shown["is_manifest_list"], &shown["layers"]), (&json!(true), &Value::Null));

    let unknown = sha256(b"nothing");
    for reference in [unknown.as_str(), "sha256:a", "v1"] {
        let reply = ana.get(&format!("/api/v1/repository/acme/lib/x/manifest/{reference}"));
        assert_eq!(reply.status(), 404, "{reference}: {reply}");
    }
    assert_eq!(place.app.as_user("bob").get(&path).status(), 403);
}

/// The real component, with what `spin.toml` lets it call.
#[test]
fn the_component_reaches_this_registry_and_no_other() {
    let place = Place::new();
    let digest = place.push_image(Some("v1"), "a layer");
    place.push_image(Some("v2"), "a layer");
    place.sync();
    let token = place.app.as_user("ana").headers().to_vec();
    let start = |registry_url: &str| {
        let state = Host::new_state();
        place.app.save_database(&state.path().join("sqlite_db.db"));
        place.app.set("registry_url", registry_url);
        let settings = place.app.settings();
        let options = Host::options().state(state);
        let host =
            settings.iter().fold(options, |options, (name, value)| options.variable(name, value));
        let host = host.start();
        let client =
            token.iter().fold(host.client(), |client, (name, value)| client.header(name, value));
        (host, client)
    };
    let there = format!("http://{}", place.registry.name());
    let (host, ana) = start(&there);
    let deleted = ana.delete(&format!("{TAGS}v1"));
    assert_eq!(deleted.status, 204, "{deleted}\n{}\n{}", host.log(), place.registry.log());
    assert_eq!(place.tags_there(), ["v2"]);
    let shown = ana.get(&format!("/api/v1/repository/acme/lib/x/manifest/{digest}"));
    assert_eq!(shown.json()["digest"], digest, "{shown}\n{}", host.log());
    let compared = ana.post(&format!("{TAGS}sync"), &json!({}));
    assert_eq!(compared.json(), counts(1, 0, 0), "{compared}\n{}", host.log());
    drop(host);

    let closed = ClosedPort::take();
    let (host, ana) = start(&format!("http://{}", closed.address()));
    let failed = ana.delete(&format!("{TAGS}v2"));
    assert_eq!(failed.status, 520, "{failed}");
    assert!(host.log().contains("nothing accepts connections there"), "{}", host.log());
    assert_eq!(place.tags_there(), ["v2"]);
}
