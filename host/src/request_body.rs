//! The body of a request: read whole before an instance is started for it, so that a client that sends slowly holds no permit.
//! A body that is too large, too slow or broken is refused. Large ones need a reservation of the quota for bodies; small ones
//! need none.
//!
//! A component that streams gets the body as it comes, no faster than it reads.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::client::Client;
use crate::deadline::Progress;
use crate::limits::Limits;
use crate::quota::{Quota, Reservation};
use crate::refusal::Refusal;

/// How much more of a refused body is read, in bytes, so that the client sees the response instead of a broken connection.
const MAX_DRAINED_BYTES: usize = 64 * 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Bodies up to this size, in bytes, need no reservation: there are no more of them than connections.
const SMALL_BODY_BYTES: u64 = 64 * 1024;

/// A body that has been read.
pub(crate) struct RequestBody {
    pub(crate) bytes: Bytes,
    /// Kept as long as the bytes are.
    pub(crate) reservation: Option<Reservation>,
}

/// The limits under which a body is read.
pub(crate) struct BodyLimits<'a> {
    pub(crate) client: Client,
    pub(crate) quota: &'a Arc<Quota>,
    pub(crate) limits: &'a Limits,
    /// When all of it must have been sent.
    pub(crate) deadline: Instant,
}

/// Reads `body`. A client that sent `Expect` waits with its body until it is read.
///
/// # Errors
/// The [`Refusal`] that the client gets.
pub(crate) async fn read(
    mut body: Incoming,
    has_expect: bool,
    under: BodyLimits<'_>,
) -> Result<RequestBody, Refusal> {
    let is_declared_too_large = body.size_hint().lower() > under.limits.body_bytes;
    if is_declared_too_large && has_expect {
        return Err(Refusal::BodyTooLarge);
    }
    let read = if is_declared_too_large {
        Err(Refusal::BodyTooLarge)
    } else {
        read_all(&mut body, &under).await
    };
    if let Err(Refusal::BodyTooLarge | Refusal::TooManyBodies) = &read {
        tokio::spawn(drain(body));
    }
    read
}

async fn read_all(body: &mut Incoming, under: &BodyLimits<'_>) -> Result<RequestBody, Refusal> {
    let (mut chunks, mut reservation, mut size) = (Chunks::default(), None, 0);
    let (limits, started) = (under.limits, Instant::now());
    while !body.is_end_stream() {
        let pause = Instant::now() + limits.body_pause;
        let until = under.deadline.min(pause).min(limits.body_rate.deadline(started, size));
        let frame = tokio::time::timeout_at(until.into(), body.frame()).await;
        let Some(frame) = frame.map_err(|_| Refusal::BodyTooSlow)? else { break };
        // Frames without data are trailers, which are left out.
        let Ok(data) = frame.map_err(|_| Refusal::BodyBroken)?.into_data() else { continue };
        size += data.len() as u64;
        if size > limits.body_bytes {
            return Err(Refusal::BodyTooLarge);
        }
        if size > SMALL_BODY_BYTES {
            let amount = usize::try_from(size).map_err(|_| Refusal::TooManyBodies)?;
            if !under.quota.try_extend(&mut reservation, under.client, amount) {
                return Err(Refusal::TooManyBodies);
            }
        }
        chunks.push(data);
    }
    Ok(RequestBody { bytes: chunks.join(), reservation })
}

/// A body that its instance reads piece by piece, of any length.
pub(crate) struct StreamedBody {
    /// None when all of it was read.
    body: Option<Incoming>,
    progress: Progress,
    /// Whether the client sends what was not read.
    is_coming: bool,
}

impl StreamedBody {
    /// `has_expect`: the client waits with its body until it is read.
    pub(crate) fn new(body: Incoming, has_expect: bool, progress: Progress) -> Self {
        Self { body: Some(body), progress, is_coming: !has_expect }
    }
}

impl Body for StreamedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        this.is_coming = true;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        match &frame {
            Some(Ok(_)) => this.progress.made(),
            _ => this.body = None,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

/// An instance that needs no more of it has answered, or the request is refused: the client is to see that.
impl Drop for StreamedBody {
    fn drop(&mut self) {
        let left = self.body.take().filter(|body| self.is_coming && !body.is_end_stream());
        if let (Some(left), Ok(runtime)) = (left, tokio::runtime::Handle::try_current()) {
            runtime.spawn(drain(left));
        }
    }
}

/// Reads what a client still sends, up to a limit.
async fn drain(mut body: Incoming) {
    let read = async {
        let mut left = MAX_DRAINED_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let size = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(size) else { break };
            left = rest;
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, read).await;
}

/// Chunks that become one. A single one, as of most bodies, is not copied.
#[derive(Default)]
struct Chunks {
    first: Bytes,
    more: BytesMut,
}

impl Chunks {
    fn push(&mut self, chunk: Bytes) {
        if self.first.is_empty() && self.more.is_empty() {
            self.first = chunk;
            return;
        }
        if self.more.is_empty() {
            self.more.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.more.extend_from_slice(&chunk);
    }

    fn join(self) -> Bytes {
        if self.more.is_empty() { self.first } else { self.more.freeze() }
    }
}
