//! HTTP on WASI. Everything together ends after 10 seconds, however the gateway behaves; of its answer only the status counts.

use url::Position;
use wasi::clocks::monotonic_clock;
use wasi::http::outgoing_handler;
use wasi::http::types::{
    ErrorCode, Fields, Method, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use wasi::io::poll::{Pollable, poll};

use crate::Post;

const SECOND: u64 = 1_000_000_000;

/// For a connection.
const CONNECT: u64 = 5 * SECOND;

/// In all.
const ALL: u64 = 10 * SECOND;

/// How much of a body is written at a time: what a stream of WASI takes at once.
const PIECE: usize = 4_096;

/// Posts, and gives the status of the answer.
pub(crate) fn send(post: &Post) -> Result<u16, String> {
    let deadline = monotonic_clock::subscribe_duration(ALL);
    let request = request(post)?;
    let body = request.body().map_err(|()| "the host takes no body")?;
    let pending = outgoing_handler::handle(request, Some(options())).map_err(in_words)?;
    // A gateway may answer and hang up before the last of the body is flushed. Its answer counts, also then: a mail that
    // it took and that is counted as failed would be sent twice.
    let written = write(body, &post.body, &deadline);
    loop {
        match pending.get() {
            Some(Ok(Ok(answer))) => return Ok(answer.status()),
            Some(Ok(Err(error))) => return written.and_then(|()| Err(in_words(error))),
            Some(Err(())) => return Err("the host lost the answer".into()),
            None => wait(&pending.subscribe(), &deadline)?,
        }
    }
}

fn request(post: &Post) -> Result<OutgoingRequest, String> {
    let headers = Fields::new();
    for (name, value) in &post.headers {
        headers
            .set(&(*name).to_owned(), &[value.as_bytes().to_vec()])
            .map_err(|_| format!("{name} fits into no header"))?;
    }
    let url = &post.url;
    let scheme = if url.scheme() == "https" { Scheme::Https } else { Scheme::Http };
    let request = OutgoingRequest::new(headers);
    request
        .set_method(&Method::Post)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(&url[Position::BeforeHost..Position::AfterPort])))
        .and_then(|()| {
            request.set_path_with_query(Some(&url[Position::BeforePath..Position::AfterQuery]))
        })
        .map_err(|()| "the host refuses the gateway's address")?;
    Ok(request)
}

fn options() -> RequestOptions {
    let options = RequestOptions::new();
    // A host that knows no such options still meets our deadline.
    let _ = options.set_connect_timeout(Some(CONNECT));
    let _ = options.set_first_byte_timeout(Some(ALL));
    options
}

fn write(body: OutgoingBody, bytes: &[u8], deadline: &Pollable) -> Result<(), String> {
    let stream = body.write().map_err(|()| "the host takes no body")?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let ready = stream.check_write().map_err(|_| "the gateway hung up")?;
        let length = rest.len().min(PIECE).min(usize::try_from(ready).unwrap_or(PIECE));
        if length == 0 {
            wait(&stream.subscribe(), deadline)?;
            continue;
        }
        let (piece, after) = rest.split_at(length);
        stream.write(piece).map_err(|_| "the gateway hung up")?;
        rest = after;
    }
    stream.flush().map_err(|_| "the gateway hung up")?;
    // A child of the body: it must be gone before the body ends.
    drop(stream);
    OutgoingBody::finish(body, None).map_err(in_words)
}

fn wait(pollable: &Pollable, deadline: &Pollable) -> Result<(), String> {
    let ready = poll(&[pollable, deadline]);
    if ready.contains(&1) { Err("no answer in 10 seconds".into()) } else { Ok(()) }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn in_words(error: ErrorCode) -> String {
    format!("the gateway is not reached: {error:?}")
}
