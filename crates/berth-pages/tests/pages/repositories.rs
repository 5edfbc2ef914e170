//! Repositories: in their organization, in `/repository`, and the page of each.

use berth_test::App;
use serde_json::json;

use super::{acme, assert_says, browser, text, token};

const NEW: &str = "/organization/acme/repositories/new";
const APP: &str = "/repository/acme/team/app";

/// `acme` with the private repository `team/app`.
fn with_repository() -> App {
    let app = acme();
    make(&app, "team/app", "private");
    app
}

fn make(app: &App, name: &str, visibility: &str) {
    let body = json!({
        "namespace": "acme", "repository": name, "visibility": visibility, "description": "",
    });
    assert_eq!(app.as_user("ana").post("/api/v1/repository", body).status(), 201);
}

/// Makes `bob` a member.
fn let_bob_in(app: &App, role: &str) {
    let ana = app.as_user("ana");
    assert_eq!(
        ana.put("/api/v1/organization/acme/team/dev", json!({ "role": role })).status(),
        200
    );
    assert_eq!(ana.put_empty("/api/v1/organization/acme/team/dev/members/bob").status(), 200);
}

#[test]
fn a_repository_from_its_creation_to_its_end() {
    let app = acme();
    let ana = browser(&app, "ana");
    assert_says(&ana.go("/organization/acme"), 200, &["No repositories yet", "New repository"]);
    let page = ana.submit(
        NEW,
        NEW,
        &[
            ("name", "team/app"),
            ("description", "<script>alert(1)</script>"),
            ("visibility", "private"),
        ],
    );
    assert_eq!(ana.address(), APP);
    assert_says(
        &page,
        200,
        &[
            "The repository acme/team/app was created.",
            "&lt;script&gt;alert(1)",
            "docker pull localhost:3000/acme/team/app",
            "Private",
        ],
    );
    assert_says(&ana.go("/organization/acme?tab=repos"), 200, &["team/app", "&lt;script&gt;"]);
    assert_says(&ana.go("/repository"), 200, &["acme/team/app"]);
    let describe = &format!("{APP}?act=describe");
    let page = ana.submit(describe, describe, &[("description", "The shop")]);
    assert_says(&page, 200, &["The description was changed.", "The shop"]);
    let visibility = &format!("{APP}?act=visibility");
    assert_says(&ana.go(visibility), 200, &["Make acme/team/app public?", "without an account"]);
    assert_says(&ana.send(visibility, &[]), 200, &["acme/team/app is public now."]);
    assert_says(&app.open(&berth_pages::Console).go(APP), 200, &["The shop", "Public"]);
    let end = &format!("{APP}?act=delete");
    let page = ana.submit(end, end, &[("name", "acme/app")]);
    assert_says(&page, 400, &["This is not the name", "Delete the repository acme/team/app?"]);
    let page = ana.send(end, &[("name", "acme/team/app")]);
    assert_says(&page, 200, &["The repository acme/team/app was deleted.", "No repositories yet"]);
    assert_eq!(ana.go(APP).status(), 404);
}

#[test]
fn a_name_that_is_refused_is_kept() {
    let app = with_repository();
    let ana = browser(&app, "ana");
    let page = ana.submit(NEW, NEW, &[("name", "team/app"), ("visibility", "public")]);
    assert_says(&page, 400, &["Repository already exists"]);
    let html = page.text();
    assert!(html.contains("value=\"team/app\"") && html.contains("id=\"field-name-error\""));
}

#[test]
fn who_may_create_and_who_may_see() {
    let app = with_repository();
    make(&app, "open", "public");
    let bob = browser(&app, "bob");
    let page = text(&bob.go("/organization/acme"));
    assert!(page.contains("open") && !page.contains("team/app"), "{page}");
    assert!(!page.contains("New repository"), "{page}");
    assert_eq!(bob.go(APP).status(), 403);
    let page = bob.go("/repository/acme/open");
    assert_says(&page, 200, &["docker pull", "Tags"]);
    let page = text(&page);
    assert!(!page.contains("Permissions") && !page.contains("docker push"), "{page}");
    let token = token(&bob.go("/"));
    for act in
        ["delete", "visibility", "describe", "permit", "permit-team", "delete-tag&tag=v1", "role"]
    {
        let act = format!("/repository/acme/open?act={act}");
        let fields = [("name", "acme/open"), ("who", "bob"), ("role", "admin"), ("kind", "user")];
        assert_says(&bob.post(&act, &token, &fields), 403, &["You may not do this"]);
    }
    let_bob_in(&app, "creator");
    assert_says(&bob.go("/organization/acme"), 200, &["New repository"]);
    let page = bob.submit(NEW, NEW, &[("name", "bobs"), ("visibility", "private")]);
    assert_says(&page, 200, &["The repository acme/bobs was created.", "Settings"]);
    let nobody = app.open(&berth_pages::Console);
    let page = text(&nobody.go("/repository"));
    assert!(page.contains("acme/open") && !page.contains("bobs"), "{page}");
    nobody.go(APP);
    assert_eq!(nobody.address(), "/signin?next=%2Frepository%2Facme%2Fteam%2Fapp");
}

#[test]
fn a_person_has_repositories_of_their_own() {
    let app = acme();
    let bob = browser(&app, "bob");
    assert_says(&bob.go("/repository?tab=own"), 200, &["No repositories yet"]);
    let new = "/repository/new";
    let page =
        bob.submit(new, new, &[("namespace", "bob"), ("name", "mine"), ("visibility", "private")]);
    assert_says(&page, 200, &["The repository bob/mine was created.", "Repositories"]);
    assert_says(&bob.go("/repository?tab=own"), 200, &["bob/mine"]);
    let refused =
        bob.submit(new, new, &[("namespace", "acme"), ("name", "mine"), ("visibility", "private")]);
    assert_eq!(refused.status(), 403, "{refused}");
}

#[test]
fn stars() {
    let app = with_repository();
    let ana = browser(&app, "ana");
    assert_says(&ana.go("/repository?tab=starred"), 200, &["Star repositories that you use"]);
    let page = ana.submit(APP, &format!("{APP}?act=star"), &[]);
    assert_says(&page, 200, &["acme/team/app has your star.", "Remove the star"]);
    assert_says(&ana.go("/repository?tab=starred"), 200, &["acme/team/app"]);
    let page = ana.submit(APP, &format!("{APP}?act=unstar"), &[]);
    assert_says(&page, 200, &["has your star no more."]);
}

#[test]
fn who_may_do_what() {
    let app = with_repository();
    let_bob_in(&app, "member");
    let ana = browser(&app, "ana");
    let permit = &format!("{APP}?act=permit");
    let page = ana.submit(permit, permit, &[("who", "nobody-there"), ("role", "read")]);
    assert_says(&page, 400, &["Invalid username: nobody-there"]);
    assert!(page.text().contains("value=\"nobody-there\""));
    let page = ana.submit(permit, permit, &[("who", "bob"), ("role", "read")]);
    assert_says(&page, 200, &["The role of bob was set.", "People and robots", "bob"]);
    let permit = &format!("{APP}?act=permit-team");
    assert!(ana.go(permit).text().contains("<option value=\"dev\">"));
    let page = ana.send(permit, &[("who", "dev"), ("role", "write")]);
    assert_says(&page, 200, &["The role of dev was set."]);
    // The first row is that of ana, who made the repository; the form is found by its action.
    let role = &format!("{APP}?act=role");
    let page = ana.submit(
        &format!("{APP}?tab=permissions&of=user&q=bob"),
        role,
        &[("role", "admin"), ("do", "give")],
    );
    assert_says(&page, 200, &["The role of bob was set."]);
    let bob = browser(&app, "bob");
    assert_says(&bob.go(&format!("{APP}?tab=settings")), 200, &["Delete the repository"]);
    let page = ana.submit(
        &format!("{APP}?tab=permissions&of=team&q=dev"),
        role,
        &[("role", "write"), ("do", "take")],
    );
    assert_says(&page, 200, &["The role of dev was taken away.", "Nobody has a role here."]);
    let page = ana.submit(
        &format!("{APP}?tab=permissions&of=user&q=bob"),
        role,
        &[("role", "admin"), ("do", "take")],
    );
    assert_says(&page, 200, &["The role of bob was taken away."]);
    assert_eq!(bob.go(APP).status(), 403);
}

#[test]
fn many_permissions_are_on_pages_of_their_own() {
    let app = with_repository();
    let ana = app.as_user("ana");
    for number in 10..40 {
        let robot = format!("ci{number}");
        let path = format!("/api/v1/organization/acme/robots/{robot}");
        assert_eq!(ana.put_empty(&path).status(), 201);
        let path = format!("{path}/permissions/team/app");
        assert_eq!(ana.put(&path, json!({ "role": "read" })).status(), 200);
    }
    let ana = browser(&app, "ana");
    assert_says(&ana.go(&format!("{APP}?tab=permissions")), 200, &["All people and robots"]);
    let page = ana.go(&format!("{APP}?tab=permissions&of=user"));
    assert_says(&page, 200, &["acme+ci10", "Next page"]);
}

#[test]
fn tags_as_the_registry_told_of_them() {
    let app = with_repository();
    let ana = browser(&app, "ana");
    let tags = &format!("{APP}?tab=tags");
    assert_says(&ana.go(tags), 200, &["No tags yet", "docker push"]);
    app.execute(
        "INSERT INTO pushed_manifest SELECT namespace_id, id, 'sha256:0123456789abcdef0123', 'type', 400,
            '[{\"digest\":\"sha256:l\",\"media_type\":\"layer\",\"size_bytes\":2048,\"kind\":\"layer\"}]', 0
        FROM repository WHERE name = 'team/app'",
    );
    let at = (app.time() - 60) * 1_000_000;
    for number in 1..=30 {
        app.execute(&format!(
            "INSERT INTO pushed_tag SELECT id, 'v{number}', 'sha256:0123456789abcdef0123', {at} + {number}
            FROM repository WHERE name = 'team/app'"
        ));
    }
    let page = ana.go(tags);
    assert_says(&page, 200, &["v30", "2 KiB", "sha256:0123456789ab…", "Delete v30", "Next page"]);
    assert_says(&ana.go(&format!("{tags}&page_token=2")), 200, &["v1", "First page"]);
    let found = text(&ana.go(&format!("{tags}&q=v7")));
    assert!(found.contains("v7") && !found.contains("v8"), "{found}");
    let delete = &format!("{APP}?act=delete-tag&tag=v7");
    assert_says(&ana.go(delete), 200, &["Delete the tag v7 of acme/team/app?"]);
    // No registry is behind: it is told, and nothing is deleted.
    let page = ana.send(delete, &[]);
    assert!(page.status() >= 400, "{page}");
    assert_says(&ana.go(&format!("{tags}&q=v7")), 200, &["Delete v7"]);
}

#[test]
fn the_log_of_a_repository() {
    let app = with_repository();
    make(&app, "other", "private");
    let ana = browser(&app, "ana");
    let page = ana.go(&format!("{APP}?tab=logs"));
    assert_says(&page, 200, &["Created the repository team/app", "Activity from"]);
    assert!(!text(&page).contains("repository other"));
    let file = ana.get(&format!("{APP}?act=log"));
    assert!(String::from_utf8_lossy(file.body()).contains("create_repo"));
    assert_eq!(ana.go(&format!("{APP}?act=paint")).status(), 404);
}
