//! What is given on each new repository.

use serde_json::json;

use super::{acme, assert_says, browser, text};

const TAB: &str = "/organization/acme?tab=defaultpermissions";
const NEW: &str = "/organization/acme/defaultpermissions/new";

fn html(reply: &berth_test::Reply) -> String {
    String::from_utf8_lossy(reply.body()).into_owned()
}

/// `acme` with a robot and a team.
fn organization() -> berth_test::App {
    let app = acme();
    let ana = app.as_user("ana");
    assert_eq!(ana.put_empty("/api/v1/organization/acme/robots/ci").status(), 201);
    let team = json!({ "role": "member", "description": "" });
    assert_eq!(ana.put("/api/v1/organization/acme/team/builders", team).status(), 200);
    app
}

/// Who has which role on a new repository that `ana` makes.
fn given(app: &berth_test::App, repository: &str) -> Vec<String> {
    let ana = app.as_user("ana");
    let body = json!({
        "namespace": "acme", "repository": repository, "visibility": "private", "description": "",
    });
    assert_eq!(ana.post("/api/v1/repository", body).status(), 201);
    let mut all = Vec::new();
    for kind in ["user", "team"] {
        let path = format!("/api/v1/repository/acme/{repository}/permissions/{kind}/");
        let permissions = ana.get(&path).json()["permissions"].clone();
        let permissions = permissions.as_object().cloned().unwrap_or_default();
        all.extend(permissions.into_iter().map(|(name, has)| format!("{name} {}", has["role"])));
    }
    all
}

/// The address to which the form of a row posts.
fn row(app: &berth_test::App, number: usize) -> String {
    let list = app.as_user("ana").get("/api/v1/organization/acme/prototypes").json();
    let id = list["prototypes"][number]["id"].as_str().expect("an id").to_owned();
    format!("/organization/acme/defaultpermissions/{id}")
}

#[test]
fn a_default_permission_from_its_creation_to_its_end() {
    let app = organization();
    let ana = browser(&app, "ana");
    let empty = ["No default permissions yet", "New default permission"];
    assert_says(&ana.go(TAB), 200, &empty);
    let form = ana.go(NEW);
    for name in ["ana", "acme+ci", "builders", "owners"] {
        assert!(html(&form).contains(&format!("<option value=\"{name}\">")), "{name}");
    }
    let fields = [("kind", "user"), ("name", "acme+ci"), ("role", "write"), ("creator", "")];
    let page = ana.send(NEW, &fields);
    assert_eq!(ana.address(), TAB);
    let said = ["New repositories now give a role to acme+ci.", "acme+ci Robot Anybody"];
    assert_says(&page, 200, &said);
    let fields = [("kind", "team"), ("name", "builders"), ("role", "read"), ("creator", "bob")];
    assert_says(&ana.submit(NEW, NEW, &fields), 200, &["builders Team bob"]);
    assert_says(&ana.go(&format!("{TAB}&q=build")), 200, &["builders"]);
    assert!(!text(&ana.go(&format!("{TAB}&q=build"))).contains("acme+ci"));
    assert!(given(&app, "one").contains(&"acme+ci \"write\"".to_owned()));
    let first = row(&app, 0);
    ana.go(TAB);
    assert_says(&ana.send(&first, &[("role", "admin")]), 200, &["The role was changed."]);
    assert!(given(&app, "two").contains(&"acme+ci \"admin\"".to_owned()));
    let page = ana.send(&first, &[("role", "admin"), ("act", "delete")]);
    assert_says(&page, 200, &["The default permission was deleted.", "builders"]);
    assert!(!text(&page).contains("acme+ci"));
    assert_eq!(given(&app, "three"), ["ana \"admin\""]);
}

#[test]
fn what_is_refused_is_told_beside_the_field() {
    let app = organization();
    let ana = browser(&app, "ana");
    let refused = |kind: &str, name: &str, creator: &str| {
        let fields = [("kind", kind), ("name", name), ("role", "write"), ("creator", creator)];
        ana.submit(NEW, NEW, &fields)
    };
    let page = refused("user", "<i>", "");
    assert_says(&page, 400, &["no person called &lt;i&gt;, nor"]);
    assert!(html(&page).contains("id=\"field-name-error\""));
    assert!(
        html(&page).contains("value=\"&lt;i&gt;\"") && html(&page).contains("\"write\" selected")
    );
    let page = refused("team", "nope", "");
    assert_says(&page, 400, &["There is no team called nope in this organization."]);
    assert!(html(&page).contains("value=\"team\" checked"));
    let page = refused("team", "builders", "nope");
    assert_says(&page, 400, &["no person called nope, nor"]);
    assert!(html(&page).contains("id=\"field-creator-error\""));
    assert_says(&ana.go(TAB), 200, &["No default permissions yet"]);
}

#[test]
fn a_full_page_is_within_the_budgets() {
    let app = organization();
    for _ in 0..26 {
        let body = json!({ "role": "read", "delegate": { "kind": "user", "name": "acme+ci" } });
        let path = "/api/v1/organization/acme/prototypes";
        assert_eq!(app.as_user("ana").post(path, body).status(), 200);
    }
    let page = browser(&app, "ana").go(TAB);
    assert_says(&page, 200, &["Next page"]);
    assert_eq!(html(&page).matches("value=\"delete\"").count(), 25);
}

#[test]
fn who_sees_what() {
    let app = organization();
    let body = json!({ "role": "read", "delegate": { "kind": "user", "name": "acme+ci" } });
    assert_eq!(app.as_user("ana").post("/api/v1/organization/acme/prototypes", body).status(), 200);
    let bob = browser(&app, "bob");
    assert_says(&bob.go(NEW), 403, &["You may not do this"]);
    let shown = bob.go(TAB);
    assert!(!html(&shown).contains("defaultpermissions") && !text(&shown).contains("acme+ci"));
    assert_eq!(bob.post(&row(&app, 0), &[], &[("act", "delete")]).status(), 403);
    app.set("global_readonly_super_users", "bob");
    let shown = bob.go(TAB);
    assert_says(&shown, 200, &["acme+ci Robot Anybody Read: pull"]);
    assert!(!text(&shown).contains("Delete") && !text(&shown).contains("New default permission"));
    assert_says(&bob.go(NEW), 403, &["You may not do this"]);
    let nobody = app.open(&berth_pages::Console);
    nobody.go(NEW);
    assert!(nobody.address().starts_with("/signin?next="));
}
