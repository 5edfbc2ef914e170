//! The response of an instance: collected whole while the instance runs, so that no instance is kept for a client that reads
//! slowly. Large ones need a reservation of the quota for responses; small ones need none. Of the answer to HEAD only the head is taken.
//!
//! A large one of lines that are read as they come, and that does not say its length, is streamed: its instance writes on as its client reads. There are few of those at a
//! time, and a client that reads none of it, or reads for too long, ends it.
//!
//! A component that streams has each of its responses streamed, from the head on and with its length if it says one, as long as bytes pass.
//! A streamed response whose instance breaks off breaks off as well.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::response::Parts;
use http_body::{Body as _, Frame, SizeHint};
use tokio::sync::oneshot;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::app::App;
use crate::client::Client;
use crate::connections::ActiveRequest;
use crate::deadline::{Deadline, Progress};
use crate::min_data_rate::MinDataRate;
use crate::quota::{Quota, Reservation};

/// The largest response, in bytes.
const MAX_RESPONSE_BYTES: usize = 32 * 1024 * 1024;
/// Responses up to this size, in bytes, need no reservation: there are no more of them than connections.
const SMALL_RESPONSE_BYTES: usize = 64 * 1024;

/// The media types of lines that are read as they come. Clients of others take half an answer for a whole one.
const STREAMED_TYPES: [&str; 2] = ["application/x-ndjson", "text/event-stream"];

/// How long such a response may be streamed.
const MAX_STREAM: Duration = Duration::from_secs(3600);

/// The response that an instance sets.
pub(crate) type GuestResponse = Result<Response<GuestBody>, ErrorCode>;

/// The body of a response whose head is set.
pub(crate) struct GuestBody {
    /// What was written before, with the end if it was there.
    early: VecDeque<Option<Result<Bytes, String>>>,
    rest: HyperOutgoingBody,
}

impl GuestBody {
    /// Takes out what was written so far.
    pub(crate) fn new(rest: HyperOutgoingBody) -> Self {
        let mut body = Self { early: VecDeque::new(), rest };
        let cx = &mut Context::from_waker(Waker::noop());
        while let Poll::Ready(chunk) = body.poll_rest(cx) {
            let is_last = !matches!(chunk, Some(Ok(_)));
            body.early.push_back(chunk);
            if is_last {
                break;
            }
        }
        body
    }

    /// Whether nothing comes after the head: a host that passes on at once what it gets sends both in one segment.
    pub(crate) fn is_whole(&self) -> bool {
        self.early.back().is_some_and(Option::is_none)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, String>>> {
        self.early.pop_front().map_or_else(|| self.poll_rest(cx), Poll::Ready)
    }

    /// Trailers are empty: they are left out.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, String>>> {
        let frame = Pin::new(&mut self.rest).poll_frame(cx);
        frame
            .map_ok(|frame| frame.into_data().unwrap_or_default())
            .map_err(|error| error.to_string())
    }
}

/// Why there is no response.
#[derive(Debug)]
pub(crate) enum ResponseError {
    /// The component said so, or broke off.
    Failed(String),
    /// The quota for responses is used up.
    OverQuota,
}

/// How much of the response is collected.
pub(crate) enum Collection {
    /// The head, for HEAD.
    Head,
    /// All of it, or what is large enough to be streamed; the instance ends then.
    Whole(Deadline),
    /// The head: the body is streamed.
    Streamed(Streaming),
}

/// What a request to a component that streams goes on with.
#[derive(Clone)]
pub(crate) struct Streaming {
    pub(crate) progress: Progress,
    /// Of the requests that stream.
    pub(crate) reservation: Arc<Reservation>,
}

/// Collects the response of one instance.
pub(crate) struct ResponseCollector {
    head: oneshot::Receiver<GuestResponse>,
    collection: Collection,
    /// Whether the instance has broken off.
    broke_off: Arc<AtomicBool>,
    started: Option<(Parts, GuestBody)>,
    chunks: VecDeque<Bytes>,
    size: usize,
    client: Client,
    quota: Arc<Quota>,
    reservation: Option<Reservation>,
    lines: Arc<Quota>,
    lines_rate: MinDataRate,
}

impl ResponseCollector {
    pub(crate) fn new(
        head: oneshot::Receiver<GuestResponse>,
        collection: Collection,
        broke_off: Arc<AtomicBool>,
        client: Client,
        App { capacity, limits, .. }: &App,
    ) -> Self {
        Self {
            head,
            collection,
            broke_off,
            started: None,
            chunks: VecDeque::new(),
            size: 0,
            client,
            quota: capacity.responses.clone(),
            reservation: None,
            lines: capacity.lines.clone(),
            lines_rate: MinDataRate { grace_period: limits.deadline, ..limits.body_rate },
        }
    }

    /// Collects what has been written. Ready when the response is complete, or is to be streamed from here on.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<ResponseBody>, ResponseError>> {
        if self.started.is_none() {
            match ready!(Pin::new(&mut self.head).poll(cx)) {
                Ok(Ok(response)) => self.started = Some(response.into_parts()),
                Ok(Err(code)) => {
                    return Poll::Ready(Err(failed(format!("it answered with error {code}"))));
                }
                Err(_) => {
                    return Poll::Ready(Err(failed("it ended without an answer".to_owned())));
                }
            }
        }
        if !matches!(self.collection, Collection::Whole(_)) {
            return Poll::Ready(self.head());
        }
        while let Some((_, body)) = &mut self.started {
            match ready!(body.poll(cx)) {
                Some(Ok(chunk)) => {
                    if let Err(error) = self.push(chunk) {
                        return Poll::Ready(Err(error));
                    }
                    if self.is_to_be_streamed() {
                        return Poll::Ready(self.stream_lines());
                    }
                }
                Some(Err(error)) => {
                    return Poll::Ready(Err(failed(format!("its answer broke off: {error}"))));
                }
                None => break,
            }
        }
        Poll::Ready(self.finish())
    }

    fn push(&mut self, chunk: Bytes) -> Result<(), ResponseError> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.size += chunk.len();
        if self.size > MAX_RESPONSE_BYTES {
            return Err(failed(format!("its answer is larger than {MAX_RESPONSE_BYTES} bytes")));
        }
        if self.size > SMALL_RESPONSE_BYTES
            && !self.is_to_be_streamed()
            && !self.quota.try_extend(&mut self.reservation, self.client, self.size)
        {
            return Err(ResponseError::OverQuota);
        }
        self.chunks.push_back(chunk);
        Ok(())
    }

    /// Whether the response is large, of lines, and does not say its length.
    fn is_to_be_streamed(&self) -> bool {
        let Some((head, _)) = &self.started else { return false };
        let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next());
        self.size > SMALL_RESPONSE_BYTES
            && media_type.is_some_and(|media_type| STREAMED_TYPES.contains(&media_type.trim()))
            && !head.headers.contains_key(CONTENT_LENGTH)
    }

    /// The head, and with it the body if it is streamed.
    fn head(&mut self) -> Result<Response<ResponseBody>, ResponseError> {
        let (head, body) = self.started.take().ok_or_else(no_answer)?;
        let body = match &self.collection {
            Collection::Streamed(Streaming { progress, reservation }) => {
                let pace = Pace::Progress(progress.clone());
                self.streamed(body, pace, reservation.clone())
            }
            _ => ResponseBody::default(),
        };
        Ok(Response::from_parts(head, body))
    }

    /// What was collected, with the rest to come.
    fn stream_lines(&mut self) -> Result<Response<ResponseBody>, ResponseError> {
        let Collection::Whole(deadline) = &self.collection else { return Err(no_answer()) };
        let (deadline, rate) = (deadline.clone(), self.lines_rate);
        let pace = Pace::Rate { deadline, rate, end: Instant::now() + MAX_STREAM };
        let reservation = self.lines.try_reserve(self.client, 1);
        let reservation = reservation.ok_or(ResponseError::OverQuota)?;
        let (head, body) = self.started.take().ok_or_else(no_answer)?;
        pace.passed(self.size);
        Ok(Response::from_parts(head, self.streamed(body, pace, Arc::new(reservation))))
    }

    fn streamed(
        &mut self,
        body: GuestBody,
        pace: Pace,
        reservation: Arc<Reservation>,
    ) -> ResponseBody {
        let broke_off = self.broke_off.clone();
        let stream = ResponseStream { body, pace, broke_off, reservation, active: None };
        ResponseBody { chunks: std::mem::take(&mut self.chunks), stream: Some(Box::new(stream)) }
    }

    fn finish(&mut self) -> Result<Response<ResponseBody>, ResponseError> {
        let (head, _) = self.started.take().ok_or_else(no_answer)?;
        let mut chunks = std::mem::take(&mut self.chunks);
        if let Some(reservation) = self.reservation.take() {
            let reservation = Arc::new(reservation);
            for chunk in &mut chunks {
                let bytes = std::mem::take(chunk);
                *chunk = Bytes::from_owner(ReservedChunk { bytes, _of: reservation.clone() });
            }
        }
        Ok(Response::from_parts(head, ResponseBody { chunks, stream: None }))
    }
}

fn no_answer() -> ResponseError {
    failed("it ended without an answer".to_owned())
}

fn failed(cause: String) -> ResponseError {
    ResponseError::Failed(cause)
}

/// A part of a response that keeps its reservation until it is sent.
struct ReservedChunk {
    bytes: Bytes,
    _of: Arc<Reservation>,
}

impl AsRef<[u8]> for ReservedChunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// How long the instance of a streamed response has.
enum Pace {
    /// For as long as bytes pass.
    Progress(Progress),
    /// For as long as its client reads at a least rate, and no longer than until `end`.
    Rate { deadline: Deadline, rate: MinDataRate, end: Instant },
}

impl Pace {
    /// The client takes the next `bytes`: so much longer has the instance.
    fn passed(&self, bytes: usize) {
        match self {
            Self::Progress(progress) => progress.made(),
            Self::Rate { deadline, rate, end } => {
                let until = rate.deadline(Instant::now(), bytes as u64);
                deadline.extend(until.min(*end));
            }
        }
    }
}

/// The rest of a streamed response. Dropping it tells the instance that nobody reads any more.
struct ResponseStream {
    body: GuestBody,
    pace: Pace,
    /// A body whose instance broke off ends like one that was finished.
    broke_off: Arc<AtomicBool>,
    #[allow(dead_code, reason = "counted")]
    reservation: Arc<Reservation>,
    /// Its connection is not idle.
    #[allow(dead_code, reason = "counted")]
    active: Option<ActiveRequest>,
}

impl ResponseStream {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        let chunk = ready!(self.body.poll(cx));
        Poll::Ready(match chunk {
            Some(Ok(chunk)) => {
                self.pace.passed(chunk.len());
                Some(Ok(chunk))
            }
            Some(Err(error)) => Some(Err(io::Error::other(error))),
            None if self.broke_off.load(Ordering::Acquire) => {
                Some(Err(io::Error::other("the component broke off")))
            }
            None => None,
        })
    }
}

/// A body: complete, or with the rest to come.
#[derive(Default)]
pub(crate) struct ResponseBody {
    chunks: VecDeque<Bytes>,
    stream: Option<Box<ResponseStream>>,
}

impl ResponseBody {
    /// Whether its instance still writes it.
    pub(crate) fn is_streamed(&self) -> bool {
        self.stream.is_some()
    }

    /// Whether it may take as long as bytes pass.
    pub(crate) fn has_progress(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| matches!(stream.pace, Pace::Progress(_)))
    }

    /// Keeps `active` until the body has been read, if it is streamed.
    pub(crate) fn keep(&mut self, active: ActiveRequest) {
        if let Some(stream) = &mut self.stream {
            stream.active = Some(active);
        }
    }

    fn poll_stream(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(None) };
        let chunk = ready!(stream.poll(cx));
        if !matches!(chunk, Some(Ok(_))) {
            self.stream = None;
        }
        Poll::Ready(chunk)
    }
}

impl From<String> for ResponseBody {
    fn from(text: String) -> Self {
        Self { chunks: VecDeque::from([Bytes::from(text)]), stream: None }
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    /// The instance broke off: hyper closes the connection, so that the client sees that the body is not whole.
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let chunk = match self.chunks.pop_front() {
            Some(chunk) => Some(Ok(chunk)),
            None => ready!(self.poll_stream(cx)),
        };
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty() && self.stream.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.stream {
            Some(_) => SizeHint::default(),
            None => SizeHint::with_exact(self.chunks.iter().map(|chunk| chunk.len() as u64).sum()),
        }
    }
}
