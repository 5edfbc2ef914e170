//! The teams of an organization, and the page of each.

use serde_json::json;

use super::{acme, assert_says, browser, text};

const NEW: &str = "/organization/acme/teams/new";
const TAB: &str = "/organization/acme?tab=teams";
const PAGE: &str = "/organization/acme/teams/dev";

/// `acme` with the team `dev`.
fn with_team() -> berth_test::App {
    let app = acme();
    let made =
        app.as_user("ana").put("/api/v1/organization/acme/team/dev", json!({ "role": "member" }));
    assert_eq!(made.status(), 200, "{made}");
    app
}

/// The same with a repository.
fn with_repository() -> berth_test::App {
    let app = with_team();
    let body = json!({
        "namespace": "acme", "repository": "group/app", "visibility": "public", "description": "",
    });
    assert_eq!(app.as_user("ana").post("/api/v1/repository", body).status(), 201);
    app
}

#[test]
fn a_team_from_its_creation_to_its_end() {
    let app = acme();
    let ana = browser(&app, "ana");
    assert_says(&ana.go(TAB), 200, &["New team", "owners", "Admin", "1"]);
    assert_says(&ana.go(NEW), 200, &["May also create repositories in the organization."]);
    let fields = [("name", "dev"), ("description", "Builds it"), ("role", "creator")];
    let page = ana.submit(NEW, NEW, &fields);
    assert_eq!(ana.address(), PAGE);
    let said = ["The team dev was created.", "Creator", "Builds it", "Nobody is in this team yet"];
    assert_says(&page, 200, &said);
    assert_says(&ana.go(TAB), 200, &["dev Builds it Creator 0 0"]);
    let edit = format!("{PAGE}/edit");
    let html = ana.go(&edit).text();
    assert!(html.contains(">\nBuilds it</textarea>"), "{html}");
    assert!(html.contains("value=\"creator\" checked"), "{html}");
    let page = ana.send(&edit, &[("description", "Ships it\r\ntoo"), ("role", "member")]);
    assert_eq!(ana.address(), PAGE);
    assert_says(&page, 200, &["The team dev was changed.", "Member", "Ships it too"]);
    let end = format!("{PAGE}/delete");
    assert_says(&ana.go(&end), 200, &["Delete the team dev?", "Its 0 memberships", "stay."]);
    let page = ana.send(&end, &[]);
    assert_eq!(ana.address(), TAB);
    assert_says(&page, 200, &["The team dev was deleted."]);
    assert_eq!(ana.go(PAGE).status(), 404);
}

#[test]
fn what_was_typed_stays_when_it_is_refused() {
    let app = with_team();
    let ana = browser(&app, "ana");
    let fields = [("name", "No name"), ("description", "<script>"), ("role", "admin")];
    let page = ana.submit(NEW, NEW, &fields);
    assert_says(&page, 400, &["Invalid team name No name"]);
    let html = page.text();
    assert!(html.contains("value=\"No name\""), "{html}");
    assert!(html.contains("&lt;script&gt;</textarea>"), "{html}");
    assert!(html.contains("value=\"admin\" checked"), "{html}");
    assert!(html.contains("id=\"field-name-error\""), "{html}");
    // A field that nobody thinks of says so itself.
    let page = ana.submit(NEW, NEW, &[("name", "ops"), ("role", "boss")]);
    assert_says(&page, 400, &["'boss' is not one of"]);
    let html = page.text();
    assert!(html.contains("id=\"field-role-error\""), "{html}");
    assert!(!html.contains("id=\"field-name-error\""), "{html}");
    assert!(!html.contains("Failed validating"), "{html}");
    // A team that is there is not changed by the form of a new one.
    let page = ana.submit(NEW, NEW, &[("name", "dev"), ("role", "admin")]);
    assert_says(&page, 400, &["There is a team dev already."]);
    assert_says(&ana.go(PAGE), 200, &["Member May do what the team is given"]);
}

#[test]
fn the_last_administrators_stay() {
    let app = acme();
    let ana = browser(&app, "ana");
    let owners = "/organization/acme/teams/owners";
    let delete = format!("{owners}/delete");
    let page = ana.submit(&delete, &delete, &[]);
    assert_says(
        &page,
        400,
        &["Delete the team owners?", "would remove admin ability for user 'ana'"],
    );
    let edit = format!("{owners}/edit");
    let page = ana.submit(&edit, &edit, &[("role", "member")]);
    assert_says(&page, 400, &["Edit the team owners", "would no longer have admin on org 'acme'"]);
    let remove = format!("{owners}/members/remove");
    let page = ana.submit(owners, &remove, &[]);
    let said = ["User cannot remove themselves from their only admin team.", "ana"];
    assert_says(&page, 400, &said);
    assert!(page.text().contains("role=\"alert\""));
}

#[test]
fn people_and_robots_are_found_added_and_removed() {
    let app = with_team();
    assert_eq!(app.as_user("ana").put_empty("/api/v1/organization/acme/robots/bot").status(), 201);
    let ana = browser(&app, "ana");
    let add = format!("{PAGE}/add");
    assert_says(&ana.go(&add), 200, &["Add somebody to dev", "how their names begin"]);
    let page = ana.go(&format!("{add}?q=bo"));
    assert_says(&page, 200, &["bob", "acme+bot", "Robot", "Add acme+bot to dev"]);
    let page = ana.go(&format!("{add}?q=ana"));
    assert_says(&page, 200, &["ana", "In the organization"]);
    let page = ana.go(&format!("{add}?q=acme%2Bb"));
    assert_says(&page, 200, &["Add acme+bot to dev"]);
    assert!(!text(&page).contains("Add bob"), "{}", text(&page));
    assert_says(&ana.go(&format!("{add}?q=zz%2F%3F")), 200, &["Nothing found"]);
    // The first found is bob: each has a form of its own.
    let members = format!("{PAGE}/members");
    ana.go(&format!("{add}?q=bob"));
    let page = ana.send(&members, &[]);
    assert_eq!(ana.address(), format!("{PAGE}?tab=members"));
    assert_says(&page, 200, &["bob is now in the team dev.", "Remove bob"]);
    ana.go(&format!("{add}?q=bot"));
    let page = ana.send(&members, &[]);
    assert_says(&page, 200, &["acme+bot is now in the team dev.", "acme+bot Robot"]);
    assert_says(&ana.go(TAB), 200, &["dev Member 2 0"]);
    // Once more: the same search with why it is refused.
    ana.go(&format!("{add}?q=bob"));
    let page = ana.send(&members, &[]);
    assert_says(&page, 400, &["User bob is already a member of team dev", "Add bob to dev"]);
    let page = ana.submit(&format!("{PAGE}?q=bo"), &format!("{PAGE}/members/remove"), &[]);
    assert_says(&page, 200, &["bob is no longer in the team dev.", "acme+bot"]);
    assert!(!text(&page).contains("Remove bob"));
    let narrowed = ana.go(&format!("{PAGE}?q=nobody"));
    assert_says(&narrowed, 200, &["Nothing found", "Show all"]);
}

#[test]
fn access_to_repositories() {
    let app = with_repository();
    let ana = browser(&app, "ana");
    let tab = format!("{PAGE}?tab=repositories");
    let (add, set) = (format!("{PAGE}/repositories/add"), format!("{PAGE}/repositories"));
    assert_says(&ana.go(&tab), 200, &["No access to repositories yet", "Give access"]);
    let html = ana.go(&add).text();
    assert!(html.contains("<option value=\"group/app\">"), "{html}");
    let page = ana.send(&set, &[("repository", "none"), ("role", "write")]);
    assert_eq!(page.status(), 404, "{}", text(&page));
    assert!(page.text().contains("id=\"field-repository-error\""), "{page}");
    assert!(page.text().contains("value=\"write\" selected"), "{page}");
    let page = ana.submit(&add, &set, &[("repository", "group/app"), ("role", "write")]);
    assert_eq!(ana.address(), tab);
    assert_says(&page, 200, &["The role on group/app was given.", "group/app Public"]);
    assert!(page.text().contains("href=\"/repository/acme/group/app\""), "{page}");
    assert!(page.text().contains("value=\"write\" selected"), "{page}");
    let page = ana.send(&set, &[("role", "admin")]);
    assert!(page.text().contains("value=\"admin\" selected"), "{page}");
    assert_says(&ana.go(TAB), 200, &["dev Member 0 1"]);
    ana.go(&tab);
    let page = ana.send(&format!("{set}/remove"), &[]);
    assert_says(&page, 200, &["The role on group/app was taken away.", "No access"]);
    let owners = ana.go("/organization/acme/teams/owners?tab=repositories");
    assert_says(&owners, 200, &["all rights on all repositories"]);
}

#[test]
fn an_address_is_invited_by_a_link_where_no_mail_leaves() {
    let app = with_team();
    let ana = browser(&app, "ana");
    let invitations = format!("{PAGE}/invitations");
    let tab = format!("{PAGE}?tab=invitations");
    assert_says(&ana.go(&tab), 200, &["No open invitations"]);
    let page = ana.go(&format!("{PAGE}/add?q=eve%2Bx%40example.com"));
    assert_says(&page, 200, &["a link to hand over to eve+x@example.com", "Invite"]);
    let page = ana.send(&invitations, &[]);
    assert_eq!(ana.address(), tab);
    let said =
        ["eve+x@example.com is invited to the team dev.", "/confirminvite?code=urn:teaminvite:"];
    assert_says(&page, 200, &said);
    let link = |page: &berth_test::Reply| {
        let text = text(page);
        text.split("code=").nth(1).map(|rest| rest.split(' ').next().unwrap_or_default().to_owned())
    };
    let former = link(&page);
    let page = ana.send(&invitations, &[("do", "resend")]);
    assert_says(&page, 200, &["is invited to the team dev."]);
    assert_ne!(link(&page), former);
    // Those of other teams are not shown.
    let other = ana.go("/organization/acme/teams/owners?tab=invitations");
    assert_says(&other, 200, &["No open invitations"]);
    ana.go(&tab);
    let page = ana.send(&invitations, &[("do", "withdraw")]);
    assert_eq!(ana.address(), tab);
    let said = ["The invitation of eve+x@example.com was withdrawn.", "No open invitations"];
    assert_says(&page, 200, &said);
}

#[test]
fn people_from_outside_are_invited_by_mail() {
    let app = with_team().with("mail_gateway_url", "https://mail.example.com/send");
    let ana = browser(&app, "ana");
    ana.go(&format!("{PAGE}/add?q=bob"));
    let page = ana.send(&format!("{PAGE}/members"), &[]);
    assert_eq!(ana.address(), format!("{PAGE}?tab=invitations"));
    assert_says(&page, 200, &["bob is invited to the team dev.", "They got a mail", "bob Mail"]);
    assert!(!text(&page).contains("/confirminvite"), "{}", text(&page));
    assert_says(&ana.go(PAGE), 200, &["Nobody is in this team yet"]);
    ana.go(&format!("{PAGE}?tab=invitations"));
    let page = ana.send(&format!("{PAGE}/invitations"), &[("do", "withdraw")]);
    assert_says(&page, 200, &["The invitation of bob was withdrawn."]);
}

#[test]
fn without_mailing_nobody_is_invited() {
    let app = with_team().with("feature_mailing", "false");
    let ana = browser(&app, "ana");
    let page = ana.go(&format!("{PAGE}?tab=invitations"));
    assert_says(&page, 200, &["Nobody is in this team yet"]);
    assert!(!text(&page).contains("Invitations"));
    assert_says(&ana.go(&format!("{PAGE}/add?q=eve%40example.com")), 200, &["Nothing found"]);
    assert!(!text(&ana.go("/organization/acme?tab=members")).contains("Invitations"));
}

#[test]
fn members_see_their_own_team_and_change_nothing() {
    let app = with_repository();
    let ana = app.as_user("ana");
    let add = |member: &str| {
        let target = format!("/api/v1/organization/acme/team/dev/members/{member}");
        assert_eq!(ana.put_empty(&target).status(), 200);
    };
    add("bob");
    let bob = browser(&app, "bob");
    let tab = bob.go(TAB);
    assert_says(&tab, 200, &["dev", "owners"]);
    assert!(!text(&tab).contains("New team"));
    assert!(tab.text().contains("href=\"/organization/acme/teams/dev\""));
    assert!(!tab.text().contains("href=\"/organization/acme/teams/owners\""));
    for address in
        [PAGE.to_owned(), format!("{PAGE}?tab=repositories"), format!("{PAGE}?tab=invitations")]
    {
        let page = bob.go(&address);
        assert_says(&page, 200, &["dev", "bob"]);
        for hidden in ["Remove", "Add somebody", "Edit", "Delete", "Invitations"] {
            assert!(!text(&page).contains(hidden), "{address} shows {hidden}");
        }
    }
    let owners = bob.go("/organization/acme/teams/owners");
    assert_says(&owners, 200, &["owners", "Only its members and administrators"]);
    assert!(!text(&owners).contains("ana"), "{}", text(&owners));
    for page in ["new", "dev/edit", "dev/delete", "dev/add", "dev/repositories/add"] {
        let page = format!("/organization/acme/teams/{page}");
        assert_says(&bob.go(&page), 403, &["You may not do this"]);
    }
    let refused = bob.post(&format!("{PAGE}/members/remove"), &[], &[("name", "bob")]);
    assert_eq!(refused.status(), 403);
}

#[test]
fn nobody_else_sees_them() {
    let app = with_team();
    let bob = browser(&app, "bob");
    assert!(!text(&bob.go(TAB)).contains("owners"));
    assert_eq!(bob.go(PAGE).status(), 403);
    assert_eq!(bob.go(NEW).status(), 403);
    let nobody = app.open(&berth_pages::Console);
    nobody.go(PAGE);
    assert_eq!(nobody.address(), "/signin?next=%2Forganization%2Facme%2Fteams%2Fdev");
    nobody.go(NEW);
    assert_eq!(nobody.address(), "/signin?next=%2Forganization%2Facme%2Fteams%2Fnew");
    // A name that no path has.
    assert_eq!(browser(&app, "ana").go("/organization/acme/teams/..%2F..%2Fx").status(), 404);
}

#[test]
fn hostile_texts_come_out_as_texts() {
    let app = acme();
    let hostile = "<script>alert(1)</script>\"x";
    let body =
        json!({ "role": "member", "description": format!("{hostile}{}", "y".repeat(60_000)) });
    let ana = app.as_user("ana");
    assert_eq!(ana.put("/api/v1/organization/acme/team/dev", body).status(), 200);
    let ana = browser(&app, "ana");
    for page in [TAB, PAGE] {
        let html = ana.go(page).text();
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    }
    let page = ana.go(&format!("{PAGE}/add?q=%3Cscript%3Ealert(1)%40example.com"));
    assert!(page.text().contains("&lt;script&gt;alert(1)@example.com"), "{page}");
    let page = ana.send(&format!("{PAGE}/invitations"), &[]);
    assert_says(&page, 200, &["&lt;script&gt;alert(1)@example.com is invited"]);
}
