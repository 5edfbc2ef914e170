//! Storage quotas of organizations and users.

use berth_test::App;
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const QUOTA: &str = "/api/v1/organization/acme/quota";

fn app() -> App {
    App::new().with_roles().with("feature_quota_management", "true")
}

/// An application where `acme` and `member` have a quota each, ids 1 and 2, and `acme` the limit 1.
fn app_with_quota() -> App {
    let app = app();
    let superuser = app.as_user("superuser");
    assert_eq!(superuser.post(QUOTA, json!({ "limit_bytes": 1_000_000 })).status(), 201);
    let path = "/api/v1/superuser/users/member/quota";
    assert_eq!(superuser.post(path, json!({ "limit": "1GiB" })).status(), 201);
    let limit = json!({ "type": "Reject", "threshold_percent": 90 });
    assert_eq!(superuser.post(&format!("{QUOTA}/1/limit"), limit).status(), 201);
    app
}

fn log(app: &App) -> String {
    let rows = app.rows(
        "SELECT kind, json_remove(metadata, '$.oauth_token_id', '$.oauth_token_application_id',
            '$.oauth_token_application') FROM log_entry ORDER BY id",
    );
    rows.iter().map(|row| format!("{} {}\n", row[0], row[1])).collect()
}

#[test]
fn a_quota_is_made_and_read() {
    let app = app();
    let (superuser, member) = (app.as_user("superuser"), app.as_user("member"));
    assert_snapshot!(member.get(QUOTA), @"
    200
    []
    ");
    assert_snapshot!(superuser.post(QUOTA, json!({ "limit_bytes": 1_000_000 })), @r#"
    201
    "Created"
    "#);
    assert_snapshot!(member.get(QUOTA), @r#"
    200
    [
      {
        "id": 1,
        "limit_bytes": 1000000,
        "limit": "976.6 KiB",
        "default_config": false,
        "limits": [],
        "default_config_exists": false
      }
    ]
    "#);
    assert_snapshot!(member.get(&format!("{QUOTA}/1")), @r#"
    200
    {
      "id": 1,
      "limit_bytes": 1000000,
      "limit": "976.6 KiB",
      "default_config": false,
      "limits": [],
      "default_config_exists": false
    }
    "#);
    assert_snapshot!(superuser.post(QUOTA, json!({ "limit": "1GiB" })).refusal(), @"400 invalid_request: Organization quota for 'acme' already exists");
    assert_snapshot!(log(&app), @r#"org_create_quota {"namespace":"acme","limit_bytes":1000000,"limit":"976.6 KiB"}"#);
    assert_snapshot!(member.get(&format!("{QUOTA}/2")).refusal(), @"404 not_found: Not Found");
    for other in ["x", "1x", "-1", "99999999999999999999"] {
        assert_eq!(member.get(&format!("{QUOTA}/{other}")).status(), 404, "{other}");
    }
}

#[test]
fn a_body_has_one_size() {
    let app = app();
    let superuser = app.as_user("superuser");
    let refused = |body: Value| {
        let reply = superuser.post(QUOTA, body);
        assert_eq!(reply.status(), 400, "{reply}");
        let message = reply.json()["error_message"].as_str().expect("a message").to_owned();
        message.lines().next().unwrap_or_default().to_owned()
    };
    for (body, message) in [
        (json!({}), "'limit_bytes' is a required property"),
        (
            json!({ "limit_bytes": 1, "limit": "1GiB" }),
            "{'limit_bytes': 1, 'limit': '1GiB'} is valid under each of {'required': ['limit']}, {'required': ['limit_bytes']}",
        ),
        (json!({ "limit_bytes": "1" }), "'1' is not of type 'integer'"),
        (json!({ "limit_bytes": 1.5 }), "1.5 is not of type 'integer'"),
        (json!({ "limit_bytes": -1 }), "-1 is less than the minimum of 0"),
        (json!({ "limit_bytes": u64::MAX }), "Quota limit is too large"),
        (json!({ "limit_bytes": 1e30 }), "Quota limit is too large"),
        (json!({ "limit": 5 }), "5 is not of type 'string'"),
        (
            json!({ "limit": "much" }),
            "Invalid limit format, use a number followed by a unit (e.g. 1GiB)",
        ),
        (
            json!({ "limit": "9000EiB" }),
            "Invalid limit format, use a number followed by a unit (e.g. 1GiB)",
        ),
    ] {
        assert_eq!(refused(body), message);
    }
    assert_eq!(app.rows("SELECT count(*) FROM quota"), [["0"]]);
    assert_eq!(superuser.post(QUOTA, json!({ "limit_bytes": 5.0, "more": 1 })).status(), 201);
    let more = superuser.put(&format!("{QUOTA}/1"), json!({ "limit_bytes": 5, "more": 1 }));
    assert_snapshot!(more.refusal(), @"400 invalid_request: Additional properties are not allowed ('more' was unexpected)");
}

#[test]
fn a_quota_is_changed_and_deleted() {
    let app = app_with_quota();
    let superuser = app.as_user("superuser");
    let path = format!("{QUOTA}/1");
    assert_snapshot!(superuser.put(&path, json!({ "limit_bytes": 2048 })), @r#"
    200
    {
      "id": 1,
      "limit_bytes": 2048,
      "limit": "2.0 KiB",
      "default_config": false,
      "limits": [
        {
          "id": 1,
          "type": "Reject",
          "limit_percent": 90
        }
      ],
      "default_config_exists": false
    }
    "#);
    // A size given as a text comes back as a float, once.
    assert_snapshot!(superuser.put(&path, json!({ "limit": "1KiB" })), @r#"
    200
    {
      "id": 1,
      "limit_bytes": 1024.0,
      "limit": "1.0 KiB",
      "default_config": false,
      "limits": [
        {
          "id": 1,
          "type": "Reject",
          "limit_percent": 90
        }
      ],
      "default_config_exists": false
    }
    "#);
    assert_eq!(superuser.get(&path).json()["limit_bytes"].to_string(), "1024");
    for reply in [
        superuser.put(&format!("{QUOTA}/2"), json!({ "limit_bytes": 1 })),
        superuser.delete(&format!("{QUOTA}/2")),
    ] {
        assert_eq!(reply.status(), 404, "the quota of somebody else");
    }
    for reply in [superuser.put(QUOTA, json!({ "limit_bytes": 1 })), superuser.delete(QUOTA)] {
        assert_eq!(reply.status(), 405);
    }
    assert_snapshot!(superuser.delete(&path), @"204");
    assert_eq!(superuser.delete(&path).status(), 404);
    assert_eq!(app.rows("SELECT count(*) FROM quota_limit"), [["0"]]);
    assert_snapshot!(log(&app), @r#"
    org_create_quota {"namespace":"acme","limit_bytes":1000000,"limit":"976.6 KiB"}
    org_create_quota {"namespace":"member","limit_bytes":1073741824,"limit":"1.0 GiB"}
    org_create_quota_limit {"namespace":"acme","type":"Reject","threshold_percent":90}
    org_change_quota {"namespace":"acme","limit_bytes":2048,"limit":"2.0 KiB"}
    org_change_quota {"namespace":"acme","limit_bytes":1024,"limit":"1.0 KiB"}
    org_delete_quota {"namespace":"acme"}
    "#);
}

#[test]
fn limits() {
    let app = app_with_quota();
    let (superuser, member) = (app.as_user("superuser"), app.as_user("member"));
    let path = format!("{QUOTA}/1/limit");
    let limit = |kind: &str, percent: i64| json!({ "type": kind, "threshold_percent": percent });
    assert_eq!(superuser.post(&path, limit("Warning", 70)).status(), 201);
    assert_snapshot!(member.get(&path), @r#"
    200
    [
      {
        "id": 1,
        "type": "Reject",
        "limit_percent": 90
      },
      {
        "id": 2,
        "type": "Warning",
        "limit_percent": 70
      }
    ]
    "#);
    assert_snapshot!(member.get(&format!("{path}/2")), @r#"
    200
    {
      "id": 2,
      "type": "Warning",
      "limit_percent": 70
    }
    "#);
    assert_snapshot!(superuser.post(&path, limit("Warning", 70)).refusal(), @"400 invalid_request: Quota limit already exists");
    assert_snapshot!(superuser.post(&path, limit("warning", 70)), @r#"
    400
    {
      "message": "Quota type must be one of [Warning, Reject]"
    }
    "#);
    assert_snapshot!(superuser.post(&path, limit("Warning", 0)), @r#"
    400
    {
      "message": "Quota limit threshold must be between 1 and 100"
    }
    "#);
    assert_snapshot!(superuser.post(&path, limit("Warning", 101)), @r#"
    400
    {
      "message": "Quota limit threshold must be between 1 and 100"
    }
    "#);
    assert_eq!(superuser.post(&path, json!({ "type": "Warning" })).status(), 400);
    assert_snapshot!(superuser.put(&format!("{path}/2"), json!({ "threshold_percent": 80 })), @r#"
    200
    {
      "id": 1,
      "limit_bytes": 1000000,
      "limit": "976.6 KiB",
      "default_config": false,
      "limits": [
        {
          "id": 1,
          "type": "Reject",
          "limit_percent": 90
        },
        {
          "id": 2,
          "type": "Warning",
          "limit_percent": 80
        }
      ],
      "default_config_exists": false
    }
    "#);
    assert_eq!(superuser.put(&format!("{path}/2"), limit("Reject", 90)).status(), 400, "as 1");
    assert_eq!(superuser.put(&format!("{path}/2"), json!({})).status(), 200);
    for missing in [format!("{path}/3"), format!("{QUOTA}/2/limit/1"), format!("{path}/x")] {
        assert_eq!(superuser.get(&missing).status(), 404, "{missing}");
        assert_eq!(superuser.put(&missing, json!({})).status(), 404, "{missing}");
        assert_eq!(superuser.delete(&missing).status(), 404, "{missing}");
    }
    assert_eq!(superuser.post(&format!("{QUOTA}/2/limit"), limit("Warning", 1)).status(), 404);
    assert_snapshot!(superuser.delete(&format!("{path}/1")), @"204");
    assert_eq!(member.get(&path).json().as_array().map(Vec::len), Some(1));
    assert_snapshot!(log(&app), @r#"
    org_create_quota {"namespace":"acme","limit_bytes":1000000,"limit":"976.6 KiB"}
    org_create_quota {"namespace":"member","limit_bytes":1073741824,"limit":"1.0 GiB"}
    org_create_quota_limit {"namespace":"acme","type":"Reject","threshold_percent":90}
    org_create_quota_limit {"namespace":"acme","type":"Warning","threshold_percent":70}
    org_change_quota_limit {"namespace":"acme","type":"Warning","threshold_percent":80}
    org_change_quota_limit {"namespace":"acme","type":"Warning","threshold_percent":80}
    org_delete_quota_limit {"namespace":"acme","type":"Reject","threshold_percent":90}
    "#);
}

#[test]
fn the_installation_s_default() {
    let app = app().with("default_system_reject_quota_bytes", "1073741824");
    let member = app.as_user("member");
    assert_snapshot!(member.get(QUOTA), @r#"
    200
    [
      {
        "id": null,
        "limit_bytes": 1073741824,
        "limit": "1.0 GiB",
        "default_config": true,
        "limits": [],
        "default_config_exists": true
      }
    ]
    "#);
    assert_eq!(member.get("/api/v1/user/quota").to_string(), member.get(QUOTA).to_string());
    let report = |app: &App| {
        app.as_user("member").get("/api/v1/organization/acme").json()["quota_report"].clone()
    };
    assert_eq!(report(&app)["configured_quota"], 1_073_741_824);
    let own = app.as_user("superuser").post(QUOTA, json!({ "limit_bytes": 1 }));
    assert_eq!(own.status(), 201);
    assert_eq!(report(&app)["configured_quota"], 1);
    assert_eq!(member.get(QUOTA).json()[0]["default_config_exists"], true);
}

#[test]
fn an_organization_shows_its_quota_to_members() {
    let app = app_with_quota();
    let organization = "/api/v1/organization/acme";
    let fields = |view: &Value| json!([view["quotas"], view["quota_report"]]);
    let member = app.as_user("member").get(organization).json();
    assert_snapshot!(format!("{:#}", fields(&member)), @r#"
    [
      [
        {
          "id": 1,
          "limit_bytes": 1000000,
          "limits": [
            {
              "id": 1,
              "type": "Reject",
              "limit_percent": 90
            }
          ]
        }
      ],
      {
        "quota_bytes": 0,
        "configured_quota": 1000000,
        "running_backfill": "complete",
        "backfill_status": "complete"
      }
    ]
    "#);
    let keys: Vec<&str> =
        member.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys[keys.len() - 2..], ["quotas", "quota_report"]);
    let changed = app.as_user("admin").put(organization, json!({})).json();
    assert_eq!(fields(&changed), fields(&member));
    for name in ["superuser", "reader"] {
        let seen = app.as_user(name).get(organization).json();
        assert_eq!(fields(&seen), fields(&member), "{name}");
    }
    let outsider = app.as_user("outsider").get(organization).json();
    assert!(outsider.get("quotas").is_none() && outsider.get("quota_report").is_none());
    app.set("feature_edit_quota", "false");
    let off = app.as_user("member").get(organization).json();
    assert!(off.get("quotas").is_none() && off.get("quota_report").is_none());
}

#[test]
fn without_the_features_there_are_no_quotas() {
    let app = app();
    for feature in ["feature_quota_management", "feature_edit_quota", "feature_super_users"] {
        app.set(feature, "false");
        for path in [QUOTA, "/api/v1/user/quota", "/api/v1/superuser/users/member/quota"] {
            assert_eq!(app.as_user("superuser").get(path).status(), 404, "{feature} {path}");
        }
        app.set(feature, "true");
    }
}

#[test]
fn superusers_see_and_set_everybody_s() {
    let app = app_with_quota().with("feature_superusers_full_access", "false");
    let superuser = app.as_user("superuser");
    let path = "/api/v1/superuser/users/member/quota";
    assert_snapshot!(superuser.get(path), @r#"
    200
    [
      {
        "id": 2,
        "limit_bytes": 1073741824,
        "limit": "1.0 GiB",
        "default_config": false,
        "limits": [],
        "default_config_exists": false
      }
    ]
    "#);
    assert_snapshot!(superuser.post(path, json!({ "limit_bytes": 1 })).refusal(), @"400 invalid_request: Quota for 'member' already exists");
    assert_eq!(superuser.put(&format!("{path}/2"), json!({ "limit_bytes": 7 })).status(), 200);
    assert_eq!(superuser.put(&format!("{path}/1"), json!({ "limit_bytes": 7 })).status(), 404);
    assert_snapshot!(superuser.delete(&format!("{path}/2")), @"204");
    assert_eq!(superuser.delete(&format!("{path}/2")).status(), 404);
    assert_eq!(superuser.get("/api/v1/superuser/organization/acme/quota").json()[0]["id"], 1);
    let nobody = "/api/v1/superuser/users/nobody/quota";
    assert_snapshot!(superuser.get(nobody).refusal(), @"404 not_found: Not Found");
    assert_eq!(superuser.post(nobody, json!({ "limit_bytes": 1 })).status(), 404);
    // Without full access superusers may not use an organization's path.
    assert_eq!(superuser.get(QUOTA).status(), 403);
    assert_eq!(superuser.post(QUOTA, json!({ "limit_bytes": 1 })).status(), 403);
}

#[test]
fn one_s_own_quota() {
    let app = app_with_quota();
    let member = app.with_scope("member", "user:admin");
    assert_snapshot!(member.get("/api/v1/user/quota"), @r#"
    200
    [
      {
        "id": 2,
        "limit_bytes": 1073741824,
        "limit": "1.0 GiB",
        "default_config": false,
        "limits": [],
        "default_config_exists": false
      }
    ]
    "#);
    assert_eq!(member.get("/api/v1/user/quota/2").json()["limit_bytes"], 1_073_741_824);
    assert_eq!(member.get("/api/v1/user/quota/1").status(), 404, "the organization's");
    assert_eq!(member.get("/api/v1/user/quota/2/limit").json(), json!([]));
    assert_eq!(member.get("/api/v1/user/quota/2/limit/1").status(), 404);
    // The caller's user name is no organization.
    assert_eq!(app.as_user("member").get("/api/v1/organization/member/quota").status(), 404);
}

#[test]
fn an_unknown_organization() {
    let app = app();
    assert_eq!(app.as_user("admin").get("/api/v1/organization/nope/quota").status(), 403);
    let superuser = app.as_user("superuser");
    assert_snapshot!(superuser.get("/api/v1/organization/nope/quota").refusal(), @"404 not_found: Not Found");
    let body = json!({ "limit_bytes": 1 });
    assert_eq!(superuser.post("/api/v1/organization/nope/quota", body).status(), 404);
}

#[test]
fn a_deleted_organization_takes_its_quota_along() {
    let app = app_with_quota();
    assert_eq!(app.as_user("admin").delete("/api/v1/organization/acme").status(), 204);
    assert_eq!(app.rows("SELECT id FROM quota"), [["2"]]);
    assert_eq!(app.rows("SELECT count(*) FROM quota_limit"), [["0"]]);
}

#[test]
fn permitted_callers() {
    let app = app_with_quota();
    let (size, limit) = (json!({ "limit_bytes": 1 }), json!({}));
    let new_limit = json!({ "type": "Reject", "threshold_percent": 90 });
    let nothing = || Value::Null;
    assert_snapshot!(app.matrix(&[
        (Method::GET, "/api/v1/organization/acme/quota", nothing()),
        (Method::POST, "/api/v1/organization/acme/quota", size.clone()),
        (Method::GET, "/api/v1/organization/acme/quota/1", nothing()),
        (Method::PUT, "/api/v1/organization/acme/quota/9", size.clone()),
        (Method::DELETE, "/api/v1/organization/acme/quota/9", nothing()),
        (Method::GET, "/api/v1/organization/acme/quota/1/limit", nothing()),
        (Method::POST, "/api/v1/organization/acme/quota/1/limit", new_limit),
        (Method::GET, "/api/v1/organization/acme/quota/1/limit/1", nothing()),
        (Method::PUT, "/api/v1/organization/acme/quota/1/limit/9", limit),
        (Method::DELETE, "/api/v1/organization/acme/quota/1/limit/9", nothing()),
        (Method::GET, "/api/v1/user/quota", nothing()),
        (Method::GET, "/api/v1/user/quota/9", nothing()),
        (Method::GET, "/api/v1/user/quota/9/limit", nothing()),
        (Method::GET, "/api/v1/user/quota/9/limit/9", nothing()),
        (Method::GET, "/api/v1/superuser/users/member/quota", nothing()),
        (Method::POST, "/api/v1/superuser/users/member/quota", size.clone()),
        (Method::PUT, "/api/v1/superuser/users/member/quota/9", size.clone()),
        (Method::DELETE, "/api/v1/superuser/users/member/quota/9", nothing()),
        (Method::GET, "/api/v1/superuser/organization/acme/quota", nothing()),
        (Method::POST, "/api/v1/superuser/organization/acme/quota", size.clone()),
        (Method::PUT, "/api/v1/superuser/organization/acme/quota/9", size),
        (Method::DELETE, "/api/v1/superuser/organization/acme/quota/9", nothing()),
    ]), @"
    GET /api/v1/organization/acme/quota
      200 member creator admin superuser reader admin[repo:create] admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider admin[repo:read] admin[repo:write] admin[repo:admin] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    POST /api/v1/organization/acme/quota
      400 superuser superuser[super:user]
      401 anonymous
      403 outsider member creator admin reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    GET /api/v1/organization/acme/quota/1
      200 member creator admin superuser reader admin[repo:create] admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider admin[repo:read] admin[repo:write] admin[repo:admin] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    PUT /api/v1/organization/acme/quota/9
    DELETE /api/v1/organization/acme/quota/9
      401 anonymous
      403 outsider member creator admin reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 superuser superuser[super:user]
    GET /api/v1/organization/acme/quota/1/limit
      200 member creator admin superuser reader admin[repo:create] admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider admin[repo:read] admin[repo:write] admin[repo:admin] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    POST /api/v1/organization/acme/quota/1/limit
      400 superuser superuser[super:user]
      401 anonymous
      403 outsider member creator admin reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    GET /api/v1/organization/acme/quota/1/limit/1
      200 member creator admin superuser reader admin[repo:create] admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider admin[repo:read] admin[repo:write] admin[repo:admin] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    PUT /api/v1/organization/acme/quota/1/limit/9
    DELETE /api/v1/organization/acme/quota/1/limit/9
      401 anonymous
      403 outsider member creator admin reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 superuser superuser[super:user]
    GET /api/v1/user/quota
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    GET /api/v1/user/quota/9
    GET /api/v1/user/quota/9/limit
    GET /api/v1/user/quota/9/limit/9
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
      404 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
    GET /api/v1/superuser/users/member/quota
      200 superuser reader superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    POST /api/v1/superuser/users/member/quota
      400 superuser superuser[super:user]
      401 anonymous
      403 outsider member creator admin reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    PUT /api/v1/superuser/users/member/quota/9
    DELETE /api/v1/superuser/users/member/quota/9
      401 anonymous
      403 outsider member creator admin reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 superuser superuser[super:user]
    GET /api/v1/superuser/organization/acme/quota
      200 superuser reader superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    POST /api/v1/superuser/organization/acme/quota
      400 superuser superuser[super:user]
      401 anonymous
      403 outsider member creator admin reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
    PUT /api/v1/superuser/organization/acme/quota/9
    DELETE /api/v1/superuser/organization/acme/quota/9
      401 anonymous
      403 outsider member creator admin reader admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin] reader[repo:read]
      404 superuser superuser[super:user]
    ");
}

#[test]
fn a_change_without_a_size_changes_nothing() {
    let app = app_with_quota();
    let superuser = app.as_user("superuser");
    let path = format!("{QUOTA}/1");
    let before = superuser.get(&path).to_string();
    let logged = log(&app);
    for body in [
        json!({}),
        json!({ "limit_bytes": 0 }),
        json!({ "limit_bytes": 0.0 }),
        json!({ "limit": "0" }),
    ] {
        assert_eq!(superuser.put(&path, body.clone()).to_string(), before, "{body}");
    }
    assert_eq!(superuser.get(&path).to_string(), before);
    assert_eq!(log(&app), logged);
    assert_eq!(superuser.put(&path, json!({ "limit_bytes": 1, "limit": "1GiB" })).status(), 400);
    assert_eq!(superuser.put(&format!("{QUOTA}/2"), json!({})).status(), 404);
    assert_eq!(app.as_user("admin").put(&path, json!({})).status(), 403);
}
