//! The response of an instance: collected whole while the instance runs, so that no instance is kept for a client that reads
//! slowly. Large ones need a reservation of the quota for responses; small ones need none.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::Response;
use http::response::Parts;
use http_body::{Body as _, Frame, SizeHint};
use tokio::sync::oneshot;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::client::Client;
use crate::quota::{Quota, Reservation};

/// The largest response, in bytes.
const MAX_RESPONSE_BYTES: usize = 32 * 1024 * 1024;
/// Responses up to this size, in bytes, need no reservation: there are no more of them than connections.
const SMALL_RESPONSE_BYTES: usize = 64 * 1024;

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

/// Collects the response of one instance.
pub(crate) struct ResponseCollector {
    head: oneshot::Receiver<GuestResponse>,
    started: Option<(Parts, GuestBody)>,
    chunks: VecDeque<Bytes>,
    size: usize,
    client: Client,
    quota: Arc<Quota>,
    reservation: Option<Reservation>,
}

impl ResponseCollector {
    pub(crate) fn new(
        head: oneshot::Receiver<GuestResponse>,
        client: Client,
        quota: Arc<Quota>,
    ) -> Self {
        let chunks = VecDeque::new();
        Self { head, started: None, chunks, size: 0, client, quota, reservation: None }
    }

    /// Collects what has been written. Ready when the response is complete.
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
        while let Some((_, body)) = &mut self.started {
            match ready!(body.poll(cx)) {
                Some(Ok(chunk)) => {
                    if let Err(error) = self.push(chunk) {
                        return Poll::Ready(Err(error));
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
            && !self.quota.try_extend(&mut self.reservation, self.client, self.size)
        {
            return Err(ResponseError::OverQuota);
        }
        self.chunks.push_back(chunk);
        Ok(())
    }

    fn finish(&mut self) -> Result<Response<ResponseBody>, ResponseError> {
        let Some((head, _)) = self.started.take() else {
            return Err(failed("it ended without an answer".to_owned()));
        };
        let mut chunks = std::mem::take(&mut self.chunks);
        if let Some(reservation) = self.reservation.take() {
            let reservation = Arc::new(reservation);
            for chunk in &mut chunks {
                let bytes = std::mem::take(chunk);
                *chunk = Bytes::from_owner(ReservedChunk { bytes, _of: reservation.clone() });
            }
        }
        Ok(Response::from_parts(head, ResponseBody { chunks }))
    }
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

/// A complete body.
#[derive(Default)]
pub(crate) struct ResponseBody {
    chunks: VecDeque<Bytes>,
}

impl From<String> for ResponseBody {
    fn from(text: String) -> Self {
        Self { chunks: VecDeque::from([Bytes::from(text)]) }
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.chunks.pop_front().map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.chunks.iter().map(|chunk| chunk.len() as u64).sum())
    }
}
