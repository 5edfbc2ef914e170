//! Notifications of the registry: the numbered cases of `docs/contract/registry.md`, part G, 97 to 107, and what follows from them.

mod quotas;

use berth_domain::Timestamp;
use berth_test::{App, Reply};
use berth_web::Method;
use serde_json::{Value, json};

const SECRET: &str = "between-registry-and-berth";

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The organization `acme` of *ana*, with the repositories `app` and `lib`, and the robot `acme+ci`.
struct Registry {
    app: App,
    /// When the last event was, in seconds.
    at: i64,
    told: usize,
}

/// A digest that begins so.
fn digest(name: &str) -> String {
    let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex:0<64}")
}

fn blob(name: &str, size: i64) -> Value {
    json!({ "mediaType": "application/octet-stream", "digest": digest(name), "size": size })
}

impl Registry {
    fn new() -> Self {
        Self::with(App::new())
    }

    fn with(app: App) -> Self {
        let app = app
            .with("registry_events_secret", SECRET)
            .with_user("ana")
            .with_user("rhea")
            .with_organization("acme", "ana");
        let ana = app.as_user("ana");
        assert_eq!(ana.put_empty("/api/v1/organization/acme/robots/ci").status(), 201);
        for name in ["app", "lib"] {
            let body = json!({
                "namespace": "acme", "repository": name, "visibility": "private", "description": "",
            });
            assert_eq!(ana.post("/api/v1/repository", body).status(), 201);
        }
        app.execute("DELETE FROM log_entry");
        app.advance(1_000);
        let at = app.time() - 900;
        Self { app, at, told: 0 }
    }

    /// The next event of `acme/app`, a second after the last one, with an id of its own.
    fn event(&mut self, action: &str, target: Value) -> Value {
        self.at += 1;
        self.told += 1;
        let mut event = json!({
            "id": format!("event-{}", self.told),
            "timestamp": Timestamp::from_micros(self.at * 1_000_000).to_iso8601(),
            "action": action,
            "target": { "repository": "acme/app" },
            "request": {
                "id": format!("request-{}", self.told),
                "addr": "203.0.113.9:40000",
                "host": "registry.example.com",
                "method": if action == "push" { "PUT" } else { "GET" },
                "useragent": "skopeo/1.9.3",
            },
            "actor": { "name": "acme+ci" },
            "source": { "addr": "registry:5000", "instanceID": "x" },
        });
        for (name, value) in target.as_object().expect("members") {
            event["target"][name] = value.clone();
        }
        event
    }

    /// The push of an image with a configuration of 10 bytes and these layers; without a tag where that is empty.
    fn push(&mut self, name: &str, tag: &str, layers: &[(&str, i64)]) -> Value {
        let mut references = vec![blob(&format!("config of {name}"), 10)];
        references.extend(layers.iter().map(|(name, size)| blob(name, *size)));
        let mut event = self.event(
            "push",
            json!({
                "mediaType": IMAGE, "digest": digest(name), "size": 500, "length": 500,
                "references": references,
            }),
        );
        if !tag.is_empty() {
            event["target"]["tag"] = tag.into();
        }
        event
    }

    fn send(&self, events: &[Value]) -> Reply {
        self.send_text(&json!({ "events": events }).to_string())
    }

    fn send_text(&self, body: &str) -> Reply {
        let kind = "application/vnd.docker.distribution.events.v1+json";
        let registry = self.app.anonymous().header("authorization", &format!("Bearer {SECRET}"));
        registry.send(Method::POST, "/registry/events", Some(kind), body.as_bytes().to_vec())
    }

    /// Sends them; they are taken.
    fn tell(&self, events: &[Value]) {
        let reply = self.send(events);
        assert_eq!(
            (reply.status(), &reply.json()["taken"]),
            (200, &json!(events.len())),
            "{reply}"
        );
    }

    /// The tags that there are, and their digests, of `acme/app`.
    fn tags(&self) -> Vec<(String, String)> {
        let rows = self.app.rows(
            "SELECT tag.name, digest FROM tag JOIN repository r ON r.id = repository_id
            WHERE r.name = 'app' AND ended_at IS NULL ORDER BY tag.name",
        );
        rows.into_iter().map(|mut row| (row.remove(0), row.remove(0))).collect()
    }

    /// How much acme, acme/app and acme/lib hold. It is what the blobs that are there sum up to.
    fn sizes(&self) -> [i64; 3] {
        let number = |sql: &str| self.app.rows(sql)[0][0].parse::<i64>().expect("a number");
        let summed = |of: &str| {
            number(&format!(
                "SELECT coalesce(sum(size_bytes), 0) FROM (SELECT DISTINCT b.digest, b.size_bytes FROM blob b
                JOIN account n ON n.id = b.namespace_id JOIN repository r ON r.id = b.repository_id WHERE {of})"
            ))
        };
        let all = [
            (
                number("SELECT stored_bytes FROM account WHERE name = 'acme'"),
                summed("n.name = 'acme'"),
            ),
            (
                number("SELECT stored_bytes FROM repository WHERE name = 'app'"),
                summed("r.name = 'app'"),
            ),
            (
                number("SELECT stored_bytes FROM repository WHERE name = 'lib'"),
                summed("r.name = 'lib'"),
            ),
        ];
        all.map(|(kept, summed)| {
            assert_eq!(kept, summed);
            kept
        })
    }

    fn last_modified(&self) -> Value {
        let ana = self.app.as_user("ana");
        let list = ana.get("/api/v1/repository?namespace=acme&last_modified=true").json();
        let all = list["repositories"].as_array().expect("a list").clone();
        let app = all.into_iter().find(|entry| entry["name"] == "app").expect("acme/app");
        app["last_modified"].clone()
    }

    /// All that events change.
    fn state(&self) -> Vec<Vec<Vec<String>>> {
        let tables = ["manifest", "blob", "manifest_blob", "manifest_child", "tag", "log_entry"];
        tables.iter().map(|table| self.app.rows(&format!("SELECT * FROM {table}"))).collect()
    }
}

#[test]
fn case_97_a_push_is_logged_and_dates_the_repository() {
    let mut registry = Registry::new();
    assert_eq!(registry.last_modified(), Value::Null);
    let push = registry.push("image", "v1", &[("layer", 100)]);
    registry.tell(&[push]);
    assert_eq!(
        registry.app.log(),
        r#"push_repo acme acme+ci {"repo":"app","namespace":"acme","user-agent":"skopeo/1.9.3","tag":"v1","mediaType":"application/vnd.oci.image.manifest.v1+json","username":"acme+ci","is_robot":true}"#
    );
    let entry = &registry.app.rows("SELECT ip, created_at FROM log_entry")[0];
    assert_eq!(entry[..], ["203.0.113.9".to_owned(), (registry.at * 1_000_000).to_string()]);
    assert_eq!(registry.last_modified(), json!(registry.at));
    assert_eq!(registry.tags(), [("v1".to_owned(), digest("image"))]);
    let log = registry.app.as_user("ana").get("/api/v1/repository/acme/app/logs").json();
    assert_eq!(log["logs"][0]["kind"], "push_repo");
    assert_eq!(log["logs"][0]["performer"]["name"], "acme+ci");
}

#[test]
fn case_98_an_event_counts_once() {
    let mut registry = Registry::new();
    let push = registry.push("image", "v1", &[("layer", 100)]);
    let delete = registry.event("delete", json!({ "digest": digest("image") }));
    // Also within one request.
    registry.tell(&[push.clone(), push.clone()]);
    let state = registry.state();
    registry.tell(std::slice::from_ref(&push));
    assert_eq!(registry.state(), state);
    registry.tell(std::slice::from_ref(&delete));
    assert_eq!(registry.tags(), []);
    // It is known for a fortnight, and a push that comes again later than that does not undo what came after it.
    registry.app.advance(13 * 86_400);
    registry.tell(&[push]);
    assert_eq!((registry.tags(), registry.sizes()), (Vec::new(), [0, 0, 0]));
}

#[test]
fn case_99_the_secret_is_wanted() {
    let mut registry = Registry::new();
    let push = registry.push("image", "v1", &[]);
    let body = json!({ "events": [push] });
    let (app, path) = (&registry.app, "/registry/events");
    let bearer = |text: &str| app.anonymous().header("authorization", text);
    let wrong = [
        app.anonymous(),
        bearer("Bearer between-registry-and-bertha"),
        bearer("Bearer"),
        bearer(&format!("Basic {SECRET}")),
        bearer(SECRET),
        app.as_user("ana"),
    ];
    for caller in wrong {
        assert_eq!(caller.post(path, body.clone()).status(), 401);
        assert_eq!(app.latest_statements(), [""; 0]);
    }
    // No secret lets nobody in.
    app.set("registry_events_secret", "");
    for caller in [app.anonymous(), bearer("Bearer "), bearer(&format!("Bearer {SECRET}"))] {
        assert_eq!(caller.post(path, body.clone()).status(), 401);
    }
    assert!(registry.state().iter().all(Vec::is_empty));
    assert_eq!(app.anonymous().get(path).status(), 405);
}

/// What nothing follows from is taken: the registry would send it for ever, and nothing else.
#[test]
fn case_100_what_is_not_known_is_passed_over() {
    let mut registry = Registry::new();
    let mut events = vec![
        registry
            .event("frobnicate", json!({ "mediaType": IMAGE, "digest": digest("a"), "tag": "a" })),
        registry.event(
            "push",
            json!({ "mediaType": "application/octet-stream", "digest": digest("a") }),
        ),
        registry.event(
            "mount",
            json!({ "mediaType": "application/octet-stream", "digest": digest("a") }),
        ),
        registry
            .event("push", json!({ "mediaType": "text/html", "digest": digest("a"), "tag": "a" })),
        registry.event("push", json!({ "mediaType": IMAGE, "tag": "a" })),
        registry
            .event("push", json!({ "mediaType": IMAGE, "digest": "x".repeat(300), "tag": "a" })),
        registry.event("delete", json!({})),
        registry.event("delete", json!({ "digest": digest("a") })),
        json!(7),
        json!({ "id": "x" }),
        Value::Null,
    ];
    let unknown =
        ["nobody/app", "acme/nothing", "app", "ACME/app", "acme+ci/app", "", "/", "acme/"];
    for repository in unknown {
        let mut push = registry.push("image", "v1", &[("layer", 5)]);
        push["target"]["repository"] = repository.into();
        events.push(push);
    }
    let mut timeless = registry.push("image", "v1", &[]);
    timeless["timestamp"] = "yesterday".into();
    events.push(timeless);
    for event in &events {
        assert_eq!(registry.send(std::slice::from_ref(event)).status(), 200, "{event}");
    }
    assert_eq!(registry.send(&events).status(), 200);
    let bodies = [
        "",
        "nonsense",
        "[]",
        "null",
        "{}",
        r#"{"events": 7}"#,
        r#"{"events": []}"#,
        "\u{0}",
        "{\"events\":",
    ];
    for body in bodies {
        assert_eq!(registry.send_text(body).status(), 200, "{body}");
    }
    let left: Vec<_> = registry.state().into_iter().flatten().collect();
    assert_eq!(left, Vec::<Vec<String>>::new());
    // One that cannot be read does not keep the others from being taken.
    let push = registry.push("image", "v1", &[]);
    let reply = registry.send(&[json!(7), push]);
    assert_eq!(reply.json(), json!({ "taken": 1, "ignored": 1 }));
    assert_eq!(registry.tags().len(), 1);
}

/// A repository without a namespace is in `library`.
#[test]
fn one_component_is_of_the_library() {
    let mut registry = Registry::with(App::new().with("library_namespace", "acme"));
    let mut push = registry.push("image", "v1", &[]);
    push["target"]["repository"] = "app".into();
    registry.tell(&[push]);
    assert_eq!(registry.tags().len(), 1);
}

#[test]
fn cases_101_and_102_pulls() {
    let mut registry = Registry::new();
    let about = json!({ "mediaType": IMAGE, "digest": digest("image") });
    let by_digest = registry.event("pull", about.clone());
    let mut by_tag = registry.event("pull", about.clone());
    by_tag["target"]["tag"] = "v1".into();
    by_tag["actor"]["name"] = "rhea".into();
    by_tag["request"]["addr"] = "[2001:db8::7]:443".into();
    let mut of_anybody = registry.event("pull", about.clone());
    of_anybody["actor"] = json!({});
    of_anybody["request"]["addr"] = "198.51.100.3".into();
    let mut nobody = registry.event("pull", about.clone());
    nobody["actor"]["name"] = "(anonymous)".into();
    nobody["request"]["addr"] = "somewhere".into();
    let mut head = registry.event("pull", about.clone());
    head["request"]["method"] = "HEAD".into();
    registry.tell(&[by_digest, by_tag, of_anybody, nobody]);
    assert_eq!(registry.send(&[head]).json(), json!({ "taken": 0, "ignored": 1 }), "102");
    let about = |rest: &str| {
        format!(r#"{{"repo":"app","namespace":"acme","user-agent":"skopeo/1.9.3",{rest}}}"#)
    };
    let manifest = digest("image");
    let whole = format!(r#""manifest_digest":"{manifest}","mediaType":"{IMAGE}""#);
    let expected = [
        format!(
            "pull_repo acme acme+ci {}",
            about(&format!(r#"{whole},"username":"acme+ci","is_robot":true"#))
        ),
        format!(
            "pull_repo acme rhea {}",
            about(&format!(r#""tag":"v1","mediaType":"{IMAGE}","username":"rhea""#))
        ),
        format!("pull_repo acme - {}", about(&whole)),
        format!("pull_repo acme - {}", about(&whole)),
    ];
    assert_eq!(registry.app.log(), expected.join("\n"), "101");
    let ips = registry.app.rows("SELECT coalesce(ip, '-') FROM log_entry ORDER BY id");
    assert_eq!(ips.concat(), ["203.0.113.9", "2001:db8::7", "198.51.100.3", "-"]);
    assert_eq!(registry.last_modified(), Value::Null);
    // They can be left out.
    registry.app.set("feature_pull_logs", "false");
    let pull = registry.event("pull", json!({ "mediaType": IMAGE, "digest": digest("image") }));
    assert_eq!(registry.send(&[pull]).status(), 200);
    assert_eq!(registry.app.rows("SELECT 1 FROM log_entry").len(), 4);
}

#[test]
fn case_103_a_deletion_is_logged_once_for_each_tag() {
    let mut registry = Registry::new();
    let pushes = [
        registry.push("image", "v1", &[("layer", 100)]),
        registry.push("image", "latest", &[("layer", 100)]),
    ];
    registry.tell(&pushes);
    registry.app.execute("DELETE FROM log_entry");
    let by_digest = registry.event("delete", json!({ "digest": digest("image") }));
    let mut events = vec![by_digest.clone()];
    for tag in ["latest", "v1"] {
        let mut by_tag = registry.event("delete", json!({ "tag": tag }));
        by_tag["request"]["id"] = by_digest["request"]["id"].clone();
        events.push(by_tag);
    }
    for event in events {
        registry.tell(&[event]);
    }
    let entry = |tag: &str| {
        format!(
            r#"delete_tag acme acme+ci {{"repo":"app","namespace":"acme","user-agent":"skopeo/1.9.3","digest":"{}","username":"acme+ci","is_robot":true,"tag":"{tag}"}}"#,
            digest("image")
        )
    };
    assert_eq!(registry.app.log(), [entry("latest"), entry("v1")].join("\n"));
    assert_eq!((registry.tags(), registry.sizes()), (Vec::new(), [0, 0, 0]));
    let log = registry.app.as_user("ana").get("/api/v1/repository/acme/app/logs").json();
    assert_eq!(log["logs"].as_array().map(Vec::len), Some(2), "it is in the log of the repository");
    // A tag that nobody told of is logged by its own event.
    let by_tag = registry.event("delete", json!({ "tag": "unheard" }));
    registry.tell(&[by_tag]);
    assert!(
        registry.app.log().ends_with(r#""username":"acme+ci","is_robot":true,"tag":"unheard"}"#)
    );
}

#[test]
fn case_104_what_was_earlier_does_not_undo_what_was_later() {
    let mut registry = Registry::new();
    let older = registry.push("older", "v1", &[]);
    let newer = registry.push("newer", "v1", &[]);
    let time = registry.at;
    registry.tell(&[newer, older]);
    assert_eq!(registry.tags(), [("v1".to_owned(), digest("newer"))]);
    assert_eq!(registry.last_modified(), json!(time));
    // A deletion that comes after the push that followed it.
    let deletion = registry.event("delete", json!({ "digest": digest("newer") }));
    let of_tag = registry.event("delete", json!({ "tag": "v1" }));
    let again = registry.push("newer", "v1", &[]);
    registry.tell(&[again, deletion, of_tag]);
    assert_eq!(registry.tags(), [("v1".to_owned(), digest("newer"))]);
    assert!(!registry.app.log().contains("delete_tag"));
    // A push that comes after the deletion that followed it.
    let push = registry.push("newer", "v2", &[]);
    let deletion = registry.event("delete", json!({ "tag": "v2" }));
    registry.tell(&[deletion]);
    registry.tell(&[push]);
    assert_eq!(registry.tags().len(), 2, "of an unknown tag nothing is kept");
    // The registry's clock may be wrong: nothing happens later than now.
    let mut future = registry.push("newest", "v1", &[]);
    future["timestamp"] = "2999-01-01T00:00:00Z".into();
    registry.tell(&[future]);
    assert_eq!(registry.last_modified(), json!(registry.app.time()));
}

#[test]
fn a_tag_moves_and_its_history_stays_for_a_while() {
    let mut registry = Registry::new();
    for name in ["first", "second", "first"] {
        let push = registry.push(name, "latest", &[(name, 50)]);
        registry.tell(&[push]);
    }
    let history = registry.app.rows(
        "SELECT digest, ended_at IS NULL, coalesce((shown_until - ended_at) / 1000000, '-') FROM tag ORDER BY id",
    );
    let row = |name: &str, active: &str, shown: &str| {
        vec![digest(name), active.to_owned(), shown.to_owned()]
    };
    let shown = "1209600";
    assert_eq!(
        history,
        [row("first", "0", shown), row("second", "0", shown), row("first", "1", "-")]
    );
    assert_eq!(registry.sizes()[1], 120);
}

#[test]
fn case_105_a_shared_layer_counts_once() {
    let mut registry = Registry::new();
    let first = registry.push("first", "v1", &[("shared", 100), ("own", 7)]);
    let mut second = registry.push("second", "v1", &[("shared", 100)]);
    second["target"]["repository"] = "acme/lib".into();
    let third = registry.push("third", "v2", &[("shared", 100)]);
    registry.tell(&[first, second, third]);
    assert_eq!(registry.sizes(), [10 + 107 + 10 + 10, 10 + 107 + 10, 110]);
    let deletion = registry.event("delete", json!({ "digest": digest("first") }));
    registry.tell(&[deletion]);
    assert_eq!(registry.sizes(), [120, 110, 110]);
    // With a repository goes what it alone holds.
    let lib = "/api/v1/repository/acme/lib";
    assert_eq!(registry.app.as_user("ana").delete(lib).status(), 204);
    let rows = registry.app.rows("SELECT stored_bytes FROM account WHERE name = 'acme'");
    assert_eq!(rows, [["110"]]);
}

/// Sizes that no blob has, and one digest with two sizes, break no sum.
#[test]
fn sizes_are_what_they_can_be() {
    let mut registry = Registry::new();
    let odd = registry.push("odd", "v1", &[("negative", -5), ("huge", i64::MAX), ("good", 3)]);
    let liar = registry.push("liar", "v2", &[("good", 999)]);
    registry.tell(&[odd, liar]);
    assert_eq!(registry.sizes(), [23, 23, 0]);
    let deletions =
        ["odd", "liar"].map(|name| registry.event("delete", json!({ "digest": digest(name) })));
    registry.tell(&deletions);
    assert_eq!(registry.sizes(), [0, 0, 0]);
    // Of what a manifest names beyond the limit, the largest counts.
    let names: Vec<_> = (0..1_500).map(|at| format!("layer {at}")).collect();
    let layers: Vec<_> = names.iter().zip(1..).map(|(name, size)| (name.as_str(), size)).collect();
    let many = registry.push("many", "v1", &layers);
    registry.tell(&[many]);
    assert_eq!(registry.sizes()[0], (501..=1_500).sum::<i64>());
}

#[test]
fn case_106_what_berth_does_itself() {
    let mut registry = Registry::new();
    let mut push = registry.push("image", "v1", &[("layer", 100)]);
    push["actor"]["name"] = "(berth)".into();
    let mut pull = registry.event("pull", json!({ "mediaType": IMAGE, "digest": digest("image") }));
    pull["actor"]["name"] = "(berth)".into();
    assert_eq!(registry.send(&[push, pull]).json(), json!({ "taken": 1, "ignored": 1 }));
    assert_eq!(
        (registry.sizes(), registry.tags(), registry.app.log()),
        ([110, 110, 0], Vec::new(), String::new())
    );
    assert_eq!(registry.last_modified(), Value::Null);
    // What it deletes ends tags, and it has logged that.
    let tagged = registry.push("image", "v1", &[("layer", 100)]);
    registry.tell(&[tagged]);
    registry.app.execute("DELETE FROM log_entry");
    let mut deletion = registry.event("delete", json!({ "digest": digest("image") }));
    deletion["actor"]["name"] = "(berth)".into();
    registry.tell(&[deletion]);
    assert_eq!(
        (registry.sizes(), registry.tags(), registry.app.log()),
        ([0, 0, 0], Vec::new(), String::new())
    );
}

#[test]
fn case_107_version_2_of_the_envelope() {
    let mut registry = Registry::new();
    let push = registry.push("image", "v1", &[]);
    let body = json!({ "events": [push] }).to_string().into_bytes();
    let caller = registry.app.anonymous().header("authorization", &format!("bearer  {SECRET}"));
    let kind = "application/vnd.docker.distribution.events.v2+json";
    let reply = caller.send(Method::POST, "/registry/events", Some(kind), body);
    assert_eq!((reply.status(), registry.tags().len()), (200, 1));
}

#[test]
fn an_index_holds_its_manifests() {
    let mut registry = Registry::new();
    let child = registry.push("amd64", "", &[("layer", 100)]);
    let index = registry.event(
        "push",
        json!({
            "mediaType": INDEX, "digest": digest("index"), "size": 700, "tag": "v1",
            "references": [
                { "mediaType": IMAGE, "digest": digest("amd64"), "size": 500 },
                { "mediaType": IMAGE, "digest": digest("arm64"), "size": 501 },
            ],
        }),
    );
    registry.tell(&[child, index]);
    assert_eq!(registry.sizes(), [110, 110, 0], "manifests count for nothing");
    let log = registry.app.log();
    assert_eq!(log.lines().count(), 1, "a push without a tag is not logged: {log}");
    let sweep = |registry: &Registry| {
        registry.app.advance(2 * 86_400);
        assert_eq!(registry.send(&[]).status(), 200);
        registry.app.rows("SELECT 1 FROM manifest").len()
    };
    assert_eq!(sweep(&registry), 2);
    // Without it nothing names the image: a day later it is forgotten, with its blobs.
    registry.at = registry.app.time();
    let deletion = registry.event("delete", json!({ "digest": digest("index") }));
    registry.app.advance(2);
    registry.tell(&[deletion]);
    registry.app.execute("UPDATE manifest SET untagged_at = 1 WHERE untagged_at IS NOT NULL");
    assert_eq!((sweep(&registry), registry.sizes()), (0, [0, 0, 0]));
}

/// What there is no room for is passed over: the registry has it already.
#[test]
fn limits_are_no_errors() {
    let mut registry = Registry::with(
        App::new()
            .with("limit_manifests_per_repository", "2")
            .with("limit_tags_per_repository", "2"),
    );
    for (name, tag) in [("a", "a"), ("b", "b"), ("c", "c"), ("a", "d")] {
        let push = registry.push(name, tag, &[(name, 5)]);
        registry.tell(&[push]);
    }
    let tag = |name: &str| (name.to_owned(), digest(name));
    assert_eq!(registry.tags(), [tag("a"), tag("b")]);
    assert_eq!(registry.sizes()[0], 30);
    // What is known goes on: it moves, and what ended leaves room.
    let moved = registry.push("b", "a", &[("b", 5)]);
    registry.tell(&[moved]);
    assert_eq!(registry.tags()[0], ("a".to_owned(), digest("b")));
    let deletion = registry.event("delete", json!({ "digest": digest("a") }));
    let push = registry.push("e", "a", &[("e", 5)]);
    registry.tell(&[deletion, push]);
    assert_eq!(registry.tags()[0], ("a".to_owned(), digest("e")));
}

#[test]
fn huge_and_many() {
    let mut registry = Registry::new();
    // A manifest of 4 MiB is told with all that it names.
    let mut push = registry.push("image", "v1", &[("layer", 100)]);
    let notes = "x".repeat(4 << 20);
    push["target"]["references"][1]["annotations"] = json!({ "org.example.notes": notes });
    registry.tell(&[push]);
    assert_eq!((registry.tags().len(), registry.sizes()[0]), (1, 110));
    let mut longer = registry.push("other", "v2", &[]);
    longer["target"]["references"][0]["annotations"] =
        json!({ "org.example.notes": "x".repeat(8 << 20) });
    assert_eq!(registry.send(&[longer]).json(), json!({ "taken": 0, "ignored": 1 }));
    let many: Vec<_> = (0..150).map(|at| registry.push("image", &format!("t{at}"), &[])).collect();
    assert_eq!(registry.send(&many).json(), json!({ "taken": 100, "ignored": 50 }));
    assert_eq!(registry.tags().len(), 101);
    // Long texts are cut, as in every entry of the log.
    let mut push = registry.push("image", "v3", &[]);
    push["request"]["useragent"] = "ü".repeat(100_000).into();
    push["target"]["tag"] = "v3".into();
    registry.tell(&[push]);
    let longest = registry.app.rows("SELECT max(length(metadata)) FROM log_entry");
    assert!(longest[0][0].parse::<usize>().is_ok_and(|length| (512..1_024).contains(&length)));
}

#[test]
fn trouble_of_our_own_is_503_and_what_is_ours_alone_is_not_theirs() {
    let mut registry = Registry::new();
    let push = registry.push("image", "v1", &[]);
    registry.app.set("registry_state", "readonly");
    assert_eq!(registry.send(std::slice::from_ref(&push)).status(), 503);
    registry.app.set("registry_state", "normal");
    // One that breaks a rule of the data would break it for ever.
    registry.app.fail_on(Some("notified_event"));
    assert_eq!(registry.send(std::slice::from_ref(&push)).status(), 200);
    registry.app.fail_on(None);
    assert!(registry.state().iter().all(Vec::is_empty));
    registry.tell(&[push]);
    // Who has left is no performer, and what they did is known.
    let mut push = registry.push("image", "v2", &[]);
    push["actor"]["name"] = "gone".into();
    registry.tell(&[push]);
    let log = registry.app.log();
    assert!(
        log.lines()
            .last()
            .is_some_and(|line| line.starts_with("push_repo acme - ") && line.contains("gone"))
    );
}
