//! The log of an organization and of a repository.

use serde_json::json;

use super::{acme, assert_says, browser, text};

const LOG: &str = "/organization/acme?tab=log";

#[test]
fn what_happened_is_told_in_sentences() {
    let app = acme();
    let ana = app.as_user("ana");
    assert_eq!(ana.put_empty("/api/v1/organization/acme/robots/ci").status(), 201);
    let body = json!({ "role": "member", "description": "<script>alert(1)</script>" });
    assert_eq!(ana.put("/api/v1/organization/acme/team/dev", body).status(), 200);
    app.execute(
        "INSERT INTO log_entry (kind, namespace_id, performer_id, ip, metadata, created_at)
        SELECT 'paint_logo', id, NULL, NULL, '{\"color\":\"<script>alert(1)</script>\"}', created_at
        FROM account WHERE name = 'acme'",
    );
    let browser = browser(&app, "ana");
    let page = browser.go(LOG);
    assert_says(
        &page,
        200,
        &[
            "Activity from 2026-10-23 to 2026-11-22",
            "Created the robot ci",
            "Created the team dev",
            "ana",
            "paint logo color: &lt;script&gt;alert(1)&lt;/script&gt;",
            "Unknown, or deleted",
        ],
    );
    let html = page.text();
    assert!(html.contains("data-label=\"2026-11-22: "), "{html}");
    assert!(html.contains("data-label=\"2026-11-21: 0\""), "{html}");
}

#[test]
fn a_part_of_it_can_be_asked_for() {
    let app = acme();
    let ana = app.as_user("ana");
    assert_eq!(ana.put_empty("/api/v1/organization/acme/robots/ci").status(), 201);
    assert_eq!(
        ana.put("/api/v1/organization/acme/team/dev", json!({ "role": "member" })).status(),
        200
    );
    let browser = browser(&app, "ana");
    let robots = text(&browser.go(&format!("{LOG}&q=robot")));
    assert!(robots.contains("Created the robot ci") && !robots.contains("team dev"), "{robots}");
    assert!(robots.contains("1 entries") || !robots.contains("Nothing happened"), "{robots}");
    let earlier = browser.go(&format!("{LOG}&first=2026-01-01&last=2026-01-31"));
    assert_says(&earlier, 200, &["Nothing happened", "Activity from 2026-01-01 to 2026-01-31"]);
    // More days than the API counts: the last of them are drawn.
    let long = browser.go(&format!("{LOG}&first=2025-01-01&last=2026-11-22"));
    assert_says(&long, 200, &["Activity from 2026-10-23", "Created the robot ci"]);
    let of_ana = browser.go(&format!("{LOG}&performer=ana"));
    assert_says(&of_ana, 200, &["Created the robot ci"]);
    // Whom nobody knows, and days the wrong way round, are told on the form.
    let page = browser.go(&format!("{LOG}&performer=%3Cscript%3Ealert(1)%3C/script%3E"));
    assert_says(&page, 200, &["Unknown performer"]);
    assert!(page.text().contains("value=\"&lt;script&gt;alert(1)"), "{page}");
    let page = browser.go(&format!("{LOG}&first=2026-11-22&last=2026-01-01"));
    assert!(page.text().contains("role=\"alert\""), "{page}");
}

#[test]
fn a_long_log_has_pages() {
    let app = acme();
    for number in 1..=60 {
        app.execute(&format!(
            "INSERT INTO log_entry (kind, namespace_id, performer_id, ip, metadata, created_at)
            SELECT 'create_repo', id, NULL, '192.0.2.9', json_object('repo', 'app-{number}'), created_at + {number}
            FROM account WHERE name = 'acme'"
        ));
    }
    let browser = browser(&app, "ana");
    let page = browser.go(LOG);
    assert_says(&page, 200, &["Created the repository app-60", "192.0.2.9", "Next page"]);
    let html = page.text();
    let next = html.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
    let next = next.expect("a next page").replace("&amp;", "&");
    assert_says(&browser.go(&next), 200, &["Created the repository app-20", "First page"]);
}

#[test]
fn the_log_can_be_downloaded() {
    let app = acme();
    let ana = app.as_user("ana");
    assert_eq!(ana.put_empty("/api/v1/organization/acme/robots/ci").status(), 201);
    let ana = browser(&app, "ana");
    let file = ana.get("/organization/acme/log/download?first=2026-11-01&last=2026-11-22");
    assert_eq!(file.status(), 200);
    assert_eq!(file.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"log-2026-11-01-2026-11-22.jsonl\"")
    );
    assert_eq!(file.header("access-control-allow-origin"), None);
    let lines = String::from_utf8_lossy(file.body()).into_owned();
    assert!(lines.contains("\"kind\":\"create_robot\""), "{lines}");
    let bob = browser(&app, "bob");
    assert_eq!(bob.get("/organization/acme/log/download").status(), 403);
    assert!(!text(&bob.go(LOG)).contains("What happened"));
}
