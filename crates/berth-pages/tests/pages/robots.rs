//! The robots of an organization.

use super::{acme, assert_says, browser};

const NEW: &str = "/organization/acme/robots/new";

#[test]
fn a_robot_from_its_creation_to_its_end() {
    let app = acme();
    let ana = app.as_user("ana");
    let body = serde_json::json!({
        "namespace": "acme", "repository": "app", "visibility": "private", "description": "",
    });
    assert_eq!(ana.post("/api/v1/repository", body).status(), 201);
    let ana = browser(&app, "ana");
    assert_says(&ana.go("/organization/acme?tab=robots"), 200, &["No robots yet", "New robot"]);
    let page = ana.submit(
        NEW,
        NEW,
        &[("name", "ci"), ("description", "builds"), ("repositories", "app"), ("role", "write")],
    );
    assert_eq!(ana.address(), "/organization/acme/robots/ci");
    assert_says(
        &page,
        200,
        &["The robot acme+ci was created.", "builds", "docker login -u='acme+ci'", "Write: pull"],
    );
    // It is said once.
    assert!(!ana.go("/organization/acme/robots/ci").text().contains("was created"));
    let config = ana.get("/organization/acme/robots/ci/config.json");
    assert!(config.header("content-disposition").is_some_and(|is| is.starts_with("attachment")));
    assert!(config.json()["auths"]["localhost:3000"]["auth"].is_string(), "{config}");
    let page = ana.go("/organization/acme/robots/ci");
    let token = |page: &berth_test::Reply| {
        let text = String::from_utf8_lossy(page.body()).into_owned();
        text.split("id=\"token\"").nth(1).map(|rest| rest[..150].to_owned())
    };
    let former = token(&page);
    let again = "/organization/acme/robots/ci/regenerate";
    let page = ana.submit(again, again, &[]);
    assert_says(&page, 200, &["There is a new token."]);
    assert_ne!(token(&page), former);
    let end = "/organization/acme/robots/ci/delete";
    assert_says(&ana.go(end), 200, &["Delete the robot acme+ci?", "stops working at once"]);
    assert_says(&ana.send(end, &[]), 200, &["The robot acme+ci was deleted.", "No robots yet"]);
}

#[test]
fn what_was_typed_stays_when_it_is_refused() {
    let app = acme();
    let ana = browser(&app, "ana");
    let page = ana.submit(NEW, NEW, &[("name", "Not a name"), ("description", "<script>")]);
    assert_says(&page, 400, &["New robot"]);
    let html = page.text();
    assert!(html.contains("value=\"Not a name\""), "{html}");
    assert!(html.contains("value=\"&lt;script&gt;\""), "{html}");
    assert!(html.contains("aria-invalid=\"true\"") && html.contains("id=\"field-name-error\""));
}

#[test]
fn nobody_else_sees_them() {
    let app = acme();
    let ana = app.as_user("ana");
    assert_eq!(ana.put_empty("/api/v1/organization/acme/robots/ci").status(), 201);
    assert_says(&browser(&app, "bob").go("/organization/acme/robots/ci"), 403, &["You may not"]);
    let nobody = app.open(&berth_pages::Console);
    nobody.go("/organization/acme/robots/ci");
    assert_eq!(nobody.address(), "/signin?next=%2Forganization%2Facme%2Frobots%2Fci");
}
