//! Outgoing HTTP on `wasi:http` with the `http` crate's types. Everything that one [`Client`] does ends by its deadline,
//! however the other side behaves, and no more of a response is read than was asked for. What is [`streaming`] has no deadline, but
//! ends when no byte passes.
#![cfg(target_family = "wasm")]

pub mod streaming;

use http::uri::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri};
use wasi::clocks::monotonic_clock;
use wasi::http::outgoing_handler;
use wasi::http::types::{
    self, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, http_error_code,
};
use wasi::io::poll::{Pollable, poll};
use wasi::io::streams::StreamError;

pub use wasi::http::types::ErrorCode;

const SECOND: u64 = 1_000_000_000;

/// How long a connection may take, in nanoseconds.
const CONNECT: u64 = 5 * SECOND;

/// How long everything may take together, in nanoseconds.
const ALL: u64 = 10 * SECOND;

/// How much of a body is written at a time, in bytes: what a stream of WASI takes at once.
const WRITTEN: usize = 4_096;

/// How much of a body is read at a time, in bytes.
const READ: u64 = 16 * 1024;

/// Why there is no response.
#[derive(Debug)]
pub enum Error {
    /// The deadline passed.
    TimedOut,
    /// The host does not take the request: something of it fits into no HTTP request.
    InvalidRequest,
    /// The other side, or the host, ended the exchange without a reason.
    Closed,
    /// The body is longer than was asked for.
    BodyTooLarge,
    /// What the host says went wrong.
    Http(ErrorCode),
}

/// A client whose requests end together, 10 seconds after it was made.
pub struct Client {
    ends_at: u64,
    deadline: Pollable,
}

impl Default for Client {
    fn default() -> Self {
        let ends_at = monotonic_clock::now() + ALL;
        Self { ends_at, deadline: monotonic_clock::subscribe_instant(ends_at) }
    }
}

impl Client {
    /// Sends a request to its absolute URI, and reads the response with at most `body_limit` bytes of body; with 0, the
    /// body is not looked at.
    ///
    /// # Errors
    /// [`Error`].
    pub fn send(
        &self,
        request: &Request<Vec<u8>>,
        body_limit: usize,
    ) -> Result<Response<Vec<u8>>, Error> {
        let outgoing = outgoing(request)?;
        let body = outgoing.body().map_err(|()| Error::InvalidRequest)?;
        let pending =
            outgoing_handler::handle(outgoing, Some(self.options())).map_err(Error::Http)?;
        // A server may answer and hang up before the last of the body is flushed. Its response counts, also then: what it
        // took and is counted as failed would be sent twice.
        let written = self.write(body, request.body());
        let incoming = match self.response(&pending) {
            Ok(incoming) => incoming,
            Err(error) => return written.and(Err(error)),
        };
        let mut response = head_of(&incoming)?.map(|()| Vec::new());
        if body_limit > 0 {
            *response.body_mut() = self.read(&incoming, body_limit)?;
        }
        Ok(response)
    }

    /// Waits until `pollable` is ready.
    ///
    /// # Errors
    /// [`Error::TimedOut`].
    pub fn wait(&self, pollable: &Pollable) -> Result<(), Error> {
        let ready = poll(&[pollable, &self.deadline]);
        if ready.contains(&1) { Err(Error::TimedOut) } else { Ok(()) }
    }

    fn options(&self) -> RequestOptions {
        let left = self.ends_at.saturating_sub(monotonic_clock::now());
        let options = RequestOptions::new();
        // A host that knows no such options still meets our deadline.
        let _ = options.set_connect_timeout(Some(CONNECT.min(left)));
        let _ = options.set_first_byte_timeout(Some(left));
        let _ = options.set_between_bytes_timeout(Some(left));
        options
    }

    fn response(&self, pending: &FutureIncomingResponse) -> Result<IncomingResponse, Error> {
        loop {
            match pending.get() {
                Some(Ok(response)) => return response.map_err(Error::Http),
                Some(Err(())) => return Err(Error::Closed),
                None => self.wait(&pending.subscribe())?,
            }
        }
    }

    fn write(&self, body: OutgoingBody, bytes: &[u8]) -> Result<(), Error> {
        // A stream that is opened says only that the other side closed it, and not why.
        if bytes.is_empty() {
            return OutgoingBody::finish(body, None).map_err(Error::Http);
        }
        let stream = body.write().map_err(|()| Error::InvalidRequest)?;
        let mut rest = bytes;
        while !rest.is_empty() {
            let ready = stream.check_write().map_err(|_| Error::Closed)?;
            let length = rest.len().min(WRITTEN).min(usize::try_from(ready).unwrap_or(WRITTEN));
            if length == 0 {
                self.wait(&stream.subscribe())?;
                continue;
            }
            let (piece, after) = rest.split_at(length);
            stream.write(piece).map_err(|_| Error::Closed)?;
            rest = after;
        }
        stream.flush().map_err(|_| Error::Closed)?;
        // A child of the body: it must be gone before the body ends.
        drop(stream);
        OutgoingBody::finish(body, None).map_err(Error::Http)
    }

    fn read(&self, response: &IncomingResponse, limit: usize) -> Result<Vec<u8>, Error> {
        let body = response.consume().map_err(|()| Error::Closed)?;
        let stream = body.stream().map_err(|()| Error::Closed)?;
        let mut read = Vec::new();
        loop {
            match stream.read(READ) {
                Ok(piece) if piece.is_empty() => self.wait(&stream.subscribe())?,
                Ok(piece) => read.extend(piece),
                Err(StreamError::Closed) => return Ok(read),
                Err(StreamError::LastOperationFailed(error)) => {
                    return Err(http_error_code(&error).map_or(Error::Closed, Error::Http));
                }
            }
            if read.len() > limit {
                return Err(Error::BodyTooLarge);
            }
            if monotonic_clock::now() >= self.ends_at {
                return Err(Error::TimedOut);
            }
        }
    }
}

fn outgoing<B>(request: &Request<B>) -> Result<OutgoingRequest, Error> {
    let fields = Fields::new();
    for (name, value) in request.headers() {
        fields
            .append(&name.as_str().to_owned(), &value.as_bytes().to_vec())
            .map_err(|_| Error::InvalidRequest)?;
    }
    let method = match request.method().as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        other => Method::Other(other.to_owned()),
    };
    let uri = request.uri();
    let scheme = match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => types::Scheme::Https,
        _ => types::Scheme::Http,
    };
    let outgoing = OutgoingRequest::new(fields);
    outgoing
        .set_method(&method)
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(authority(uri).as_deref()))
        .and_then(|()| outgoing.set_path_with_query(uri.path_and_query().map(|path| path.as_str())))
        .map_err(|()| Error::InvalidRequest)?;
    Ok(outgoing)
}

fn head_of(incoming: &IncomingResponse) -> Result<Response<()>, Error> {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(incoming.status()).map_err(|_| Error::Closed)?;
    *head.headers_mut() = headers(incoming.headers().entries());
    Ok(head)
}

/// Host and port. Names and passwords before them are for nobody.
fn authority(uri: &Uri) -> Option<String> {
    let host = uri.host()?;
    Some(uri.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// The headers of a response; one that is none is left out.
fn headers(entries: Vec<(String, Vec<u8>)>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in entries {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    headers
}
