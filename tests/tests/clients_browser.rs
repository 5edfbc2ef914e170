//! A web console on another origin, in a real Chromium: cookies, CSRF and CORS as a browser sees them.
//!
//! The console is at `http://localhost:<port>` and Berth at `http://localhost:<other port>`: another origin, since ports differ, but
//! the same site, so that cookies with `SameSite=Lax` go along.
#![cfg(feature = "end-to-end")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use berth_tests::{Browser, Host};
use serde_json::{Value, json};

/// Serves an empty page at each request until the test ends; gives its origin.
fn serve_console() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let reader = BufReader::new(stream.try_clone().expect("a second handle"));
            let _ = reader.lines().map_while(Result::ok).find(String::is_empty);
            let page = "<!doctype html><title>Console</title>";
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close";
            let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{page}", page.len());
        }
    });
    format!("http://localhost:{port}")
}

/// The calls of the console: a CSRF token, sign-in, the next CSRF token, then an organization.
fn create_organization(browser: &Browser, berth: &str, name: &str) -> Value {
    let script = r#"
        const berth = BERTH, name = NAME;
        let token;
        const call = async (method, path, body) => {
            const headers = { "X-Requested-With": "XMLHttpRequest" };
            if (token) headers["X-CSRF-Token"] = token;
            if (body) headers["Content-Type"] = "application/json";
            const reply = await fetch(berth + path, {
                method, headers, credentials: "include", body: body && JSON.stringify(body),
            });
            token = reply.headers.get("X-Next-CSRF-Token") || token;
            return reply;
        };
        token = (await (await call("GET", "/csrf_token")).json()).csrf_token;
        const anonymous = token;
        const signin = await call("POST", "/api/v1/signin", { username: "root", password: "password" });
        const next = token !== anonymous;
        const created = await call("POST", "/api/v1/organization/", { name });
        const user = await (await call("GET", "/api/v1/user/")).json();
        return {
            signin: signin.status, next, created: created.status,
            organizations: user.organizations.map(organization => organization.name),
        };
    "#;
    let script = script.replace("BERTH", &json!(berth).to_string());
    browser.run(&script.replace("NAME", &json!(name).to_string()))
}

/// The host's address by the name that the console uses.
fn by_name(host: &Host) -> String {
    host.base().replace("127.0.0.1", "localhost")
}

#[test]
fn a_console_on_the_allowed_origin_signs_in_and_creates_an_organization() {
    let console = serve_console();
    let host = Host::options().variable("cors_origin", &console).start();
    let root = host.client().initialize("root");
    let browser = Browser::open(true);
    browser.go(&console);
    let seen = create_organization(&browser, &by_name(&host), "acme");
    let expected =
        json!({ "signin": 200, "next": true, "created": 201, "organizations": ["acme"] });
    assert_eq!(seen, expected);
    assert_eq!(root.get("/api/v1/organization/acme").status, 200);
}

/// No page of another origin acts with somebody's cookie unless that origin was allowed.
#[test]
fn a_page_on_any_other_origin_cannot() {
    let (console, stranger) = (serve_console(), serve_console());
    let open = Host::new();
    let closed = Host::options().variable("cors_origin", &console).start();
    let browser = Browser::open(true);
    browser.go(&stranger);
    for host in [open, closed] {
        let root = host.client().initialize("root");
        let seen = create_organization(&browser, &by_name(&host), "acme");
        assert_eq!(seen, json!({ "error": "TypeError: Failed to fetch" }));
        assert_eq!(root.get("/api/v1/organization/acme").status, 404);
    }
}
