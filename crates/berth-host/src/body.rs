//! The body of a request: here whole before an instance is started for it, so that a client that is slow to send holds
//! up nobody but itself. What is too large, too slow or broken is refused, and so is what there is no room for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::request::{Limits, Refusal};

/// How much more of a body that is refused is read, so that the client sees the answer instead of a broken connection.
const MAX_DRAINED_BYTES: usize = 64 * 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The room that all bodies have together: as many permits as bytes.
pub(crate) type Room = Arc<Semaphore>;

/// A body that has come.
pub(crate) struct Collected {
    pub(crate) bytes: Bytes,
    /// Its part of the room, until it is of no more use.
    pub(crate) room: Option<OwnedSemaphorePermit>,
}

/// Reads `body`, of which all must have come by `deadline`. A client that `asks_first` waits with its body until it is
/// wanted.
///
/// # Errors
/// The [`Refusal`] that the client gets instead.
pub(crate) async fn collect(
    mut body: Incoming,
    asks_first: bool,
    limits: &Limits,
    room: &Room,
    deadline: Instant,
) -> Result<Collected, Refusal> {
    let is_declared_too_large = body.size_hint().lower() > limits.body_bytes;
    if is_declared_too_large && asks_first {
        return Err(Refusal::TooLarge);
    }
    let collected = if is_declared_too_large {
        Err(Refusal::TooLarge)
    } else {
        read(&mut body, limits, room, deadline).await
    };
    if let Err(Refusal::TooLarge | Refusal::NoRoom) = &collected {
        tokio::spawn(drain(body));
    }
    collected
}

async fn read(
    body: &mut Incoming,
    limits: &Limits,
    room: &Room,
    deadline: Instant,
) -> Result<Collected, Refusal> {
    let (mut pieces, mut taken) = (Pieces::default(), None);
    let mut left = limits.body_bytes;
    while !body.is_end_stream() {
        let patience = deadline.min(Instant::now() + limits.body_pause);
        let frame = tokio::time::timeout_at(patience.into(), body.frame()).await;
        let Some(frame) = frame.map_err(|_| Refusal::TooSlow)? else { break };
        // What else there may be are trailers, which nobody reads.
        let Ok(data) = frame.map_err(|_| Refusal::Broken)?.into_data() else { continue };
        left = left.checked_sub(data.len() as u64).ok_or(Refusal::TooLarge)?;
        take_room(room, &mut taken, data.len())?;
        pieces.push(data);
    }
    Ok(Collected { bytes: pieces.join(), room: taken })
}

fn take_room(
    room: &Room,
    taken: &mut Option<OwnedSemaphorePermit>,
    size: usize,
) -> Result<(), Refusal> {
    let size = u32::try_from(size).map_err(|_| Refusal::NoRoom)?;
    let more = room.clone().try_acquire_many_owned(size).map_err(|_| Refusal::NoRoom)?;
    match taken {
        Some(taken) => taken.merge(more),
        None => *taken = Some(more),
    }
    Ok(())
}

/// Reads what a client still sends, within reason.
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

/// Pieces that become one. A single one, which is what most bodies are, is not copied.
#[derive(Default)]
pub(crate) struct Pieces {
    first: Bytes,
    more: BytesMut,
}

impl Pieces {
    pub(crate) fn push(&mut self, piece: Bytes) {
        if self.first.is_empty() && self.more.is_empty() {
            self.first = piece;
            return;
        }
        if self.more.is_empty() {
            self.more.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.more.extend_from_slice(&piece);
    }

    pub(crate) fn join(self) -> Bytes {
        if self.more.is_empty() { self.first } else { self.more.freeze() }
    }
}
