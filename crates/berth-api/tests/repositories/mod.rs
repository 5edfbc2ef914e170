//! Repositories: create, list, read, change, delete.

mod content;
mod stars;
mod who;

use berth_test::App;
use insta::assert_snapshot;
use serde_json::{Value, json};

fn app() -> App {
    App::new().with_user("ana").with_user("bob").with_user("cleo").with_organization("acme", "ana")
}

fn new(namespace: Option<&str>, name: &str, visibility: &str) -> Value {
    let mut body = json!({ "repository": name, "visibility": visibility, "description": "d" });
    if let Some(namespace) = namespace {
        body["namespace"] = namespace.into();
    }
    body
}

/// Lets `who` make a repository.
fn make(app: &App, who: &str, path: &str, visibility: &str) {
    let (namespace, name) = path.split_once('/').expect("namespace/name");
    let reply = app.as_user(who).post("/api/v1/repository", new(Some(namespace), name, visibility));
    assert_eq!(reply.status(), 201, "{reply}");
}

/// The names in a list of repositories.
fn names(list: &Value) -> Vec<String> {
    let entries = list["repositories"].as_array().expect("a list");
    entries
        .iter()
        .map(|entry| {
            format!(
                "{}/{}",
                entry["namespace"].as_str().unwrap_or("?"),
                entry["name"].as_str().unwrap_or("?")
            )
        })
        .collect()
}

#[test]
fn create() {
    let app = app();
    assert_snapshot!(app.as_user("ana").post("/api/v1/repository", new(Some("acme"), "lib/x", "private")), @r#"
    201
    {
      "namespace": "acme",
      "name": "lib/x",
      "kind": "image"
    }
    "#);
    assert_snapshot!(app.as_user("ana").post("/api/v1/repository", new(None, "own", "public")), @r#"
    201
    {
      "namespace": "ana",
      "name": "own",
      "kind": "image"
    }
    "#);
    assert_snapshot!(app.as_user("ana").get("/api/v1/repository/acme/lib/x/permissions/user/"), @r#"
    200
    {
      "permissions": {
        "ana": {
          "role": "admin",
          "name": "ana",
          "is_robot": false,
          "avatar": "<avatar>",
          "is_org_member": true
        }
      }
    }
    "#);
    assert_snapshot!(app.log(), @r#"
    create_repo acme ana {"repo":"lib/x","namespace":"acme"}
    create_repo ana ana {"repo":"own","namespace":"ana"}
    "#);
}

#[test]
fn create_is_refused() {
    let app = app();
    make(&app, "ana", "acme/one", "private");
    let ana = app.as_user("ana");
    assert_snapshot!(ana.post("/api/v1/repository", new(Some("acme"), "one", "private")).refusal(), @"400 invalid_request: Repository already exists");
    for bad in ["Upper", "with space", "_a", "a//b", "/a", "a/", "", "a\n", &"x".repeat(256)] {
        let reply = ana.post("/api/v1/repository", new(Some("acme"), bad, "private"));
        assert_eq!(reply.status(), 400, "{bad}: {reply}");
        assert_eq!(reply.json()["detail"], "Invalid repository name", "{bad}");
    }
    for good in ["a", "a..b", "0-_.", &"x".repeat(255)] {
        assert_eq!(
            ana.post("/api/v1/repository", new(Some("acme"), good, "private")).status(),
            201
        );
    }
    assert_snapshot!(app.as_user("bob").post("/api/v1/repository", new(Some("acme"), "two", "private")).refusal(), @"403 insufficient_scope: Unauthorized");
    assert_snapshot!(ana.post("/api/v1/repository", new(Some("nope"), "two", "private")).refusal(), @"403 insufficient_scope: Unauthorized");
    assert_snapshot!(app.anonymous().post("/api/v1/repository", new(None, "two", "private")).refusal(), @"401 invalid_token: Requires authentication");
    let body = json!({ "repository": "v", "visibility": "secret", "description": "" });
    let reply = ana.post("/api/v1/repository", body);
    assert_eq!(first_line(&reply.json()), "'secret' is not one of ['public', 'private']");
    let reply = ana.post("/api/v1/repository", json!({ "repository": "v", "description": "" }));
    assert_eq!(first_line(&reply.json()), "'visibility' is a required property");
    let mut body = new(Some("acme"), "k", "public");
    body["repo_kind"] = Value::Null;
    assert_eq!(ana.post("/api/v1/repository", body.clone()).status(), 201);
    body["repo_kind"] = "application".into();
    let reply = ana.post("/api/v1/repository", body);
    assert_eq!(first_line(&reply.json()), "'application' is not one of ['image', None]");
}

fn first_line(error: &Value) -> String {
    let detail = error["detail"].as_str().unwrap_or_default();
    detail.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn permitted_creators() {
    let app = app();
    for (role, status) in [("member", 403), ("creator", 201), ("admin", 201)] {
        app.execute(&format!(
            "INSERT INTO team (organization_id, name, role)
            SELECT id, '{role}s', '{role}' FROM account WHERE name = 'acme'"
        ));
        app.execute(
            "DELETE FROM team_member WHERE account_id = (SELECT id FROM account WHERE name = 'bob')",
        );
        app.execute(&format!(
            "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
            SELECT t.id, t.organization_id, a.id, 'user' FROM team t, account a
            WHERE t.name = '{role}s' AND a.name = 'bob'"
        ));
        let reply =
            app.as_user("bob").post("/api/v1/repository", new(Some("acme"), role, "private"));
        assert_eq!(reply.status(), status, "{role}");
    }
    for (scope, in_organization, at_home) in [
        ("repo:create", 201, 201),
        ("org:admin", 201, 201),
        ("repo:admin", 403, 403),
        ("user:admin", 403, 403),
        ("super:user", 403, 403),
    ] {
        let ana = app.with_scope("ana", scope);
        let name = scope.replace(':', "-");
        let reply = ana.post("/api/v1/repository", new(Some("acme"), &name, "private"));
        assert_eq!(reply.status(), in_organization, "{scope}");
        let reply = ana.post("/api/v1/repository", new(None, &name, "private"));
        assert_eq!(reply.status(), at_home, "{scope}");
    }
}

#[test]
fn restricted_users_have_no_repositories_of_their_own() {
    let app = app().with("feature_restricted_users", "true");
    let ana = app.as_user("ana");
    assert_eq!(ana.post("/api/v1/repository", new(None, "rr", "public")).status(), 403);
    assert_eq!(ana.post("/api/v1/repository", new(Some("acme"), "rr", "public")).status(), 201);
    app.set("restricted_users_whitelist", "ana");
    assert_eq!(ana.post("/api/v1/repository", new(None, "rr", "public")).status(), 201);
    app.set("feature_restricted_users", "false");
    app.set("feature_superusers_org_creation_only", "true");
    let bob = app.as_user("bob");
    assert_eq!(bob.post("/api/v1/repository", new(None, "rr", "public")).status(), 201);
}

#[test]
fn billing_wants_a_plan_for_private_repositories() {
    let app = app().with("feature_billing", "true").with("super_users", "cleo");
    app.set("feature_superusers_full_access", "true");
    let ana = app.as_user("ana");
    assert_snapshot!(ana.post("/api/v1/repository", new(Some("acme"), "priv", "private")).refusal(), @"402 exceeds_license: Payment Required");
    assert_eq!(ana.post("/api/v1/repository", new(Some("acme"), "pub", "public")).status(), 201);
    let path = "/api/v1/repository/acme/pub/changevisibility";
    assert_eq!(ana.post(path, json!({ "visibility": "private" })).status(), 402);
    let cleo = app.as_user("cleo");
    assert_eq!(cleo.post("/api/v1/repository", new(Some("acme"), "priv", "private")).status(), 201);
    assert_eq!(cleo.post(path, json!({ "visibility": "private" })).status(), 200);
}

#[test]
fn names_with_slashes_can_be_off() {
    let app = app().with("feature_extended_repository_names", "false");
    let reply = app.as_user("ana").post("/api/v1/repository", new(Some("acme"), "a/b", "private"));
    assert_eq!(reply.json()["detail"], "Invalid repository name");
}

#[test]
fn list() {
    let app = app();
    for (who, path, visibility) in [
        ("ana", "acme/private", "private"),
        ("ana", "acme/public", "public"),
        ("bob", "bob/public", "public"),
        ("bob", "bob/private", "private"),
    ] {
        make(&app, who, path, visibility);
    }
    let role = json!({ "role": "read" });
    let path = "/api/v1/repository/acme/private/permissions/user/cleo";
    assert_eq!(app.as_user("ana").put(path, role).status(), 200);
    assert_snapshot!(
        app.as_user("cleo").get("/api/v1/repository?namespace=acme&public=true&last_modified=true&popularity=true"),
        @r#"
    200
    {
      "repositories": [
        {
          "namespace": "acme",
          "name": "private",
          "description": "d",
          "is_public": false,
          "kind": "image",
          "state": "NORMAL",
          "last_modified": null,
          "popularity": 0.0,
          "is_starred": false
        },
        {
          "namespace": "acme",
          "name": "public",
          "description": "d",
          "is_public": true,
          "kind": "image",
          "state": "NORMAL",
          "last_modified": null,
          "popularity": 0.0,
          "is_starred": false
        }
      ]
    }
    "#
    );
    let listed = |who: &str, query: &str| {
        let client = if who.is_empty() { app.anonymous() } else { app.as_user(who) };
        names(&client.get(&format!("/api/v1/repository?{query}")).json())
    };
    assert_eq!(listed("ana", "namespace=acme"), ["acme/private", "acme/public"]);
    assert_eq!(listed("bob", "namespace=acme"), [""; 0]);
    assert_eq!(listed("bob", "namespace=acme&public=true"), ["acme/public"]);
    assert_eq!(listed("cleo", "namespace=acme"), ["acme/private"]);
    assert_eq!(listed("", "namespace=acme"), [""; 0]);
    assert_eq!(listed("", "public=true"), ["acme/public", "bob/public"]);
    assert_eq!(listed("bob", "public=1"), ["acme/public", "bob/public", "bob/private"]);
    assert_eq!(listed("bob", "namespace=bob"), ["bob/public", "bob/private"]);
    assert_eq!(listed("ana", "namespace=nope"), [""; 0]);
    assert_eq!(listed("ana", "namespace=acme&repo_kind=application"), [""; 0]);
    assert_eq!(listed("ana", "namespace=acme&repo_kind=image").len(), 2);
    // Without a repository scope a token shows what everybody sees.
    let reply =
        app.with_scope("ana", "user:read").get("/api/v1/repository?namespace=acme&public=true");
    assert_eq!(names(&reply.json()), ["acme/public"]);
    assert_snapshot!(app.as_user("ana").get("/api/v1/repository").refusal(), @"400 invalid_request: namespace, starred or public are required for this API call");
    assert_snapshot!(app.anonymous().get("/api/v1/repository?starred=true"), @r#"
    400
    {
      "message": "The browser (or proxy) sent a request that this server could not understand."
    }
    "#);
}

#[test]
fn list_for_teams_and_superusers() {
    let app = app().with("super_users", "cleo").with("feature_superusers_full_access", "true");
    make(&app, "ana", "acme/one", "private");
    make(&app, "ana", "acme/two", "private");
    app.execute(
        "INSERT INTO team (organization_id, name, role)
        SELECT id, 'readers', 'member' FROM account WHERE name = 'acme'",
    );
    app.execute(
        "INSERT INTO team_member (team_id, organization_id, account_id, account_kind)
        SELECT t.id, t.organization_id, a.id, 'user' FROM team t, account a
        WHERE t.name = 'readers' AND a.name = 'bob'",
    );
    let path = "/api/v1/repository/acme/two/permissions/team/readers";
    assert_eq!(app.as_user("ana").put(path, json!({ "role": "write" })).status(), 200);
    let listed =
        |client: berth_test::As<'_>| names(&client.get("/api/v1/repository?namespace=acme").json());
    assert_eq!(listed(app.as_user("bob")), ["acme/two"]);
    assert_eq!(listed(app.as_user("cleo")), ["acme/one", "acme/two"]);
    assert_eq!(listed(app.with_scope("cleo", "repo:admin")), [""; 0]);
    app.set("global_readonly_super_users", "bob");
    assert_eq!(listed(app.with_scope("bob", "user:read")), ["acme/one", "acme/two"]);
}

#[test]
fn list_has_pages() {
    let app = app();
    app.execute(
        "INSERT INTO repository (namespace_id, name, is_public, created_at)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
        SELECT account.id, 'r' || i, i % 2, 0 FROM n, account WHERE name = 'acme'",
    );
    for (query, count) in [("namespace=acme", 250), ("public=true", 250)] {
        let mut seen = Vec::new();
        let mut pages = 0;
        let mut token = String::new();
        loop {
            let path = format!("/api/v1/repository?{query}&next_page={token}");
            let page = app.as_user("ana").get(&path).json();
            seen.extend(names(&page));
            pages += 1;
            match page["next_page"].as_str() {
                Some(next) => token = next.to_owned(),
                None => break,
            }
        }
        assert_eq!((seen.len(), pages), (count, 3), "{query}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "{query}");
    }
    let page = app.anonymous().get("/api/v1/repository?public=true&next_page=nonsense").json();
    assert_eq!(names(&page).len(), 100);
}

#[test]
fn list_of_an_organization() {
    let app = app();
    make(&app, "ana", "acme/private", "private");
    make(&app, "ana", "acme/public", "public");
    make(&app, "ana", "ana/public", "public");
    assert_snapshot!(app.as_user("ana").get("/api/v1/organization/acme/repositories"), @r#"
    200
    {
      "repositories": [
        {
          "namespace": "acme",
          "name": "private",
          "description": "d",
          "is_public": false,
          "kind": "image",
          "state": "NORMAL",
          "is_starred": false
        },
        {
          "namespace": "acme",
          "name": "public",
          "description": "d",
          "is_public": true,
          "kind": "image",
          "state": "NORMAL",
          "is_starred": false
        }
      ]
    }
    "#);
    let reply = app.anonymous().get("/api/v1/organization/acme/repositories");
    assert_eq!(names(&reply.json()), ["acme/public"]);
    assert_eq!(app.as_user("ana").get("/api/v1/organization/nope/repositories").status(), 404);
}

#[test]
fn read() {
    let app = app();
    make(&app, "ana", "acme/lib/x", "private");
    make(&app, "ana", "acme/public", "public");
    let ana = app.as_user("ana");
    assert_snapshot!(ana.get("/api/v1/repository/acme/lib/x"), @r#"
    200
    {
      "namespace": "acme",
      "name": "lib/x",
      "kind": "image",
      "description": "d",
      "is_public": false,
      "is_organization": true,
      "is_starred": false,
      "status_token": "<uuid>",
      "trust_enabled": false,
      "tag_expiration_s": 1209600,
      "is_free_account": true,
      "state": "NORMAL",
      "tags": {},
      "can_write": true,
      "can_admin": true
    }
    "#);
    assert_snapshot!(app.anonymous().get("/api/v1/repository/acme/public?includeTags=false"), @r#"
    200
    {
      "namespace": "acme",
      "name": "public",
      "kind": "image",
      "description": "d",
      "is_public": true,
      "is_organization": true,
      "is_starred": false,
      "status_token": "",
      "trust_enabled": false,
      "tag_expiration_s": 1209600,
      "is_free_account": true,
      "state": "NORMAL",
      "can_write": false,
      "can_admin": false
    }
    "#);
    let stats = ana.get("/api/v1/repository/acme/public?includeStats=true").json();
    let stats = stats["stats"].as_array().expect("stats");
    assert_eq!((stats.len(), &stats[0]), (91, &json!({ "date": "2026-11-21", "count": 0 })));
    let rights = |client: berth_test::As<'_>, path: &str| {
        let reply = client.get(&format!("/api/v1/repository/{path}"));
        let view = reply.json();
        (reply.status(), view["can_write"].as_bool(), view["can_admin"].as_bool())
    };
    let path = "acme/lib/x";
    assert_eq!(rights(app.with_scope("ana", "repo:read"), path), (200, Some(false), Some(false)));
    assert_eq!(rights(app.with_scope("ana", "repo:write"), path), (200, Some(true), Some(false)));
    assert_eq!(rights(app.with_scope("ana", "org:admin"), path), (403, None, None));
    assert_eq!(rights(app.as_user("bob"), path), (403, None, None));
    assert_eq!(rights(app.anonymous(), path), (401, None, None));
    assert_eq!(rights(app.as_user("ana"), "acme/nope"), (404, None, None));
    assert_eq!(rights(app.as_user("bob"), "acme/nope"), (403, None, None));
    assert_eq!(rights(app.as_user("ana"), "nope/nope"), (403, None, None));
    assert_eq!(rights(app.as_user("ana"), "acme"), (404, None, None));
    app.set("global_readonly_super_users", "bob");
    assert_eq!(rights(app.with_scope("bob", "user:read"), path), (200, Some(false), Some(true)));
}

#[test]
fn change_the_description() {
    let app = app();
    make(&app, "ana", "acme/one", "private");
    let ana = app.as_user("ana");
    let body = json!({ "description": "**new**" });
    assert_snapshot!(ana.put("/api/v1/repository/acme/one", body.clone()), @r#"
    200
    {
      "success": true
    }
    "#);
    let view = ana.get("/api/v1/repository/acme/one").json();
    assert_eq!(view["description"], "**new**");
    assert_snapshot!(app.log(), @r#"
    create_repo acme ana {"repo":"one","namespace":"acme"}
    set_repo_description acme ana {"repo":"one","namespace":"acme","description":"**new**"}
    "#);
    assert_snapshot!(ana.put("/api/v1/repository/acme/nope", body.clone()).refusal(), @"404 not_found: Not Found");
    // The permission comes before the schema.
    assert_eq!(app.as_user("bob").put("/api/v1/repository/acme/one", json!({})).status(), 403);
    let reply = ana.put("/api/v1/repository/acme/one", json!({}));
    assert_eq!(first_line(&reply.json()), "'description' is a required property");
    assert_eq!(
        app.with_scope("ana", "repo:write")
            .put("/api/v1/repository/acme/one", body.clone())
            .status(),
        200
    );
    assert_eq!(
        app.with_scope("ana", "repo:read").put("/api/v1/repository/acme/one", body).status(),
        403
    );
}

#[test]
fn change_the_visibility() {
    let app = app();
    make(&app, "ana", "acme/one", "private");
    let ana = app.as_user("ana");
    let body = json!({ "visibility": "public" });
    assert_snapshot!(ana.post("/api/v1/repository/acme/one/changevisibility", body.clone()), @r#"
    200
    {
      "success": true
    }
    "#);
    assert_eq!(ana.get("/api/v1/repository/acme/one").json()["is_public"], true);
    assert_snapshot!(app.log(), @r#"
    create_repo acme ana {"repo":"one","namespace":"acme"}
    change_repo_visibility acme ana {"repo":"one","namespace":"acme","visibility":"public"}
    "#);
    assert_snapshot!(ana.post("/api/v1/repository/acme/nope/changevisibility", body), @"
    200
    null
    ");
    let reply =
        ana.post("/api/v1/repository/acme/one/changevisibility", json!({ "visibility": 1 }));
    assert_eq!(first_line(&reply.json()), "1 is not of type 'string'");
}

#[test]
fn delete() {
    let app = app();
    make(&app, "ana", "acme/one", "private");
    assert_snapshot!(app.as_user("bob").delete("/api/v1/repository/acme/one").refusal(), @"403 insufficient_scope: Unauthorized");
    let ana = app.with_scope("ana", "repo:admin");
    assert_snapshot!(ana.delete("/api/v1/repository/acme/one"), @"204");
    assert_snapshot!(ana.delete("/api/v1/repository/acme/one"), @"204");
    assert_eq!(app.as_user("ana").get("/api/v1/repository/acme/one").status(), 404);
    assert_eq!(app.rows("SELECT count(*) FROM repository_permission"), [["0"]]);
    assert_snapshot!(app.log(), @r#"
    create_repo acme ana {"repo":"one","namespace":"acme"}
    delete_repo acme ana {"repo":"one","namespace":"acme"}
    "#);
    app.set("super_users", "cleo");
    app.set("feature_superusers_full_access", "true");
    assert_snapshot!(app.as_user("cleo").delete("/api/v1/repository/nope/nope").refusal(), @"404 not_found: Not Found");
}

/// With quotas on, a list says what each namespace may hold.
#[test]
fn lists_show_the_quotas_of_namespaces() {
    let app = App::new().with_roles().with("feature_quota_management", "true");
    app.execute(
        "INSERT INTO repository (namespace_id, name, created_at, is_public)
        SELECT id, 'lib', 0, 1 FROM account WHERE name IN ('acme', 'member')",
    );
    app.execute(
        "INSERT INTO quota (namespace_id, limit_bytes) SELECT id, 7 FROM account WHERE name = 'acme'",
    );
    let report = || {
        let list = app.anonymous().get("/api/v1/repository?public=true").json();
        let entries = list["repositories"].as_array().expect("a list").clone();
        entries.iter().map(|entry| entry["quota_report"].to_string()).collect::<Vec<_>>()
    };
    // The entries come in the order of the repositories' ids, which the statement above leaves open.
    let report = || {
        let mut report = report();
        report.sort();
        report
    };
    let own = r#"{"quota_bytes":0,"configured_quota":7}"#;
    assert_eq!(report(), [own, r#"{"quota_bytes":0,"configured_quota":null}"#]);
    app.set("default_system_reject_quota_bytes", "5");
    assert_eq!(report(), [r#"{"quota_bytes":0,"configured_quota":5}"#, own]);
    app.set("feature_edit_quota", "false");
    assert_eq!(report(), ["null", "null"]);
}

#[test]
fn a_path_that_quay_routes_is_no_repository() {
    let app = app();
    make(&app, "ana", "acme/app", "public");
    let ana = app.as_user("ana");
    let before = app.log();
    for below in [
        "tag/v1/restore",
        "notification/x",
        "trigger/x/start",
        "build/",
        "tokens/x",
        "manifest/sha256:0/labels",
        "image/x",
        "mirror",
        "mirror/sync-now",
        "changestate",
        "changetrust",
        "immutabilitypolicy/x",
        "authorizedusers",
        "sbom",
        "security",
        "signatures",
    ] {
        let path = format!("/api/v1/repository/acme/app/{below}");
        let answers = [
            ana.get(&path),
            ana.put(&path, json!({ "description": "" })),
            ana.post(&path, json!({})),
            ana.delete(&path),
            app.anonymous().delete(&path),
        ];
        assert_eq!(answers.map(|reply| reply.status()), [404; 5], "{path}");
    }
    // Those that there are know their own methods.
    for below in [
        "permissions/user",
        "permissions/team/x/",
        "logs",
        "aggregatelogs",
        "changevisibility",
        "tag/",
        "notification/",
        "exportlogs",
    ] {
        let path = format!("/api/v1/repository/acme/app/{below}");
        let expected = if below == "permissions/team/x/" { 400 } else { 405 };
        assert_eq!(ana.delete(&path).status(), expected, "{path}");
    }
    assert_eq!(app.log(), before);
    // Names may hold such words where no route ends so.
    make(&app, "ana", "acme/tag", "public");
    make(&app, "ana", "acme/tag/v1", "public");
    assert_eq!(ana.delete("/api/v1/repository/acme/tag/v1").status(), 204);
    let reply = ana.post("/api/v1/repository", new(Some("acme"), "app/tag/v1", "public"));
    assert_eq!((reply.status(), &reply.json()["detail"]), (400, &"Invalid repository name".into()));
}

#[test]
fn lists_show_the_beginning_of_a_long_description() {
    let app = app();
    let long = "\u{fc}".repeat(32_000);
    let mut body = new(Some("acme"), "long", "public");
    body["description"] = long.as_str().into();
    let ana = app.as_user("ana");
    assert_eq!(ana.post("/api/v1/repository", body).status(), 201);
    let star = json!({ "namespace": "acme", "repository": "long" });
    assert_eq!(ana.post("/api/v1/user/starred", star).status(), 201);
    let shown = format!("{}…", "\u{fc}".repeat(1_024));
    for path in ["/api/v1/repository?public=true", "/api/v1/user/starred"] {
        assert_eq!(ana.get(path).json()["repositories"][0]["description"], shown, "{path}");
    }
    assert_eq!(ana.get("/api/v1/repository/acme/long").json()["description"], long);
}
