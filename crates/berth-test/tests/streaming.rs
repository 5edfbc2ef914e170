//! A handler that passes bodies on piece by piece: what it uses of the platform, and what its client gets.

use std::time::Duration;

use berth_access::Public;
use berth_test::{App, Pieces, Server, Servers};
use berth_web::outbound::streaming::{StreamedResponse, StreamingError, Timeouts, Upload};
use berth_web::{
    Answer, ApiError, Context, HandlerResult, IntoResponse, Method, Response, Route, Services,
    StatusCode, WithoutBody, response,
};
use http::Request;
use schemars::SchemaGenerator;

const TIMEOUTS: Timeouts =
    Timeouts { head: Duration::from_secs(10), pause: Duration::from_secs(10) };

const ROUTES: &[Route] =
    &[Route::get("/copied", "getCopied", &WithoutBody::<Public, _>(copied)).unauthenticated()];

/// Bytes.
struct Bytes(Response);

impl IntoResponse for Bytes {
    fn answers(_: &mut SchemaGenerator) -> Vec<Answer> {
        vec![Answer::other(StatusCode::OK, Some("application/octet-stream"))]
    }

    fn into_response(self) -> Response {
        self.0
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn failed(error: StreamingError) -> ApiError {
    ApiError::Internal(error.to_string())
}

/// Passes on what the upstream answers, and copies it to the store, which may fail.
fn copied(cx: &Context<'_, Public>) -> HandlerResult<Bytes> {
    let services = cx.services();
    let client = services.streaming()?;
    let is_head = cx.request().method() == Method::HEAD;
    let get = Request::get("https://upstream.example/blob").body(Vec::new()).expect("a request");
    let answer = client.send(get, TIMEOUTS).map_err(failed)?;
    let length = answer.headers()["content-length"].to_str().ok().and_then(|it| it.parse().ok());
    let length = length.ok_or_else(|| ApiError::Internal("no length".into()))?;
    if !is_head {
        let patch = Request::patch("http://store.example/upload").body(()).expect("a request");
        copy(services, answer, client.upload(patch, TIMEOUTS).ok());
    }
    Ok(Bytes(response::with_length(StatusCode::OK, "application/octet-stream", length)))
}

/// Each piece goes to the client, and to the store for as long as that takes them.
fn copy(services: &Services<'_>, answer: StreamedResponse, mut upload: Option<Box<dyn Upload>>) {
    let mut body = answer.into_body();
    services.continue_body(move |_| {
        let piece = body.read().map_err(failed)?;
        let Some(bytes) = &piece else {
            upload.take().map(Upload::finish).transpose().map_err(failed)?;
            return Ok(None);
        };
        if upload.as_mut().is_some_and(|upload| upload.write(bytes).is_err()) {
            upload = None;
        }
        Ok(piece)
    });
}

/// An upstream that answers with these pieces, 9 bytes as it says, and a store that takes so many of them.
struct Both {
    pieces: Pieces,
    taken: usize,
}

impl Server for Both {
    fn answer(&self, request: &Request<Vec<u8>>) -> Result<http::Response<Pieces>, StreamingError> {
        let answer = match request.method().as_str() {
            "GET" => {
                http::Response::builder().header("content-length", 9).body(self.pieces.clone())
            }
            _ => http::Response::builder().status(202).body(Vec::new()),
        };
        Ok(answer.expect("an answer"))
    }

    fn take(&self, _upload: &Request<()>, taken: usize) -> Result<(), StreamingError> {
        if taken < self.taken { Ok(()) } else { Err(StreamingError::TimedOut) }
    }
}

fn app(pieces: Pieces, taken: usize) -> (App, Servers<Both>) {
    let servers = Servers::new(Both { pieces, taken });
    (App::new().serving(&[ROUTES]).with_streaming(servers.clone()), servers)
}

fn piece(text: &str) -> Result<Vec<u8>, StreamingError> {
    Ok(text.as_bytes().to_vec())
}

fn bodies(requests: &[Request<Vec<u8>>]) -> Vec<String> {
    let text = |request: &Request<Vec<u8>>| String::from_utf8_lossy(request.body()).into_owned();
    requests.iter().map(|request| format!("{} {}", request.method(), text(request))).collect()
}

#[test]
fn a_body_passes_with_its_length_and_is_copied() {
    let (app, servers) = app(vec![piece("one"), piece("two"), piece("six")], 9);
    let reply = app.anonymous().get("/copied");
    assert_eq!((reply.status(), reply.text().as_str()), (200, "onetwosix"));
    assert_eq!(reply.header("content-length"), Some("9"));
    assert!(!reply.broke_off());
    assert_eq!(bodies(&servers.take_requests()), ["GET ", "PATCH onetwosix"]);
    assert!(servers.take_broken().is_empty());
}

#[test]
fn the_answer_to_head_has_the_length_alone() {
    let (app, servers) = app(vec![piece("one")], 9);
    let reply = app.anonymous().head("/copied");
    assert_eq!((reply.header("content-length"), reply.text().as_str()), (Some("9"), ""));
    assert_eq!(bodies(&servers.take_requests()), ["GET "]);
}

#[test]
fn a_body_that_breaks_off_is_finished_nowhere() {
    let (app, servers) = app(vec![piece("one"), Err(StreamingError::TimedOut)], 9);
    let reply = app.anonymous().get("/copied");
    assert_eq!((reply.status(), reply.text().as_str()), (200, "one"));
    assert!(reply.broke_off());
    assert_eq!(bodies(&servers.take_requests()), ["GET "]);
    assert_eq!(bodies(&servers.take_broken()), ["PATCH one"]);
}

#[test]
fn a_copy_that_is_taken_no_more_stops_nobody() {
    let (app, servers) = app(vec![piece("one"), piece("two"), piece("six")], 3);
    assert_eq!(app.anonymous().get("/copied").text(), "onetwosix");
    assert_eq!(bodies(&servers.take_broken()), ["PATCH one"]);
}

#[test]
#[should_panic(expected = "the body has another length")]
fn a_body_with_another_length_is_noticed() {
    let (app, _servers) = app(vec![piece("one")], 9);
    let _ = app.anonymous().get("/copied");
}
