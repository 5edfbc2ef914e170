//! Exchanges of any length, whose bodies pass piece by piece: what takes as long as bytes pass, and holds no more than a piece.
//! No redirect is followed.

use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::{Method, Request, Response};
use wasi::clocks::monotonic_clock;
use wasi::http::outgoing_handler;
use wasi::http::types::{
    self, FutureIncomingResponse, OutgoingBody, RequestOptions, http_error_code,
};
use wasi::io::poll::{Pollable, poll};
use wasi::io::streams::{InputStream, OutputStream, StreamError};

use crate::{CONNECT, Error, ErrorCode, SECOND, head_of, outgoing};

/// The largest piece that is read at a time, in bytes.
const PIECE: u64 = 64 * 1024;

/// How long the host waits for the head of an answer that comes after a body of any length: we end it ourselves.
const UNTIL_ANSWERED: u64 = 7 * 24 * 3600 * SECOND;

/// How long an exchange may make no progress.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From the end of the request to the head of its answer. A connection has 5 seconds at most.
    pub head: Duration,
    /// Between two bytes: that come, or that the other side takes.
    pub pause: Duration,
}

/// A request whose body is written piece by piece. Dropped before it is finished, it breaks off, and so the other side sees it.
pub struct Upload {
    // In this order: a stream must be gone before its body is.
    stream: Option<OutputStream>,
    body: Option<OutgoingBody>,
    pending: FutureIncomingResponse,
    timeouts: Timeouts,
}

/// The body of an answer.
pub struct Body {
    // In this order, too.
    stream: InputStream,
    _body: types::IncomingBody,
    pause: Duration,
}

/// Begins a request to its absolute URI. Its body is sent in chunks, unless it has the header `Content-Length`.
///
/// # Errors
/// [`Error`].
pub fn begin(request: &Request<()>, timeouts: Timeouts) -> Result<Upload, Error> {
    let outgoing = outgoing(request)?;
    let body = outgoing.body().map_err(|()| Error::InvalidRequest)?;
    let stream = body.write().map_err(|()| Error::InvalidRequest)?;
    let pending =
        outgoing_handler::handle(outgoing, Some(options(timeouts))).map_err(Error::Http)?;
    Ok(Upload { stream: Some(stream), body: Some(body), pending, timeouts })
}

/// Sends a request to its absolute URI with the length of its body, and gives the head of its answer.
///
/// # Errors
/// [`Error`].
pub fn send(request: Request<Vec<u8>>, timeouts: Timeouts) -> Result<Response<Body>, Error> {
    let (mut head, body) = request.into_parts();
    let has_length =
        !body.is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(&head.method);
    if has_length {
        head.headers.insert(CONTENT_LENGTH, body.len().into());
    }
    let mut upload = begin(&Request::from_parts(head, ()), timeouts)?;
    match upload.write(&body) {
        // A server may answer before it has read all.
        Ok(()) | Err(Error::Closed) => upload.finish(),
        Err(error) => Err(error),
    }
}

impl Upload {
    /// Writes a piece, and waits until the host has it: one or two of those before it are still on their way then.
    ///
    /// # Errors
    /// [`Error::TimedOut`] when the other side takes nothing; [`Error::Closed`] when it takes no more: it may have answered, which
    /// [`Self::finish`] tells.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        let written = self.write_all(piece);
        if written.is_err() {
            self.stream = None;
        }
        written
    }

    fn write_all(&self, piece: &[u8]) -> Result<(), Error> {
        let stream = self.stream.as_ref().ok_or(Error::Closed)?;
        let mut left = piece;
        while !left.is_empty() {
            let room = stream.check_write().map_err(|_| Error::Closed)?;
            if room == 0 {
                wait(&stream.subscribe(), self.timeouts.pause)?;
                continue;
            }
            let size = usize::try_from(room).map_or(left.len(), |room| room.min(left.len()));
            let (now, later) = left.split_at(size);
            stream.write(now).map_err(|_| Error::Closed)?;
            left = later;
        }
        Ok(())
    }

    /// Ends the body, unless it could not be written, and gives the head of the answer.
    ///
    /// # Errors
    /// [`Error`].
    pub fn finish(mut self) -> Result<Response<Body>, Error> {
        let is_whole = self.stream.take().is_some();
        match self.body.take() {
            Some(body) if is_whole => OutgoingBody::finish(body, None).map_err(Error::Http)?,
            broken => drop(broken),
        }
        self.answer()
    }

    fn answer(&self) -> Result<Response<Body>, Error> {
        let incoming = loop {
            match self.pending.get() {
                Some(Ok(response)) => break response.map_err(of_host)?,
                Some(Err(())) => return Err(Error::Closed),
                None => wait(&self.pending.subscribe(), self.timeouts.head)?,
            }
        };
        let head = head_of(&incoming)?;
        let body = incoming.consume().map_err(|()| Error::Closed)?;
        let stream = body.stream().map_err(|()| Error::Closed)?;
        Ok(head.map(|()| Body { stream, _body: body, pause: self.timeouts.pause }))
    }
}

impl Body {
    /// The next piece, of 64 KiB at most; none at the end.
    ///
    /// # Errors
    /// [`Error::TimedOut`] when nothing comes; others when the body breaks off before its end.
    pub fn read(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            match self.stream.read(PIECE) {
                Ok(piece) if piece.is_empty() => wait(&self.stream.subscribe(), self.pause)?,
                Ok(piece) => return Ok(Some(piece)),
                Err(StreamError::Closed) => return Ok(None),
                Err(error) => return Err(broken_off(&error)),
            }
        }
    }
}

/// Waits for `pollable`.
fn wait(pollable: &Pollable, time: Duration) -> Result<(), Error> {
    let timer = monotonic_clock::subscribe_duration(nanoseconds(time));
    if poll(&[pollable, &timer]).contains(&0) { Ok(()) } else { Err(Error::TimedOut) }
}

fn options(timeouts: Timeouts) -> RequestOptions {
    let options = RequestOptions::new();
    // A host that knows no such options still meets our time-outs.
    let _ = options.set_connect_timeout(Some(CONNECT.min(nanoseconds(timeouts.head))));
    let _ = options.set_first_byte_timeout(Some(UNTIL_ANSWERED));
    let _ = options.set_between_bytes_timeout(Some(nanoseconds(timeouts.pause)));
    options
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn broken_off(error: &StreamError) -> Error {
    match error {
        StreamError::Closed => Error::Closed,
        StreamError::LastOperationFailed(error) => {
            http_error_code(error).map_or(Error::Closed, of_host)
        }
    }
}

/// The host ends a connection that cannot be made, or a body that does not come, a moment before or after we do.
fn of_host(code: ErrorCode) -> Error {
    match code {
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => Error::TimedOut,
        code => Error::Http(code),
    }
}
