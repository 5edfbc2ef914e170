//! The settings of an organization, and its end.

use super::{acme, assert_says, browser, text, token};

const TAB: &str = "/organization/acme?tab=settings";
const SETTINGS: &str = "/organization/acme/settings";
const END: &str = "/organization/acme/delete";

#[test]
fn settings_are_changed_and_only_what_differs_is_logged() {
    let app = acme();
    let ana = browser(&app, "ana");
    let page = ana.go(TAB);
    assert_says(&page, 200, &["2 weeks", "Delete the organization"]);
    assert!(page.text().contains("value=\"acme@example.com\""), "{page}");
    let page = ana.send(
        SETTINGS,
        &[
            ("email", "new@example.com"),
            ("tag_expiration_s", "86400"),
            ("invoice_email", "true"),
            ("invoice_email_address", "bills@example.com"),
        ],
    );
    assert_says(&page, 200, &["The settings were saved."]);
    let html = page.text();
    for part in
        ["value=\"new@example.com\"", "value=\"86400\" selected", "value=\"bills@example.com\""]
    {
        assert!(html.contains(part), "{part}: {html}");
    }
    let before = app.rows("SELECT kind FROM log_entry").len();
    let same = [
        ("email", "new@example.com"),
        ("tag_expiration_s", "86400"),
        ("invoice_email", "true"),
        ("invoice_email_address", ""),
    ];
    assert_says(&ana.submit(TAB, SETTINGS, &same), 200, &["The settings were saved."]);
    assert_eq!(app.rows("SELECT kind FROM log_entry").len(), before + 1);
}

#[test]
fn what_was_typed_stays_when_it_is_refused() {
    let app = acme();
    let ana = browser(&app, "ana");
    let fields = [("email", "<script>alert(1)</script>"), ("tag_expiration_s", "86400")];
    let page = ana.submit(TAB, SETTINGS, &fields);
    assert_says(&page, 400, &["Invalid email address"]);
    let html = page.text();
    assert!(html.contains("value=\"&lt;script&gt;alert(1)") && html.contains("field-email-error"));
    assert!(html.contains("value=\"86400\" selected"), "{html}");
}

#[test]
fn an_organization_ends_when_its_name_is_typed() {
    let app = acme();
    let ana = browser(&app, "ana");
    assert_says(
        &ana.go(END),
        200,
        &["Delete the organization acme?", "all its repositories", "Type acme to go on"],
    );
    let page = ana.send(END, &[("name", "acm")]);
    assert_says(&page, 400, &["This is not the name. Nothing was deleted."]);
    let page = ana.send(END, &[("name", "acme")]);
    assert_says(&page, 200, &["The organization acme was deleted.", "You are in no organization"]);
    assert_eq!(ana.go("/organization/acme").status(), 404);
}

#[test]
fn nobody_else_changes_it() {
    let app = acme();
    let bob = browser(&app, "bob");
    assert!(!text(&bob.go(TAB)).contains("Delete the organization"));
    let token = token(&bob.go("/"));
    let page = bob.post(SETTINGS, &token, &[("email", "evil@example.com")]);
    assert_says(&page, 403, &["You may not do this"]);
    assert_says(&bob.post(END, &token, &[("name", "acme")]), 403, &["You may not do this"]);
    assert_eq!(app.rows("SELECT name FROM account WHERE name = 'acme'").len(), 1);
}
