//! The body of a request: here whole before an instance is started for it, so that a client that is slow to send holds
//! up nobody but itself. What is too large, too slow or broken is refused, and so is what there is no room for: bodies that
//! are no longer small share a room, of which one client gets a part. Small ones always have a place, of which there are no
//! more than connections.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::client::Client;
use crate::limits::Limits;
use crate::quota::{Room, Taken};
use crate::refusal::Refusal;

/// How much more of a body that is refused is read, so that the client sees the answer instead of a broken connection.
const MAX_DRAINED_BYTES: usize = 64 * 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// What is no larger needs no room.
const SMALL_BODY_BYTES: u64 = 64 * 1024;

/// A body that has come.
pub(crate) struct Collected {
    pub(crate) bytes: Bytes,
    /// Its part of the room, until it is of no more use.
    pub(crate) room: Option<Taken>,
}

/// Where a body goes to.
pub(crate) struct Destination<'a> {
    pub(crate) client: Client,
    pub(crate) room: &'a Arc<Room>,
    pub(crate) limits: &'a Limits,
    /// When all of it must have come.
    pub(crate) deadline: Instant,
}

/// Reads `body`. A client that `asks_first` waits with its body until it is wanted.
///
/// # Errors
/// The [`Refusal`] that the client gets instead.
pub(crate) async fn collect(
    mut body: Incoming,
    asks_first: bool,
    to: Destination<'_>,
) -> Result<Collected, Refusal> {
    let is_declared_too_large = body.size_hint().lower() > to.limits.body_bytes;
    if is_declared_too_large && asks_first {
        return Err(Refusal::TooLarge);
    }
    let collected =
        if is_declared_too_large { Err(Refusal::TooLarge) } else { read(&mut body, &to).await };
    if let Err(Refusal::TooLarge | Refusal::NoRoom) = &collected {
        tokio::spawn(drain(body));
    }
    collected
}

async fn read(body: &mut Incoming, to: &Destination<'_>) -> Result<Collected, Refusal> {
    let (mut pieces, mut taken, mut size) = (Pieces::default(), None, 0);
    let started = Instant::now();
    while !body.is_end_stream() {
        let pause = Instant::now() + to.limits.body_pause;
        let patience = to.deadline.min(pause).min(to.limits.body_pace.deadline(started, size));
        let frame = tokio::time::timeout_at(patience.into(), body.frame()).await;
        let Some(frame) = frame.map_err(|_| Refusal::TooSlow)? else { break };
        // What else there may be are trailers, which nobody reads.
        let Ok(data) = frame.map_err(|_| Refusal::Broken)?.into_data() else { continue };
        size += data.len() as u64;
        if size > to.limits.body_bytes {
            return Err(Refusal::TooLarge);
        }
        if size > SMALL_BODY_BYTES {
            take_room(to, &mut taken, size)?;
        }
        pieces.push(data);
    }
    Ok(Collected { bytes: pieces.join(), room: taken })
}

fn take_room(to: &Destination<'_>, taken: &mut Option<Taken>, size: u64) -> Result<(), Refusal> {
    let size = usize::try_from(size).map_err(|_| Refusal::NoRoom)?;
    let has_room = match taken {
        Some(taken) => taken.grow_to(size),
        none => {
            *none = to.room.take(to.client, size);
            none.is_some()
        }
    };
    if has_room { Ok(()) } else { Err(Refusal::NoRoom) }
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
