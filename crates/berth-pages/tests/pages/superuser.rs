//! The pages of the installation.

use berth_test::App;
use serde_json::json;

use super::{acme, assert_says, browser, text};

/// The same with `reader`, who reads everything.
fn installation() -> App {
    acme().with("global_readonly_super_users", "reader").with_user("reader")
}

const TABS: [&str; 7] =
    ["users", "organizations", "messages", "mails", "log", "settings", "health"];

#[test]
fn superusers_see_it_and_nobody_else() {
    let app = installation();
    for tab in TABS {
        let page = format!("/superuser?tab={tab}");
        assert_says(&browser(&app, "root").go(&page), 200, &["Installation"]);
        // The log is not asked for while its part of a page is empty.
        if tab != "log" {
            assert_eq!(browser(&app, "ana").get(&page).status(), 403, "{tab}");
        }
    }
    let nobody = app.open(&berth_pages::Console);
    nobody.go("/superuser");
    assert_eq!(nobody.address(), "/signin?next=%2Fsuperuser");
}

#[test]
fn who_reads_everything_changes_nothing() {
    let app = installation();
    let reader = browser(&app, "reader");
    let message =
        json!({ "content": "Closed tonight", "media_type": "text/plain", "severity": "info" });
    let root = app.as_user("root");
    assert_eq!(root.post("/api/v1/messages", json!({ "message": message })).status(), 201);
    for tab in ["users", "organizations", "messages", "settings", "health"] {
        let page = reader.go(&format!("/superuser?tab={tab}"));
        assert_says(&page, 200, &["You may read everything here, and change nothing."]);
        let main = page.text().split("<main").nth(1).unwrap_or_default().to_owned();
        for button in ["data-dialog", "method=\"post\"", "tab=mails"] {
            assert!(!main.contains(button), "{tab} has {button}: {main}");
        }
    }
    let page = reader.go("/superuser/users/bob");
    assert_says(&page, 200, &["bob@example.com"]);
    assert!(!text(&page).contains("Delete"));
    let page = reader.go("/superuser/organizations/acme");
    assert!(page.status() == 200 && !text(&page).contains("Delete"), "{page}");
    reader.go("/superuser?tab=mails");
    assert_eq!(reader.send_only("/superuser/mails", &[]).status(), 403);
}

/// Rows of superusers want a fresh login: the console asks, and goes on by itself.
#[test]
fn the_password_is_asked_again() {
    let app = installation();
    let root = browser(&app, "root");
    app.advance(601);
    assert_says(&root.go("/superuser?tab=users"), 403, &["Confirm your password"]);
    assert_says(&root.send("/signin/verify", &[("password", "password")]), 200, &["bob"]);
}

#[test]
fn a_user_from_their_creation_to_their_end() {
    let app = installation();
    let root = browser(&app, "root");
    let new = "/superuser/newuser";
    let page = root.submit(new, new, &[("username", "bob"), ("email", "new@example.com")]);
    assert_says(&page, 400, &["already been taken"]);
    assert!(
        page.text().contains("value=\"new@example.com\"")
            && page.text().contains("field-username-error")
    );
    let page = root.send(new, &[("username", "new"), ("email", "ana@example.com")]);
    assert!(page.status() == 400 && page.text().contains("field-email-error"), "{page}");
    let page = root.send(new, &[("username", "new"), ("email", "new@example.com")]);
    assert_eq!(root.address(), "/superuser/users/new");
    assert_says(&page, 200, &["The account new was created.", "Keep this now", "new@example.com"]);
    let html = page.text();
    let password = html.split("id=\"secret-1\"").nth(1).and_then(|rest| rest.split('>').nth(1));
    let password = password.and_then(|rest| rest.split('<').next()).unwrap_or_default().to_owned();
    let sign_in = |password: &str| {
        app.advance(60);
        let them = app.open(&berth_pages::Console);
        them.go("/signin");
        them.send_only("/signin", &[("username", "new"), ("password", password)]).status()
    };
    assert_eq!(sign_in(&password), 303);
    assert!(!text(&root.go("/superuser/users/new")).contains("Keep this now"));

    let page = "/superuser/users/new/email";
    assert_says(&root.submit(page, page, &[("email", "nowhere")]), 400, &["Address of new"]);
    let done = root.send(page, &[("email", "newer@example.com")]);
    assert_says(&done, 200, &["The address is now newer@example.com."]);

    let page = "/superuser/users/new/password";
    let refused = root.submit(page, page, &[("password", "short")]);
    assert!(refused.status() == 400 && refused.text().contains("field-password-error"));
    assert_says(&root.send(page, &[("password", "battery-staple")]), 200, &["has a new password"]);
    assert_eq!(sign_in("battery-staple"), 303);

    let page = "/superuser/users/new/disable";
    assert_says(&root.go(page), 200, &["Disable the account new?", "Nothing is deleted."]);
    assert_says(&root.send(page, &[]), 200, &["The account new is disabled.", "Disabled"]);
    assert_ne!(sign_in("battery-staple"), 303);
    let page = root.send("/superuser/users/new/enable", &[]);
    assert_says(&page, 200, &["may be used again"]);
    assert_eq!(sign_in("battery-staple"), 303);

    let end = "/superuser/users/new/delete";
    assert_says(&root.submit(end, end, &[("name", "bob")]), 400, &["Type new to go on"]);
    assert_says(&root.send(end, &[("name", "new")]), 200, &["The account new was deleted."]);
    assert_eq!(root.get("/superuser/users/new").status(), 404);
}

#[test]
fn superusers_and_last_administrators_stay() {
    let app = installation();
    let root = browser(&app, "root");
    let page = root.go("/superuser/users/root");
    assert_says(&page, 200, &["Superuser", "changed by themselves alone"]);
    assert!(!text(&page).contains("Delete account"));
    let end = "/superuser/users/root/delete";
    let page = root.submit(end, end, &[("name", "root")]);
    assert_says(&page, 400, &["Cannot delete a superuser"]);
    let end = "/superuser/users/ana/delete";
    let page = root.submit(end, end, &[("name", "ana")]);
    assert_says(&page, 400, &["the only administrator of: acme"]);
}

#[test]
fn an_account_becomes_an_organization() {
    let app = installation();
    let root = browser(&app, "root");
    let page = "/superuser/users/bob/takeownership";
    assert_says(&root.submit(page, page, &[("name", "")]), 400, &["Type bob to go on"]);
    let done = root.send(page, &[("name", "bob")]);
    assert_says(&done, 200, &["You are now an administrator of bob."]);
    assert_eq!(root.address(), "/organization/bob");
    let page = "/superuser/users/ana/takeownership";
    let refused = root.submit(page, page, &[("name", "ana")]);
    assert_says(&refused, 400, &["the only administrator of: acme"]);
}

#[test]
fn organizations_are_renamed_taken_over_and_deleted() {
    let app = installation().with_organization("other", "bob");
    let root = browser(&app, "root");
    let tab = "/superuser?tab=organizations";
    assert_says(&root.go(tab), 200, &["acme", "acme@example.com", "other"]);
    let found = text(&root.go("/superuser?tab=organizations&q=oth"));
    assert!(found.contains("other") && !found.contains("acme"), "{found}");

    let page = root.go("/superuser/organizations/acme");
    assert_says(&page, 200, &["Go to the organization", "Rename", "Take over", "Delete"]);
    let page = "/superuser/organizations/acme/rename";
    let refused = root.submit(page, page, &[("new_name", "other")]);
    assert_says(&refused, 400, &["already exists", "Rename acme"]);
    assert!(refused.text().contains("value=\"other\""));
    assert_says(
        &root.send(page, &[("new_name", "harbour")]),
        200,
        &["acme is now called harbour."],
    );

    let page = "/superuser/organizations/harbour/takeownership";
    assert_says(&root.go(page), 200, &["Take over harbour?", "beside those that it has"]);
    assert_says(&root.send(page, &[]), 200, &["You are now an administrator of harbour."]);
    assert_says(&root.go("/organization/harbour?tab=settings"), 200, &["Settings"]);

    let end = "/superuser/organizations/harbour/delete";
    assert_says(&root.submit(end, end, &[("name", "acme")]), 400, &["Type harbour to go on"]);
    let done = root.send(end, &[("name", "harbour")]);
    assert_says(&done, 200, &["The organization harbour was deleted."]);
    assert_eq!(root.get("/superuser/organizations/harbour/delete").status(), 404);

    // Anybody else gets nowhere with the addresses alone.
    let bob = browser(&app, "bob");
    for page in ["", "/rename", "/takeownership", "/delete"] {
        let page = format!("/superuser/organizations/other{page}");
        assert_eq!(bob.get(&page).status(), 403, "{page}");
    }
}

#[test]
fn messages_to_everybody() {
    let app = installation();
    let root = browser(&app, "root");
    let tab = "/superuser?tab=messages";
    assert_says(&root.go(tab), 200, &["No messages", "New message"]);
    let new = "/superuser/messages/new";
    let refused = root.submit(new, new, &[("content", "x"), ("severity", "terrible")]);
    assert_eq!(refused.status(), 400);
    let hostile = "<script>alert(1)</script>";
    let page = root.send(new, &[("content", hostile), ("severity", "warning")]);
    assert_says(&page, 200, &["Everybody sees the message now.", "Warning", "&lt;script&gt;"]);
    assert!(!page.text().contains(hostile));
    assert_says(&browser(&app, "bob").go("/"), 200, &["&lt;script&gt;alert(1)"]);
    let html = page.text();
    let link = html.split("/superuser/messages/").find(|rest| rest.contains("/delete\""));
    let uuid = link.and_then(|rest| rest.split("/delete\"").next()).unwrap_or_default();
    let end = format!("/superuser/messages/{uuid}/delete");
    assert_says(&root.go(&end), 200, &["Delete the message?"]);
    assert_says(&root.send(&end, &[]), 200, &["The message was deleted.", "No messages"]);
}

/// Reading mails is logged: it is asked for, and no page shows them by itself.
#[test]
fn mails_are_read_on_request() {
    let app = installation();
    let root = browser(&app, "root");
    let bob = app.open(&berth_pages::Console);
    let page = "/forgotpassword";
    assert_eq!(bob.submit(page, page, &[("email", "bob@example.com")]).status(), 200);
    let page = root.go("/superuser?tab=mails");
    assert_says(
        &page,
        200,
        &["No mail leaves this installation", "The log says that you read them."],
    );
    assert!(!text(&page).contains("bob@example.com") && !app.log().contains("mails_read"));
    let page = root.send("/superuser/mails", &[]);
    assert_says(&page, 200, &["bob@example.com", "Held: no gateway", "/recovery?code="]);
    let page = root.send("/superuser/mails", &[("q", "ana@")]);
    assert_says(&page, 200, &["No mails"]);
}

#[test]
fn settings_in_force() {
    let app = installation().with("registry_title", "Harbour").with("setup_token", "laid-down");
    let root = browser(&app, "root");
    let page = root.go("/superuser?tab=settings");
    let said = ["registry_title", "Harbour", "Changed", "Default: Berth", "Set, not shown"];
    assert_says(&page, 200, &said);
    assert!(!page.text().contains("laid-down"));
    assert!(page.text().contains("<code>https</code>") && !text(&page).contains('`'));
    let mut pages = 1;
    let mut shown = page.text().matches("scope=\"row\"").count();
    let mut html = page.text();
    while let Some(rest) = html.split("rel=\"next\" href=\"").nth(1) {
        let next = rest.split('"').next().unwrap_or_default().replace("&amp;", "&");
        html = root.go(&next).text();
        pages += 1;
        shown += html.matches("scope=\"row\"").count();
    }
    assert!(pages > 2, "{pages}");
    assert_eq!(shown, berth_domain::settings::ALL.len());
    let found = text(&root.go("/superuser?tab=settings&q=mails_per"));
    assert!(found.contains("mails_per_hour") && !found.contains("setup_token"), "{found}");
    assert_says(&root.go("/superuser?tab=settings&q=zzz"), 200, &["Nothing found"]);
    assert_says(&root.go("/superuser?tab=settings&page_token=99999999"), 200, &["Nothing found"]);
    let first = text(&root.go("/superuser?tab=settings&sort=name"));
    assert!(first.contains("action_log_audit_logins") && !first.contains("sign_ups_per_hour"));
}

#[test]
fn health_in_words() {
    let app = installation();
    let root = browser(&app, "root");
    let page = root.go("/superuser?tab=health");
    assert_says(&page, 200, &["Everything works.", "Database Works", "Key-value store Works"]);
    app.fail_key_value(true);
    assert_says(&root.go("/superuser?tab=health"), 200, &["does not answer"]);
    app.fail_key_value(false);
}

#[test]
fn long_lists_stay_small() {
    let app = installation();
    let n = "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) SELECT i FROM n)";
    let statements = format!(
        "INSERT INTO account (uuid, kind, name, email, created_at)
            SELECT 'u' || i, 'user', printf('u%0250d', i), printf('u%0200d@example.com', i), 0 FROM {n};
        INSERT INTO user_profile (account_id, verified) SELECT id, 0 FROM account WHERE name LIKE 'u0%';
        INSERT INTO account (uuid, kind, name, email, created_at)
            SELECT 'o' || i, 'organization', printf('o%0250d', i), printf('o%0200d@example.com', i), 0 FROM {n};
        INSERT INTO message (uuid, content, severity, media_type, created_at)
            SELECT 'm' || i, printf('%09000d', i), 'info', 'text/plain', 0 FROM {n}"
    );
    statements.split(';').for_each(|statement| app.execute(statement));
    let root = browser(&app, "root");
    for tab in ["users", "organizations", "messages"] {
        let page = root.go(&format!("/superuser?tab={tab}"));
        assert!(page.status() == 200 && page.text().contains("page_token="), "{tab}");
    }
}
