//! Which registry an organization caches: configure, read, change, remove; permitted callers.

use berth_test::App;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::registry::{Registry, app};

const PATH: &str = "/api/v1/organization/acme/proxycache";

/// The stored row, the credentials by their size.
fn stored(app: &App) -> Vec<Vec<String>> {
    app.rows(
        "SELECT upstream_registry, sealed_username, sealed_password, expiration_s, insecure \
        FROM proxy_cache_config",
    )
}

#[test]
fn the_documented_example() {
    let app = app();
    let ana = app.as_user("ana");
    assert_snapshot!(ana.post(PATH, json!({ "upstream_registry": "docker.io/library" })), @r#"
    201
    "Created"
    "#);
    assert_snapshot!(ana.get(PATH), @r#"
    200
    {
      "upstream_registry": "docker.io/library",
      "expiration_s": 86400,
      "insecure": false
    }
    "#);
    assert_snapshot!(ana.delete(PATH), @r#"
    201
    "Deleted"
    "#);
    assert_snapshot!(ana.get(PATH), @r#"
    200
    {
      "upstream_registry": "",
      "expiration_s": "",
      "insecure": ""
    }
    "#);
    let log = app.rows("SELECT kind, metadata FROM log_entry ORDER BY id");
    let kinds: Vec<&str> = log.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(kinds, ["create_proxy_cache_config", "delete_proxy_cache_config"]);
    assert!(log[0][1].starts_with(r#"{"upstream_registry":"docker.io/library","oauth_token_id":"#));
    assert!(log[1][1].starts_with(r#"{"oauth_token_id":"#), "{}", log[1][1]);
}

#[test]
fn credentials_are_sealed_and_never_shown() {
    let app = app();
    let body = json!({
        "org_name": "acme",
        "upstream_registry": "quay.io/org",
        "upstream_registry_username": "robot",
        "upstream_registry_password": "hunter2",
        "expiration_s": 60,
        "insecure": true,
    });
    assert_eq!(app.as_user("ana").post(PATH, body).status(), 201);
    assert_snapshot!(app.as_user("ana").get(PATH), @r#"
    200
    {
      "upstream_registry": "quay.io/org",
      "expiration_s": 60,
      "insecure": true
    }
    "#);
    assert_eq!(stored(&app), [["quay.io/org", "45 bytes", "47 bytes", "60", "1"]]);
    let log = app.rows("SELECT metadata FROM log_entry");
    assert!(!format!("{log:?}").contains("hunter2"));
}

#[test]
fn there_is_one_configuration() {
    let app = app();
    let ana = app.as_user("ana");
    assert_eq!(ana.post(PATH, json!({ "upstream_registry": "docker.io" })).status(), 201);
    // It comes before everything that is wrong with the registry.
    assert_snapshot!(ana.post(PATH, json!({ "upstream_registry": "10.0.0.1" })).refusal(), @"400 invalid_request: Proxy Cache Configuration already exists");
    assert_eq!(ana.delete(PATH).status(), 201);
    assert_snapshot!(ana.delete(PATH).refusal(), @"404 not_found: Not Found");
}

#[test]
fn what_the_original_reads_as_seconds_and_as_true() {
    for (member, value, shown) in [
        ("expiration_s", json!(-5), json!(-5)),
        ("expiration_s", json!(0), json!(0)),
        ("expiration_s", json!(1.5), json!(1)),
        ("expiration_s", json!("60"), json!(60)),
        ("expiration_s", json!(true), json!(1)),
        ("insecure", json!("yes"), json!(true)),
        ("insecure", json!(""), json!(false)),
        ("insecure", json!(1), json!(true)),
        ("insecure", json!(0), json!(false)),
        ("insecure", json!([]), json!(false)),
        ("insecure", json!({ "a": 1 }), json!(true)),
    ] {
        let app = app();
        let body = json!({ "upstream_registry": "docker.io", member: value });
        assert_eq!(app.as_user("ana").post(PATH, body).status(), 201, "{member} {value}");
        assert_eq!(app.as_user("ana").get(PATH).json()[member], shown, "{member} {value}");
    }
}

#[test]
fn bad_bodies() {
    let app = app();
    let ana = app.as_user("ana");
    let first_line = |body: Value| {
        let reply = ana.post(PATH, body);
        assert_eq!(reply.status(), 400, "{reply}");
        let text = reply.json()["error_message"].as_str().unwrap_or_default().to_owned();
        text.lines().next().unwrap_or_default().to_owned()
    };
    let upstream = "docker.io";
    for (body, message) in [
        (json!([]), "[] is not of type 'object'"),
        (json!({ "expiration_s": 5 }), "'upstream_registry' is a required property"),
        (json!({ "upstream_registry": null }), "None is not of type 'string'"),
        (
            json!({ "upstream_registry": upstream, "upstream_registry_username": 5 }),
            "5 is not of type 'string', 'null'",
        ),
        (
            json!({ "upstream_registry": upstream, "expiration_s": null }),
            "None is not of type 'integer'",
        ),
        (
            json!({ "upstream_registry": upstream, "expiration_s": "abc" }),
            "'abc' is not of type 'integer'",
        ),
        (
            json!({ "upstream_registry": upstream, "expiration_s": 1e30 }),
            "1e+30 is not of type 'integer'",
        ),
        (
            json!({ "upstream_registry": upstream, "expiration_s": [] }),
            "[] is not of type 'integer'",
        ),
        (
            json!({ "upstream_registry": upstream, "insecure": null }),
            "None is not of type 'boolean'",
        ),
        (
            json!({ "upstream_registry": upstream, "upstream_registry_password": "x".repeat(4097) }),
            "'upstream_registry_password' is longer than 4096 bytes",
        ),
        (
            json!({ "upstream_registry": format!("docker.io/{}", "x".repeat(4096)) }),
            "'upstream_registry' is longer than 4096 bytes",
        ),
    ] {
        assert_eq!(first_line(body), message);
    }
    assert!(stored(&app).is_empty());
}

#[test]
fn private_and_unknown_destinations() {
    let app = app();
    let ana = app.as_user("ana");
    assert_snapshot!(ana.post(PATH, json!({ "upstream_registry": "10.0.0.1" })).refusal(), @"400 invalid_request: The provided registry URL is not allowed");
    assert_snapshot!(ana.post(PATH, json!({ "upstream_registry": "http://docker.io" })).refusal(), @"400 invalid_request: Cannot resolve hostname 'http'");
    for (upstream, message) in [
        ("", "URL must include a hostname"),
        ("/library", "URL must include a hostname"),
        ("me:secret@docker.io", "URLs with embedded credentials are not allowed"),
        ("Unknown.Example", "Cannot resolve hostname 'unknown.example'"),
        ("foo.local", "Cannot resolve hostname 'foo.local'"),
        ("ü.example", "Cannot resolve hostname 'ü.example'"),
        ("docker io", "Cannot resolve hostname 'docker io'"),
        ("slow.example", "Cannot resolve hostname 'slow.example'"),
        ("docker.io:99999", "The provided registry URL is not allowed"),
        ("rebound.example", "The provided registry URL is not allowed"),
        ("localhost:5000", "The provided registry URL is not allowed"),
        ("0x7f.1", "The provided registry URL is not allowed"),
        ("[::ffff:a00:1]", "The provided registry URL is not allowed"),
    ] {
        let reply = ana.post(PATH, json!({ "upstream_registry": upstream }));
        assert_eq!(reply.json()["error_message"], message, "{upstream}");
    }
    assert!(stored(&app).is_empty());
}

#[test]
fn the_operator_lifts_the_block() {
    let allowed = "127.0.0.0/8, registry.corp.internal";
    let app = app().with("ssrf_allowed_hosts", allowed);
    let ana = app.as_user("ana");
    for upstream in ["127.0.0.1:5000", "localhost", "registry.corp.internal/x"] {
        let reply = ana.post(PATH, json!({ "upstream_registry": upstream }));
        assert_eq!(reply.status(), 201, "{upstream}");
        assert_eq!(ana.delete(PATH).status(), 201);
    }
    assert_eq!(ana.post(PATH, json!({ "upstream_registry": "10.0.0.1" })).status(), 400);
}

/// Spin looks no names up for components: a public name that leads to 169.254.169.254 was called.
#[test]
fn on_a_host_without_look_up_the_operator_vouches_for_names() {
    let app = app().with_registry(Registry::without_look_up());
    let ana = app.as_user("ana");
    let try_it = |upstream: &str| {
        let created = ana.post(PATH, json!({ "upstream_registry": upstream }));
        if created.status() == 201 {
            assert_eq!(ana.delete(PATH).status(), 201);
        }
        created
    };
    assert_eq!(try_it("docker.io").status(), 201, "a registry that is well known");
    for upstream in ["localhost", "metadata.google.internal", "db", "127.0.0.1"] {
        assert_eq!(try_it(upstream).status(), 400, "{upstream}");
    }
    let refused = try_it("registry.attacker.example:5000");
    let message = refused.json()["error_message"].to_string();
    for way_out in ["upstream_registries", "host_blocks_private_networks"] {
        assert!(message.contains(way_out), "{refused}");
    }
    assert!(stored(&app).is_empty());
    app.set("upstream_registries", "registry.attacker.example");
    assert_eq!(try_it("registry.attacker.example:5000").status(), 201);
    assert_eq!(try_it("docker.io").status(), 400, "the setting replaces the default");
    app.set("host_blocks_private_networks", "true");
    assert_eq!(try_it("docker.io").status(), 201);
    assert_eq!(try_it("db").status(), 400, "a name without a dot leads into a private network");
}

#[test]
fn only_organizations_have_one() {
    let app = app().with("super_users", "root").with("feature_superusers_full_access", "true");
    let app = app.with_user("root");
    let body = || json!({ "upstream_registry": "docker.io" });
    let root = app.as_user("root");
    let nowhere = "/api/v1/organization/nowhere/proxycache";
    assert_snapshot!(root.get(nowhere), @r#"
    200
    {
      "upstream_registry": "",
      "expiration_s": "",
      "insecure": ""
    }
    "#);
    assert_snapshot!(root.post(nowhere, body()), @r#"
    400
    {
      "message": "Organization does not exist: nowhere"
    }
    "#);
    assert_snapshot!(root.put(nowhere, body()), @r#"
    400
    {
      "message": "Organization does not exist: nowhere"
    }
    "#);
    assert_snapshot!(root.delete(nowhere).refusal(), @"404 not_found: Not Found");
    let own = "/api/v1/organization/ana/proxycache";
    let ana = app.as_user("ana");
    assert_eq!(ana.get(own).json()["upstream_registry"], "");
    assert_snapshot!(ana.post(own, body()), @r#"
    400
    {
      "message": "Organization does not exist: ana"
    }
    "#);
    assert_eq!(ana.delete(own).status(), 404);
}

#[test]
fn permitted_callers() {
    let app = app();
    let body = || json!({ "upstream_registry": "docker.io" });
    assert_eq!(app.anonymous().get(PATH).status(), 401);
    assert_eq!(app.anonymous().post(PATH, body()).status(), 401);
    assert_eq!(app.as_user("bob").get(PATH).status(), 403);
    assert_eq!(app.as_user("bob").post(PATH, body()).status(), 403);
    // A bad body comes first.
    assert_eq!(app.as_user("bob").post(PATH, json!({})).status(), 400);
    for (scope, read, write) in
        [("org:admin", 200, 201), ("repo:create", 200, 403), ("user:admin", 403, 403)]
    {
        let ana = app.with_scope("ana", scope);
        assert_eq!(ana.get(PATH).status(), read, "{scope}");
        assert_eq!(ana.post(PATH, body()).status(), write, "{scope}");
    }
    let app = app.with("global_readonly_super_users", "bob");
    assert_eq!(app.as_user("bob").get(PATH).status(), 200);
    assert_eq!(app.as_user("bob").delete(PATH).status(), 403);
}

#[test]
fn a_change_keeps_what_it_leaves_out() {
    let app = app();
    let ana = app.as_user("ana");
    assert_snapshot!(ana.put(PATH, json!({ "expiration_s": 60 })).refusal(), @"404 not_found: Not Found");
    let body = json!({
        "upstream_registry": "docker.io",
        "upstream_registry_username": "robot",
        "upstream_registry_password": "hunter2",
    });
    assert_eq!(ana.post(PATH, body).status(), 201);
    let sealed = stored(&app);
    assert_snapshot!(ana.put(PATH, json!({ "expiration_s": 60 })), @r#"
    200
    {
      "upstream_registry": "docker.io",
      "expiration_s": 60,
      "insecure": false
    }
    "#);
    assert_eq!(stored(&app)[0][1..3], sealed[0][1..3]);
    let body = json!({
        "upstream_registry": "quay.io/x",
        "insecure": true,
        "upstream_registry_password": null,
    });
    assert_snapshot!(ana.put(PATH, body), @r#"
    200
    {
      "upstream_registry": "quay.io/x",
      "expiration_s": 60,
      "insecure": true
    }
    "#);
    assert_eq!(stored(&app), [["quay.io/x", "45 bytes", "NULL", "60", "1"]]);
    let body = json!({ "upstream_registry_username": "", "upstream_registry_password": "new" });
    assert_eq!(ana.put(PATH, body).status(), 200);
    assert_eq!(stored(&app), [["quay.io/x", "NULL", "43 bytes", "60", "1"]]);
    let log = app.rows("SELECT kind, metadata FROM log_entry ORDER BY id");
    assert_eq!(log[2][0], "change_proxy_cache_config");
    assert!(log[2][1].starts_with(r#"{"upstream_registry":"quay.io/x""#), "{}", log[2][1]);
}

/// A credential that is not given is sealed anew where a former key sealed it, and otherwise unchanged.
#[test]
fn a_change_seals_kept_credentials_anew() {
    let app = app();
    let ana = app.as_user("ana");
    let body = json!({
        "upstream_registry": "docker.io",
        "upstream_registry_username": "robot",
        "upstream_registry_password": "hunter2",
    });
    assert_eq!(ana.post(PATH, body).status(), 201);
    let credentials =
        || app.rows("SELECT hex(sealed_username), hex(sealed_password) FROM proxy_cache_config");
    let before = credentials();
    assert_eq!(ana.put(PATH, json!({ "expiration_s": 60 })).status(), 200);
    assert_eq!(credentials(), before);
    app.set("secret_key", "another key");
    assert_eq!(ana.put(PATH, json!({ "expiration_s": 60 })).status(), 200);
    assert_eq!(credentials(), before, "the key is lost, but may be found");
    app.set("secret_key_previous", "a key for tests");
    assert_eq!(ana.put(PATH, json!({ "expiration_s": 60 })).status(), 200);
    let after = credentials();
    assert!(after[0][0] != before[0][0] && after[0][1] != before[0][1]);
    app.set("secret_key_previous", "");
    assert_eq!(ana.put(PATH, json!({ "expiration_s": 60 })).status(), 200);
    assert_eq!(credentials(), after);
}

#[test]
fn a_refused_change_changes_nothing() {
    let app = app();
    let ana = app.as_user("ana");
    assert_eq!(ana.post(PATH, json!({ "upstream_registry": "docker.io" })).status(), 201);
    let before = stored(&app);
    for body in [
        json!({ "upstream_registry": "10.0.0.1", "expiration_s": 1 }),
        json!({ "upstream_registry": null }),
        json!({ "expiration_s": null, "insecure": true }),
        json!({ "insecure": null }),
        json!({ "upstream_registry_password": 5 }),
    ] {
        assert_eq!(ana.put(PATH, body.clone()).status(), 400, "{body}");
    }
    assert_eq!(app.as_user("bob").put(PATH, json!({ "expiration_s": 1 })).status(), 403);
    assert_eq!(stored(&app), before);
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let app = app();
    for part in ["INSERT INTO proxy_cache_config", "INSERT INTO log_entry", "COMMIT"] {
        app.failing_on(part, || {
            app.as_user("ana").post(PATH, json!({ "upstream_registry": "docker.io" }))
        });
        assert!(stored(&app).is_empty(), "{part}");
    }
}

#[test]
fn the_feature_can_be_off() {
    let app = app().with("feature_proxy_cache", "false");
    assert_snapshot!(app.as_user("ana").get(PATH), @r#"
    404
    {
      "message": "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."
    }
    "#);
}

#[test]
fn the_configuration_goes_with_the_organization() {
    let app = app();
    assert_eq!(
        app.as_user("ana").post(PATH, json!({ "upstream_registry": "docker.io" })).status(),
        201
    );
    app.execute("DELETE FROM account WHERE name = 'acme'");
    assert!(stored(&app).is_empty());
}

/// The original knows no PUT here.
#[test]
fn a_change_that_says_nothing_is_answered_as_in_the_original() {
    let app = app();
    let ana = app.as_user("ana");
    assert_eq!(ana.put(PATH, json!({})).status(), 405);
    assert_snapshot!(ana.put_empty(PATH), @r#"
    405
    {
      "message": "The method is not allowed for the requested URL."
    }
    "#);
}

#[test]
fn where_a_registry_is_comes_before_the_rest() {
    let body = json!({ "upstream_registry": "10.0.0.1", "expiration_s": "soon" });
    let reply = app().as_user("ana").post(PATH, body);
    assert_eq!(reply.json()["detail"], "The provided registry URL is not allowed");
}

/// Security finding A6: callers who may change a configuration, but not read its password, had it sent to a host of
/// theirs.
#[test]
fn another_host_needs_the_password_again() {
    let app = app();
    let ana = app.as_user("ana");
    let with_password = json!({
        "upstream_registry": "quay.io/mirror",
        "upstream_registry_username": "puller",
        "upstream_registry_password": "secret",
    });
    assert_eq!(ana.post(PATH, with_password).status(), 201);
    let before = stored(&app);
    assert_snapshot!(ana.put(PATH, json!({ "upstream_registry": "docker.io" })).refusal(), @"400 invalid_request: Another registry host, or insecure turned on, needs upstream_registry_password again; null removes it");
    for moved in [
        json!({ "insecure": true }),
        json!({ "upstream_registry": "quay.io:5000/mirror" }),
        json!({ "upstream_registry": "docker.io/mirror", "upstream_registry_username": "me" }),
    ] {
        assert_eq!(ana.put(PATH, moved.clone()).status(), 400, "{moved}");
    }
    assert_eq!(stored(&app), before);
    for stays in [
        json!({ "upstream_registry": "quay.io/other" }),
        json!({ "insecure": false }),
        json!({ "expiration_s": 60 }),
        json!({ "insecure": true, "upstream_registry_password": "secret" }),
        json!({ "insecure": true }),
        json!({ "insecure": false }),
        json!({ "upstream_registry": "docker.io", "upstream_registry_password": null }),
        json!({ "upstream_registry": "quay.io" }),
    ] {
        assert_eq!(ana.put(PATH, stays.clone()).status(), 200, "{stays}");
    }
}
