//! What pushes fill: quotas, who is told, who gets no more tokens.

use berth_test::App;
use serde_json::{Value, json};

use super::{Registry, digest};

/// As [`Registry::new`], where quotas count; `root` is a superuser with full access.
fn registry() -> Registry {
    let app = App::new()
        .with("feature_quota_management", "true")
        .with("super_users", "root")
        .with("feature_superusers_full_access", "true")
        .with_user("root")
        .with_user("eve");
    let registry = Registry::with(app);
    let ana = registry.app.as_user("ana");
    registry.app.set("require_team_invite", "false");
    let team = "/api/v1/organization/acme/team";
    assert_eq!(ana.put_empty(&format!("{team}/owners/members/eve")).status(), 200);
    registry
}

/// Gives acme a quota of 1000 bytes with these limits.
fn limit(registry: &Registry, limits: &[(&str, i64)]) {
    let root = registry.app.as_user("root");
    let path = "/api/v1/organization/acme/quota";
    assert_eq!(root.post(path, json!({ "limit_bytes": 1_000 })).status(), 201);
    let id = root.get(path).json()[0]["id"].clone();
    for (kind, percent) in limits {
        let body = json!({ "type": kind, "threshold_percent": percent });
        assert_eq!(root.post(&format!("{path}/{id}/limit"), body).status(), 201);
    }
}

/// What ana may do with acme/app, asking for everything and for each.
fn granted(registry: &Registry) -> Vec<String> {
    let asked = ["*", "pull,push", "delete"];
    let actions = asked.map(|actions| {
        let path = format!("/v2/auth?service=x&scope=repository:acme/app:{actions}");
        let headers = ["authorization", "Basic YW5hOnBhc3N3b3Jk"];
        let reply = registry.app.anonymous().header(headers[0], headers[1]).get(&path);
        let token = reply.json()["token"].as_str().expect("a token").to_owned();
        actions_of(&token)
    });
    actions.to_vec()
}

fn actions_of(token: &str) -> String {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64");
    let claims: Value = serde_json::from_slice(&payload).expect("JSON");
    let actions = claims["access"][0]["actions"].as_array().expect("a list").clone();
    actions.iter().map(|action| action.as_str().expect("a text")).collect::<Vec<_>>().join(",")
}

/// What somebody is told, the newest first.
fn told(registry: &Registry, name: &str) -> Vec<String> {
    let reply = registry.app.as_user(name).get("/api/v1/user/notifications?limit=100");
    let all = reply.json()["notifications"].as_array().expect("a list").clone();
    let text =
        |one: &Value| format!("{} {}", one["kind"].as_str().expect("a text"), one["metadata"]);
    all.iter().map(text).collect()
}

const WARNING: &str = r#"quota_warning {"namespace":"acme"}"#;
const ERROR: &str = r#"quota_error {"namespace":"acme"}"#;

#[test]
fn views_show_what_is_stored() {
    let mut registry = registry();
    let push = registry.push("image", "v1", &[("layer", 600)]);
    registry.tell(&[push]);
    let report = |configured: Value| {
        json!({
            "quota_bytes": 610, "configured_quota": configured, "running_backfill": "complete",
            "backfill_status": "complete",
        })
    };
    let ana = registry.app.as_user("ana");
    let of = |path: &str| ana.get(path).json()["quota_report"].clone();
    assert_eq!(of("/api/v1/organization/acme"), report(Value::Null));
    limit(&registry, &[]);
    assert_eq!(of("/api/v1/organization/acme"), report(json!(1_000)));
    let of_repository = |configured: i64, name: &str, bytes: i64| {
        let list = ana.get("/api/v1/repository?namespace=acme").json();
        let all = list["repositories"].as_array().expect("a list").clone();
        let found = all.iter().find(|entry| entry["name"] == name).expect("it is there").clone();
        let expected = json!({ "quota_bytes": bytes, "configured_quota": configured });
        assert_eq!(found["quota_report"], expected);
    };
    of_repository(1_000, "app", 610);
    of_repository(1_000, "lib", 0);
    let all = registry.app.as_user("root").get("/api/v1/superuser/organizations/").json();
    assert_eq!(all["organizations"][0]["quota_report"], report(json!(1_000)));
    // A person's own namespace.
    let body = json!({ "repository": "mine", "visibility": "private", "description": "" });
    assert_eq!(ana.post("/api/v1/repository", body).status(), 201);
    let mut push = registry.push("image", "v1", &[("layer", 600)]);
    push["target"]["repository"] = "ana/mine".into();
    registry.tell(&[push]);
    registry.app.set("default_system_reject_quota_bytes", "5000");
    let ana = registry.app.with_session("ana");
    assert_eq!(ana.get("/api/v1/user/").json()["quota_report"], report(json!(5_000)));
}

#[test]
fn administrators_are_told_once_per_crossing() {
    let mut registry = registry();
    limit(&registry, &[("Warning", 50), ("Reject", 100)]);
    let push = |registry: &mut Registry, name: &str, size: i64| {
        let push = registry.push(name, name, &[(name, size)]);
        registry.tell(&[push]);
    };
    push(&mut registry, "a", 490);
    // 500 bytes are not more than the half.
    assert_eq!(told(&registry, "ana"), [""; 0]);
    push(&mut registry, "b", 1);
    push(&mut registry, "c", 1);
    assert_eq!(told(&registry, "ana"), [WARNING]);
    push(&mut registry, "d", 600);
    push(&mut registry, "e", 600);
    assert_eq!(told(&registry, "ana"), [ERROR, WARNING]);
    assert_eq!(told(&registry, "eve"), [ERROR, WARNING]);
    assert_eq!(told(&registry, "rhea"), [""; 0]);
    // Once more over it: who has not dismissed the first is not told again.
    let all = registry.app.as_user("eve").get("/api/v1/user/notifications?limit=100").json();
    for one in all["notifications"].as_array().expect("a list") {
        let path = format!("/api/v1/user/notifications/{}", one["id"].as_str().expect("an id"));
        let dismissed = registry.app.as_user("eve").put(&path, json!({ "dismissed": true }));
        assert_eq!(dismissed.status(), 200);
    }
    for name in ["d", "e"] {
        let deletion = registry.event("delete", json!({ "digest": digest(name) }));
        registry.tell(&[deletion]);
    }
    push(&mut registry, "f", 600);
    assert_eq!(told(&registry, "ana"), [ERROR, WARNING]);
    assert_eq!(told(&registry, "eve"), [ERROR]);
}

#[test]
fn beyond_a_reject_nobody_pushes_until_there_is_room() {
    let mut registry = registry();
    limit(&registry, &[("Warning", 50), ("Reject", 100)]);
    let free = ["*", "push,pull", "delete"];
    assert_eq!(granted(&registry), free);
    let warned = registry.push("a", "a", &[("a", 900)]);
    registry.tell(&[warned]);
    assert_eq!(granted(&registry), free);
    let over = registry.push("b", "b", &[("b", 900)]);
    registry.tell(&[over]);
    assert_eq!(granted(&registry), ["pull,delete", "pull", "delete"]);
    let path = "/v2/auth?service=x&scope=repository:acme/new:push";
    let reply =
        registry.app.anonymous().header("authorization", "Basic YW5hOnBhc3N3b3Jk").get(path);
    assert_eq!(actions_of(reply.json()["token"].as_str().expect("a token")), "");
    let made = registry.app.rows("SELECT 1 FROM repository WHERE name = 'new'");
    assert!(made.is_empty(), "nothing is made for a push that is refused");
    // Quotas that are not managed count for nothing.
    registry.app.set("feature_quota_management", "false");
    assert_eq!(granted(&registry), free);
    registry.app.set("feature_quota_management", "true");
    let deletion = registry.event("delete", json!({ "digest": digest("b") }));
    registry.tell(&[deletion]);
    assert_eq!(granted(&registry), free);
}

#[test]
fn the_default_of_the_system_is_for_those_who_have_none() {
    let mut registry = registry();
    registry.app.set("default_system_reject_quota_bytes", "110");
    let push = registry.push("a", "a", &[("a", 100)]);
    registry.tell(&[push]);
    assert_eq!(granted(&registry)[1], "pull", "as much as it is too much");
    assert_eq!(told(&registry, "ana"), [ERROR]);
    limit(&registry, &[]);
    assert_eq!(granted(&registry)[1], "push,pull", "a quota without limits refuses nothing");
}
