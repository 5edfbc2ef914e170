//! The log as lines of JSON.

use std::cell::Cell;
use std::rc::Rc;

use berth_test::{App, Reply};
use berth_web::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{app, enter};

const EXPORT: &str = "/api/v1/organization/acme/logs/export";

/// The lines of an export: the names of its entries, and the cursors with whether they were the last.
fn lines(reply: &Reply) -> (Vec<String>, Vec<(String, bool)>) {
    assert_eq!((reply.status(), reply.header("content-type")), (200, Some("application/x-ndjson")));
    let (mut entries, mut cursors) = (Vec::new(), Vec::new());
    for line in reply.text().lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        match line["cursor"].as_str() {
            Some(cursor) => cursors.push((cursor.to_owned(), line["complete"] == json!(true))),
            None => entries.push(line["metadata"]["n"].to_string()),
        }
    }
    (entries, cursors)
}

/// Entries `from..to` of an organization, several at the same moment, the highest number last.
fn enter_many(app: &App, from: usize, to: usize) {
    app.execute(&format!(
        "WITH RECURSIVE number (n) AS (VALUES ({from}) UNION ALL SELECT n + 1 FROM number WHERE n < {to} - 1)
        INSERT INTO log_entry (kind, namespace_id, metadata, created_at)
        SELECT 'org_create', (SELECT id FROM account WHERE name = 'acme'), json_object('n', n),
            1795328887000000 - 10000 + n / 7 FROM number"
    ));
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

#[test]
fn an_entry_is_a_line_as_the_list_shows_it() {
    let app = app().with_organization("lone", "admin");
    enter(&app, "acme", "admin", "org_create_team", 60);
    enter(&app, "acme", "nobody", "org_set_team_role", 30);
    enter(&app, "lone", "admin", "org_create_team", 20);
    let admin = app.as_user("admin");
    let export = admin.get(EXPORT);
    let listed = admin.get("/api/v1/organization/acme/logs").json();
    let mut expected = listed["logs"].as_array().expect("a list").clone();
    expected.reverse();
    let text = export.text();
    let entries: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &Value| line["cursor"].is_null())
        .collect();
    assert_eq!(entries, expected);
    let whole =
        app.as_user("superuser").get("/api/v1/superuser/logs/export?performer=admin").text();
    let spaces: Vec<bool> = whole.lines().map(|line| line.contains("\"namespace\"")).collect();
    assert_eq!(spaces, [true, true, false, false], "{whole}");
}

#[test]
fn nothing_is_a_line_that_says_so() {
    let (entries, cursors) = lines(&app().as_user("admin").get(EXPORT));
    assert!(entries.is_empty() && matches!(&cursors[..], [(_, true)]), "{cursors:?}");
}

#[test]
fn an_export_is_whole_and_in_order_while_entries_come_and_go() {
    let app = Rc::new(app().with_organization("lone", "admin"));
    enter_many(&app, 0, 3_000);
    let round = Rc::new(Cell::new(0));
    let work = {
        let (app, round) = (app.clone(), round.clone());
        Rc::new(move || {
            let n = round.get();
            round.set(n + 1);
            // An export follows whoever writes without end into the past.
            if n >= 20 {
                return;
            }
            // One behind what was read, one that was read, and one between the others that is not the organization's.
            enter_many(&app, 3_000 + n, 3_001 + n);
            app.execute(&format!(
                "DELETE FROM log_entry WHERE json_extract(metadata, '$.n') = {n}"
            ));
            enter(&app, "lone", "admin", "org_create_team", 0);
        })
    };
    let reply = app.between_parts(work, |app| app.as_user("admin").get(EXPORT));
    let (entries, cursors) = lines(&reply);
    let parts = round.get();
    assert!(parts >= 6, "{parts} parts");
    let last = entries.len();
    assert!(last >= 3_000, "{last}");
    assert_eq!(entries, numbers(0..last), "each once, in their order");
    let complete: Vec<bool> = cursors.iter().map(|(_, complete)| *complete).collect();
    assert_eq!(complete.iter().filter(|complete| **complete).count(), 1);
    assert_eq!(complete.last(), Some(&true));
}

#[test]
fn an_export_goes_on_behind_a_cursor() {
    let app = app();
    enter_many(&app, 0, 1_300);
    let admin = app.as_user("admin");
    let (entries, cursors) = lines(&admin.get(EXPORT));
    assert_eq!(entries, numbers(0..1_300));
    let (second, _) = &cursors[1];
    app.advance(40 * 86_400);
    let (rest, _) = lines(&admin.get(&format!("{EXPORT}?cursor={second}")));
    assert_eq!(rest, numbers(400..1_300), "what was asked for stays what it was");
    let (last, _) = cursors.last().expect("a last one");
    let (rest, ends) = lines(&admin.get(&format!("{EXPORT}?cursor={last}")));
    assert!(rest.is_empty() && ends.len() == 1);
}

#[test]
fn a_cursor_is_good_for_its_caller_its_list_and_its_range() {
    let app = app();
    enter_many(&app, 0, 10);
    let admin = app.as_user("admin");
    let (_, cursors) = lines(&admin.get(&format!("{EXPORT}?performer=admin")));
    let (cursor, _) = &cursors[0];
    let status = |client: &berth_test::As<'_>, path: &str| client.get(path).status();
    let own = format!("{EXPORT}?performer=admin&cursor={cursor}");
    assert_eq!(status(&admin, &own), 200);
    assert_eq!(
        status(&app.with_session("admin").header("x-requested-with", "XMLHttpRequest"), &own),
        200
    );
    assert_eq!(status(&app.as_user("superuser"), &own), 400, "another caller");
    let altered: String = cursor.chars().rev().collect();
    for other in [
        format!("{EXPORT}?cursor={cursor}"),
        format!("{EXPORT}?performer=creator&cursor={cursor}"),
        format!("{EXPORT}?performer=admin&starttime=11/01/2026&cursor={cursor}"),
        format!("/api/v1/user/logs/export?performer=admin&cursor={cursor}"),
        format!("{EXPORT}?performer=admin&cursor={altered}"),
        format!("{EXPORT}?performer=admin&cursor="),
        format!("{EXPORT}?performer=admin&cursor=ü"),
    ] {
        assert_eq!(status(&admin, &other), 400, "{other}");
    }
    let (page, _) = other_page(&app);
    assert_eq!(status(&admin, &format!("{EXPORT}?performer=admin&cursor={page}")), 400);
}

/// The token of a page, which is no cursor of an export.
fn other_page(app: &App) -> (String, u16) {
    let reply = app.as_user("admin").get("/api/v1/organization/acme/logs");
    (reply.json()["next_page"].as_str().expect("a token").to_owned(), reply.status())
}

#[test]
fn parameters() {
    let app = app();
    let admin = app.as_user("admin");
    assert_eq!(admin.get(&format!("{EXPORT}?performer=ghost")).status(), 400);
    assert_eq!(
        admin.get(&format!("{EXPORT}?starttime=11/22/2026&endtime=11/01/2026")).status(),
        400
    );
    assert_eq!(admin.head(EXPORT).status(), 200);
    for (seconds_ago, day) in [(0, "22"), (86_400, "21"), (172_800, "20")] {
        app.execute(&format!(
            "INSERT INTO log_entry (kind, namespace_id, metadata, created_at)
            SELECT 'org_create', id, '{{\"n\":{day}}}', 1795328887000000 - {seconds_ago} * 1000000
            FROM account WHERE name = 'acme'"
        ));
    }
    let (entries, _) =
        lines(&admin.get(&format!("{EXPORT}?starttime=11/20/2026&endtime=11/21/2026")));
    assert_eq!(entries, ["20", "21"]);
}

/// Else an export of a busy registry would never end.
#[test]
fn an_export_ends_with_the_moment_when_it_begins() {
    let app = Rc::new(app());
    enter_many(&app, 0, 10);
    let work = {
        let (app, left) = (app.clone(), Cell::new(3));
        Rc::new(move || {
            left.set(left.get() - 1);
            if left.get() >= 0 {
                enter(&app, "acme", "admin", "org_create_team", -1);
            }
        })
    };
    let reply = app.between_parts(work, |app| app.as_user("admin").get(EXPORT));
    assert_eq!(lines(&reply).0, numbers(0..10));
}

/// A page costs the same wherever it is: the index is entered behind the page before.
#[test]
fn a_page_reads_its_entries_alone() {
    let app = app().with_organization("lone", "admin");
    enter_many(&app, 0, 10);
    app.execute(
        "INSERT INTO repository (namespace_id, name, created_at)
        SELECT id, 'app', 0 FROM account WHERE name = 'acme'",
    );
    let superuser = app.as_user("superuser");
    for path in [
        EXPORT,
        "/api/v1/organization/acme/logs/export?performer=admin",
        "/api/v1/superuser/logs/export",
        "/api/v1/repository/acme/app/logs/export",
    ] {
        assert_eq!(superuser.get(path).status(), 200, "{path}");
        let statements = app.latest_statements();
        let sql = statements.iter().find(|sql| sql.contains("OVER (")).expect("a page");
        let given = (1..=9).fold(sql.clone(), |sql, n| sql.replace(&format!("?{n}"), "1"));
        let plan = app.rows(&format!("EXPLAIN QUERY PLAN {given}"));
        let reads: Vec<&str> =
            plan.iter().filter_map(|row| row.last()).map(String::as_str).collect();
        let entries: Vec<_> = reads.iter().filter(|step| step.contains("log_entry")).collect();
        assert!(
            matches!(&entries[..], [step] if step.starts_with("SEARCH log_entry USING INDEX")
                || step.starts_with("SEARCH l USING INDEX")),
            "{path}: {reads:#?}"
        );
    }
}

#[test]
fn permitted_callers() {
    let app = app();
    let nothing = Value::Null;
    assert_snapshot!(app.matrix(&[
        (Method::GET, EXPORT, nothing.clone()),
        (Method::GET, "/api/v1/organization/nobody/logs/export", nothing.clone()),
        (Method::GET, "/api/v1/user/logs/export", nothing.clone()),
        (Method::GET, "/api/v1/superuser/logs/export", nothing),
    ]), @"
    GET /api/v1/organization/acme/logs/export
      200 admin superuser reader admin[org:admin] superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    GET /api/v1/organization/nobody/logs/export
      401 anonymous
      403 outsider member creator admin admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
      404 superuser reader superuser[super:user] reader[repo:read]
    GET /api/v1/user/logs/export
      200 outsider member creator admin superuser reader admin[user:admin] superuser[user:admin]
      401 anonymous
      403 admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[org:admin] admin[super:user] superuser[super:user] superuser[org:admin] reader[repo:read]
    GET /api/v1/superuser/logs/export
      200 superuser reader superuser[super:user] reader[repo:read]
      401 anonymous
      403 outsider member creator admin admin[repo:read] admin[repo:write] admin[repo:admin] admin[repo:create] admin[user:read] admin[user:admin] admin[org:admin] admin[super:user] superuser[org:admin] superuser[user:admin]
    ");
}
