//! Fields with numbers, in forms that somebody makes themselves.

use super::{assert_says, browser, proxy_cache};

/// What is no number is refused with what was typed, and nothing is made or changed in its place.
#[test]
fn what_is_no_number_is_refused() {
    let (app, _) = proxy_cache::app();
    let app =
        app.with("feature_quota_management", "true").with("feature_superusers_full_access", "true");
    let limit = serde_json::json!({ "limit_bytes": 1_000_000 });
    let made = app.as_user("root").post("/api/v1/organization/acme/quota", limit);
    assert_eq!(made.status(), 201);
    let application = serde_json::json!({ "name": "Builder" });
    let made = app.as_user("ana").post("/api/v1/organization/acme/applications", application);
    let client_id = made.json()["client_id"].as_str().expect("a client id").to_owned();
    let tokens = format!("/organization/acme/application/{client_id}/tokens/new");
    let settings = "/organization/acme?tab=settings";
    let (cache, quota) =
        ("/organization/acme/proxycache/new", "/organization/acme/quota/limits/new");
    let token = [("name", "ci"), ("scope", "repo:read"), ("expiration", "soon")];
    let cached = [("upstream_registry", "quay.io/acme"), ("expiration_s", "soon")];
    let limit = [("type", "Warning"), ("percent", "soon")];
    let forms = [
        ("ana", &*tokens, &*tokens, &token[..]),
        ("ana", cache, cache, &cached[..]),
        ("ana", settings, "/organization/acme/settings", &[("tag_expiration_s", "soon")]),
        ("root", quota, quota, &limit[..]),
    ];
    for (who, page, action, sent) in forms {
        let browser = browser(&app, who);
        let before = app.changes_so_far();
        let reply = browser.submit(page, action, sent);
        assert_says(&reply, 400, &["'soon' is not of type"]);
        assert_eq!(app.changes_so_far(), before, "{action}");
    }
}
