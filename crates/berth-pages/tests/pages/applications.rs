//! The applications of an organization, and their tokens.

use berth_test::{App, Reply};

use super::{acme, assert_says, browser, text};

const TAB: &str = "/organization/acme?tab=applications";
const NEW: &str = "/organization/acme/applications/new";
/// The lifetime of the token that the page made, in seconds.
const LIFETIME: &str =
    "SELECT (expires_at - created_at) / 1000000 FROM access_token ORDER BY id DESC LIMIT 1";
const HOSTILE: &str = "<script>alert(1)</script>";

/// An application made through the API: the address of its page, and its secret.
fn application(app: &App) -> (String, String) {
    let body = serde_json::json!({
        "name": "Builder", "description": HOSTILE, "application_uri": "javascript:alert(1)",
        "redirect_uri": "https://ci.example.com/done?a=b&c=d", "avatar_email": "ci@example.com",
    });
    let made = app.as_user("ana").post("/api/v1/organization/acme/applications", body).json();
    let client_id = made["client_id"].as_str().expect("a client id");
    let secret = made["client_secret"].as_str().expect("a secret").to_owned();
    (format!("/organization/acme/application/{client_id}"), secret)
}

/// The page as it was sent.
fn html(reply: &Reply) -> String {
    String::from_utf8_lossy(reply.body()).into_owned()
}

/// The address that follows `before` in a page.
fn address_in(reply: &Reply, before: &str) -> String {
    let html = html(reply);
    let (_, rest) = html.split_once(before).unwrap_or_else(|| panic!("no {before} in {html}"));
    format!("{before}{}", rest.split('"').next().unwrap_or_default())
}

/// What is shown this once.
fn shown_once(reply: &Reply) -> String {
    let html = html(reply);
    let (_, rest) = html.split_once("id=\"secret-0\"").expect("something is shown once");
    let (_, rest) = rest.split_once('>').expect("its element ends");
    rest.split('<').next().unwrap_or_default().to_owned()
}

#[test]
fn an_application_from_its_creation_to_its_end() {
    let app = acme();
    let ana = browser(&app, "ana");
    assert_says(&ana.go(TAB), 200, &["No applications yet", "New application"]);
    let page = ana.submit(
        NEW,
        NEW,
        &[
            ("name", "Builder"),
            ("description", "builds <b>all</b>"),
            ("application_uri", "https://ci.example.com/"),
            ("redirect_uri", "https://ci.example.com/done"),
        ],
    );
    let of = ana.address();
    assert!(of.starts_with("/organization/acme/application/"), "{of}");
    let said = [
        "The application Builder was created.",
        "builds &lt;b&gt;all&lt;/b&gt;",
        "/oauth/authorize?response_type=code&amp;client_id=",
        "redirect_uri=https%3A%2F%2Fci.example.com%2Fdone",
        "There are no tokens yet.",
    ];
    assert_says(&page, 200, &said);
    assert!(html(&page).contains("<a href=\"https://ci.example.com/\" rel=\"noopener"));
    assert_says(&ana.go(&format!("{TAB}&q=uil")), 200, &["Builder", "builds &lt;b&gt;"]);
    assert_says(&ana.go(&format!("{TAB}&q=nope")), 200, &["Nothing found"]);
    let edit = format!("{of}/edit");
    let form = ana.go(&edit);
    assert!(html(&form).contains("value=\"https://ci.example.com/done\""), "{form}");
    let changed = [("name", "Builder 2"), ("description", ""), ("redirect_uri", "")];
    let page = ana.send(&edit, &changed);
    assert_says(&page, 200, &["It was saved.", "Builder 2", "Not given"]);
    assert!(!text(&page).contains("/oauth/authorize"));
    let end = format!("{of}/delete");
    assert_says(&ana.go(&end), 200, &["Delete the application Builder 2?", "All its tokens stop"]);
    assert_says(&ana.send(&end, &[]), 200, &["was deleted", "No applications yet"]);
    assert_says(&ana.go(&of), 404, &["There is nothing here"]);
}

#[test]
fn the_secret_is_shown_on_demand_only() {
    let app = acme();
    let (page, secret) = application(&app);
    let ana = browser(&app, "ana");
    for address in [TAB, &page, &format!("{page}/edit"), &format!("{page}/secret/reset")] {
        let reply = ana.go(address);
        assert_says(&reply, 200, &["Builder"]);
        assert!(!html(&reply).contains(&secret), "{address} shows the secret");
        assert!(!html(&reply).contains(HOSTILE), "{address} is not escaped");
        assert!(!html(&reply).contains("href=\"javascript:"), "{address} links to a script");
    }
    assert_says(&ana.go(&format!("{page}/secret")), 200, &[&secret, "Client secret of Builder"]);
    let reset = format!("{page}/secret/reset");
    let done = ana.submit(&reset, &reset, &[]);
    assert_says(&done, 200, &["There is a new client secret.", "Keep this now"]);
    let new = shown_once(&done);
    assert!(new.len() == 40 && new != secret, "{new}");
    assert!(!html(&ana.go(&page)).contains(&new));
    assert_says(&ana.go(&format!("{page}/secret")), 200, &[&new]);
}

#[test]
fn what_a_form_does_not_show_stays() {
    let app = acme();
    let (page, _) = application(&app);
    let edit = format!("{page}/edit");
    browser(&app, "ana").submit(&edit, &edit, &[("name", "Other")]);
    let rows = app.rows(
        "SELECT name, avatar_email, description FROM oauth_application WHERE name <> 'automation'",
    );
    assert_eq!(rows, [["Other", "ci@example.com", ""]]);
}

#[test]
fn what_was_typed_stays_when_it_is_refused() {
    let app = acme();
    let ana = browser(&app, "ana");
    let long = format!("https://ci.example.com/{}", "x".repeat(2_048));
    let fields = [("name", "Builder"), ("description", HOSTILE), ("redirect_uri", &*long)];
    let page = ana.submit(NEW, NEW, &fields);
    assert_says(&page, 400, &["redirect_uri' is longer than 2048 bytes"]);
    let html = html(&page);
    assert!(html.contains("value=\"Builder\"") && html.contains("id=\"field-redirect_uri-error\""));
    assert!(html.contains("&lt;script&gt;") && !html.contains(HOSTILE));
    assert!(app.rows("SELECT name FROM oauth_application WHERE name = 'Builder'").is_empty());
}

#[test]
fn a_token_from_its_creation_to_its_end() {
    let app = acme();
    let (page, _) = application(&app);
    let ana = browser(&app, "ana");
    let new = format!("{page}/tokens/new");
    let form = ana.go(&new);
    assert_says(
        &form,
        200,
        &["View all visible repositories", "Administer Organization (dangerous)", "90 days"],
    );
    assert!(!text(&form).contains("Super User Access"));
    let refused = ana.send(&new, &[("name", "nightly"), ("expiration", "2592000")]);
    assert_says(&refused, 400, &["Choose at least one."]);
    assert!(html(&refused).contains("value=\"nightly\""));
    assert!(html(&refused).contains("value=\"2592000\" selected"));
    let fields = [
        ("name", "nightly <i>"),
        ("expiration", "2592000"),
        ("scope", "repo:write"),
        ("scope", "org:admin"),
    ];
    let done = ana.submit(&new, &new, &fields);
    let said = [
        "The token nightly &lt;i&gt; was created.",
        "Read/Write to any accessible repositories",
        "Administer Organization dangerous",
        "by ana",
        "Never",
    ];
    assert_says(&done, 200, &said);
    let token = shown_once(&done);
    let bearer = app.anonymous().header("authorization", &format!("Bearer {token}"));
    assert_eq!(bearer.get("/api/v1/organization/acme/applications").status(), 200);
    let lifetime = app.rows(LIFETIME);
    assert_eq!(lifetime, [["2592000"]]);
    let listed = ana.go(&page);
    assert!(!html(&listed).contains(&token), "it is shown once");
    let row = format!("small alarm\" href=\"{page}/tokens/");
    let end = address_in(&listed, &row).replace("small alarm\" href=\"", "");
    assert_says(&ana.go(&end), 200, &["Revoke the token nightly &lt;i&gt;?"]);
    assert_says(&ana.send(&end, &[]), 200, &["The token was revoked.", "There are no tokens yet."]);
    assert_eq!(bearer.get("/api/v1/organization/acme/applications").status(), 401);
}

#[test]
fn the_longest_lifetime_and_the_scope_of_superusers() {
    let app = acme().with_organization("rooted", "root");
    let made = app
        .as_user("root")
        .post("/api/v1/organization/rooted/applications", serde_json::json!({ "name": "Tool" }));
    let client_id = made.json()["client_id"].as_str().expect("a client id").to_owned();
    let new = format!("/organization/rooted/application/{client_id}/tokens/new");
    let root = browser(&app, "root");
    assert_says(&root.go(&new), 200, &["Super User Access (dangerous)"]);
    let fields = [("name", "all"), ("expiration", ""), ("scope", "super:user")];
    assert_says(&root.send(&new, &fields), 200, &["The token all was created."]);
    let lifetime = app.rows(LIFETIME);
    assert_eq!(lifetime, [["315576000"]]);
}

#[test]
fn a_full_page_of_tokens_is_within_the_budgets() {
    let app = acme();
    app.set("tokens_per_minute", "100");
    let (page, _) = application(&app);
    let target = page.replace("/organization/", "/api/v1/organization/");
    let target = format!("{}/tokens", target.replace("/application/", "/applications/"));
    let scope = "repo:admin repo:create user:admin org:admin";
    for number in 0..26 {
        let body = serde_json::json!({ "name": format!("token {number}"), "scope": scope });
        assert_eq!(app.as_user("ana").post(&target, body).status(), 200);
    }
    let ana = browser(&app, "ana");
    let first = ana.go(&page);
    assert_says(&first, 200, &["token 25", "token 1 ", "Next page"]);
    assert!(!text(&first).contains("token 0 "));
    let next = address_in(&first, &format!("{page}?")).replace("&amp;", "&");
    assert_says(&ana.go(&next), 200, &["token 0 "]);
}

#[test]
fn who_sees_what() {
    let app = acme();
    let (page, secret) = application(&app);
    app.set("global_readonly_super_users", "bob");
    let bob = browser(&app, "bob");
    let seen = bob.go(&page);
    assert_says(&seen, 200, &["Builder", "There are no tokens yet."]);
    for gone in ["Edit", "New token", "Show the client secret", "Delete"] {
        assert!(!text(&seen).contains(gone), "{gone}");
    }
    for address in [NEW, &format!("{page}/edit"), &format!("{page}/secret")] {
        assert_says(&bob.go(address), 403, &["You may not do this"]);
    }
    app.set("global_readonly_super_users", "");
    let pages = ["", "/edit", "/secret", "/secret/reset", "/delete", "/tokens/new"];
    for address in pages.map(|part| format!("{page}{part}")) {
        let reply = bob.go(&address);
        assert_says(&reply, 403, &["You may not do this"]);
        assert!(!html(&reply).contains(&secret) && !html(&reply).contains("Builder"), "{address}");
    }
    assert_says(&bob.go(NEW), 403, &["You may not do this"]);
    let nobody = app.open(&berth_pages::Console);
    for address in [NEW, &page] {
        nobody.go(address);
        assert!(nobody.address().starts_with("/signin?next="), "{address}");
    }
}
