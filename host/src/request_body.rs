//! The body of a request: read whole before an instance is started for it, so that a client that sends slowly holds no permit.
//! A body that is too large, too slow or broken is refused. Large ones need a reservation of the quota for bodies; small ones
//! need none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::client::Client;
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
