//! The log of a repository.

use berth_test::App;
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::Value;

const LOGS: &str = "/api/v1/repository/acme/lib/logs/logs";

/// The repository `lib/logs` of `acme`, made ten seconds ago, after another of that name; and one of another organization.
fn app() -> App {
    let app = App::new().with_roles().with_organization("other", "outsider");
    app.execute(
        "INSERT INTO repository (namespace_id, name, created_at)
        SELECT id, 'lib/logs', 1795328877000000 FROM account WHERE name IN ('acme', 'other')",
    );
    for (namespace, kind, repository, seconds_ago) in [
        ("acme", "delete_repo", "lib/logs", 11),
        ("acme", "create_repo", "lib/logs", 10),
        ("acme", "change_repo_permission", "lib/logs", 5),
        ("acme", "change_repo_permission", "lib", 4),
        ("acme", "create_application", "lib/logs", 3),
        ("other", "change_repo_permission", "lib/logs", 2),
    ] {
        app.execute(&format!(
            "INSERT INTO log_entry (kind, namespace_id, metadata, created_at)
            VALUES ('{kind}', (SELECT id FROM account WHERE name = '{namespace}'),
                '{{\"repo\":\"{repository}\"}}', 1795328887000000 - {seconds_ago} * 1000000)"
        ));
    }
    app
}

#[test]
fn only_what_happened_to_it_since_it_was_made() {
    let app = app();
    let admin = app.as_user("admin");
    let mut body = admin.get(LOGS).json();
    assert!(body["next_page"].take().is_string());
    assert_snapshot!(format!("{body:#}"), @r#"
    {
      "start_time": "Sat, 21 Nov 2026 06:28:07 -0000",
      "end_time": "Mon, 23 Nov 2026 06:28:07 -0000",
      "logs": [
        {
          "kind": "change_repo_permission",
          "metadata": {
            "repo": "lib/logs"
          },
          "ip": null,
          "datetime": "Sun, 22 Nov 2026 06:28:02 -0000"
        },
        {
          "kind": "create_repo",
          "metadata": {
            "repo": "lib/logs"
          },
          "ip": null,
          "datetime": "Sun, 22 Nov 2026 06:27:57 -0000"
        }
      ],
      "next_page": null
    }
    "#);
    assert_snapshot!(admin.get("/api/v1/repository/acme/lib/logs/aggregatelogs"), @r#"
    200
    {
      "aggregated": [
        {
          "kind": "change_repo_permission",
          "count": 1,
          "datetime": "<start-23287s>"
        },
        {
          "kind": "create_repo",
          "count": 1,
          "datetime": "<start-23287s>"
        }
      ]
    }
    "#);
    assert_eq!(admin.get("/api/v1/repository/acme/nope/logs").status(), 404);
    assert_eq!(admin.get("/api/v1/repository/acme/nope/aggregatelogs").status(), 404);
    assert_eq!(admin.get("/api/v1/repository/other/lib/logs/logs").status(), 403);
    app.set("feature_aggregated_log_count_retrieval", "false");
    let off = admin.get("/api/v1/repository/acme/lib/logs/aggregatelogs");
    assert_ne!(off.status(), 200);
}

#[test]
fn permitted_callers() {
    assert_snapshot!(app().matrix(&[
        (Method::GET, LOGS, Value::Null),
        (Method::GET, "/api/v1/repository/acme/lib/logs/aggregatelogs", Value::Null),
    ]), @"
    GET /api/v1/repository/acme/lib/logs/logs
    GET /api/v1/repository/acme/lib/logs/aggregatelogs
      200 admin superuser reader admin[repo:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    ");
}
