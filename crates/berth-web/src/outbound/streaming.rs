//! Outgoing HTTP whose bodies pass piece by piece, for what is larger than memory: an exchange takes as long as bytes pass. No redirect is
//! followed. Where a request goes is checked by who sends it, and by the host.

use std::time::Duration;

use http::{Request, Response};
use thiserror::Error;

/// Sends requests to absolute URIs.
pub trait StreamingClient {
    /// Sends a request with the length of its body, and gives the head of its answer.
    ///
    /// # Errors
    /// [`StreamingError`] when there is no answer.
    fn send(
        &self,
        request: Request<Vec<u8>>,
        timeouts: Timeouts,
    ) -> Result<StreamedResponse, StreamingError>;

    /// Begins a request whose body is written piece by piece: in chunks, unless it has the header `Content-Length`.
    ///
    /// # Errors
    /// [`StreamingError`] when the host does not let it go.
    fn upload(
        &self,
        request: Request<()>,
        timeouts: Timeouts,
    ) -> Result<Box<dyn Upload>, StreamingError>;
}

/// How long an exchange may make no progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// From the end of the request to the head of its answer.
    pub head: Duration,
    /// Between two bytes: that come, or that the other side takes.
    pub pause: Duration,
}

/// An answer, of whose body nothing has been read.
pub type StreamedResponse = Response<Box<dyn StreamedBody>>;

/// The body of an answer.
pub trait StreamedBody {
    /// The next piece, of 64 KiB at most; none at the end.
    ///
    /// # Errors
    /// [`StreamingError`] when the body stalls or breaks off.
    fn read(&mut self) -> Result<Option<Vec<u8>>, StreamingError>;
}

/// A request whose body is being written. Dropped before it is finished, it breaks off, and the other side sees it.
pub trait Upload {
    /// Writes a piece. What is sent may be one or two pieces behind.
    ///
    /// # Errors
    /// [`StreamingError`] when the other side takes nothing, or takes no more: it may have answered, which [`Self::finish`] tells.
    fn write(&mut self, piece: &[u8]) -> Result<(), StreamingError>;

    /// Ends the body, and gives the head of the answer.
    ///
    /// # Errors
    /// [`StreamingError`] when there is no answer.
    fn finish(self: Box<Self>) -> Result<StreamedResponse, StreamingError>;
}

/// Why an exchange ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StreamingError {
    /// Nothing came, or nothing was taken, for as long as there is time.
    #[error("it takes too long")]
    TimedOut,
    /// The host does not let the component call this address.
    #[error("the host does not allow this address")]
    NotAllowed,
    /// Anything else, in words for the log.
    #[error("{0}")]
    Failed(String),
}
