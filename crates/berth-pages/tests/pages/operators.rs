//! What operators decide about the console: whether there is one, its title, its logo.

use berth_html::{SCRIPT, STYLE};
use berth_pages::{Console, pages};
use berth_web::Method;

use super::{acme, assert_says, browser};

#[test]
fn switched_off_there_are_no_pages() {
    let app = acme().with("feature_console", "false");
    let ana = browser(&app, "ana");
    for page in pages().filter(|page| page.method == Method::GET && !page.path.contains([':', '*']))
    {
        let reply = ana.get(page.path);
        assert_eq!(reply.status(), 404, "{}", page.path);
        assert_eq!(reply.header("content-type"), Some("application/json"), "{}", page.path);
    }
    // The pages of links in mails still have their look.
    for asset in [STYLE, SCRIPT] {
        let reply = ana.get(asset.path);
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
    }
}

#[test]
fn an_installation_has_its_own_title_and_logo() {
    let app = acme()
        .with("registry_title", "Acme images")
        .with("registry_logo", "https://www.acme.example/logo.svg");
    let page = app.open(&Console).go("/signin");
    assert_says(&page, 200, &["Sign in to Acme images"]);
    let html = page.text();
    assert!(html.contains("<title>Sign in · Acme images</title>"), "{html}");
    assert!(html.contains("<img src=\"https://www.acme.example/logo.svg\" alt=\"\""), "{html}");
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("img-src 'self' https://www.acme.example;"), "{policy}");
    // Where there is none, ours is shown, and nothing of another host.
    let page = acme().open(&Console).go("/signin");
    assert!(
        page.header("content-security-policy").is_some_and(|is| is.contains("img-src 'self';"))
    );
}
