//! The quota of an organization.

use berth_test::App;

use super::{acme, assert_says, browser, text, token};

const QUOTA: &str = "/organization/acme?tab=quota";
const SIZE: &str = "/organization/acme/quota/size";
const LIMIT: &str = "/organization/acme/quota/limits/new";

/// Quotas are on, and superusers have full access.
fn with_quotas() -> App {
    acme().with("feature_quota_management", "true").with("feature_superusers_full_access", "true")
}

#[test]
fn a_quota_from_its_setting_to_its_end() {
    let app = with_quotas();
    let root = browser(&app, "root");
    assert_says(&root.go(QUOTA), 200, &["0 bytes are used. There is no limit.", "Set a quota"]);
    let page = root.submit(SIZE, SIZE, &[("limit", "much")]);
    assert_says(&page, 400, &["Invalid limit format"]);
    assert!(page.text().contains("value=\"much\""));
    let page = root.send(SIZE, &[("limit", "10 GiB")]);
    assert_says(
        &page,
        200,
        &["The quota was set.", "0 bytes of 10 GiB are used (0 %).", "Nothing"],
    );
    assert!(page.text().contains("<meter"));
    let page = root.submit(LIMIT, LIMIT, &[("type", "Warning"), ("percent", "101")]);
    assert_says(&page, 400, &["Quota limit threshold must be between 1 and 100"]);
    let page = root.send(LIMIT, &[("type", "Warning"), ("percent", "80")]);
    assert_says(&page, 200, &["The limit was set.", "At 80 % (8 GiB): administrators are warned"]);
    let html = page.text();
    let id = html.split("/quota/limits/").nth(2).and_then(|rest| rest.split('"').next());
    let limit = format!("/organization/acme/quota/limits/{}", id.expect("a limit"));
    let page = root.submit(&limit, &limit, &[("type", "Reject"), ("percent", "90")]);
    assert_says(&page, 200, &["At 90 % (9 GiB): pushes are refused"]);
    let page = root.submit(QUOTA, &format!("{limit}/remove"), &[]);
    assert_says(&page, 200, &["The limit was removed."]);
    let page = root.submit(SIZE, SIZE, &[("limit", "1 TiB")]);
    assert_says(&page, 200, &["0 bytes of 1 TiB"]);
    let end = "/organization/acme/quota/delete";
    assert_says(&root.go(end), 200, &["Remove the quota of acme?"]);
    assert_says(&root.send(end, &[]), 200, &["The quota was removed.", "There is no limit."]);
}

#[test]
fn administrators_see_it_and_change_nothing() {
    let app = with_quotas();
    let root = browser(&app, "root");
    root.submit(SIZE, SIZE, &[("limit", "1 GiB")]);
    root.submit(LIMIT, LIMIT, &[("type", "Reject"), ("percent", "100")]);
    let ana = browser(&app, "ana");
    let page = ana.go(QUOTA);
    assert_says(&page, 200, &["of 1 GiB", "pushes are refused", "Superusers of the installation"]);
    let page = text(&page);
    assert!(!page.contains("Change") && !page.contains("Remove"), "{page}");
    assert_eq!(ana.go(SIZE).status(), 403);
    let page = ana.post(SIZE, &token(&ana.go(QUOTA)), &[("limit", "9 TiB")]);
    assert_says(&page, 403, &["Superusers of the installation set quotas."]);
    let bob = text(&browser(&app, "bob").go(QUOTA));
    assert!(!bob.contains("GiB"), "{bob}");
}

/// A superuser without full access sets the size by the way that superusers have, where they see the organization.
#[test]
fn without_full_access() {
    let app = acme().with("feature_quota_management", "true").with("super_users", "ana");
    let ana = browser(&app, "ana");
    let page = ana.submit(SIZE, SIZE, &[("limit", "2 GiB")]);
    assert_says(&page, 200, &["The quota was set.", "of 2 GiB"]);
    assert!(!text(&page).contains("New limit"));
}
