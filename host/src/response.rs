//! The answer of an instance: taken whole while the instance runs, so that nothing of the instance is left while a client
//! reads. Large ones wait in a room that has so much space for all and for one client; small ones always have a place.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http::response::Parts;
use http_body::{Body as _, Frame, SizeHint};
use tokio::sync::oneshot;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::client::Client;
use crate::quota::{Room, Taken};

/// The largest answer.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// What is no larger needs no room: there are no more of these than connections.
const SMALL_ANSWER_BYTES: usize = 64 * 1024;

/// What an instance gives as its answer.
pub(crate) type Head = Result<Response<HyperOutgoingBody>, ErrorCode>;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The component said so, or broke off.
    Failed(String),
    NoRoom,
}

/// Takes the answer of one instance.
pub(crate) struct Collector {
    head: oneshot::Receiver<Head>,
    begun: Option<(Parts, HyperOutgoingBody)>,
    pieces: VecDeque<Bytes>,
    size: usize,
    client: Client,
    room: Arc<Room>,
    taken: Option<Taken>,
}

impl Collector {
    pub(crate) fn new(head: oneshot::Receiver<Head>, client: Client, room: Arc<Room>) -> Self {
        let pieces = VecDeque::new();
        Self { head, begun: None, pieces, size: 0, client, room, taken: None }
    }

    /// Takes what is there. Ready when that was all.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<Answer>, NoAnswer>> {
        if self.begun.is_none() {
            match ready!(Pin::new(&mut self.head).poll(cx)) {
                Ok(Ok(response)) => self.begun = Some(response.into_parts()),
                Ok(Err(code)) => {
                    return Poll::Ready(Err(failed(format!("it answered with error {code}"))));
                }
                Err(_) => {
                    return Poll::Ready(Err(failed("it ended without an answer".to_owned())));
                }
            }
        }
        while let Some((_, body)) = &mut self.begun {
            match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    // What is no data are trailers, which nobody reads.
                    if let Err(why) = frame.into_data().map_or(Ok(()), |piece| self.push(piece)) {
                        return Poll::Ready(Err(why));
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

    fn push(&mut self, piece: Bytes) -> Result<(), NoAnswer> {
        if piece.is_empty() {
            return Ok(());
        }
        self.size += piece.len();
        if self.size > MAX_ANSWER_BYTES {
            return Err(failed(format!("its answer is larger than {MAX_ANSWER_BYTES} bytes")));
        }
        if self.size > SMALL_ANSWER_BYTES {
            let has_room = match &mut self.taken {
                Some(taken) => taken.grow_to(self.size),
                none => {
                    *none = self.room.take(self.client, self.size);
                    none.is_some()
                }
            };
            if !has_room {
                return Err(NoAnswer::NoRoom);
            }
        }
        self.pieces.push_back(piece);
        Ok(())
    }

    fn finish(&mut self) -> Result<Response<Answer>, NoAnswer> {
        let Some((head, _)) = self.begun.take() else {
            return Err(failed("it ended without an answer".to_owned()));
        };
        let mut pieces = std::mem::take(&mut self.pieces);
        if let Some(taken) = self.taken.take() {
            let taken = Arc::new(taken);
            for piece in &mut pieces {
                let counted = Counted { piece: std::mem::take(piece), _taken: taken.clone() };
                *piece = Bytes::from_owner(counted);
            }
        }
        Ok(Response::from_parts(head, Answer { pieces }))
    }
}

fn failed(cause: String) -> NoAnswer {
    NoAnswer::Failed(cause)
}

/// A piece of an answer that has its room until it is sent.
struct Counted {
    piece: Bytes,
    _taken: Arc<Taken>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.piece
    }
}

/// A body that is here whole.
#[derive(Default)]
pub(crate) struct Answer {
    pieces: VecDeque<Bytes>,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self { pieces: VecDeque::from([Bytes::from(text)]) }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.pieces.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.pieces.iter().map(|piece| piece.len() as u64).sum())
    }
}
