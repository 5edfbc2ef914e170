//! Who is in an organization, who acts on its repositories from outside, and who is invited.

use berth_test::App;
use serde_json::json;

use super::{acme, assert_says, browser, text};

const TAB: &str = "/organization/acme?tab=members";

/// `bob` is in the team `dev`, which exists with `ops`.
fn with_bob() -> App {
    let app = acme();
    let ana = app.as_user("ana");
    for team in ["dev", "ops"] {
        let target = format!("/api/v1/organization/acme/team/{team}");
        assert_eq!(ana.put(&target, json!({ "role": "member" })).status(), 200);
    }
    assert_eq!(ana.put_empty("/api/v1/organization/acme/team/dev/members/bob").status(), 200);
    app
}

/// Gives `bob` a role on the new repository `app`.
fn permit_bob(app: &App) {
    let ana = app.as_user("ana");
    let body = json!({
        "namespace": "acme", "repository": "app", "visibility": "private", "description": "",
    });
    assert_eq!(ana.post("/api/v1/repository", body).status(), 201);
    let target = "/api/v1/repository/acme/app/permissions/user/bob";
    assert_eq!(ana.put(target, json!({ "role": "write" })).status(), 200);
}

#[test]
fn a_member_changes_teams_and_leaves() {
    let app = with_bob();
    permit_bob(&app);
    let ana = browser(&app, "ana");
    assert_says(&ana.go(TAB), 200, &["ana", "owners", "bob dev app Teams bob Remove bob"]);
    let page = "/organization/acme/members/bob";
    let shown = ana.go(page);
    assert_says(&shown, 200, &["dev Member In this team", "Add bob to ops", "app"]);
    assert!(!text(&shown).contains("Add bob to dev"));
    ana.go(&format!("{page}?q=ops"));
    let shown = ana.send(&format!("{page}/teams"), &[]);
    assert_eq!(ana.address(), page);
    assert_says(&shown, 200, &["bob is now in the team ops.", "Remove bob from ops"]);
    ana.go(&format!("{page}?q=dev"));
    let shown = ana.send(&format!("{page}/teams/remove"), &[]);
    assert_says(&shown, 200, &["bob is no longer in the team dev.", "Add bob to dev"]);
    let remove = format!("{page}/remove");
    let asked = ana.go(&remove);
    assert_says(&asked, 200, &["Remove bob from acme?", "ops", "app", "Their account stays"]);
    let shown = ana.send(&remove, &[]);
    assert_eq!(ana.address(), TAB);
    assert_says(&shown, 200, &["bob is no longer in acme.", "ana"]);
    assert!(!text(&shown).contains("Remove bob"));
    assert_eq!(ana.go(page).status(), 404);
}

#[test]
fn who_leaves_the_last_team_is_no_member() {
    let app = with_bob();
    let ana = browser(&app, "ana");
    let page = "/organization/acme/members/bob";
    let shown = ana.submit(page, &format!("{page}/teams/remove"), &[]);
    assert_eq!(ana.address(), TAB);
    assert_says(&shown, 200, &["bob is no longer in the team dev."]);
}

#[test]
fn the_last_administrator_stays() {
    let app = with_bob();
    let ana = browser(&app, "ana");
    let page = "/organization/acme/members/ana";
    let remove = format!("{page}/remove");
    let said = ["Remove ana from acme?", "they are the only organization admin"];
    assert_says(&ana.submit(&remove, &remove, &[]), 400, &said);
    ana.go(&format!("{page}?q=owners"));
    let shown = ana.send(&format!("{page}/teams/remove"), &[]);
    assert_says(&shown, 400, &["User cannot remove themselves from their only admin team."]);
}

#[test]
fn who_removes_themselves_sees_the_organization_as_others_do() {
    let app = with_bob();
    let target = "/api/v1/organization/acme/team/owners/members/bob";
    assert_eq!(app.as_user("ana").put_empty(target).status(), 200);
    let ana = browser(&app, "ana");
    let remove = "/organization/acme/members/ana/remove";
    let page = ana.submit(remove, remove, &[]);
    assert_eq!(ana.address(), "/organization/acme");
    assert_says(&page, 200, &["ana is no longer in acme."]);
}

#[test]
fn a_member_is_added_by_a_team() {
    let app = acme();
    let ana = browser(&app, "ana");
    assert_says(&ana.go(TAB), 200, &["Add a member"]);
    let add = "/organization/acme/add-member";
    assert_says(&ana.go(add), 200, &["Choose a team", "owners · Admin"]);
    assert_says(&ana.go(&format!("{add}?team=owners&q=bo")), 200, &["Add bob to owners"]);
    let page = ana.send("/organization/acme/teams/owners/members", &[]);
    assert_eq!(ana.address(), "/organization/acme/teams/owners?tab=members");
    assert_says(&page, 200, &["bob is now in the team owners."]);
}

#[test]
fn collaborators_lose_their_access() {
    let app = acme();
    permit_bob(&app);
    let ana = browser(&app, "ana");
    let list = format!("{TAB}&show=collaborators");
    assert_says(&ana.go(&list), 200, &["bob app Remove bob"]);
    assert!(!text(&ana.go(TAB)).contains("bob"));
    let remove = "/organization/acme/collaborators/bob/remove";
    let said = ["Take all access away from bob in acme?", "app", "Their account stays"];
    assert_says(&ana.go(remove), 200, &said);
    let page = ana.send(remove, &[]);
    assert_eq!(ana.address(), list);
    assert_says(
        &page,
        200,
        &["bob has no access to repositories of acme any more.", "Nobody from outside"],
    );
    assert_eq!(ana.go(remove).status(), 404);
}

#[test]
fn invitations_of_all_teams() {
    let app = with_bob();
    let list = format!("{TAB}&show=invitations");
    let ana = browser(&app, "ana");
    assert_says(&ana.go(&list), 200, &["No open invitations"]);
    for (team, address) in [("dev", "eve@example.com"), ("ops", "a%3Fb%40example.com")] {
        let target = format!("/api/v1/organization/acme/team/{team}/invite/{address}");
        assert_eq!(app.as_user("ana").put_empty(&target).status(), 200);
    }
    let page = ana.go(&list);
    assert_says(
        &page,
        200,
        &["eve@example.com", "a?b@example.com", "dev", "ops", "/confirminvite?code="],
    );
    ana.go(&format!("{list}&q=a%3Fb"));
    let page = ana.send("/organization/acme/teams/ops/invitations", &[("do", "resend")]);
    assert_eq!(ana.address(), list);
    assert_says(&page, 200, &["a?b@example.com is invited to the team ops."]);
    let page = ana.send("/organization/acme/teams/ops/invitations", &[("do", "withdraw")]);
    assert_eq!(ana.address(), list);
    assert_says(
        &page,
        200,
        &["The invitation of a?b@example.com was withdrawn.", "eve@example.com"],
    );
    // Somebody else withdrew it meanwhile: the list says so.
    let eve = "/api/v1/organization/acme/team/dev/invite/eve%40example.com";
    assert_eq!(app.as_user("ana").delete(eve).status(), 204);
    let page = ana.send("/organization/acme/teams/dev/invitations", &[("do", "withdraw")]);
    assert_eq!(page.status(), 404);
    assert_says(&page, 404, &["No open invitations"]);
    assert!(page.text().contains("role=\"alert\""), "{page}");
}

#[test]
fn only_administrators_see_them() {
    let app = with_bob();
    let bob = browser(&app, "bob");
    let page = bob.go(TAB);
    assert_eq!(page.status(), 200);
    for hidden in ["ana", "Members", "Add a member"] {
        assert!(!text(&page).contains(hidden), "{hidden}: {}", text(&page));
    }
    for page in ["members/bob", "members/ana/remove", "add-member", "collaborators/bob/remove"] {
        let page = format!("/organization/acme/{page}");
        assert_says(&bob.go(&page), 403, &["You may not do this"]);
    }
    let remove = "/organization/acme/members/ana/remove";
    assert_eq!(bob.post(remove, &[], &[]).status(), 403);
    let nobody = app.open(&berth_pages::Console);
    nobody.go("/organization/acme/add-member");
    assert_eq!(nobody.address(), "/signin?next=%2Forganization%2Facme%2Fadd-member");
}

#[test]
fn who_only_reads_changes_nothing() {
    let app = with_bob().with("global_readonly_super_users", "reader").with_user("reader");
    permit_bob(&app);
    let eve = "/api/v1/organization/acme/team/dev/invite/eve%40example.com";
    assert_eq!(app.as_user("ana").put_empty(eve).status(), 200);
    let reader = browser(&app, "reader");
    let dev = "/organization/acme/teams/dev";
    let pages = [
        TAB.to_owned(),
        format!("{TAB}&show=invitations"),
        "/organization/acme?tab=teams".into(),
        dev.into(),
        format!("{dev}?tab=invitations"),
        format!("{dev}?tab=repositories"),
        "/organization/acme/members/bob".into(),
    ];
    for address in pages {
        let page = reader.go(&address);
        assert_eq!(page.status(), 200, "{address}");
        for hidden in
            ["Remove", "Add", "New team", "Edit", "Withdraw", "/confirminvite", "Give access"]
        {
            assert!(!text(&page).contains(hidden), "{address} shows {hidden}: {}", text(&page));
        }
    }
    assert_says(&reader.go(&format!("{TAB}&show=invitations")), 200, &["eve@example.com"]);
}

#[test]
fn full_pages_are_short_and_lead_on() {
    let name = |kind: &str, number: u8| format!("{kind}-with-a-name-of-some-length-{number:02}");
    let numbers = 1..=27_u8;
    let people = numbers.clone().map(|number| name("person", number));
    let app = people.fold(acme(), |app, person| app.with_user(&person));
    let ana = app.as_user("ana");
    assert_eq!(
        ana.put("/api/v1/organization/acme/team/dev", json!({ "role": "member" })).status(),
        200
    );
    for number in numbers {
        let (person, team, repository) =
            (name("person", number), name("team", number), name("repository", number));
        let target = format!("/api/v1/organization/acme/team/{team}");
        let body = json!({ "role": "member", "description": "d".repeat(500) });
        assert_eq!(ana.put(&target, body).status(), 200);
        let body = json!({
            "namespace": "acme", "repository": repository, "visibility": "private", "description": "",
        });
        assert_eq!(ana.post("/api/v1/repository", body).status(), 201);
        let dev = "/api/v1/organization/acme/team/dev";
        for target in [format!("{target}/members/{person}"), format!("{dev}/members/{person}")] {
            assert_eq!(ana.put_empty(&target).status(), 200);
        }
        let target = format!("{dev}/permissions/{repository}");
        assert_eq!(ana.put(&target, json!({ "role": "read" })).status(), 200);
        assert_eq!(ana.put_empty(&format!("{dev}/invite/{person}%40example.org")).status(), 200);
    }
    let ana = browser(&app, "ana");
    let dev = "/organization/acme/teams/dev";
    let member = format!("/organization/acme/members/{}", name("person", 1));
    let lists = [
        TAB.to_owned(),
        format!("{TAB}&show=invitations"),
        "/organization/acme?tab=teams".into(),
        dev.into(),
        format!("{dev}?tab=repositories"),
        member,
    ];
    for address in lists {
        let page = ana.go(&address);
        assert_says(&page, 200, &["Next page"]);
        let html = page.text();
        let next =
            html.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
        let next = next.expect("a link to the next page").replace("&amp;", "&");
        // Invitations begin with the newest.
        let last = if address.contains("invitations") { "-01" } else { "-27" };
        assert_says(&ana.go(&next), 200, &["First page", last]);
    }
    let page = ana.go(&format!("{dev}?tab=invitations"));
    assert_says(&page, 200, &["-27@example.org", "All open invitations of the organization"]);
    assert!(!text(&page).contains("-12@example.org"));
    assert_says(&ana.go(&format!("{dev}/add?q=person")), 200, &["There are more"]);
}
