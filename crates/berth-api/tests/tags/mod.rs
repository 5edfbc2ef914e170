//! Tags, as far as no registry is asked. What is deleted there and read from there is in `tests/tests/tags.rs`.

use berth_test::{App, Reply};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const TAGS: &str = "/api/v1/repository/acme/lib/x/tag/";

/// A person of each role, with `acme/lib/x` that the members may read.
fn app() -> App {
    let app = App::new().with_roles();
    let admin = app.as_user("admin");
    let body = json!({
        "namespace": "acme", "repository": "lib/x", "visibility": "private", "description": ""
    });
    assert_eq!(admin.post("/api/v1/repository", body).status(), 201);
    let path = "/api/v1/repository/acme/lib/x/permissions/team/members";
    assert_eq!(admin.put(path, json!({ "role": "read" })).status(), 200);
    app
}

/// Notes a manifest, as a notification of the registry does. With a size it is an image of one layer.
fn note_manifest(app: &App, digest: &str, layer_bytes: Option<i64>) {
    let content = match layer_bytes {
        Some(size) => {
            json!([{ "digest": format!("layer of {digest}"), "media_type": "layer", "size_bytes": size, "kind": "layer" }])
        }
        None => {
            json!([{ "digest": "sha256:a", "media_type": "image", "size_bytes": 7, "kind": "manifest" }])
        }
    };
    app.execute(&format!(
        "INSERT INTO pushed_manifest SELECT namespace_id, id, '{digest}', 'type', 400, '{content}', 0
        FROM repository WHERE name = 'lib/x'"
    ));
}

/// Notes that a tag was pushed, so many seconds ago.
fn note_tag(app: &App, name: &str, digest: &str, seconds_ago: i64) {
    let at = (app.time() - seconds_ago) * 1_000_000;
    app.execute(&format!(
        "INSERT INTO pushed_tag SELECT id, '{name}', '{digest}', {at} FROM repository WHERE name = 'lib/x'"
    ));
}

/// `v2` and `latest` of the one, `v1` of the other; `v1` was the one too. `multi` is an index, `gone` has ended.
fn app_with_tags() -> App {
    let app = app();
    note_manifest(&app, "sha256:a", Some(10));
    note_manifest(&app, "sha256:b", Some(20));
    note_manifest(&app, "sha256:i", None);
    for (name, digest, seconds_ago) in [
        ("v1", "sha256:a", 500),
        ("gone", "sha256:a", 400),
        ("v2", "sha256:a", 300),
        ("latest", "sha256:a", 300),
        ("v1", "sha256:b", 200),
        ("multi", "sha256:i", 100),
    ] {
        note_tag(&app, name, digest, seconds_ago);
    }
    let now = app.time() * 1_000_000;
    app.execute(&format!("UPDATE tag SET ended_at = {now} WHERE name = 'gone'"));
    app
}

/// The names of a list, with a mark behind those that ended.
fn names(reply: &Reply) -> String {
    assert_eq!(reply.status(), 200, "{reply}");
    let body = reply.json();
    let names = body["tags"].as_array().expect("a list").iter().map(|tag| {
        let name = tag["name"].as_str().expect("a text").to_owned();
        if tag.get("end_ts").is_some() { name + "-" } else { name }
    });
    let more = if body["has_additional"] == true { " …" } else { "" };
    names.collect::<Vec<_>>().join(" ") + more
}

#[test]
fn tags_are_listed_with_their_past() {
    let app = app_with_tags();
    let member = app.as_user("member");
    assert_snapshot!(member.get(&format!("{TAGS}?limit=2")).whole(), @r#"200 {"tags":[{"name":"multi","reversion":false,"start_ts":1795328787,"manifest_digest":"sha256:i","is_manifest_list":true,"size":null,"last_modified":"Sun, 22 Nov 2026 06:26:27 -0000"},{"name":"v1","reversion":false,"start_ts":1795328687,"manifest_digest":"sha256:b","is_manifest_list":false,"size":20,"last_modified":"Sun, 22 Nov 2026 06:24:47 -0000"}],"page":1,"has_additional":true}"#);
    assert_snapshot!(member.get(&format!("{TAGS}?specificTag=gone")).whole(), @r#"200 {"tags":[{"name":"gone","reversion":false,"start_ts":1795328487,"end_ts":1795328887,"manifest_digest":"sha256:a","is_manifest_list":false,"size":10,"last_modified":"Sun, 22 Nov 2026 06:21:27 -0000","expiration":"Sun, 22 Nov 2026 06:28:07 -0000"}],"page":1,"has_additional":false}"#);
    for (query, expected) in [
        ("", "multi v1 latest v2 gone- v1-"),
        ("?onlyActiveTags=true", "multi v1 latest v2"),
        ("?onlyActiveTags=false", "multi v1 latest v2 gone- v1-"),
        ("?limit=4", "multi v1 latest v2 …"),
        ("?limit=4&page=2", "gone- v1-"),
        ("?limit=3&page=2", "v2 gone- v1-"),
        ("?limit=3&page=3", ""),
        ("?limit=0", "multi …"),
        ("?limit=1000&page=-3", "multi v1 latest v2 gone- v1-"),
        ("?page=9223372036854775807&limit=100", ""),
        ("?specificTag=v1", "v1 v1-"),
        ("?specificTag=v", ""),
        ("?filter_tag_name=eq:v1&onlyActiveTags=true", "v1"),
        ("?filter_tag_name=like:V", "v1 v2 v1-"),
        ("?filter_tag_name=like:%25", ""),
        ("?filter_tag_name=like:t&onlyActiveTags=1", "multi latest"),
        ("?filter_tag_name=eq:v1&specificTag=v2", ""),
        ("?filter_tag_name=like:1&specificTag=v1", "v1 v1-"),
    ] {
        assert_eq!(names(&member.get(&format!("{TAGS}{query}"))), expected, "{query}");
    }
}

/// A tag that ended is shown for as long as the namespace keeps such tags.
#[test]
fn the_past_ends() {
    let app = app_with_tags();
    let admin = app.as_user("admin");
    assert_eq!(names(&admin.get(TAGS)), "multi v1 latest v2 gone- v1-");
    // Two weeks, from then on.
    app.advance(14 * 86_400 - 100);
    assert_eq!(names(&admin.get(TAGS)), "multi v1 latest v2 gone-");
    app.advance(100);
    assert_eq!(names(&admin.get(TAGS)), "multi v1 latest v2");
}

#[test]
fn what_is_no_query_is_refused() {
    let app = app();
    let member = app.as_user("member");
    assert_snapshot!(member.get(TAGS), @r#"
    200
    {
      "tags": [],
      "page": 1,
      "has_additional": false
    }
    "#);
    assert_eq!(member.get(&format!("{TAGS}?page=-4")).json()["page"], 1);
    assert_snapshot!(member.get(&format!("{TAGS}?page=next")), @r#"
    400
    {
      "message": {
        "page": "Page index for the results. Default 1."
      }
    }
    "#);
    assert_snapshot!(member.get(&format!("{TAGS}?limit=all")), @r#"
    400
    {
      "message": {
        "limit": "Limit to the number of results to return per page. Max 100."
      }
    }
    "#);
    for filter in ["v1", "starts:v", "like"] {
        let refused = member.get(&format!("{TAGS}?filter_tag_name={filter}"));
        assert_eq!(refused.status(), 400, "{filter}: {refused}");
    }
    assert_snapshot!(member.get(&format!("{TAGS}?filter_tag_name=v1")), @r#"
    400
    {
      "message": "Unsupported syntax for filter_tag_name. Expected <operation>:<tag_name> where <operation> can be 'like' or 'eq'."
    }
    "#);
}

#[test]
fn a_repository_shows_its_newest_tags() {
    let app = app_with_tags();
    let path = "/api/v1/repository/acme/lib/x";
    let member = app.as_user("member");
    let tags = member.get(path).json()["tags"].clone();
    assert_snapshot!(serde_json::to_string_pretty(&tags).expect("JSON"), @r#"
    {
      "latest": {
        "name": "latest",
        "size": 10,
        "last_modified": "Sun, 22 Nov 2026 06:23:07 -0000",
        "manifest_digest": "sha256:a"
      },
      "multi": {
        "name": "multi",
        "size": null,
        "last_modified": "Sun, 22 Nov 2026 06:26:27 -0000",
        "manifest_digest": "sha256:i"
      },
      "v1": {
        "name": "v1",
        "size": 20,
        "last_modified": "Sun, 22 Nov 2026 06:24:47 -0000",
        "manifest_digest": "sha256:b"
      },
      "v2": {
        "name": "v2",
        "size": 10,
        "last_modified": "Sun, 22 Nov 2026 06:23:07 -0000",
        "manifest_digest": "sha256:a"
      }
    }
    "#);
    assert_eq!(member.get(&format!("{path}?includeTags=true")).json()["tags"], tags);
    assert!(member.get(&format!("{path}?includeTags=false")).json().get("tags").is_none());

    // As many as the original shows.
    for number in 0..505 {
        note_tag(&app, &format!("many-{number}"), "sha256:a", -number);
    }
    let tags = member.get(path).json()["tags"].clone();
    let tags = tags.as_object().expect("an object");
    assert_eq!(tags.len(), 500);
    assert!(tags.contains_key("many-504") && tags.contains_key("many-5"));
    assert!(!tags.contains_key("many-4") && !tags.contains_key("v1"));
}

/// Without a registry nothing is asked of it, and nothing is changed.
#[test]
fn there_is_no_registry() {
    let app = app_with_tags();
    let admin = app.as_user("admin");
    assert_snapshot!(admin.delete(&format!("{TAGS}v1")), @r#"
    400
    {
      "detail": "No registry is configured: the operator names it by the setting registry_url",
      "error_message": "No registry is configured: the operator names it by the setting registry_url",
      "error_type": "invalid_request",
      "title": "invalid_request",
      "type": "http://localhost:3000/api/v1/error/invalid_request",
      "status": 400
    }
    "#);
    assert_eq!(admin.post_empty(&format!("{TAGS}sync")).status(), 400);
    let digest = format!("sha256:{}", "a".repeat(64));
    let manifest = format!("/api/v1/repository/acme/lib/x/manifest/{digest}");
    assert_eq!(admin.get(&manifest).status(), 400);
    assert_eq!(names(&admin.get(&format!("{TAGS}?onlyActiveTags=true"))), "multi v1 latest v2");
    assert!(!app.log().contains("delete_tag"), "{}", app.log());
}

/// What is not there is not found, whether or not there is a registry.
#[test]
fn what_is_not_there() {
    let app = app_with_tags();
    let admin = app.as_user("admin");
    for tag in ["nosuch", "gone"] {
        assert_eq!(admin.delete(&format!("{TAGS}{tag}")).status(), 404, "{tag}");
    }
    for reference in ["v1", "sha256:a", "md5:0"] {
        let path = format!("/api/v1/repository/acme/lib/x/manifest/{reference}");
        assert_eq!(admin.get(&path).status(), 404, "{reference}");
    }
    assert_eq!(admin.delete("/api/v1/repository/acme/nosuch/tag/v1").status(), 404);
    assert!(!app.log().contains("delete_tag"), "{}", app.log());
}

/// As the other rows of a repository: callers who may not read it learn nothing, and those who may learn that a missing
/// one is missing.
#[test]
fn permitted_callers() {
    let nothing = Value::Null;
    assert_snapshot!(app_with_tags().matrix(&[
        (Method::GET, "/api/v1/repository/acme/lib/x/tag/", nothing.clone()),
        (Method::GET, "/api/v1/repository/acme/ghost/tag/", nothing.clone()),
        (Method::DELETE, "/api/v1/repository/acme/lib/x/tag/v1", nothing.clone()),
        (Method::DELETE, "/api/v1/repository/acme/lib/x/tag/nosuch", nothing.clone()),
        (Method::DELETE, "/api/v1/repository/acme/ghost/tag/v1", nothing.clone()),
        (Method::POST, "/api/v1/repository/acme/lib/x/tag/sync", nothing.clone()),
        (Method::POST, "/api/v1/repository/acme/ghost/tag/sync", nothing.clone()),
        (Method::GET, "/api/v1/repository/acme/lib/x/manifest/sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", nothing.clone()),
        (Method::GET, "/api/v1/repository/acme/ghost/manifest/sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", nothing),
    ]), @"
    GET /api/v1/repository/acme/lib/x/tag/
      200 member admin superuser reader admin[repo:read] admin[repo:write] admin[repo:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider creator admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    GET /api/v1/repository/acme/ghost/tag/
      401 anonymous
      403 outsider member creator admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
      404 admin superuser reader admin[repo:read] admin[repo:write] admin[repo:admin] superuser[super:user] reader[repo:read]
    DELETE /api/v1/repository/acme/lib/x/tag/v1
      400 admin superuser admin[repo:write] admin[repo:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    DELETE /api/v1/repository/acme/lib/x/tag/nosuch
    DELETE /api/v1/repository/acme/ghost/tag/v1
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 admin superuser admin[repo:write] admin[repo:admin] superuser[super:user]
    POST /api/v1/repository/acme/lib/x/tag/sync
      400 admin superuser admin[repo:admin] superuser[super:user]
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    POST /api/v1/repository/acme/ghost/tag/sync
      401 anonymous
      403 outsider member creator reader admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 admin superuser admin[repo:admin] superuser[super:user]
    GET /api/v1/repository/acme/lib/x/manifest/sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      400 member admin superuser reader admin[repo:read] admin[repo:write] admin[repo:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider creator admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    GET /api/v1/repository/acme/ghost/manifest/sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      401 anonymous
      403 outsider member creator admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
      404 admin superuser reader admin[repo:read] admin[repo:write] admin[repo:admin] superuser[super:user] reader[repo:read]
    ");
}
