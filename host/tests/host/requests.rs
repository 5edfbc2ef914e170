//! The request as a component gets it, and what the host writes about it.

use crate::harness::{Host, head};

#[test]
fn a_component_gets_the_route_of_its_request() {
    let host = Host::start(&[]);
    let seen = host.get("/misbehave/headers/some%20path/?q=1").text();
    let port = host.address.port();
    for line in [
        "spin-base-path: /",
        "spin-component-route: /misbehave",
        "spin-full-url: http://localhost/misbehave/headers/some%20path/?q=1",
        "spin-matched-route: /misbehave/...",
        "spin-path-info: /headers/some%20path",
        "spin-raw-component-route: /misbehave/...",
    ] {
        assert!(seen.lines().any(|seen| seen == line), "{line:?} is missing in:\n{seen}");
    }
    let client =
        seen.lines().find_map(|line| line.strip_prefix("spin-client-addr: 127.0.0.1:")).unwrap();
    assert!(client.parse::<u16>().unwrap() != port);
}

#[test]
fn parameters_of_the_route_come_as_headers_which_no_client_can_fake() {
    let host = Host::start(&[]);
    let spoofed = "spin-path-match-second: fake\r\nspin-path-match-third: fake\r\nspin-client-addr: 1.2.3.4:5\r\n";
    let seen =
        host.connect().request_with("GET", "/misbehave/headers/a/and/b", spoofed, b"").text();
    assert!(seen.contains("spin-path-match-first: a\nspin-path-match-second: b\n"), "{seen}");
    assert!(seen.contains("spin-matched-route: /misbehave/headers/:first/and/:second\n"), "{seen}");
    assert!(!seen.contains("fake") && !seen.contains("1.2.3.4"), "{seen}");
}

#[test]
fn a_host_in_the_address_goes_before_the_header() {
    let host = Host::start(&[]);
    let mut connection = host.connect();
    connection.send("GET http://a.example/misbehave/headers HTTP/1.1\r\nhost: b.example\r\n\r\n");
    let seen = connection.receive().text();
    assert!(seen.contains("spin-full-url: http://a.example/misbehave/headers\n"), "{seen}");
    assert!(!seen.contains("b.example"), "{seen}");
}

#[test]
fn slashes_that_begin_a_path_lead_to_the_same_component() {
    let host = Host::start(&[]);
    let seen = host.get("//misbehave/headers").text();
    assert!(seen.contains("spin-matched-route: /misbehave/...\n"), "{seen}");
    assert!(seen.contains("spin-path-info: /headers\n"), "{seen}");
}

#[test]
fn a_path_without_a_route_is_404() {
    let host = Host::start(&[]);
    host.get("/nowhere").assert_refused(404, "Not Found");
    // A dependency has no path.
    host.get("/greeter").assert_refused(404, "Not Found");
}

#[test]
fn a_request_id_is_taken_if_sane_and_made_otherwise() {
    let host = Host::start(&[]);
    let ask = |headers: &str| {
        let response = host.connect().request_with("GET", "/misbehave/headers", headers, b"");
        let id = response.header("x-request-id").unwrap().to_owned();
        assert!(
            response.text().ends_with(&format!("x-request-id: {id}")),
            "the component sees it too"
        );
        id
    };
    assert_eq!(ask("x-request-id: from-the-client\r\n"), "from-the-client");
    let made = ask("");
    assert!(made.len() == 23 && made != ask(""), "{made}");
    for insane in ["with space", "", &"x".repeat(129)] {
        assert_eq!(ask(&format!("x-request-id: {insane}\r\n")).len(), 23, "{insane:?}");
    }
    // A second one does not get past the check.
    assert_eq!(ask("x-request-id: first\r\nx-request-id: with space\r\n"), "first");
}

#[test]
fn the_access_log_has_a_line_per_request_without_the_query() {
    let host = Host::start(&[]);
    host.connect().request_with("GET", "/constant?token=hush", "x-request-id: the-id\r\n", b"");
    let line = host.logged("the-id");
    assert!(
        line.contains("INFO berth::access: GET /constant 200 ") && line.contains("ms the-id"),
        "{line}"
    );
    assert!(!host.log().contains("hush"));
    let mut connection = host.connect();
    connection.send(head("DELETE", "/no%0Aline\u{85}", ""));
    connection.receive();
    host.logged("DELETE /no%0Aline%C2%85 404 ");
    host.get("/api/v1/teaminvite/urn:teaminvite:hush");
    host.logged("GET /api/v1/teaminvite/urn:teaminvite:*** 404 ");
    assert!(!host.log().contains("hush"));
}

#[test]
fn requests_are_served_when_nobody_reads_the_log_any_more() {
    let mut host = Host::start(&[]);
    host.stop_reading_the_log();
    for _ in 0..3 {
        assert_eq!(host.get("/constant").status, 200);
        assert_eq!(host.get("/misbehave/print/unread").status, 200);
        assert_eq!(host.get("/misbehave/trap").status, 500);
    }
    host.signal("TERM");
    assert!(host.wait().success());
}

#[test]
fn what_a_component_prints_is_logged_by_line_under_its_name() {
    let host = Host::start(&[]);
    host.get("/misbehave/print/first");
    host.logged("[misbehave] out first\\u{1b}[31m");
    host.logged("[misbehave] err first");
}

#[test]
fn variables_have_their_values_from_flag_environment_and_manifest() {
    let host = Host::start(&["--variable", "secret=from=the flag"]);
    let get = |name: &str| host.get(&format!("/misbehave/variable/{name}")).text();
    assert_eq!(get("composed"), r#"Ok("<by default|from=the flag>")"#);
    assert_eq!(
        get("secret"),
        r#"Err(Error::Undefined("component \"misbehave\" has no variable \"secret\""))"#
    );
    assert_eq!(get("Secret"), r#"Err(Error::InvalidName("\"Secret\" is no name for a variable"))"#);
    assert_eq!(host.get("/misbehave/environment").text(), r#"[("GREETING", "hello")]"#);
}

#[test]
fn a_dependency_answers_through_its_interface() {
    assert_eq!(Host::start(&[]).get("/greeted").text(), "hello, world");
}

#[test]
fn a_connection_serves_many_requests() {
    let host = Host::start(&[]);
    let mut connection = host.connect();
    for _ in 0..20 {
        assert_eq!(connection.request("GET", "/constant", b"").text(), r#"{"constant":true}"#);
    }
    // Both at once.
    connection.send([head("GET", "/constant", ""), head("GET", "/greeted", "")].concat());
    assert_eq!(connection.receive().text(), r#"{"constant":true}"#);
    assert_eq!(connection.receive().text(), "hello, world");
}

#[test]
fn the_cost_of_a_request_is_in_headers_on_demand() {
    let host = Host::start(&[]);
    host.get("/select");
    let response = host.get("/select");
    assert_eq!(response.text(), r#"{"name":"thing 500"}"#);
    assert_eq!(response.header("x-berth-statements"), Some("1"));
    assert!(response.header("x-berth-cpu-us").unwrap().parse::<u64>().unwrap() > 0);
}
