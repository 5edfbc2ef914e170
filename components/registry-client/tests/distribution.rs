//! The registry behind, against a scripted one: what it may answer that a real one does not. Real ones are in `tests/tests/tags.rs`.

use std::cell::RefCell;

use berth_registry_client::distribution::{self, ANSWER_LIMIT, Http};
use berth_registry_client::{DistributionFailure as Failure, Failure as HttpFailure, Repository};
use http::{Request, Response};

/// One answer to every request, which is noted.
struct Script {
    answer: Result<Response<Vec<u8>>, HttpFailure>,
    asked: RefCell<Vec<String>>,
}

impl Http for Script {
    fn send(
        &self,
        request: &Request<Vec<u8>>,
        limit: usize,
    ) -> Result<Response<Vec<u8>>, HttpFailure> {
        let authorization = request.headers()["authorization"].to_str().expect("a text");
        let (method, uri) = (request.method(), request.uri());
        self.asked.borrow_mut().push(format!("{method} {uri} [{authorization}] {limit}"));
        self.answer.clone()
    }
}

fn answers(status: u16, headers: &[(&str, &str)], body: &str) -> Script {
    let response = Response::builder().status(status);
    let response =
        headers.iter().fold(response, |response, (name, value)| response.header(*name, *value));
    let answer = Ok(response.body(body.as_bytes().to_vec()).expect("an answer"));
    Script { answer, asked: RefCell::default() }
}

fn repository() -> Repository {
    Repository {
        base_url: "http://10.0.0.7:5000".into(),
        name: "acme/lib/x".into(),
        token: "secret".into(),
    }
}

const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const TYPE: (&str, &str) = ("content-type", "application/vnd.oci.image.index.v1+json");

#[test]
fn requests_go_to_the_repository_with_the_token() {
    let script =
        answers(200, &[TYPE, ("docker-content-digest", EMPTY), ("content-length", "0")], "");
    let repository = repository();
    let found = distribution::head(&script, &repository, "v1").expect("an answer");
    assert_eq!((found.digest.as_str(), found.size), (EMPTY, 0));
    distribution::get(&script, &repository, EMPTY).expect("an answer");
    distribution::put(&script, &repository, "v 1", TYPE.1, Vec::new()).expect("an answer");
    distribution::delete(&script, &repository, EMPTY).expect("an answer");
    let base = "http://10.0.0.7:5000/v2/acme/lib/x/manifests";
    assert_eq!(
        script.asked.take(),
        [
            format!("HEAD {base}/v1 [Bearer secret] 0"),
            format!("GET {base}/{EMPTY} [Bearer secret] {ANSWER_LIMIT}"),
            format!("PUT {base}/v%201 [Bearer secret] 0"),
            format!("DELETE {base}/{EMPTY} [Bearer secret] 0"),
        ]
    );
}

#[test]
fn nothing_leads_out_of_the_repository() {
    let script = answers(202, &[], "");
    for (name, reference) in
        [("acme/../other", "v1"), ("acme//x", "v1"), ("acme/x", ".."), ("acme/x", ".")]
    {
        let repository = Repository { name: name.into(), ..repository() };
        let outcome = distribution::delete(&script, &repository, reference);
        assert_eq!(outcome, Err(Failure::NotFound), "{name} {reference}");
    }
    assert!(script.asked.take().is_empty(), "nothing was asked");
    distribution::delete(&script, &repository(), "../../x").expect("an answer");
    assert!(script.asked.take()[0].contains("/manifests/..%2F..%2Fx "), "it is one segment");
}

#[test]
fn statuses_are_understood() {
    for (status, expected) in [
        (307, Failure::Status(307)),
        (400, Failure::Status(400)),
        (401, Failure::Refused(401)),
        (403, Failure::Refused(403)),
        (404, Failure::NotFound),
        (405, Failure::Unsupported),
        (429, Failure::Status(429)),
        (503, Failure::Status(503)),
    ] {
        let script = answers(status, &[("location", "http://elsewhere.example/")], "");
        assert_eq!(distribution::delete(&script, &repository(), "v1"), Err(expected), "{status}");
        assert_eq!(script.asked.take().len(), 1, "{status}: no redirect is followed");
    }
    for (hindrance, expected) in [
        (HttpFailure::TimeOut, Failure::TimeOut),
        (HttpFailure::AnswerTooLarge, Failure::TooLarge),
        (
            HttpFailure::ConnectionRefused,
            Failure::Unreachable("nothing accepts connections there".into()),
        ),
    ] {
        let script = Script { answer: Err(hindrance), asked: RefCell::default() };
        assert_eq!(distribution::delete(&script, &repository(), "v1"), Err(expected));
    }
}

#[test]
fn a_manifest_has_the_content_of_its_digest() {
    let malformed = |script: &Script, reference: &str| {
        let outcome = distribution::get(script, &repository(), reference);
        matches!(outcome, Err(Failure::Malformed(_)))
    };
    assert!(malformed(&answers(200, &[TYPE], "{}"), EMPTY), "another content");
    assert!(malformed(&answers(200, &[], ""), EMPTY), "no media type");
    let found = distribution::get(&answers(200, &[TYPE], ""), &repository(), "v1");
    assert_eq!(found.expect("a manifest").digest, EMPTY, "it is calculated");

    let head = |headers: &[(&str, &str)]| {
        distribution::head(&answers(200, headers, ""), &repository(), "v1").is_ok()
    };
    let (digest, length) = (("docker-content-digest", EMPTY), ("content-length", "5"));
    assert!(head(&[TYPE, digest, length]));
    assert!(!head(&[TYPE, length]), "no digest");
    assert!(!head(&[TYPE, digest]), "no length");
    assert!(!head(&[TYPE, ("docker-content-digest", "sha256:E3"), length]), "no such digest");
}

#[test]
fn tags_are_pages_whatever_the_registry_gives() {
    let names: Vec<String> = (0..250).rev().map(|number| format!("\"t{number:03}\"")).collect();
    let all = format!("{{\"name\": \"x\", \"tags\": [{}]}}", names.join(","));
    let page = |last: Option<&str>| {
        distribution::tags(&answers(200, &[], &all), &repository(), last).expect("a page")
    };
    let first = page(None);
    assert_eq!((first.names.len(), first.has_more), (100, true));
    assert_eq!(first.names[0], "t000");
    let last = page(Some("t199"));
    assert_eq!((last.names.len(), last.has_more), (50, false));
    assert_eq!(last.names[0], "t200");

    let script = answers(200, &[("link", "</v2/x>; rel=\"next\"")], r#"{"tags": ["a"]}"#);
    let page = distribution::tags(&script, &repository(), Some("Z&n=0")).expect("a page");
    assert!(page.has_more, "the registry says so");
    let asked = script.asked.take();
    assert!(asked[0].contains("/tags/list?n=100&last=Z%26n%3D0 "), "{asked:?}");
    // It would never end.
    assert!(distribution::tags(&script, &repository(), Some("a")).is_err());

    for (text, expected) in [(r#"{"tags": null}"#, Some(0)), ("{}", Some(0)), ("[1]", None)] {
        let page = distribution::tags(&answers(200, &[], text), &repository(), None);
        assert_eq!(page.ok().map(|page| page.names.len()), expected, "{text}");
    }
}
