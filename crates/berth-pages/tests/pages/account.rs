//! The pages of an account: somebody's own, and what others see of it.

use berth_test::App;
use serde_json::json;

use super::{acme, assert_says, browser, text};

const OWN: &str = "/user/ana";

#[test]
fn what_others_see_of_somebody_is_their_name() {
    let app = acme();
    for page in [browser(&app, "bob").go(OWN), app.open(&berth_pages::Console).go(OWN)] {
        assert_says(&page, 200, &["ana", "A person with an account here"]);
        let html = page.text();
        assert!(!html.contains("ana@example.com") && !html.contains("/user/ana/"), "{html}");
    }
    assert_says(&browser(&app, "root").go(OWN), 200, &["Manage the account"]);
    assert_eq!(browser(&app, "bob").get("/user/ghost").status(), 404);
    assert_eq!(browser(&app, "bob").get("/user/acme").status(), 404);
}

/// No page of somebody's account is another one's, whoever asks.
#[test]
fn the_forms_of_an_account_are_its_own() {
    let app = acme().with("feature_user_rename", "true").with("feature_user_metadata", "true");
    let pages = [
        "rename",
        "email",
        "password",
        "details",
        "clientkey",
        "delete",
        "robots/new",
        "robots/ci",
        "tokens/new",
    ];
    for page in pages {
        let page = format!("{OWN}/{page}");
        for other in ["bob", "root"] {
            assert_eq!(browser(&app, other).get(&page).status(), 404, "{other} {page}");
        }
        let nobody = app.open(&berth_pages::Console);
        nobody.go(&page);
        assert!(nobody.address().starts_with("/signin?next="), "{page}: {}", nobody.address());
    }
    let root = browser(&app, "root");
    root.go("/user/root/delete");
    assert_eq!(root.post("/user/ana/delete", &[], &[("name", "ana")]).status(), 404);
}

#[test]
fn an_account_from_its_name_to_its_end() {
    let app = acme().with("feature_user_rename", "true").with("feature_user_metadata", "true");
    let bob = browser(&app, "bob");
    assert_says(&bob.go("/user/bob"), 200, &["bob@example.com", "You have a password", "Not said"]);
    let page = bob.submit("/user/bob/rename", "/user/bob/rename", &[("username", "Not a name")]);
    assert_says(&page, 400, &["Change name"]);
    assert!(
        page.text().contains("value=\"Not a name\"")
            && page.text().contains("field-username-error")
    );
    let page = bob.send("/user/bob/rename", &[("username", "robert")]);
    assert_says(&page, 200, &["You are now called robert."]);
    assert_eq!(bob.address(), "/user/robert");

    let email = "/user/robert/email";
    assert_says(&bob.submit(email, email, &[("email", "ana@example.com")]), 400, &["already used"]);
    let page = bob.send(email, &[("email", "robert@example.com")]);
    assert_says(&page, 200, &["The address is now robert@example.com."]);

    let details = "/user/robert/details";
    let hostile = "<script>alert(1)</script>";
    let page = bob.submit(details, details, &[("given_name", "Robert"), ("company", hostile)]);
    assert_says(&page, 200, &["Your details were changed.", "Robert"]);
    assert!(!page.text().contains(hostile) && page.text().contains("&lt;script&gt;"));

    let end = "/user/robert/delete";
    assert_says(&bob.go(end), 200, &["Delete the account robert?", "nobody can bring them back"]);
    assert_says(&bob.send(end, &[("name", "bob")]), 400, &["Type robert to go on"]);
    assert_says(&bob.send(end, &[("name", "robert")]), 200, &["The account robert was deleted."]);
    assert_eq!(app.rows("SELECT name FROM account WHERE name = 'robert'").len(), 0);
}

#[test]
fn what_is_off_has_no_page() {
    let app = acme().with("feature_app_specific_tokens", "false");
    let bob = browser(&app, "bob");
    let page = bob.go("/user/bob?tab=tokens");
    assert_says(&page, 200, &["You have a password"]);
    assert!(!text(&page).contains("App tokens") && !text(&page).contains("About you"));
    for page in ["rename", "details"] {
        assert_eq!(bob.get(&format!("/user/bob/{page}")).status(), 404, "{page}");
    }
}

#[test]
fn a_new_address_counts_when_it_is_confirmed() {
    let app = acme().with("mail_gateway_url", "https://mail.example/send");
    let bob = browser(&app, "bob");
    let email = "/user/bob/email";
    assert_says(&bob.go(email), 200, &["We send a mail with a link there."]);
    let page = bob.send(email, &[("email", "robert@example.com")]);
    assert_says(&page, 200, &["is on its way to robert@example.com", "bob@example.com"]);
    assert_eq!(app.mails().len(), 1);
}

/// The one who changes it goes on; what was typed is typed again where the API asks for the present password first.
#[test]
fn a_new_password() {
    let app = acme();
    let bob = browser(&app, "bob");
    let page = "/user/bob/password";
    let fields = |password, repeated| [("password", password), ("password_again", repeated)];
    assert_says(
        &bob.submit(page, page, &fields("battery-staple", "other")),
        400,
        &["not the same"],
    );
    assert_says(&bob.send(page, &fields("short", "short")), 400, &["password"]);
    app.advance(601);
    let asked = bob.submit(page, page, &fields("battery-staple", "battery-staple"));
    assert_says(&asked, 403, &["Confirm your password"]);
    assert!(!asked.text().contains("battery-staple"), "no page keeps a password");
    let again = bob.send("/signin/verify", &[("password", "password")]);
    assert_says(&again, 400, &["Type the new password."]);
    let done = bob.send(page, &fields("battery-staple", "battery-staple"));
    assert_says(&done, 200, &["Your password was changed."]);
    assert_says(&bob.go("/user/bob"), 200, &["bob@example.com"]);
    let other = app.open(&berth_pages::Console);
    other.go("/signin");
    let reply = other.send_only("/signin", &[("username", "bob"), ("password", "battery-staple")]);
    assert_eq!(reply.status(), 303);
}

#[test]
fn an_encrypted_password_is_shown_once() {
    let app = acme();
    let bob = browser(&app, "bob");
    let page = "/user/bob/clientkey";
    let wrong = bob.submit(page, page, &[("password", "wrong")]);
    assert_says(&wrong, 400, &["Invalid Username or Password"]);
    app.advance(60);
    let made = bob.send(page, &[("password", "password")]);
    assert_says(&made, 200, &["Here is your encrypted password.", "docker login -u='bob'"]);
    assert!(!text(&bob.go("/user/bob")).contains("docker login"));
}

#[test]
fn the_last_administrator_stays() {
    let app = acme();
    let ana = browser(&app, "ana");
    let page = ana.submit("/user/ana/delete", "/user/ana/delete", &[("name", "ana")]);
    assert_says(
        &page,
        400,
        &["the only administrator of: acme", "Make somebody else an administrator"],
    );
    assert_eq!(ana.go(OWN).status(), 200);
}

#[test]
fn own_robots() {
    let app = acme();
    let repository = json!({ "repository": "tools", "visibility": "private", "description": "" });
    assert_eq!(app.as_user("bob").post("/api/v1/repository", repository).status(), 201);
    let bob = browser(&app, "bob");
    assert_says(&bob.go("/user/bob?tab=robots"), 200, &["No robots yet", "New robot"]);
    let new = "/user/bob/robots/new";
    assert!(bob.go(new).text().contains("<option value=\"tools\">"));
    let fields =
        [("name", "ci"), ("description", "builds"), ("repositories", "tools"), ("role", "write")];
    let page = bob.send(new, &fields);
    assert_eq!(bob.address(), "/user/bob/robots/ci");
    let said = ["The robot bob+ci was created.", "docker login -u='bob+ci'", "Write: pull"];
    assert_says(&page, 200, &said);
    let config = bob.get("/user/bob/robots/ci/config.json");
    assert!(config.json()["auths"]["localhost:3000"]["auth"].is_string(), "{config}");
    let refused = bob.submit(
        "/user/bob/robots/ci",
        "/user/bob/robots/ci/permissions",
        &[("repository", "ghost"), ("role", "read")],
    );
    assert!(refused.status() >= 400 && refused.text().contains("field-repository-error"));
    let remove = "/user/bob/robots/ci/permissions/remove";
    let page = bob.submit("/user/bob/robots/ci", remove, &[]);
    assert_says(&page, 200, &["no repository yet"]);
    let again = "/user/bob/robots/ci/regenerate";
    assert_says(&bob.submit(again, again, &[]), 200, &["There is a new token."]);
    assert_says(&bob.go("/user/bob?tab=robots"), 200, &["bob+ci", "builds"]);
    let end = "/user/bob/robots/ci/delete";
    let page = bob.submit(end, end, &[]);
    assert_says(&page, 200, &["The robot bob+ci was deleted.", "No robots yet"]);
}

#[test]
fn an_app_token_from_its_creation_to_its_end() {
    let app = acme();
    let bob = browser(&app, "bob");
    assert_says(&bob.go("/user/bob?tab=tokens"), 200, &["No app tokens yet", "New app token"]);
    let new = "/user/bob/tokens/new";
    let hostile = "<script>alert(1)</script>";
    let page = bob.submit(new, new, &[("title", hostile)]);
    assert_says(&page, 200, &["was created", "docker login -u='$app'"]);
    assert!(!page.text().contains(hostile));
    let token = bob.address();
    let config = bob.get(&format!("{token}/config.json"));
    assert!(config.json()["auths"]["localhost:3000"]["auth"].is_string(), "{config}");
    assert_says(&bob.go("/user/bob?tab=tokens"), 200, &["&lt;script&gt;", "Never"]);
    assert_says(&bob.go("/user/bob?tab=tokens&q=nothing"), 200, &["Nothing found"]);
    // Showing it later wants the password again.
    app.advance(601);
    assert_says(&bob.go(&token), 403, &["Confirm your password"]);
    let page = bob.send("/signin/verify", &[("password", "password")]);
    assert_says(&page, 200, &["docker login -u='$app'"]);
    let end = format!("{token}/revoke");
    assert_says(&bob.go(&end), 200, &["shut out at once"]);
    let page = bob.send(&end, &[]);
    assert_says(&page, 200, &["The app token was revoked.", "No app tokens yet"]);
    // Nobody else's can be had by its address.
    let ana = browser(&app, "ana");
    let mine = ana.submit("/user/ana/tokens/new", "/user/ana/tokens/new", &[("title", "mine")]);
    assert_eq!(mine.status(), 200);
    let stolen = ana.address().replace("/user/ana/", "/user/bob/");
    assert_eq!(bob.get(&stolen).status(), 404);
    assert_eq!(bob.get(&format!("{stolen}/config.json")).status(), 404);
}

/// An application of acme's, with the right to make a token of it for bob.
fn with_assignment(app: &App) -> String {
    let ana = app.as_user("ana");
    let body = json!({ "name": "<b>ci</b>", "application_uri": "javascript:alert(1)",
        "redirect_uri": "https://ci.example.com/back", "description": "Builds" });
    let made = ana.post("/api/v1/organization/acme/applications", body).json();
    let client_id = made["client_id"].as_str().unwrap_or_default().to_owned();
    let reply = app.with_session("ana").post_empty(&format!(
        "/oauth/authorize/assignuser?username=bob&client_id={client_id}&redirect_uri=\
        https%3A%2F%2Fci.example.com%2Fback&scope=repo:read&response_type=token&format=json"
    ));
    assert!(reply.status() < 400, "{reply}");
    client_id
}

#[test]
fn applications_have_access_until_it_is_taken_away() {
    let app = acme();
    let client_id = with_assignment(&app);
    let bob = browser(&app, "bob");
    let tab = "/user/bob?tab=applications";
    let page = bob.go(tab);
    let said = ["No application has access", "Tokens that you may make", "of acme", "Builds"];
    assert_says(&page, 200, &said);
    let html = page.text();
    assert!(!html.contains("<b>ci</b>") && !html.contains("href=\"javascript:"), "{html}");
    let wanted = format!("/oauth/authorize?response_type=token&amp;client_id={client_id}");
    assert!(html.contains(&wanted), "{html}");
    let page = bob.send("/user/bob/assigned/decline", &[]);
    assert_says(&page, 200, &["You declined the token."]);
    assert!(!text(&page).contains("Tokens that you may make"));

    app.execute(&format!(
        "INSERT INTO access_token (uuid, token_hash, application_id, account_id, scope, created_at, expires_at)
            SELECT 'granted', x'00', app.id, a.id, 'repo:read', 0, 8000000000000000
            FROM oauth_application app, account a WHERE app.client_id = '{client_id}' AND a.name = 'bob'"
    ));
    assert_says(&bob.go(tab), 200, &["of acme", "Revoke"]);
    let revoke = "/user/bob/applications/granted/revoke";
    assert_says(&bob.go(revoke), 200, &["stops working at once"]);
    let page = bob.send(revoke, &[]);
    assert_says(&page, 200, &["no access any more", "No application has access"]);
    assert_eq!(browser(&app, "ana").get(revoke).status(), 404);
}

#[test]
fn notifications_are_dismissed_one_by_one() {
    let app = acme();
    let tab = "/user/bob?tab=notifications";
    let bob = browser(&app, "bob");
    assert_says(&bob.go(tab), 200, &["No notifications"]);
    with_assignment(&app);
    assert_says(&bob.go(tab), 200, &["right to make a token", "Dismiss"]);
    let page = bob.send("/notifications/dismiss", &[]);
    assert_says(&page, 200, &["The notification is gone.", "No notifications"]);
    assert_eq!(bob.address(), tab);
}

#[test]
fn dismissing_leads_to_no_other_site() {
    let app = acme();
    with_assignment(&app);
    let bob = browser(&app, "bob");
    bob.go("/user/bob?tab=notifications");
    let reply = bob.send_only("/notifications/dismiss", &[]);
    assert_eq!(reply.header("location"), Some("/user/bob?tab=notifications"));
    with_assignment(&app);
    let page = bob.go("/user/bob?tab=notifications");
    let html = page.text();
    let value = |name: &str| {
        let field = html.split(&format!("name=\"{name}\" value=\"")).nth(1);
        field.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    };
    let hidden = ["_csrf_token", "id"].map(|name| (name.to_owned(), value(name)));
    let reply = bob.post("/notifications/dismiss", &hidden, &[("back", "//evil.example")]);
    assert_eq!(reply.header("location"), Some("/"), "{reply}");
}

#[test]
fn an_invitation_is_accepted_where_notifications_are() {
    let app = acme().with("require_team_invite", "true");
    let reply = app.as_user("ana").put_empty("/api/v1/organization/acme/team/owners/members/bob");
    assert_eq!(reply.status(), 200, "{reply}");
    let bob = browser(&app, "bob");
    let said = ["ana invites you to the team owners of acme.", "Accept", "Decline"];
    assert_says(&bob.go("/user/bob?tab=notifications"), 200, &said);
    let page = bob.send("/invitations", &[("answer", "accept")]);
    assert_says(&page, 200, &["You are now in the team owners of acme."]);
}

/// As much as there may be stays within the budgets, which the harness holds.
#[test]
fn pages_of_much_stay_small() {
    let app = acme();
    let id = "(SELECT id FROM account WHERE name = 'bob')";
    let n = "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) SELECT i FROM n)";
    let statements = format!(
        "INSERT INTO app_token (uuid, account_id, title, token_hash, sealed_token, created_at)
            SELECT printf('%036d', i), {id}, printf('%0200d', i), CAST(i AS BLOB), zeroblob(140), 0 FROM {n};
        INSERT INTO oauth_application (client_id, namespace_id, name, description, created_at)
            SELECT 'c' || i, a.id, printf('%0200d', i), printf('%01000d', i), 0 FROM {n}, account a WHERE a.name = 'acme';
        INSERT INTO access_token (uuid, token_hash, application_id, account_id, scope, created_at, expires_at)
            SELECT 't' || client_id, CAST(client_id AS BLOB), id, {id}, 'repo:read', 0, 8000000000000000
            FROM oauth_application WHERE client_id LIKE 'c%';
        INSERT INTO notification (uuid, account_id, kind, metadata, created_at)
            SELECT 'n' || i, {id}, 'assigned_authorization', json_object('username', 'ana'), i FROM {n}"
    );
    statements.split(';').for_each(|statement| app.execute(statement));
    let bob = browser(&app, "bob");
    for tab in ["account", "robots", "tokens", "applications", "notifications", "log"] {
        let page = bob.go(&format!("/user/bob?tab={tab}"));
        assert_eq!(page.status(), 200, "{tab}");
        let pages = matches!(tab, "tokens" | "applications" | "notifications");
        assert_eq!(page.text().contains("page_token="), pages, "{tab}");
    }
}
