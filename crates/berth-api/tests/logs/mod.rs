//! The log, read.

mod export;
mod export_link;
mod repository;

use berth_test::App;
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

const LOGS: &str = "/api/v1/organization/acme/logs";
const COUNTS: &str = "/api/v1/organization/acme/aggregatelogs";
const EVERYTHING: &str = "/api/v1/superuser/aggregatelogs";

fn app() -> App {
    App::new().with_roles()
}

/// An entry, so many seconds before now.
fn enter(app: &App, namespace: &str, performer: &str, kind: &str, seconds_ago: i64) {
    app.execute(&format!(
        "INSERT INTO log_entry (kind, namespace_id, performer_id, ip, metadata, created_at)
        VALUES ('{kind}', (SELECT id FROM account WHERE name = '{namespace}'),
            (SELECT id FROM account WHERE name = '{performer}'), '192.0.2.7',
            '{{\"team\":\"{namespace}-{seconds_ago}\",\"role\":\"member\"}}',
            1795328887000000 - {seconds_ago} * 1000000)"
    ));
}

fn teams(reply: &Value) -> Vec<&str> {
    let logs = reply["logs"].as_array().expect("a list");
    logs.iter().map(|log| log["metadata"]["team"].as_str().expect("a team")).collect()
}

#[test]
fn an_organization_s_log() {
    let app = app();
    enter(&app, "acme", "admin", "org_create_team", 60);
    enter(&app, "acme", "nobody", "org_set_team_role", 30);
    app.execute(
        "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
        SELECT 'r', 'robot', 'acme+bot', 'no-address', id, 0 FROM account WHERE name = 'acme'",
    );
    enter(&app, "acme", "acme+bot", "org_delete_team", 10);
    let reply = app.as_user("admin").get(LOGS);
    let mut body = reply.json();
    assert!(body["next_page"].take().is_string());
    assert_snapshot!(format!("{body:#}"), @r##"
    {
      "start_time": "Sat, 21 Nov 2026 06:28:07 -0000",
      "end_time": "Mon, 23 Nov 2026 06:28:07 -0000",
      "logs": [
        {
          "kind": "org_delete_team",
          "metadata": {
            "team": "acme-10",
            "role": "member"
          },
          "ip": "192.0.2.7",
          "datetime": "Sun, 22 Nov 2026 06:27:57 -0000",
          "performer": {
            "kind": "user",
            "name": "acme+bot",
            "is_robot": true,
            "avatar": {
              "name": "acme+bot",
              "hash": "828fafef6ae9b26fe24914af96f741f06a55d325b950c992ea47253aebd2d9fb",
              "color": "#ff7f0e",
              "kind": "robot"
            }
          }
        },
        {
          "kind": "org_set_team_role",
          "metadata": {
            "team": "acme-30",
            "role": "member"
          },
          "ip": "192.0.2.7",
          "datetime": "Sun, 22 Nov 2026 06:27:37 -0000"
        },
        {
          "kind": "org_create_team",
          "metadata": {
            "team": "acme-60",
            "role": "member"
          },
          "ip": "192.0.2.7",
          "datetime": "Sun, 22 Nov 2026 06:27:07 -0000",
          "performer": {
            "kind": "user",
            "name": "admin",
            "is_robot": false,
            "avatar": {
              "name": "admin",
              "hash": "258d8dc916db8cea2cafb6c3cd0cb0246efe061421dbd83ec3a350428cabda4f",
              "color": "#98df8a",
              "kind": "user"
            }
          }
        }
      ],
      "next_page": null
    }
    "##);
}

/// Readers of one organization's log see no entry of another's, whatever they ask for.
#[test]
fn no_line_of_another_tenant() {
    let app = app().with_organization("other", "outsider");
    for seconds in 0..50 {
        enter(&app, "other", "admin", "org_create_team", seconds);
    }
    enter(&app, "acme", "admin", "org_create_team", 25);
    enter(&app, "admin", "admin", "user_create", 25);
    let (admin, outsider) = (app.as_user("admin"), app.as_user("outsider"));
    let foreign = outsider.get("/api/v1/organization/other/logs").json();
    let token = foreign["next_page"].as_str().expect("there is more");
    for query in ["", "?performer=admin", &format!("?next_page={token}")] {
        let mine = admin.get(&format!("{LOGS}{query}")).json();
        assert_eq!(teams(&mine), ["acme-25"], "{query}");
        let own = admin.get(&format!("/api/v1/user/logs{query}")).json();
        assert_eq!(teams(&own), ["admin-25"], "{query}");
    }
    let counts = admin.get(&format!("{COUNTS}?performer=admin")).json();
    assert_eq!(counts["aggregated"].as_array().map(Vec::len), Some(1));
    assert_eq!(counts["aggregated"][0]["count"], 1);
    assert_eq!(admin.get("/api/v1/organization/other/logs").status(), 403);
    assert_eq!(admin.get("/api/v1/organization/other/aggregatelogs").status(), 403);
}

#[test]
fn pages_follow_each_other_to_the_end() {
    let app = app();
    // Many at the same time: the time alone does not order them.
    for number in 0..45 {
        enter(&app, "acme", "admin", "org_create_team", number / 15);
    }
    let admin = app.as_user("admin");
    let (mut path, mut pages, mut seen) = (format!("{LOGS}?next_page="), Vec::new(), Vec::new());
    loop {
        let page = admin.get(&path).json();
        pages.push(teams(&page).len());
        seen.extend(teams(&page).into_iter().map(str::to_owned));
        let Some(token) = page["next_page"].as_str() else { break };
        path = format!("{LOGS}?next_page={token}");
        // Entries that are made meanwhile are newer and on none of the following pages.
        enter(&app, "acme", "admin", "org_create_team", 0);
    }
    assert_eq!(pages, [20, 20, 5, 0]);
    let wanted: Vec<String> = (0..45).map(|number| format!("acme-{}", number / 15)).collect();
    assert_eq!(seen, wanted);
    let spoiled = admin.get(&format!("{LOGS}?next_page=nonsense")).json();
    assert_eq!(teams(&spoiled).len(), 20, "no token is the first page");
}

#[test]
fn an_empty_log() {
    let mut body = app().as_user("admin").get(LOGS).json();
    assert!(body["next_page"].take().is_string());
    assert_eq!(body["logs"], json!([]));
}

#[test]
fn days_bound_it() {
    let app = app();
    for days in [0, 1, 2, 40] {
        enter(&app, "acme", "admin", "org_create_team", days * 86_400);
    }
    let admin = app.as_user("admin");
    let seen = |query: &str| {
        let reply = admin.get(&format!("{LOGS}?{query}")).json();
        let span = format!("{} - {}", reply["start_time"], reply["end_time"]);
        (span, teams(&reply).into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    // By default the last day; the day of the end counts whole.
    assert_snapshot!(format!("{:#?}", [
        seen(""),
        seen("starttime=11/20/2026"),
        seen("starttime=11/20/2026&endtime=11/21/2026"),
        seen("starttime=1/2/2026"),
        seen("starttime=2026-11-20&endtime=99/99/2026"),
    ]), @r#"
    [
        (
            "\"Sat, 21 Nov 2026 06:28:07 -0000\" - \"Mon, 23 Nov 2026 06:28:07 -0000\"",
            [
                "acme-0",
                "acme-86400",
            ],
        ),
        (
            "\"Fri, 20 Nov 2026 00:00:00 -0000\" - \"Mon, 23 Nov 2026 06:28:07 -0000\"",
            [
                "acme-0",
                "acme-86400",
                "acme-172800",
            ],
        ),
        (
            "\"Fri, 20 Nov 2026 00:00:00 -0000\" - \"Sun, 22 Nov 2026 00:00:00 -0000\"",
            [
                "acme-86400",
                "acme-172800",
            ],
        ),
        (
            "\"Fri, 02 Jan 2026 00:00:00 -0000\" - \"Mon, 23 Nov 2026 06:28:07 -0000\"",
            [
                "acme-0",
                "acme-86400",
                "acme-172800",
                "acme-3456000",
            ],
        ),
        (
            "\"Sat, 21 Nov 2026 06:28:07 -0000\" - \"Mon, 23 Nov 2026 06:28:07 -0000\"",
            [
                "acme-0",
                "acme-86400",
            ],
        ),
    ]
    "#);
    assert_snapshot!(admin.get(&format!("{LOGS}?starttime=11/22/2026&endtime=11/20/2026")), @r#"
    400
    {
      "message": "The browser (or proxy) sent a request that this server could not understand."
    }
    "#);
}

#[test]
fn by_performer() {
    let app = app();
    enter(&app, "acme", "admin", "org_create_team", 1);
    enter(&app, "acme", "member", "org_create_team", 2);
    let admin = app.as_user("admin");
    assert_eq!(teams(&admin.get(&format!("{LOGS}?performer=member")).json()), ["acme-2"]);
    assert_eq!(teams(&admin.get(&format!("{LOGS}?performer=outsider")).json()), [""; 0]);
    assert_eq!(teams(&admin.get(&format!("{LOGS}?performer=")).json()).len(), 2);
    assert_snapshot!(admin.get(&format!("{LOGS}?performer=nobody")).refusal(), @"400 invalid_request: Unknown performer");
    assert_eq!(admin.get(&format!("{LOGS}?performer=acme")).status(), 400, "no organization acts");
    let count = |query: &str| {
        admin.get(&format!("{COUNTS}?{query}")).json()["aggregated"][0]["count"].clone()
    };
    assert_eq!(count("performer=member"), 1);
    assert_eq!(count("performer=nobody"), 2, "an unknown performer is ignored here");
}

/// Otherwise the answer would tell which robots other tenants have.
#[test]
fn a_robot_of_another_namespace_is_unknown() {
    let app = app().with_organization("other", "outsider");
    app.execute(
        "INSERT INTO account (uuid, kind, name, email, namespace_id, created_at)
        SELECT name, 'robot', name || '+bot', name, id, 0 FROM account
        WHERE name IN ('acme', 'other')",
    );
    enter(&app, "acme", "acme+bot", "org_create_team", 1);
    enter(&app, "acme", "admin", "org_create_team", 2);
    let admin = app.as_user("admin");
    assert_eq!(teams(&admin.get(&format!("{LOGS}?performer=acme%2Bbot")).json()), ["acme-1"]);
    let answer = |name: &str| admin.get(&format!("{LOGS}?performer={name}")).to_string();
    assert_eq!(answer("other%2Bbot"), answer("other%2Bnone"));
    let counted = |name: &str| admin.get(&format!("{COUNTS}?performer={name}")).to_string();
    assert_eq!(counted("other%2Bbot"), counted("other%2Bnone"));
    let all = "/api/v1/superuser/logs?performer=other%2Bbot";
    assert_eq!(app.as_user("superuser").get(all).status(), 200);
}

/// Entries outlive their performer and the account that they are about.
#[test]
fn deleted_accounts_are_left_out() {
    let app = app().with_organization("gone", "member").with_user("leaver");
    enter(&app, "acme", "leaver", "org_create_team", 1);
    enter(&app, "gone", "member", "org_delete", 2);
    app.execute("DELETE FROM account WHERE name IN ('gone', 'leaver')");
    let logs = app.as_user("superuser").get("/api/v1/superuser/logs").json()["logs"].clone();
    assert_eq!(teams(&json!({ "logs": logs })), ["acme-1", "gone-2"]);
    assert!(logs[0].get("performer").is_none() && logs[0].get("namespace").is_some());
    assert!(logs[1].get("performer").is_some() && logs[1].get("namespace").is_none());
}

#[test]
fn counts_by_day_and_kind() {
    let app = app();
    enter(&app, "acme", "admin", "org_create_team", 1);
    enter(&app, "acme", "admin", "org_create_team", 2);
    enter(&app, "acme", "admin", "org_add_team_member", 3);
    enter(&app, "acme", "admin", "org_create_team", 86_400);
    let admin = app.as_user("admin");
    assert_snapshot!(admin.get(COUNTS), @r#"
    200
    {
      "aggregated": [
        {
          "kind": "org_create_team",
          "count": 1,
          "datetime": "<start-109687s>"
        },
        {
          "kind": "org_add_team_member",
          "count": 1,
          "datetime": "<start-23287s>"
        },
        {
          "kind": "org_create_team",
          "count": 2,
          "datetime": "<start-23287s>"
        }
      ]
    }
    "#);
    let span =
        |start: &str, end: &str| admin.get(&format!("{COUNTS}?starttime={start}&endtime={end}"));
    assert_eq!(span("10/23/2026", "11/22/2026").status(), 200);
    assert_snapshot!(span("10/22/2026", "11/22/2026"), @r#"
    400
    {
      "message": "Invalid date range for logs"
    }
    "#);
    assert_eq!(span("11/22/2026", "11/20/2026").status(), 400);
    assert_eq!(span("12/30/9999", "12/30/9999").status(), 200);
    assert_eq!(span("12/30/9999", "12/31/9999").status(), 400, "the day after has no date");
    app.set("feature_aggregated_log_count_retrieval", "false");
    for path in [COUNTS, "/api/v1/user/aggregatelogs", EVERYTHING] {
        assert_eq!(app.as_user("superuser").get(path).status(), 404, "{path}");
    }
    app.set("feature_aggregated_log_count_retrieval", "true");
    assert_eq!(app.as_user("superuser").get(EVERYTHING).status(), 200);
    app.set("feature_super_users", "false");
    assert_eq!(app.as_user("superuser").get(EVERYTHING).status(), 404);
}

/// The database keeps the numbers of whole days: they are those of the entries, whatever comes and goes.
#[test]
fn counts_are_those_of_the_entries() {
    let app = app().with_organization("other", "admin");
    for hours in 0..200 {
        let (namespace, performer) =
            [("acme", "admin"), ("other", "member"), ("-", "admin")][hours % 3];
        let kind = ["org_create_team", "org_delete_team"][hours % 2];
        enter(&app, namespace, performer, kind, 3_600 * i64::try_from(hours).expect("few") - 7_200);
    }
    app.execute("DELETE FROM log_entry WHERE id % 7 = 0 OR created_at BETWEEN 1794700800000000 AND 1794787199999999");
    let (now, day) = (1_795_328_887_000_000_i64, 86_400_000_000_i64);
    let midnight = now / day * day;
    for (query, start, end) in [
        (String::new(), now - day, now + day),
        ("starttime=11/15/2026".into(), midnight - 7 * day, now + day),
        ("endtime=11/22/2026".into(), now - day, midnight + day),
        ("starttime=11/14/2026&endtime=11/21/2026".into(), midnight - 8 * day, midnight),
        ("starttime=11/15/2026&endtime=11/15/2026".into(), midnight - 7 * day, midnight - 6 * day),
    ] {
        for (counts, namespace) in [(COUNTS, Some("acme")), (EVERYTHING, None)] {
            for performer in [None, Some("admin")] {
                let of = |column: &str, name: Option<&str>| {
                    let is = |name| {
                        format!("AND {column} = (SELECT id FROM account WHERE name = '{name}')")
                    };
                    name.map(is).unwrap_or_default()
                };
                let entries = app.rows(&format!(
                    "SELECT kind, count(*) FROM log_entry
                    WHERE created_at >= {start} AND created_at < {end} {} {}
                    GROUP BY created_at / {day}, kind ORDER BY created_at / {day}, kind",
                    of("namespace_id", namespace),
                    of("performer_id", performer),
                ));
                let query = format!("{query}&performer={}", performer.unwrap_or_default());
                let reply = app.as_user("superuser").get(&format!("{counts}?{query}")).json();
                let counted = reply["aggregated"].as_array().expect("a list").iter();
                let counted = counted.map(|row| {
                    vec![row["kind"].as_str().expect("a kind").to_owned(), row["count"].to_string()]
                });
                assert_eq!(counted.collect::<Vec<_>>(), entries, "{counts}?{query}");
            }
        }
    }
    app.execute("DELETE FROM log_entry");
    assert!(app.rows("SELECT day FROM log_count").is_empty());
}

#[test]
fn the_installation_s_log_names_the_account() {
    let app = app();
    enter(&app, "acme", "admin", "org_create_team", 1);
    enter(&app, "member", "member", "user_create", 2);
    let superuser = app.as_user("superuser");
    let mut body = superuser.get("/api/v1/superuser/logs").json();
    assert!(body["next_page"].take().is_string());
    assert_snapshot!(format!("{body:#}"), @r##"
    {
      "start_time": "Sat, 21 Nov 2026 06:28:07 -0000",
      "end_time": "Mon, 23 Nov 2026 06:28:07 -0000",
      "logs": [
        {
          "kind": "org_create_team",
          "metadata": {
            "team": "acme-1",
            "role": "member"
          },
          "ip": "192.0.2.7",
          "datetime": "Sun, 22 Nov 2026 06:28:06 -0000",
          "performer": {
            "kind": "user",
            "name": "admin",
            "is_robot": false,
            "avatar": {
              "name": "admin",
              "hash": "258d8dc916db8cea2cafb6c3cd0cb0246efe061421dbd83ec3a350428cabda4f",
              "color": "#98df8a",
              "kind": "user"
            }
          },
          "namespace": {
            "kind": "org",
            "name": "acme",
            "avatar": {
              "name": "acme",
              "hash": "4d422ac9aaabde4adbf99f387b90be363633fb7ce7411bea5437f95bd46f1640",
              "color": "#f7b6d2",
              "kind": "org"
            }
          }
        },
        {
          "kind": "user_create",
          "metadata": {
            "team": "member-2",
            "role": "member"
          },
          "ip": "192.0.2.7",
          "datetime": "Sun, 22 Nov 2026 06:28:05 -0000",
          "performer": {
            "kind": "user",
            "name": "member",
            "is_robot": false,
            "avatar": {
              "name": "member",
              "hash": "b6e346dee08f8e8cf029179eb5177b5c2fc1a6e8ba01ab8ff4e1b8d56e89298c",
              "color": "#6b6ecf",
              "kind": "user"
            }
          },
          "namespace": {
            "kind": "user",
            "name": "member",
            "avatar": {
              "name": "member",
              "hash": "b6e346dee08f8e8cf029179eb5177b5c2fc1a6e8ba01ab8ff4e1b8d56e89298c",
              "color": "#6b6ecf",
              "kind": "user"
            }
          }
        }
      ],
      "next_page": null
    }
    "##);
    assert_snapshot!(superuser.get("/api/v1/superuser/aggregatelogs"), @r#"
    200
    {
      "aggregated": [
        {
          "kind": "org_create_team",
          "count": 1,
          "datetime": "<start-23287s>"
        },
        {
          "kind": "user_create",
          "count": 1,
          "datetime": "<start-23287s>"
        }
      ]
    }
    "#);
}

#[test]
fn an_unknown_organization() {
    let app = app();
    assert_eq!(app.as_user("admin").get("/api/v1/organization/nope/logs").status(), 403);
    assert_snapshot!(app.as_user("superuser").get("/api/v1/organization/nope/logs").refusal(), @"404 not_found: Not Found");
    let counts = app.as_user("superuser").get("/api/v1/organization/nope/aggregatelogs");
    assert_eq!(counts.status(), 404);
}

#[test]
fn permitted_callers() {
    let app = app();
    assert_snapshot!(app.matrix(&[
        (Method::GET, LOGS, Value::Null),
        (Method::GET, COUNTS, Value::Null),
        (Method::GET, "/api/v1/organization/admin/logs", Value::Null),
        (Method::GET, "/api/v1/user/logs", Value::Null),
        (Method::GET, "/api/v1/user/aggregatelogs", Value::Null),
        (Method::GET, "/api/v1/superuser/logs", Value::Null),
        (Method::GET, "/api/v1/superuser/aggregatelogs", Value::Null),
    ]), @"
    GET /api/v1/organization/acme/logs
    GET /api/v1/organization/acme/aggregatelogs
      200 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    GET /api/v1/organization/admin/logs
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
      404 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
    GET /api/v1/user/logs
    GET /api/v1/user/aggregatelogs
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    GET /api/v1/superuser/logs
    GET /api/v1/superuser/aggregatelogs
      200 superuser reader superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    ");
    app.set("feature_superusers_full_access", "false");
    assert_eq!(app.as_user("superuser").get(LOGS).status(), 403);
    assert_eq!(app.as_user("superuser").get("/api/v1/superuser/logs").status(), 200);
}
