//! The authentication with a registry, against scripted servers: the requests, their order, and the result.

use std::cell::RefCell;
use std::net::IpAddr;

use berth_registry_client::{
    Credentials, Destination, Failure, HttpClient, LookUpError, Upstream, Verdict, check, post,
};
use http::Response;
use url::Url;

/// Servers, as one function from a request to its answer. Records the requests: the URL, and the credentials.
struct Script<F> {
    answer: F,
    asked: RefCell<Vec<String>>,
}

impl<F: Fn(&str, Option<&str>) -> Result<Response<Vec<u8>>, Failure>> HttpClient for Script<F> {
    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, LookUpError> {
        let address = match name {
            "unknown.example" => return Err(LookUpError::NotFound),
            "slow.example" => return Err(LookUpError::TimeOut),
            "inside.example" => "10.1.2.3",
            _ => "1.1.1.1",
        };
        Ok(vec![address.parse().expect("an address")])
    }

    fn get(
        &self,
        url: &Url,
        authorization: Option<&str>,
        _limit: usize,
    ) -> Result<Response<Vec<u8>>, Failure> {
        let shown = authorization.map(|text| format!(" [{text}]")).unwrap_or_default();
        self.asked.borrow_mut().push(format!("{url}{shown}"));
        (self.answer)(url.as_str(), authorization)
    }

    fn post(&self, url: &Url, json: &str) -> Result<Response<Vec<u8>>, Failure> {
        self.asked.borrow_mut().push(format!("POST {url} {json}"));
        (self.answer)(url.as_str(), None)
    }
}

fn upstream(name: &str) -> Upstream {
    Upstream {
        name: name.into(),
        insecure: false,
        credentials: None,
        allowed: Vec::new(),
        without_look_up: Vec::new(),
        host_blocks: false,
    }
}

fn with_credentials(name: &str) -> Upstream {
    let credentials = Credentials { username: "me".into(), password: "secret".into() };
    Upstream { credentials: Some(credentials), ..upstream(name) }
}

/// Checks `upstream` and gives the requests too.
fn run(
    upstream: &Upstream,
    answer: impl Fn(&str, Option<&str>) -> Result<Response<Vec<u8>>, Failure>,
) -> (Result<Verdict, Failure>, Vec<String>) {
    let script = Script { answer, asked: RefCell::default() };
    let outcome = check(&script, upstream);
    (outcome, script.asked.into_inner())
}

fn reply(status: u16) -> Response<Vec<u8>> {
    Response::builder().status(status).body(Vec::new()).expect("a status")
}

fn with_header(status: u16, name: &str, value: &str) -> Result<Response<Vec<u8>>, Failure> {
    let response = Response::builder().status(status).header(name, value);
    Ok(response.body(Vec::new()).expect("a header"))
}

fn challenge(value: &str) -> Result<Response<Vec<u8>>, Failure> {
    with_header(401, "WWW-Authenticate", value)
}

fn token(body: &str) -> Result<Response<Vec<u8>>, Failure> {
    Ok(reply(200).map(|_| body.into()))
}

const BEARER: &str = r#"Bearer realm="https://auth.example/token?a=b",service="the registry""#;
const ME: &str = "Basic bWU6c2VjcmV0";

/// A registry behind a token server that answers `token_answer`.
fn behind_token_server(
    upstream: &Upstream,
    token_answer: impl Fn(Option<&str>) -> Result<Response<Vec<u8>>, Failure>,
) -> (Result<Verdict, Failure>, Vec<String>) {
    run(upstream, |url, shown| match (url.contains("/token"), shown) {
        (true, shown) => token_answer(shown),
        (false, Some("Bearer good")) => Ok(reply(200)),
        (false, _) => challenge(BEARER),
    })
}

#[test]
fn an_open_registry_is_asked_twice() {
    let (outcome, asked) = run(&upstream("docker.io/library"), |_, _| Ok(reply(200)));
    assert_eq!(outcome, Ok(Verdict::Valid));
    assert_eq!(asked, ["https://registry-1.docker.io/v2/", "https://registry-1.docker.io/v2/"]);
    let insecure = Upstream { insecure: true, ..upstream("Registry.Example:5000") };
    let (_, asked) = run(&insecure, |_, _| Ok(reply(200)));
    assert_eq!(asked[0], "http://registry.example:5000/v2/");
}

#[test]
fn a_token_is_fetched_and_shown() {
    let (outcome, asked) =
        behind_token_server(&upstream("a.example"), |_| token(r#"{"token":"good"}"#));
    assert_eq!(outcome, Ok(Verdict::Valid));
    assert_eq!(
        asked,
        [
            "https://a.example/v2/",
            "https://auth.example/token?a=b&service=the+registry",
            "https://a.example/v2/ [Bearer good]",
        ]
    );
    let (outcome, asked) = behind_token_server(&with_credentials("a.example"), |shown| {
        assert_eq!(shown, Some(ME));
        token(r#"{"token":"","access_token":"good"}"#)
    });
    assert_eq!((outcome, asked.len()), (Ok(Verdict::Valid), 3));
}

#[test]
fn a_registry_that_refuses_its_own_token_is_asked_again_once() {
    for upstream in [upstream("a.example"), with_credentials("a.example")] {
        let (outcome, asked) = behind_token_server(&upstream, |_| token(r#"{"token":"bad"}"#));
        assert_eq!(outcome, Ok(Verdict::Anonymous));
        let places: Vec<&str> = asked
            .iter()
            .map(|asked| if asked.contains("/token") { "token" } else { "v2" })
            .collect();
        assert_eq!(places, ["v2", "token", "v2", "v2", "token", "v2"]);
    }
}

#[test]
fn a_token_server_that_refuses() {
    for status in [401, 403] {
        let (outcome, _) = behind_token_server(&upstream("a.example"), |_| Ok(reply(status)));
        assert_eq!(outcome, Ok(Verdict::Anonymous));
        let (outcome, _) =
            behind_token_server(&with_credentials("a.example"), |_| Ok(reply(status)));
        assert_eq!(outcome, Err(Failure::AuthenticationRefused));
    }
    for (answer, failure) in [
        (Ok(reply(500)), Failure::UpstreamError(500)),
        (Ok(reply(404)), Failure::NotARegistry),
        (token("hello"), Failure::NotARegistry),
        (token("{}"), Failure::NotARegistry),
        (token(r#"["token"]"#), Failure::NotARegistry),
        (token(r#"{"token":5}"#), Failure::NotARegistry),
        (Err(Failure::AnswerTooLarge), Failure::AnswerTooLarge),
        (with_header(429, "Retry-After", "17"), Failure::RateLimited(Some(17))),
    ] {
        let (outcome, _) = behind_token_server(&upstream("a.example"), |_| answer.clone());
        assert_eq!(outcome, Err(failure));
    }
}

#[test]
fn basic() {
    let registry = |_: &str, shown: Option<&str>| match shown {
        Some(ME) => Ok(reply(200)),
        _ => challenge(r#"basic realm="up""#),
    };
    let (outcome, asked) = run(&with_credentials("a.example"), registry);
    assert_eq!(outcome, Ok(Verdict::Valid));
    assert_eq!(asked, ["https://a.example/v2/".into(), format!("https://a.example/v2/ [{ME}]")]);
    let (outcome, _) = run(&upstream("a.example"), registry);
    assert_eq!(outcome, Err(Failure::AuthenticationRefused));
    // Quay's word for credentials that are refused.
    let (outcome, asked) =
        run(&with_credentials("a.example"), |_, _| challenge(r#"Basic realm="up""#));
    assert_eq!((outcome, asked.len()), (Ok(Verdict::Anonymous), 4));
}

#[test]
fn what_is_no_registry() {
    for (answer, failure) in [
        (Ok(reply(401)), Failure::NotARegistry),
        (Ok(reply(404)), Failure::NotARegistry),
        (Ok(reply(204)), Failure::NotARegistry),
        (Ok(reply(302)), Failure::NotARegistry),
        (Ok(reply(403)), Failure::AuthenticationRefused),
        (Ok(reply(500)), Failure::UpstreamError(500)),
        (with_header(429, "WWW-Authenticate", BEARER), Failure::RateLimited(None)),
        (challenge("Negotiate"), Failure::NotARegistry),
        (challenge("Bearer"), Failure::NotARegistry),
        (challenge("Bearer realm="), Failure::NotARegistry),
        (challenge(r#"Bearer realm="token""#), Failure::NotARegistry),
        (challenge(r#"Bearer realm="file:///etc/passwd""#), Failure::NotARegistry),
        (challenge(r#"Bearer realm="data:,{}""#), Failure::NotARegistry),
        (Err(Failure::Tls), Failure::Tls),
        (Err(Failure::TimeOut), Failure::TimeOut),
    ] {
        let (outcome, _) = run(&upstream("a.example"), |_, _| answer.clone());
        assert_eq!(outcome, Err(failure), "{answer:?}");
    }
}

#[test]
fn every_place_is_held_against_the_rules() {
    let private = |name: &str| Err(Failure::AddressNotAllowed(name.into()));
    for (name, outcome) in [
        ("10.0.0.1", private("10.0.0.1")),
        ("0x7f.1:5000", private("127.0.0.1")),
        ("inside.example", private("inside.example")),
        ("unknown.example", Err(Failure::NameNotResolved("unknown.example".into()))),
        ("slow.example", Err(Failure::NameNotResolved("slow.example".into()))),
        ("docker io", Err(Failure::NameNotResolved("docker io".into()))),
        ("docker.io:x", private("docker.io:x")),
    ] {
        let (found, asked) = run(&upstream(name), |_, _| Ok(reply(200)));
        assert_eq!((found, asked.len()), (outcome, 0), "{name}");
    }
    // A token server, and a redirect.
    for place in ["https://169.254.169.254/x", "https://inside.example/", "https://[::1]/"] {
        let realm = format!(r#"Bearer realm="{place}""#);
        let (outcome, asked) = run(&with_credentials("a.example"), |_, _| challenge(&realm));
        assert!(matches!(outcome, Err(Failure::AddressNotAllowed(_))), "{place} {outcome:?}");
        assert_eq!(asked.len(), 1, "{place}");
        let (outcome, asked) =
            run(&with_credentials("a.example"), |_, _| with_header(307, "location", place));
        assert!(matches!(outcome, Err(Failure::AddressNotAllowed(_))), "{place} {outcome:?}");
        assert_eq!(asked.len(), 1, "{place}");
    }
    let allowed = Upstream { allowed: vec!["10.0.0.0/8".into()], ..upstream("inside.example") };
    assert_eq!(run(&allowed, |_, _| Ok(reply(200))).0, Ok(Verdict::Valid));
}

#[test]
fn redirects() {
    let (outcome, asked) = run(&upstream("a.example"), |url, _| match url {
        "https://a.example/v2/" => with_header(302, "Location", "//b.example/x"),
        "https://b.example/x" => with_header(308, "Location", "y?z"),
        _ => Ok(reply(200)),
    });
    assert_eq!(outcome, Ok(Verdict::Valid));
    let hops = ["https://a.example/v2/", "https://b.example/x", "https://b.example/y?z"];
    assert_eq!(asked, [hops, hops].concat());
    let (outcome, asked) = run(&upstream("a.example"), |_, _| with_header(302, "Location", "/v2/"));
    assert_eq!((outcome, asked.len()), (Err(Failure::TooManyRedirects), 4));
}

#[test]
fn what_authorizes_is_shown_to_nobody_else() {
    let (_, asked) = run(&with_credentials("a.example"), |url, shown| match (url, shown) {
        ("https://a.example/v2/", None) => challenge(BEARER),
        ("https://a.example/v2/", _) => with_header(302, "Location", "https://b.example/"),
        ("https://b.example/", _) => Ok(reply(200)),
        ("https://c.example/", _) => token(r#"{"token":"good"}"#),
        _ => with_header(302, "Location", "https://c.example/"),
    });
    assert_eq!(
        asked,
        [
            "https://a.example/v2/".into(),
            format!("https://auth.example/token?a=b&service=the+registry [{ME}]"),
            "https://c.example/".into(),
            "https://a.example/v2/ [Bearer good]".into(),
            "https://b.example/".into(),
        ]
    );
}

#[test]
fn a_secure_registry_stays_secure() {
    let (outcome, asked) = run(&with_credentials("a.example"), |_, _| {
        with_header(302, "Location", "http://a.example/")
    });
    assert_eq!((outcome, asked.len()), (Err(Failure::Tls), 1));
    let realm = r#"Bearer realm="http://auth.example/token""#;
    let (outcome, asked) = run(&with_credentials("a.example"), |_, _| challenge(realm));
    assert_eq!((outcome, asked.len()), (Err(Failure::Tls), 1));
}

/// An address that a caller names is called once, and only where upstream registries may be.
#[test]
fn a_callback_goes_to_allowed_addresses_and_no_further() {
    let redirect = |_: &str, _: Option<&str>| {
        let answer =
            Response::builder().status(302).header("location", "http://elsewhere.example/");
        Ok(answer.body(Vec::new()).expect("an answer"))
    };
    let http = Script { answer: redirect, asked: RefCell::default() };
    let to = |url: &str, allowed: &[&str]| Destination {
        url: url.into(),
        allowed: allowed.iter().map(|item| (*item).to_owned()).collect(),
        without_look_up: Vec::new(),
        host_blocks: false,
    };
    assert_eq!(post(&http, &to("http://outside.example/x?y=1", &[]), "{}"), Ok(302));
    assert_eq!(post(&http, &to("https://inside.example/", &["10.0.0.0/8"]), "{}"), Ok(302));
    for refused in [
        "http://inside.example/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "ftp://outside.example/",
        "x",
    ] {
        assert!(post(&http, &to(refused, &[]), "{}").is_err(), "{refused}");
    }
    let asked = ["POST http://outside.example/x?y=1 {}", "POST https://inside.example/ {}"];
    assert_eq!(*http.asked.borrow(), asked);
}
